"""What was tried, what the test films were asked, and how others did on the same films."""

import streamlit as st

from medcore.classifier import ModelCard
from medcore.classifier.report import Report, seed_name
from pages.about_gate import show_gate_log
from pages.about_parts import NONE, decimal, share, show_table


def show_meetings(card: ModelCard, report: Report) -> None:
    """Show each evaluation on the test films; none is left out."""
    st.markdown("#### Log of test evaluations")
    if card.trained_here:
        show_gate_log()
        return
    st.text("A recipe was committed before each; none is left out.")
    show_table(
        [
            {
                "Date": row.date,
                "Recipe": row.commit[:8],
                "Model": f"**{row.model}**, shipped" if row.is_shipped else row.model,
                "Training": seed_name(row.seed),
                "AUC": decimal(row.auc),
                "Accuracy": share(row.accuracy),
                "Sensitivity": share(row.sensitivity),
                "Specificity": share(row.specificity),
                "Bacterial or viral, AUC": decimal(row.bacterial_or_viral_auc),
                "Note": row.note or NONE,
            }
            for row in report.meetings
        ],
        missing="The test films have not been met.",
    )


def show_comparison(card: ModelCard, report: Report) -> None:
    """Show published results beside our own; the films that each was given differ, and say so."""
    st.markdown("#### Beside published results")
    show_table(
        [
            {
                "Task": row.task,
                "Model": row.model,
                "Whose figure": row.source,
                "Films": row.films,
                "AUC": decimal(row.auc),
                "Accuracy": share(row.accuracy),
                "Spread": row.spread or NONE,
            }
            for row in report.comparison
        ]
    )


def show_trials(card: ModelCard, report: Report) -> None:
    """Show what was tried for the recipe, and the seeds of the one that was chosen, all on validation films."""
    st.markdown("#### What was tried")
    st.text(
        "Short trainings, judged on validation films as they are and made harder (shifted), and on the patients whose "
        "films were collected first. The test films had no part in it. Of recipes that these films cannot "
        "tell apart, the one that varies exposure and framing most was taken."
    )
    show_table(
        [
            {
                "Recipe": f"**{row.name}**, chosen" if row.chosen else row.name,
                "AUC": decimal(row.validation_auc),
                "AUC, shifted films": decimal(row.shifted_auc),
                "AUC, first patients": decimal(row.first_block_auc),
                "First patients, shifted": decimal(row.first_block_shifted_auc),
                "Log loss": decimal(row.log_loss),
                "Bacterial or viral, AUC": decimal(row.bacterial_or_viral_auc),
            }
            for row in report.trials
        ]
    )
    st.text("The chosen recipe from other random starts:")
    show_table(
        [
            {
                "Training": f"**{row.name}**, shipped" if row.is_shipped else row.name,
                "AUC": decimal(row.auc),
                "AUC, shifted films": decimal(row.shifted_auc),
                "Accuracy": share(row.accuracy),
                "Log loss": decimal(row.log_loss),
            }
            for row in report.seeds
        ]
    )
    for note in report.notes:
        st.text(note)
