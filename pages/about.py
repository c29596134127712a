"""What the model is for, for whom it is not, how good it is, and on which data: the model's card, to read or print."""

import streamlit as st

import medcore
from medcore.classifier import ModelCard
from medcore.errors import MedcoreError
from medcore.library import percent
from pages.installation import model_card
from pages.words import counted


def show_purpose(card: ModelCard) -> None:
    """Say whom the model is for, and where it must not be used."""
    st.subheader("What it is for")
    st.text(f"{card.purpose}.")
    st.subheader("Where it must not be used")
    st.text(
        "Not for a decision about a patient. Not for anybody but "
        f"{card.scope.made_for}, and not for other views or body parts: there it says so and gives no answer."
    )
    st.text(
        "A film cannot settle what caused a pneumonia: bacterial and viral are the labels of the data set, not a "
        "laboratory's finding. The heatmap shows which region moved the answer, not where disease is."
    )


def show_figures(card: ModelCard) -> None:
    """Show how good the model is, with intervals, and on how many patients that was seen."""
    st.subheader("How good it is")
    validation, point = card.validation, card.operating_point
    columns = st.columns(4)
    columns[0].metric("Area under the ROC curve", f"{validation.auc:.3f}", border=True)
    columns[1].metric("95 % interval", f"{validation.auc_low:.3f} to {validation.auc_high:.3f}", border=True)
    columns[2].metric("Sensitivity", percent(point.sensitivity), border=True)
    columns[3].metric("Specificity", percent(point.specificity), border=True)
    films = counted(sum(validation.films.values()), "film")
    patients = counted(sum(validation.patients.values()), "patient")
    st.text(
        f"Pneumonia against normal, on {films} of {patients} that were kept apart while training. "
        f"Pneumonia is called from {percent(point.threshold)}: {point.rule}. Interval: {validation.interval}."
    )
    st.text("On films of another hospital it may be worse. It has not been tried there.")


def show_origin(card: ModelCard) -> None:
    """Say on which data the model was made, by whom, and under which licence."""
    st.subheader("What it was made from")
    data, weights = card.training_data, card.starting_weights
    facts = {
        "Training films": ", ".join(f"{name} {count:,}" for name, count in data.films.items()),
        "Training patients": ", ".join(f"{name} {count:,}" for name, count in data.patients.items()),
        "Data": f"{data.name}. {data.attribution}. {data.source}, {data.licence}.",
        "Started from": f"{weights.name}, {weights.licence}",
        "Network": card.architecture,
        "What it sees": card.preprocessing,
        "Model": f"{card.name} {card.version}, made {card.created} with MedCore {card.medcore_version}",
        "SHA-256": card.sha256,
        "MedCore": f"{medcore.__version__}, Apache-2.0",
    }
    for name, fact in facts.items():
        label, value = st.columns([1, 5])
        label.caption(name)
        value.text(fact)


st.title("About")
st.text(
    "MedCore shows a study first, takes the reader's own finding, and only then what the model says and where it "
    "looked. Everything stays on this machine."
)
try:
    card = model_card()
except MedcoreError as error:
    st.error(str(error), icon=":material/error:")
else:
    show_purpose(card)
    show_figures(card)
    show_origin(card)
