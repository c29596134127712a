"""The card's words: what the model is, how it is used, and where it must not be used."""

from collections.abc import Sequence

import streamlit as st

from medcore.classifier import ModelCard
from medcore.classifier.report import Report
from medcore.training.card_advice import uses, warnings
from pages.about_parts import decimal, decimal_between, share, share_between, show_facts
from pages.words import counted

NO_DEVICE = "Not a medical device. For research and demonstration."
CAUSE = (
    "**A film cannot settle what caused a pneumonia.** Bacterial and viral are the labels of the data set, not a "
    "laboratory's finding."
)


def show_summary(card: ModelCard, report: Report) -> None:
    """Name the model, say what it is for, and lead with the figures that count most."""
    st.subheader("Summary", anchor=False)
    show_facts(
        {
            "Model": f"{card.name} {card.version}, made {card.created} with MedCore {card.medcore_version}",
            "For": f"{card.purpose}.",
            "Gives": "Pneumonia or not, with a probability and its range, what it cannot rule out, and a heatmap.",
            "Not for": f"A decision about a patient, or anybody but {card.scope.made_for}.",
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
    st.caption(f"Pneumonia against normal, on {films}. Intervals: {figures.interval}.")


def show_uses(card: ModelCard) -> None:
    """Say whom it is for, and how it is used."""
    st.subheader("Uses and directions", anchor=False)
    scope = card.scope
    show_facts(
        {
            "Patients": f"{scope.made_for.capitalize()}, by the film's own date or an age that the reader states.",
            "Films": f"Frontal chest films ({', '.join(scope.views)}), modality {' or '.join(scope.modalities)}.",
            "No answer": (
                "Where the file says another patient, body part or view, where the picture is blank, clipped, too "
                "small, inverted or not upright, or where it is unlike the films that the model was trained on, it "
                "says so and gives no answer."
            ),
        }
    )
    show_list(uses(card))


def show_warnings(card: ModelCard, report: Report) -> None:
    """Say where it must not be used, what it cannot know, and what its figures warn of."""
    st.subheader("Warnings", anchor=False)
    show_list([f"**Not for a decision about a patient.** {NO_DEVICE}", CAUSE, *warnings(card, report)])


def show_list(points: Sequence[str]) -> None:
    """Show points, one below the other."""
    st.markdown("\n".join(f"- {point}" for point in points))
