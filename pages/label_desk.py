"""Who labels, in which label set, and in which order: what stands above every part of the page."""

from dataclasses import dataclass

import streamlit as st

from medcore.library import LabelSet
from pages.installation import open_library
from pages.label_sets import choose_label_set
from pages.review_reading import type_name
from pages.words import moment, plain

ALL, RANDOM = "All", "random"
ORDERS = {
    RANDOM: "At random",
    "uncertainty": "What the model is least sure of",
    "diversity": "What is least like the films that have a label",
    "out of scope": "What the model does not answer for",
}
TWICE = {1.0: "All films", 0.5: "Half of the films", 0.2: "One film in 5", 0.1: "One film in 10"}
NEED_NAME = "Type your name above first. There is no sign-in yet, so it is not verified."


@dataclass(frozen=True)
class Desk:
    """What a reader has chosen."""

    label_set: LabelSet
    reader: str  # empty until somebody has typed a name
    order: str
    twice: float  # share of the films that two are to read
    modality: str  # empty for all


def choose_desk() -> Desk:
    """Draw the choices, and return them."""
    with st.container(horizontal=True, vertical_alignment="center", key="label_desk"):
        reader = choose_reader()
        label_set = choose_label_set(reader)
        with st.popover("Order", icon=":material/tune:", key="label_settings"):
            order, twice, modality = choose_order(label_set)
    return Desk(label_set, reader, order, twice, modality)


def choose_reader() -> str:
    """Ask who reads; a name that is there is put away, so that keys meant for a film are not typed into it."""
    name = st.session_state.get("reader_name", "").strip()
    if name:
        with st.popover(plain(name), icon=":material/person:", key="label_reader"):
            return type_name()
    with st.container(width=260):
        return type_name()


def choose_order(label_set: LabelSet) -> tuple[str, float, str]:
    """Choose which films come, in which order, and how many are read twice."""
    modalities = sorted({film.modality for film in open_library().labels.films()})
    modality = st.selectbox("Films", [ALL, *modalities], key="label_modality", persist_state="session")
    order = st.selectbox(
        "Which come first", ORDERS, format_func=ORDERS.get, key="label_order", persist_state="session",
        on_change=ask_for_order, args=(label_set.id,),
    )  # fmt: skip
    if order != RANDOM:
        say_order(label_set.id, order)
    twice = st.selectbox("Read by two", TWICE, format_func=TWICE.get, key="label_twice", persist_state="session")
    return order, twice, "" if modality == ALL else modality


def ask_for_order(label_set_id: int) -> None:
    """Have the background work the chosen order out anew."""
    if st.session_state["label_order"] != RANDOM:
        open_library().labels.ask_for_order(label_set_id, st.session_state["label_order"])


def say_order(label_set_id: int, how: str) -> None:
    """Say how the background has come with an order."""
    order = open_library().labels.order(label_set_id, how)
    until = "as before" if order.made_at else "at random"
    if order.is_waiting:
        at = f": {order.done} of {order.total} films" if order.total else ""
        st.caption(f"The order is being worked out{at}. Until then films come {until}.")
    elif order.failure:
        st.error(plain(order.failure), icon=":material/error:")
    elif order.made_at:
        st.caption(f"Worked out {moment(order.made_at)}. Later films come after these.")
    if not order.is_waiting:
        st.button("Work it out now", key="label_order_again", on_click=ask_for_order, args=(label_set_id,))
