"""How well the labels are told apart, and how often what is not ruled out holds the true one."""

import streamlit as st

from medcore.classifier import ModelCard
from medcore.classifier.report import Report
from medcore.evaluation.figures import Figures
from pages.about_parts import NONE, decimal_figure, share, share_between, share_figure, show_table, title
from pages.words import names_cause, plain


def show_labels(card: ModelCard, report: Report) -> None:
    """Show the figures of each label on each kind of films; a film is of the label that is likeliest."""
    st.markdown(f"#### {title(', '.join(card.measured))}")
    st.text(f"The labels of the data set{'; a film cannot settle the cause' if names_cause(card.classes) else ''}.")
    for kind, figures in report.pneumonia.items():
        show_table(label_rows(card, kind, figures))
    either = {kind: decimal_figure(one.binary.auc) for kind, one in report.bacterial_or_viral.items()}
    for kind, area in either.items():
        st.text(f"Bacterial against viral, on the {kind} films of either: area under the ROC curve {area}.")
    if not report.pneumonia:
        show_table([])


def label_rows(card: ModelCard, kind: str, figures: Figures) -> list[dict[str, str]]:
    """Write a row for each label, and one for all."""
    labels = zip(card.measured, figures.class_films, figures.multiclass.classes, strict=True)
    columns = (f"{kind} films".capitalize(), "Films", "AUC against the rest", "Found", "Right when named", "F1")
    rows = [
        (
            title(name),
            f"{films:,}",
            decimal_figure(one.auc),
            share_figure(one.recall),
            share_figure(one.precision),
            decimal_figure(one.f1),
        )
        for name, films, one in labels
    ]
    every = figures.multiclass
    rows.append(
        (
            "All",
            f"{figures.films:,}",
            decimal_figure(every.macro_auc),
            share_figure(every.accuracy),
            NONE,
            decimal_figure(every.macro_f1),
        )
    )
    return [dict(zip(columns, row, strict=True)) for row in rows]


def show_sets(card: ModelCard, report: Report) -> None:
    """Say how often the labels that are not ruled out hold the true one."""
    st.markdown("#### What it cannot rule out")
    st.text("Promised: the true label is among those named in 9 of 10 films, of each label, for films like these.")
    rows = []
    for kind, found in report.sets.items():
        held = zip(card.classes, found.classes, strict=True)
        by_class = {
            f"Holds {plain(name)}": share_between(one.share, one.share_low, one.share_high) for name, one in held
        }
        size = {"Labels a film": f"{found.mean_set_size:.2f}", "One": share(found.single), "None": share(found.empty)}
        rows.append({"Films": kind.capitalize(), **by_class, **size})
    show_table(rows)
