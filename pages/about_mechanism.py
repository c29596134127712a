"""How the model comes to its answer, and what it was made from."""

import streamlit as st

from medcore.classifier import ModelCard
from medcore.classifier.card import HERE
from medcore.library.standing import sentence_case
from pages.about_parts import NONE, show_facts, show_table, title
from pages.words import counted

CERTAINTY = (
    "A temperature and an offset turn scores into probabilities, a Venn-Abers table gives the range, and class-wise "
    "prediction sets name what cannot be ruled out; all were fitted on films that did not train the network."
)

PARTS = {"train": "Training"}
FILMS = "**Films that it was made from**"
FILMS_HERE = "**Films that it was made from, and test films kept apart**"


def show_mechanism(card: ModelCard) -> None:
    """Say what goes in, what comes out, and on which data the model was made, by whom, under which licence."""
    st.subheader("Mechanism", anchor=False)
    data, weights = card.training_data, card.starting_weights
    show_facts(
        {
            "Answers": answers(card),
            "Network": f"{card.architecture}.",
            "What it sees": f"{card.preprocessing}.",
            "How sure it is": CERTAINTY,
            "Data": f"{data.name}.{of_others(data.attribution, data.source, data.licence)}",
            "Started from": f"{weights.name}.{of_others('', weights.source, weights.licence)}",
        }
    )
    st.markdown(f"{FILMS_HERE if card.trained_here else FILMS}, by what they served for. No patient is in two parts.")
    show_table([{"Part": PARTS.get(part, part.capitalize()), **films_of(card, part)} for part in data.films])


def answers(card: ModelCard) -> str:
    """Name the classes that the model tells, and which of them are its finding."""
    nothing, kinds = sentence_case(card.classes[0]), ", ".join(card.kinds)
    if card.several:
        return f"{nothing}, or one or several of {kinds}; {card.finding} is any of them."
    if card.kinds == (card.finding,):
        return f"{nothing}, {kinds}."
    return f"{nothing}, {kinds}; {card.finding} is {' or '.join(card.kinds)}."


def of_others(attribution: str, source: str, licence: str) -> str:
    """Say whose something is, and under which licence; what is this installation's own needs neither."""
    if source == HERE:
        return ""
    return f" {attribution}. {source}, {licence}." if attribution else f" {source}, {licence}."


def films_of(card: ModelCard, part: str) -> dict[str, str]:
    """Count the films and patients of each class in one part of the data."""
    data = card.training_data
    films, patients = data.films[part], data.patients.get(part, {})
    return {title(name): counted_both(films.get(name), patients.get(name)) for name in card.classes}


def counted_both(films: int | None, patients: int | None) -> str:
    """Count films, and the patients that they are of."""
    if films is None or patients is None:
        return NONE if films is None else counted(films, "film")
    return f"{counted(films, 'film')} of {counted(patients, 'patient')}"
