"""The worklist's table, and what a click on it does."""

import streamlit as st

from medcore.library import StudyPage, StudyRow
from medcore.pictures import as_address, empty_figure

ROW_HEIGHT = 56  # pixels


def as_table(rows: tuple[StudyRow, ...]) -> dict[str, list[object]]:
    """Lay the rows out as the worklist's columns; cells are shown as they are, never as markup."""
    return {
        "Film": [row.thumbnail and as_address(row.thumbnail) for row in rows],
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


def open_chosen() -> None:
    """Open the study whose row was chosen in the worklist as it was last drawn."""
    selection = st.session_state.get("studies_table", {}).get("selection", {})
    chosen = [*selection.get("rows", ()), *(row for row, _ in selection.get("cells", ()))]
    if chosen:
        study_id = st.session_state["studies_shown"][chosen[0]]
        st.switch_page("review.py", query_params={"study": str(study_id)})


def show_worklist(found: StudyPage) -> None:
    """Draw the worklist; a click anywhere on a row chooses it."""
    columns = as_table(found.rows)
    st.session_state["studies_shown"] = [row.id for row in found.rows]
    st.dataframe(
        columns,
        hide_index=True,
        column_order=[name for name, cells in columns.items() if name != "Please check" or any(cells)],
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


def load_review() -> None:
    """Draw an empty figure, so that the browser has loaded what Review needs when the first study is opened."""
    st.plotly_chart(empty_figure(), theme=None, height=1, config={"staticPlot": True}, key="studies_load_review")
