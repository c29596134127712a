"""Label films, read them a second time, settle disagreements, and bring in films that have labels."""

from functools import partial

import streamlit as st

from medcore.labelling.reading_queue import FIRST, SECOND
from pages.label_desk import Desk, choose_desk
from pages.label_queue import show_queue


def disagreements(desk: Desk) -> None:
    """Load what measures agreement, which takes seconds the first time, for those who look at it alone."""
    from pages.label_disagreements import show_disagreements

    show_disagreements(desk)


def upload(desk: Desk) -> None:
    """Load what reads pictures for those who bring some in alone."""
    from pages.label_upload import show_upload

    show_upload(desk)


TABS = {
    "Label": partial(show_queue, source=FIRST),
    "Second reading": partial(show_queue, source=SECOND),
    "Disagreements": disagreements,
    "Upload": upload,
}

desk = choose_desk()
for tab, show in zip(st.tabs(list(TABS), key="label_tab", on_change="rerun"), TABS.values(), strict=True):
    if tab.open:  # what is closed is not drawn, so that its keys are not heard and nothing of it is told
        with tab:
            show(desk)
