"""What the model answers: pneumonia or not, how sure, and, one click away, what that means and which kind."""

from collections.abc import Callable

import streamlit as st

from medcore.library import Instance, StoredPrediction, Study, percent
from pages.words import percent_range

GoTo = Callable[[Study, int], None]

KINDS = ("bacterial", "viral")
NOTE_WIDTH = 330  # pixels; wider, a note would lie over the film
PNEUMONIA, NORMAL = "pneumonia", "normal"
NO_LABEL_FITS = "No label fits this film as it should."
RANGE = (
    "{}: of films kept aside that looked like this one to the model, the share with pneumonia lies in this range "
    "(Venn-Abers)."
)
BESIDE = "The range is worked out by itself, so that the percentage can lie just outside of it."
PROMISE = (
    "Not ruled out: {}. For films like those it was validated on, the true label is among these in 9 of 10; for others "
    "nothing is promised."
)
UNLIKE = (
    "No label fits this film as it should: it is unlike what the model was shown under each of them. Rely on your own "
    "reading. For films like those it was validated on, this happens in at most 1 of 10."
)
KIND = "Bacterial and viral are the data set's labels. A film cannot settle the cause."


def show_answer(study: Study, shown: Instance, prediction: StoredPrediction, go_to: GoTo) -> None:
    """Lead with pneumonia or not; the kind is the data set's label, and stays closed until it is asked for."""
    pneumonia, threshold = prediction.pneumonia or 0.0, prediction.threshold or 0.0
    lead = "Pneumonia" if prediction.positive else "No pneumonia"
    share = percent(pneumonia, threshold)
    certainty = in_brackets(range_of(prediction))
    st.markdown(f"**{lead}**  ·  {share if prediction.positive else f'pneumonia {share}'}{certainty}")
    if doubt := doubt_of(prediction):
        st.text(doubt)
    number, total = study.film_number(prediction.instance_id)
    which = f"Film {number} of {total}. " if total > 1 else ""
    point = in_brackets(prediction.operating_point)
    st.text(f"{which}Pneumonia is called from {percent(threshold, pneumonia)}{point}.")
    with st.container(horizontal=True, gap="xsmall"):
        with st.popover("What does this mean?", type="tertiary", key="review_meaning"), st.container(width=NOTE_WIDTH):
            show_meaning(prediction)
        with st.popover("Bacterial or viral?", type="tertiary", key="review_kind"), st.container(width=NOTE_WIDTH):
            show_kind(prediction)
        if shown.id != prediction.instance_id:
            to_it = {"on_click": go_to, "args": (study, prediction.instance_id)}
            st.button(f"Show film {number}", type="tertiary", key="review_go_to", **to_it)


def range_of(prediction: StoredPrediction) -> str:
    """Write the range of the probability of pneumonia; empty where the model gave none."""
    low, high = prediction.pneumonia_low, prediction.pneumonia_high
    return "" if low is None or high is None else percent_range(low, high)


def doubt_of(prediction: StoredPrediction) -> str:
    """Say what the model's labels leave open beside its decision; empty where they leave nothing open."""
    open_still = groups_of(prediction)
    if open_still is None or open_still == [PNEUMONIA if prediction.positive else NORMAL]:
        return ""
    return f"Cannot rule out: {', '.join(open_still)}" if open_still else NO_LABEL_FITS


def groups_of(prediction: StoredPrediction) -> list[str] | None:
    """Group the labels that are not ruled out into pneumonia and normal; None where the model names none."""
    labels = prediction.not_ruled_out
    if labels is None:
        return None
    found = {PNEUMONIA: any(kind in labels for kind in KINDS), NORMAL: NORMAL in labels}
    return [group for group, is_open in found.items() if is_open]


def show_meaning(prediction: StoredPrediction) -> None:
    """Say what range and labels promise, and what they do not."""
    low, high, groups = prediction.pneumonia_low, prediction.pneumonia_high, groups_of(prediction)
    if low is None or high is None or groups is None:
        st.text("An earlier model gave this answer. It named no range, and no labels that it could not rule out.")
        return
    st.text(RANGE.format(range_of(prediction)))
    if not low <= (prediction.pneumonia or 0.0) <= high:
        st.text(BESIDE)
    st.text(PROMISE.format(", ".join(groups)) if groups else UNLIKE)


def show_kind(prediction: StoredPrediction) -> None:
    """Show the label of the kind, and say that it is no more than that."""
    st.text(KIND)
    shares = [f"{name} {percent(share)}" for name, share in prediction.probabilities.items()]
    st.text(f"{', '.join(shares)}.".capitalize())
    open_still = [kind for kind in KINDS if kind in (prediction.not_ruled_out or ())]
    if len(open_still) == len(KINDS):
        st.text(f"Cannot rule out: {', '.join(open_still)}")


def in_brackets(text: str) -> str:
    """Put a text that may be empty behind another one."""
    return f" ({text})" if text else ""
