"""Step three of a reading: accept, reject or amend, and addenda later."""

from collections.abc import Callable

import streamlit as st

from medcore.errors import MedcoreError
from medcore.library import FINDINGS, NewVerdict, Reading, StoredPrediction, Study
from medcore.library.standing import contradicts
from pages.installation import open_library
from pages.review_model import answer_for
from pages.review_reading import choose_side, type_name
from pages.words import ACTIONS, with_side


def show_verdict(study: Study, reading: Reading | None) -> None:
    """Take the verdict on what the model said, or show the one that was saved."""
    st.subheader("3  Verdict")
    if reading is None:
        st.text("Follows once you have read.")
        return
    answer = answer_for(study, reading)
    if reading.verdict is None and answer is not None and answer.state == "answered":
        take_verdict(reading, answer)
    else:
        show_final(study, reading)


def show_final(study: Study, reading: Reading) -> None:
    """Show the final finding; what is saved is corrected by an addendum, never changed."""
    verdict = reading.verdict
    if verdict is None:
        st.text("The model gave no answer, so your reading stands.")
    else:
        reason = f": {verdict.reason}" if verdict.reason else ""
        st.text(f"{ACTIONS[verdict.action]}{reason}")
        st.text(f"Final finding: {with_side(verdict.finding, verdict.side)}")
    with st.container(horizontal=True):
        if st.button("Add an addendum", icon=":material/edit_note:", key="review_addendum"):
            add_addendum(reading)
        if st.button("Read again", type="tertiary", key="review_read_again"):
            st.session_state["review_again"] = study.id
            st.rerun()


def take_verdict(reading: Reading, answer: StoredPrediction) -> None:
    """Accept with one click; reject and amend ask for the finding that stands and for a reason."""
    action = st.segmented_control(
        "Verdict", ["accept", "reject", "amend"], format_func=str.capitalize, key=f"verdict_action_{reading.id}",
        label_visibility="collapsed",
    )  # fmt: skip
    if action is None:
        st.caption("Accept the model's answer, reject it and keep your finding, or amend your finding.")
        return
    finding, side = reading.finding, reading.side
    gives_way = action == "accept" and contradicts(finding, answer)  # the own finding cannot stand then
    if action == "amend" or gives_way or not finding:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            finding = st.selectbox(
                "Final finding",
                FINDINGS,
                index=None,
                placeholder="Final finding",
                format_func=FINDINGS.get,
                key=f"verdict_finding_{reading.id}",
                label_visibility="collapsed",
            )
            side = choose_side(f"verdict_side_{reading.id}", finding or "")
    key, reason = f"verdict_reason_{reading.id}", ""
    with st.container(horizontal=True):
        reader = type_name()
        if action != "accept":
            reason = st.text_input("Reason", key=key, placeholder="Reason", label_visibility="collapsed")
    ready = bool(reader and finding and (action == "accept" or reason.strip()))
    if st.button("Save verdict", type="primary", disabled=not ready, key="verdict_save"):
        save(lambda: open_library().save_verdict(
            reading.id, NewVerdict(reader, action, finding, side, reason.strip())
        ))  # fmt: skip


@st.dialog("Add an addendum")
def add_addendum(reading: Reading) -> None:
    """Correct or complete a saved reading without changing it."""
    reader = type_name()
    text = st.text_area("Addendum", key="addendum_text").strip()
    finding = st.selectbox(
        "Final finding, if it changes", FINDINGS, index=None, format_func=FINDINGS.get, key="addendum_finding"
    )
    side = choose_side("addendum_side", finding or "")
    if st.button("Save addendum", type="primary", disabled=not (reader and text), key="addendum_save"):
        save(lambda: open_library().add_addendum(reading.id, reader, text, finding, side))


def save(write: Callable[[], object]) -> None:
    """Write once, and draw the page anew; a refusal is said where the reader looks."""
    try:
        write()
    except MedcoreError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.rerun()
