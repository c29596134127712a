"""Train a candidate: what it learns from, how it learns, how far it is, and what the gate says of it."""

import streamlit as st

from medcore.errors import MedcoreError
from medcore.training.asked import Asked, start_training
from medcore.training.progress import newest_training
from pages.installation import open_library
from pages.model_gate import show_gate
from pages.review_reading import type_name
from pages.train_data import choose_data
from pages.train_plan import choose_plan
from pages.train_run import show_ended, show_run
from pages.words import plain


def ask() -> None:
    """Ask for data and plan, and start."""
    st.subheader("1  Data", anchor=False)
    chosen = choose_data()
    if chosen is None:
        return
    st.subheader("2  Start from", anchor=False)
    asked = choose_plan(chosen)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        who = type_name()
        pressed = st.button("Start training", type="primary", disabled=not who or not chosen.is_enough, key="train_go")
    if not who:
        st.caption("Type your name first. There is no sign-in yet, so it is not verified.")
    if pressed:
        start(asked, who)


def start(asked: Asked, who: str) -> None:
    """Queue the training; the background does it, whether or not somebody watches."""
    try:
        start_training(open_library(), asked, who)
    except MedcoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.session_state.pop("train_again", None)
    st.rerun()


def show_page() -> None:
    """Show the training that is under way, else the last one's end and what the next one would be."""
    newest = newest_training(open_library())
    again = st.session_state.get("train_again", False)
    if newest is not None and newest.is_under_way:
        st.subheader("3  Run", anchor=False)
        show_run(newest.run.id)
    elif newest is not None and not again:
        st.subheader("3  Run", anchor=False)
        show_ended(newest)
        show_gate(newest)
        st.button(
            "Train again", icon=":material/restart_alt:", key="train_another",
            on_click=st.session_state.__setitem__, args=("train_again", True),
        )  # fmt: skip
    else:
        ask()


st.title("Train", anchor=False)
show_page()
