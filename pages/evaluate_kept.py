"""The evaluations that are kept: read once, exported, deleted."""

from pathlib import PurePath

import streamlit as st

from medcore.settings import Settings
from medcore.worker.evaluating.assessment import Assessment
from medcore.worker.evaluating.report_file import as_html
from medcore.worker.evaluating.store import KeptEvaluations
from pages.installation import open_library

CHOSEN = "evaluate_chosen"


@st.cache_resource(max_entries=1)
def kept_evaluations() -> KeptEvaluations:
    """Open the evaluations of this installation once per server."""
    return KeptEvaluations(Settings.from_environment())


@st.cache_resource(max_entries=32)
def read_evaluation(name: str) -> Assessment:
    """Read an evaluation once; it never changes."""
    return kept_evaluations().read(name)


def show_export(name: str) -> None:
    """Draw what can be done with an evaluation: take it along as a page or as JSON, or delete it."""
    file = PurePath(f"evaluation-{name}")
    st.download_button(
        "HTML",
        data=lambda: page_of(name),
        file_name=str(file.with_suffix(".html")),
        mime="text/html",
        icon=":material/download:",
        on_click="ignore",
        key="evaluate_html",
    )
    st.download_button(
        "JSON",
        data=lambda: read_evaluation(name).to_json(),
        file_name=str(file.with_suffix(".json")),
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
        key="evaluate_json",
    )
    if st.button("Delete", icon=":material/delete:", type="tertiary", key="evaluate_delete"):
        delete(name)


def page_of(name: str) -> str:
    """Write an evaluation as a page of its own, with the films that are still there."""
    library, kept = open_library(), kept_evaluations()
    return as_html(read_evaluation(name), lambda number: kept.picture(name, number, library))


@st.dialog("Delete this evaluation?")
def delete(name: str) -> None:
    """Ask once more, then delete; the labels and the images stay."""
    st.text("Its figures go for good. The labels and the images stay.")
    if st.button("Delete", type="primary", key="evaluate_delete_go", on_click=kept_evaluations().delete, args=(name,)):
        st.rerun()
