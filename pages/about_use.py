"""The card's words: what the model is, how it is used, and where it must not be used."""

from dataclasses import replace

import streamlit as st

from medcore.classifier import ModelCard
from medcore.classifier.report import Report
from medcore.library.standing import sentence_case
from medcore.training.card_advice import uses, warnings
from pages.about_films import films_for, has_ages, no_answer, patients_for
from pages.about_parts import against, decimal, decimal_between, share, share_between, show_facts, show_list
from pages.words import counted, names_cause, plain

NO_DEVICE = "Not a medical device. For research and demonstration."
GIVEN = "a probability and its range, what it cannot rule out, and a heatmap."
CAUSE = (
    "**A film cannot settle what caused a pneumonia.** Bacterial and viral are the labels of the data set, not a "
    "laboratory's finding."
)


def show_summary(card: ModelCard, report: Report) -> None:
    """Name the model, say what it is for, and lead with the figures that count most."""
    st.subheader("Summary", anchor=False)
    others = f", or anybody but {card.scope.made_for}" if has_ages(card) else ""
    show_facts(
        {
            "Model": f"{card.name} {card.version}, made {card.created} with MedCore {card.medcore_version}",
            "For": f"{card.purpose}.",
            "Gives": f"{sentence_case(card.finding)} or not, with {GIVEN}",
            "Not for": f"A decision about a patient{others}.",
        }
    )
    kind = "test" if "test" in report.pneumonia else "validation"
    if kind not in report.pneumonia:
        return
    figures = report.pneumonia[kind]
    shown = {
        "Area under the ROC curve": (figures.binary.auc, decimal, decimal_between),
        "Sensitivity": (figures.binary.sensitivity, share, share_between),
        "Specificity": (figures.binary.specificity, share, share_between),
        "Accuracy": (figures.binary.accuracy, share, share_between),
    }
    for column, (name, (figure, write, between)) in zip(st.columns(len(shown)), shown.items(), strict=True):
        interval = between(figure.value, figure.low, figure.high).partition(" (")[2].removesuffix(")")
        column.metric(name, write(figure.value), interval, delta_color="off", delta_arrow="off", border=True)
    films = f"{counted(figures.films, f'{kind} film')} of {counted(figures.patients, 'patient')}"
    st.caption(f"{against(card)}, on {films}. Intervals: {figures.interval}.")


def show_uses(card: ModelCard) -> None:
    """Say whom it is for, and how it is used."""
    st.subheader("Uses and directions", anchor=False)
    show_facts(
        {
            "Patients": patients_for(card),
            "Films": films_for(card),
            "No answer": no_answer(card),
        }
    )
    show_list(uses(as_markdown(card)))


def show_warnings(card: ModelCard, report: Report) -> None:
    """Say where it must not be used, what it cannot know, and what its figures warn of."""
    st.subheader("Warnings", anchor=False)
    cause = [CAUSE] if names_cause(card.classes) else []
    points = warnings(as_markdown(card), report)
    show_list([f"**Not for a decision about a patient.** {NO_DEVICE}", *cause, *points])


def as_markdown(card: ModelCard) -> ModelCard:
    """Return a card whose given names Markdown shows as they are."""
    weights = replace(card.starting_weights, name=plain(card.starting_weights.name))
    classes = tuple(map(plain, card.classes))
    return replace(card, finding=plain(card.finding), classes=classes, starting_weights=weights)
