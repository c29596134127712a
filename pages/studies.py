"""Find a study, open it, add more."""

from dataclasses import replace
from datetime import date

import streamlit as st

from medcore.library import StudyQuery
from medcore.library.jobs import PREDICT
from pages.adding import add_studies
from pages.installation import open_library
from pages.words import counted, size
from pages.worklist import load_review, open_chosen, show_worklist

STATUSES = ("all", "to read", "read", "disagreed")
ROWS = 50


def ask() -> StudyQuery:
    """Draw the filters and return what they ask for."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Search", placeholder="Name, patient ID, study, accession", key="studies_text")
        modality = st.selectbox("Modality", ["All", *open_library().modalities()], key="studies_modality", width=120)
        dates = st.date_input("Study date", value=(), max_value=date.today(), key="studies_dates", width=230)
        status = st.segmented_control(
            "Status", STATUSES, default="all", required=True, format_func=str.capitalize, key="studies_status"
        )
        if st.button("Add studies", icon=":material/add:", type="primary", key="studies_add"):
            add_studies()
    first, last = (*dates, None, None)[:2] if isinstance(dates, tuple) else (dates, dates)
    return StudyQuery(
        text=text,
        modality="" if modality == "All" else modality,
        date_from=first,
        date_to=last or first,
        status=status,
    )


@st.fragment(run_every="3s")
def show_background() -> None:
    """Say what the background is doing, and what room is left."""
    library = open_library()
    jobs = [job for job in library.jobs.active() if job.kind == PREDICT]
    working = [f"The model is looking at new images: {job.done} of {job.total}." for job in jobs]
    room = library.room()
    st.caption(" ".join([*working, f"{size(room.used_bytes)} stored, {size(room.free_bytes)} left on this disk."]))
    if st.session_state.get("studies_busy") and not jobs:  # the pictures and answers are there now
        st.session_state["studies_busy"] = False
        st.rerun()
    st.session_state["studies_busy"] = bool(jobs)


open_chosen()
query = ask()
if query != st.session_state.get("studies_query", query):
    st.session_state["studies_page"] = 1
st.session_state["studies_query"] = query
position = st.session_state.get("studies_page", 1)
found = open_library().studies(replace(query, limit=ROWS, offset=(position - 1) * ROWS))
if found.rows:
    st.caption(f"{counted(found.total, 'study', 'studies')}. Click one to open it.")
    show_worklist(found)
elif query == StudyQuery():
    st.subheader("No studies yet")
    st.text("Add DICOM files, a folder or a zip with the button above. They stay on this machine.")
else:
    st.subheader("Nothing matches")
    st.text("Shorten the search, or choose another modality, date or status.")
if found.total > ROWS:
    st.pagination((found.total + ROWS - 1) // ROWS, key="studies_page")
show_background()
load_review()
