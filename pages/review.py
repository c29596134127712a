"""Read one study: the film first, then your finding, then the model's, then the verdict."""

import re

import streamlit as st

from medcore.errors import MedcoreError
from medcore.library import Instance, StoredPrediction, Study
from medcore.server.viewer_files import is_built
from pages.deleting import delete_study
from pages.installation import open_library
from pages.review_answer import GoTo
from pages.review_image import show_image
from pages.review_model import show_model
from pages.review_reading import show_reading
from pages.review_series import choose_image, go_to
from pages.review_verdict import show_verdict
from pages.review_viewer import ask_for, show_viewer, shown_instance
from pages.words import counted


def chosen_study() -> Study | None:
    """Find the study that the address names; the address carries its row number, never a patient."""
    number = st.query_params.get("study", "")
    try:
        return open_library().study(int(number)) if re.fullmatch(r"[0-9]{1,15}", number) else None
    except MedcoreError as error:
        st.error(str(error), icon=":material/error:")
        return None


def show_banner(study: Study, *, named: bool) -> None:
    """Say what is read, in plain text on one line; the viewer names the patient itself, and can hide the name."""
    with st.container(horizontal=True, vertical_alignment="center", key="review_banner"):
        st.page_link("studies.py", label="Worklist", icon=":material/arrow_back:")
        if study.synthetic:
            st.badge("SYNTHETIC", color="orange")
        who = ", ".join(filter(None, (study.age_text, study.sex))) or "age not given"
        when = f"{study.study_date:%d %b %Y}" if study.study_date else "no date"
        facts = [who, study.description or "no description", when, counted(len(study.instances), "image")]
        if named:
            facts = [study.patient_name or "No name", study.patient_id or "no ID", *facts]
        st.text("   ·   ".join(facts), width="stretch")
        if st.button("Delete", icon=":material/delete:", type="tertiary", key="review_delete"):
            delete_study(study)
    for flag in study.flags:
        st.caption(f":material/warning: {flag}")


def review(study: Study) -> None:
    """Lay out the viewer and the three steps of a reading."""
    has_viewer = is_built()
    show_banner(study, named=not has_viewer)
    if has_viewer:
        image_column, panel = st.columns([7, 3.4], gap="small")
        with panel:
            prediction = show_panel(study, shown_instance(study), ask_for)
        with image_column:
            show_viewer(study, prediction)
        return
    series_column, image_column, panel = st.columns([1.1, 6, 3.4], gap="small")
    with series_column:
        chosen = choose_image(study)
    with panel:
        prediction = show_panel(study, chosen.instance, go_to)
    with image_column:
        show_image(chosen, prediction)


def show_panel(study: Study, shown: Instance, go_to: GoTo) -> StoredPrediction | None:
    """Draw the three steps, and return the model's answer once it may be seen."""
    readings = open_library().readings(study.id)
    reading = None if st.session_state.get("review_again") == study.id or not readings else readings[-1]
    with st.container(gap="xsmall"):
        reading = show_reading(study, shown, reading)
        prediction = show_model(study, shown, reading, go_to)
        show_verdict(study, reading)
    return prediction


study = chosen_study()
if study is None:
    st.subheader("No study is open")
    st.text("Choose one from the worklist.")
    st.page_link("studies.py", label="Go to the worklist", icon=":material/list_alt:")
else:
    review(study)
