"""Start an evaluation in the background, and show how far it is."""

import streamlit as st

from medcore.library import Job
from medcore.library.jobs import EVALUATE
from pages.evaluate_kept import CHOSEN
from pages.installation import open_library
from pages.words import counted, plain

JOB = "evaluate_job"


@st.dialog("New evaluation")
def new_evaluation() -> None:
    """Ask on which label set, and queue the work; closing the page does not stop it."""
    library = open_library()
    sets = {one.id: one for one in library.labels.sets()}
    number = st.selectbox("Label set", sets, format_func=lambda one: sets[one].name, key="evaluate_set")
    told = [one.classes for one in library.labels.decisions(number) if one.instance_id is not None]
    labelled = sum(bool(classes) or (classes is not None and sets[number].several) for classes in told)
    st.text(f"{counted(labelled, 'image')} with a label that counts.")
    st.caption("Measured is the model that answers now. Films of patients that it was made from are left out.")
    if not labelled:
        st.text("Label some images first: a finding that is saved in Review is a label too.")
    go = st.button(
        "Evaluate", type="primary", disabled=not labelled, key="evaluate_go", on_click=start, args=(number, labelled)
    )
    if go:
        st.rerun()


def start(label_set: int, labelled: int) -> None:
    """Queue an evaluation, and remember that it was asked for here."""
    st.session_state[JOB] = open_library().jobs.enqueue(EVALUATE, {"label_set": label_set}, total=labelled)


def show_running() -> None:
    """Show the evaluations that are under way, and how the last one from here ended."""
    if job := followed():
        if job.state in ("failed", "dead"):
            st.error(plain(job.error), icon=":material/error:")
        elif job.state == "done":
            del st.session_state[JOB]
            st.session_state["evaluate_next"] = job.result["evaluation"]
            st.rerun()
    if under_way():
        show_progress()


def followed() -> Job | None:
    """Return the job that was started from here; None where there is none, or not any more."""
    number = st.session_state.get(JOB)
    return None if number is None else open_library().jobs.get(number)


def under_way() -> list[Job]:
    """List the evaluations that run or wait."""
    return [job for job in open_library().jobs.active() if job.kind == EVALUATE]


@st.fragment(run_every="1s")
def show_progress() -> None:
    """Show how far the evaluations are; the page is drawn again when one has ended."""
    jobs = under_way()
    for job in jobs:
        share = min(job.done / job.total, 1.0) if job.total else 0.0
        waits = "waits for its turn" if job.state == "queued" else f"{job.done:,} of {job.total:,} films"
        st.progress(share, f"Evaluating: {waits}" if share < 1 else "Evaluating: measuring")
    if len(jobs) < st.session_state.get("evaluate_running", 0):
        st.session_state["evaluate_running"] = len(jobs)
        st.rerun()
    st.session_state["evaluate_running"] = len(jobs)


def take_finished() -> None:
    """Choose the evaluation that has just ended, before its choice is drawn."""
    if done := st.session_state.pop("evaluate_next", None):
        st.session_state[CHOSEN] = done
