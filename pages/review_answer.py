"""What the model answers: its finding or none, how sure, and, one click away, what that means and which kind."""

from collections.abc import Callable

import streamlit as st

from medcore.library import Instance, StoredPrediction, Study, percent
from medcore.library.standing import sentence_case
from pages.review_replay import show_replay
from pages.words import names_cause, percent_range, plain

GoTo = Callable[[Study, int], None]

NOTE_WIDTH = 330  # pixels; wider, a note would lie over the film
NO_LABEL_FITS = "No label fits this film as it should."
RANGE = (
    "{}: of films kept aside that looked like this one to the model, the share with {} lies in this range (Venn-Abers)."
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
KIND = "{} are the data set's labels."
CAUSE = "A film cannot settle the cause."


def show_answer(study: Study, shown: Instance, prediction: StoredPrediction, go_to: GoTo) -> None:
    """Lead with the finding or none; the kind is the data set's label, and stays closed until it is asked for."""
    probability, threshold, finding = prediction.pneumonia or 0.0, prediction.threshold or 0.0, prediction.finding
    lead = plain(sentence_case(finding if prediction.positive else f"no {finding}"))
    share = percent(probability, threshold)
    certainty = in_brackets(range_of(prediction))
    st.markdown(f"**{lead}**  ·  {share if prediction.positive else f'{plain(finding)} {share}'}{certainty}")
    if doubt := doubt_of(prediction):
        st.text(doubt)
    number, total = study.film_number(prediction.instance_id)
    which = f"Film {number} of {total}. " if total > 1 else ""
    point = in_brackets(prediction.operating_point)
    st.text(f"{which}{sentence_case(finding)} is called from {percent(threshold, probability)}{point}.")
    with st.container(horizontal=True, gap="xsmall"):
        with st.popover("What does this mean?", type="tertiary", key="review_meaning"), st.container(width=NOTE_WIDTH):
            show_meaning(prediction)
            st.caption(f"Model {prediction.model_version}")
            show_replay(prediction)
        if len(prediction.kinds) > 1:
            which_kind = plain(sentence_case(f"{' or '.join(prediction.kinds)}?"))
            with st.popover(which_kind, type="tertiary", key="review_kind"), st.container(width=NOTE_WIDTH):
                show_kind(prediction)
        if shown.id != prediction.instance_id:
            to_it = {"on_click": go_to, "args": (study, prediction.instance_id)}
            st.button(f"Show film {number}", type="tertiary", key="review_go_to", **to_it)


def range_of(prediction: StoredPrediction) -> str:
    """Write the range of the probability of the finding; empty where the model gave none."""
    low, high = prediction.pneumonia_low, prediction.pneumonia_high
    return "" if low is None or high is None else percent_range(low, high)


def doubt_of(prediction: StoredPrediction) -> str:
    """Say what the model's labels leave open beside its decision; empty where they leave nothing open."""
    open_still = groups_of(prediction)
    if open_still is None or open_still == [prediction.finding if prediction.positive else prediction.negative]:
        return ""
    return f"Cannot rule out: {', '.join(open_still)}" if open_still else NO_LABEL_FITS


def groups_of(prediction: StoredPrediction) -> list[str] | None:
    """Group the labels that are not ruled out into the finding and none; None where the model names none."""
    labels = prediction.not_ruled_out
    if labels is None:
        return None
    found = {prediction.finding: any(kind in labels for kind in prediction.kinds)}
    found[prediction.negative] = prediction.negative in labels
    return [group for group, is_open in found.items() if is_open]


def show_meaning(prediction: StoredPrediction) -> None:
    """Say what range and labels promise, and what they do not."""
    low, high, groups = prediction.pneumonia_low, prediction.pneumonia_high, groups_of(prediction)
    if low is None or high is None or groups is None:
        st.text("An earlier model gave this answer. It named no range, and no labels that it could not rule out.")
        return
    st.text(RANGE.format(range_of(prediction), prediction.finding))
    if not low <= (prediction.pneumonia or 0.0) <= high:
        st.text(BESIDE)
    st.text(PROMISE.format(", ".join(groups)) if groups else UNLIKE)


def show_kind(prediction: StoredPrediction) -> None:
    """Show the label of the kind, and say that it is no more than that."""
    note = KIND.format(sentence_case(" and ".join(prediction.kinds)))
    st.text(f"{note} {CAUSE}" if names_cause(prediction.kinds) else note)
    shares = [f"{name} {percent(share)}" for name, share in prediction.probabilities.items()]
    st.text(sentence_case(f"{', '.join(shares)}."))
    open_still = [kind for kind in prediction.kinds if kind in (prediction.not_ruled_out or ())]
    if len(open_still) > 1:
        st.text(f"Cannot rule out: {', '.join(open_still)}")


def in_brackets(text: str) -> str:
    """Put a text that may be empty behind another one."""
    return f" ({text})" if text else ""
