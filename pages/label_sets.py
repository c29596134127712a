"""Label sets: choose one, make one, and name its classes."""

import streamlit as st

from medcore.errors import MedcoreError
from medcore.library import FINDINGS, LabelSet
from medcore.library.labels import REVIEW_SET
from pages.installation import open_library
from pages.review_reading import type_name


def choose_label_set() -> LabelSet:
    """Choose one of the label sets; the first is that of Review."""
    sets = {one.id: one for one in open_library().label_sets()}
    chosen = st.selectbox(
        "Label set",
        sets,
        format_func=lambda number: sets[number].name,
        key="label_set",
        persist_state="session",
        label_visibility="collapsed",
        width=260,
    )
    return sets[chosen]


@st.dialog("New label set")
def make_label_set() -> None:
    """Ask for a name and the classes; they stay as they are."""
    who = type_name()
    name = st.text_input("Name", key="label_new_name")
    classes = st.text_area("Classes, one a line", key="label_new_classes", placeholder="Normal\nPneumonia").splitlines()
    several = st.toggle("A film can show several of them, or none", key="label_new_several")
    st.caption("Classes cannot be changed later: labels would lose their meaning.")
    ready = bool(who and name.strip() and any(one.strip() for one in classes))
    if st.button("Make it", type="primary", disabled=not ready, key="label_new_go"):
        try:
            made = open_library().create_label_set(
                name, [one for one in classes if one.strip()], several=several, who=who
            )
        except MedcoreError as error:
            st.error(str(error), icon=":material/error:")
            return
        st.session_state["label_set"] = made.id
        st.rerun()


def class_name(label_set: LabelSet, name: str) -> str:
    """Name a class as Review does."""
    return FINDINGS.get(name, name) if label_set.id == REVIEW_SET else name
