"""Where the model is weaker, and what was done to find out."""

import streamlit as st

from medcore.classifier import ModelCard
from medcore.classifier.report import Report
from medcore.training.robustness import AUC_LIMIT, DECISION_LIMIT
from medcore.training.shortcut import LUNG_REGION
from pages.about_parts import decimal, decimal_between, share, share_between, show_table
from pages.words import plain

LIMITS = (
    f"Within limits: the AUC falls by at most {AUC_LIMIT:g}, and at most {share(DECISION_LIMIT, 0)} of the decisions "
    "change."
)
SHORTCUTS = (
    "A model that looks at the lungs loses much without them, and little without the rest. There are no outlines of "
    f"the lungs for these films; the lung region is {LUNG_REGION}."
)


def show_subgroups(card: ModelCard, report: Report) -> None:
    """Show how the model does on parts of the films."""
    st.markdown("#### Parts of the films")
    show_table(
        [
            {
                "Part": f"{row.part.capitalize()}: {row.group}",
                "Films": f"{row.films:,} of {row.patients:,} patients",
                "AUC": decimal_between(row.auc, row.auc_low, row.auc_high),
                f"Called {plain(card.finding)}": share(row.called),
                "Decided rightly": share_between(row.correct, row.correct_low, row.correct_high),
            }
            for row in report.subgroups
        ]
    )


def show_robustness(card: ModelCard, report: Report) -> None:
    """Show what changes of a film do to the answers."""
    st.markdown("#### Changed films")
    st.text(LIMITS)
    show_table(
        [
            {
                "Change": row.change,
                "AUC": decimal(row.auc),
                "Against unchanged": f"{row.auc_change:+.3f}",
                "Decisions that change": share(row.decisions_changed),
                "Within limits": "Yes" if row.within_limits else "**No**",
            }
            for row in report.robustness
        ]
    )


def show_shortcut(card: ModelCard, report: Report) -> None:
    """Show what is left of the figures where the model is not shown the lungs, or nothing but them."""
    st.markdown("#### Does the answer come from the lungs?")
    st.text(SHORTCUTS)
    show_table(
        [{"Shown": row.shown, "AUC": decimal_between(row.auc, row.auc_low, row.auc_high)} for row in report.shortcut]
    )


def show_scope(card: ModelCard, report: Report) -> None:
    """Show which pictures are answered and which are refused."""
    st.markdown("#### Which pictures it refuses")
    st.text(
        "By quality and by likeness to the films it was made from. The AUROC is that of both together against "
        "films kept aside from training, and against chest films of 64 pixels, so that it is not the blur that tells."
    )
    show_table(
        [
            {
                "Pictures": row.group,
                "Number": f"{row.films:,}",
                "Should be": "answered" if row.in_scope else "refused",
                "Refused": share(row.refused),
                "For quality": share(row.refused_quality),
                "As unlike": share(row.refused_picture),
                "AUROC": decimal(row.auroc),
                "AUROC, 64 pixels": decimal(row.auroc_controls),
            }
            for row in report.scope
        ]
    )
