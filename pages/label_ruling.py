"""Decide which label of a film stands, and say why."""

import streamlit as st

from medcore.errors import MedcoreError
from medcore.library import Decision, LabelSet, NewLabel
from medcore.library.labels import ADJUDICATION
from pages.installation import open_library
from pages.label_desk import NEED_NAME, Desk
from pages.label_sets import class_name
from pages.words import plain


def take_ruling(desk: Desk, chosen: Decision) -> None:
    """Take what stands, and why."""
    key = f"label_ruling_{desk.label_set.id}_{chosen.study_id}_{chosen.instance_id}"
    classes = choose_ruling(desk.label_set, key)
    reason = st.text_input("Reason", key=f"{key}_reason", placeholder="Why it stands")
    if not desk.reader:
        st.caption(NEED_NAME)
    ready = bool(desk.reader and classes is not None and reason.strip())
    if st.button("Save decision", type="primary", disabled=not ready, key="label_rule"):
        place = (desk.label_set.id, chosen.study_id, chosen.instance_id)
        try:
            open_library().labels.save(NewLabel(*place, classes or (), desk.reader, ADJUDICATION, reason))
        except MedcoreError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        st.rerun()


def choose_ruling(label_set: LabelSet, key: str) -> tuple[str, ...] | None:
    """Choose what stands; None until something was chosen."""

    def name(one: str) -> str:
        return class_name(label_set, one)

    if not label_set.several:
        given = st.selectbox("What stands", label_set.classes, index=None, format_func=name, key=key)
        return (given,) if given else None
    several = st.multiselect("What stands", label_set.classes, format_func=name, key=key)
    none = st.checkbox("None of these", key=f"{key}_none", disabled=bool(several))
    return tuple(several) if several or none else None
