"""Step one of a reading: the reader's own finding, before the model's is shown."""

import streamlit as st

from medcore.errors import MedcoreError
from medcore.library import FINDINGS, Instance, NewReading, Reading, Study
from pages.installation import open_library
from pages.words import CONFIDENCES, SIDES, WITH_A_SIDE, moment, with_side


def show_reading(study: Study, instance: Instance, reading: Reading | None) -> Reading | None:
    """Take the reader's own finding, or show the one that was saved."""
    st.subheader("1  Your reading")
    if reading is None:
        return take_reading(study, instance)
    own = with_side(reading.finding, reading.side) if reading.finding else "Revealed without reading"
    seen = ", the model's answer was known" if reading.answer_seen_before else ""
    sure = f", {CONFIDENCES[reading.confidence].lower()}" if reading.confidence else ""
    st.text(f"{own}{sure}{seen}\n{reading.reader}, {moment(reading.created_at)} (name not verified)")
    for addendum in reading.addenda:
        st.text(f"Addendum by {addendum.reader}, {moment(addendum.created_at)}: {addendum.text}")
    return reading


def type_name() -> str:
    """Ask who is speaking; there is no sign-in yet, so the name is what was typed."""
    return st.text_input(
        "Your name",
        placeholder="Your name (not verified)",
        key="reader_name",
        persist_state="session",
        label_visibility="collapsed",
    ).strip()


def take_reading(study: Study, instance: Instance) -> Reading | None:
    """Draw the findings, one key each, and save what the reader chose."""
    reader = type_name()
    finding = choose_finding(f"review_finding_{study.id}", shortcuts=True)
    side = choose_side(f"review_side_{study.id}", finding)
    confidence = st.segmented_control(
        "How sure", CONFIDENCES, format_func=CONFIDENCES.get, key=f"review_confidence_{study.id}",
        label_visibility="collapsed",
    )  # fmt: skip
    with st.container(horizontal=True):
        ready = bool(reader and finding)
        save = st.button("Save and reveal", type="primary", disabled=not ready, shortcut="Enter", key="review_save")
        peek = st.button("Reveal without reading", type="tertiary", disabled=not reader, key="review_peek")
    if not reader:
        st.caption("Type your name first. There is no sign-in yet, so it is not verified.")
    if not save and not peek:
        return None
    new = (
        NewReading(instance.id, reader, "", "", None, True)
        if peek
        else NewReading(instance.id, reader, finding, side, confidence, False)
    )
    try:
        saved = open_library().save_reading(study.id, new)
    except MedcoreError as error:
        st.error(str(error), icon=":material/error:")
        return None
    st.session_state.pop("review_again", None)
    st.rerun()
    return saved


def choose_finding(key: str, *, shortcuts: bool = False) -> str:
    """Draw one button a finding; the chosen one stays filled."""
    chosen = st.session_state.get(key, "")
    with st.grid(2, gap="xxsmall"):
        for number, (finding, label) in enumerate(FINDINGS.items(), start=1):
            st.button(
                label,
                type="primary" if finding == chosen else "secondary",
                width="stretch",
                shortcut=str(number) if shortcuts else None,
                key=f"{key}_{number}",
                on_click=st.session_state.__setitem__,
                args=(key, finding),
            )
    return chosen


def choose_side(key: str, finding: str) -> str:
    """Ask for the side where the finding has one; its place stays reserved where it has none."""
    side = st.segmented_control(
        "Side", SIDES, format_func=SIDES.get, key=key, disabled=finding not in WITH_A_SIDE,
        label_visibility="collapsed",
    )  # fmt: skip
    return side if side and finding in WITH_A_SIDE else ""
