"""The worklist: find a study, open it, add more."""

import base64
from dataclasses import replace
from datetime import date

import streamlit as st

from medcore.library import StudyPage, StudyQuery, StudyRow
from pages.adding import open_dialog
from pages.installation import open_library
from pages.words import counted, size

STATUSES = ("all", "to read", "read", "disagreed")
ROWS = 50
ROW_HEIGHT = 56


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
            open_dialog()
    first, last = (*dates, None, None)[:2] if isinstance(dates, tuple) else (dates, dates)
    return StudyQuery(
        text=text,
        modality="" if modality == "All" else modality,
        date_from=first,
        date_to=last or first,
        status=status,
    )


def as_table(rows: tuple[StudyRow, ...]) -> dict[str, list[object]]:
    """Lay the rows out as the worklist's columns; cells are shown as they are, never as markup."""
    return {
        "Film": [picture(row.thumbnail) for row in rows],
        "Patient": [f"{row.patient_name or 'No name'}{'  ·  SYNTHETIC' if row.synthetic else ''}" for row in rows],
        "Age, sex": [", ".join(filter(None, (row.age_text, row.sex))) or "–" for row in rows],
        "Study": [row.description or "–" for row in rows],
        "Date": [row.study_date for row in rows],
        "Modality": [", ".join(row.modalities) for row in rows],
        "Images": [row.images for row in rows],
        "Reader said": [row.reader_said or "–" for row in rows],
        "Model said": [row.model_said or ("–" if row.status != "to read" else "after you read") for row in rows],
        "Please check": ["; ".join(row.flags) for row in rows],
    }


def picture(thumbnail: bytes | None) -> str | None:
    """Turn a thumbnail into an address that carries the picture itself."""
    return None if thumbnail is None else "data:image/png;base64," + base64.b64encode(thumbnail).decode()


def open_selected(found: StudyPage) -> None:
    """Draw the worklist and open the study whose row is chosen."""
    columns = as_table(found.rows)
    shown = [name for name, cells in columns.items() if name != "Please check" or any(cells)]
    choice = st.dataframe(
        columns,
        hide_index=True,
        column_order=shown,
        row_height=ROW_HEIGHT,
        height=min(len(found.rows), 9) * ROW_HEIGHT + 40,
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        placeholder="–",
        key="studies_table",
        alt="Worklist of studies",
        column_config={
            "Film": st.column_config.ImageColumn(width=70),
            "Date": st.column_config.DateColumn(format="D MMM YYYY"),
            "Images": st.column_config.NumberColumn(width=70),
        },
    )
    chosen = [*choice.selection.rows, *(row for row, _ in choice.selection.cells)]
    if chosen:
        st.switch_page("review.py", query_params={"study": str(found.rows[chosen[0]].id)})


@st.fragment(run_every="3s")
def show_background() -> None:
    """Say what the background is doing, and what room is left."""
    library = open_library()
    working = [f"The model is looking at new images: {job.done} of {job.total}." for job in library.jobs.active()]
    room = library.room()
    st.caption(" ".join([*working, f"{size(room.used_bytes)} stored, {size(room.free_bytes)} left on this disk."]))


query = ask()
position = st.session_state.get("studies_page", 1)
found = open_library().studies(replace(query, limit=ROWS, offset=(position - 1) * ROWS))
if found.rows:
    st.caption(f"{counted(found.total, 'study', 'studies')}. Click one to open it.")
    open_selected(found)
elif query == StudyQuery():
    st.subheader("No studies yet")
    st.text("Add DICOM files, a folder or a zip with the button above. They stay on this machine.")
else:
    st.subheader("Nothing matches")
    st.text("Shorten the search, or choose another modality, date or status.")
if found.total > ROWS:
    st.pagination((found.total + ROWS - 1) // ROWS, key="studies_page")
show_background()
