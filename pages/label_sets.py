"""Label sets: choose one, make one, and name its classes."""

import streamlit as st

from medcore.errors import MedcoreError
from medcore.library import FINDINGS, LabelSet
from medcore.library.labels import REVIEW_SET
from pages.installation import open_library
from pages.words import plain


def choose_label_set(reader: str) -> LabelSet:
    """Choose one of the label sets, or make one; the first is that of Review."""
    sets = {one.id: one for one in open_library().labels.sets()}
    if "label_set_made" in st.session_state:
        st.session_state["label_set"] = st.session_state.pop("label_set_made")
    chosen = sets.get(st.session_state.get("label_set"), sets[REVIEW_SET])
    with st.popover(plain(chosen.name), icon=":material/label:", key="label_set_chosen"):
        number = st.selectbox(
            "Label set", sets, format_func=lambda one: sets[one].name, key="label_set", persist_state="session"
        )
        if st.button("New label set", icon=":material/add:", disabled=not reader, key="label_new_set"):
            make_label_set(reader)
        if not reader:
            st.caption("To make one, type your name first.")
    return sets[number]


@st.dialog("New label set")
def make_label_set(who: str) -> None:
    """Ask for a name and the classes; they stay as they are."""
    name = st.text_input("Name", key="label_new_name")
    classes = st.text_area("Classes, one a line", key="label_new_classes", placeholder="Normal\nPneumonia").splitlines()
    several = st.toggle("A film can show several of them, or none", key="label_new_several")
    st.caption("Classes cannot be changed later: labels would lose their meaning.")
    ready = bool(name.strip() and any(one.strip() for one in classes))
    if st.button("Make it", type="primary", disabled=not ready, key="label_new_go"):
        try:
            made = open_library().labels.create_set(
                name, [one for one in classes if one.strip()], several=several, who=who
            )
        except MedcoreError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        st.session_state["label_set_made"] = made.id
        st.rerun()


def class_name(label_set: LabelSet, name: str) -> str:
    """Name a class as Review does."""
    return FINDINGS.get(name, name) if label_set.id == REVIEW_SET else name
