"""Bring in films that have labels: what is given, how far its check is, and what becomes of it."""

from dataclasses import dataclass, field

import streamlit as st

from medcore.errors import MedcoreError
from medcore.labelling.pending import Given, PendingUpload
from pages.adding import Intake, intake_threads
from pages.installation import open_library
from pages.label_asking import ask
from pages.label_check import show_check, show_taken
from pages.label_desk import Desk
from pages.words import counted, plain

UNDER_WAY = "label_upload"


@dataclass
class Task:
    """An upload on its way: being checked, waiting for a yes, or being taken."""

    pending: PendingUpload
    checking: Intake = field(default_factory=Intake)
    taking: Intake | None = None


def show_upload(desk: Desk) -> None:
    """Ask for an upload, or show the one that is on its way."""
    task: Task | None = st.session_state.get(UNDER_WAY)
    if task is None:
        if given := ask(desk):
            begin(given)
            st.rerun()
    elif not (task.taking or task.checking).future.done():
        show_progress(task)
    elif task.taking is None:
        show_outcome(task, desk)
    else:
        show_end(task)


def begin(given: Given) -> None:
    """Check an upload in a thread of its own: leaving the page does not stop it."""
    task = Task(PendingUpload(open_library()))
    task.checking.future = intake_threads().submit(task.pending.check, given, task.checking.note)
    st.session_state[UNDER_WAY] = task


@st.fragment(run_every="0.5s")
def show_progress(task: Task) -> None:
    """Show how far the check, or the taking, is."""
    intake = task.taking or task.checking
    if intake.future.done():
        st.rerun()
    share = intake.done / intake.total if intake.total else 0.0
    st.progress(min(share, 1.0), f"{counted(intake.done, 'file')} {'added' if task.taking else 'checked'}")


def show_outcome(task: Task, desk: Desk) -> None:
    """Show what taking the upload would do, and ask."""
    try:
        checked = task.checking.future.result()
    except MedcoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.button("Choose other files", key="label_upload_aside", on_click=forget, args=(task,))
        return
    show_check(checked, task.pending.label_set)
    with st.container(horizontal=True):
        if checked.sound:
            labels = "its label" if len(checked.sound) == 1 else "their labels"
            take = f"Take {counted(len(checked.sound), 'image')} with {labels}"
            if st.button(take, type="primary", disabled=not desk.reader, key="label_upload_take"):
                task.taking = Intake()
                task.taking.future = intake_threads().submit(task.pending.take, desk.reader, task.taking.note)
                st.rerun()
        st.button("Put aside", key="label_upload_aside", on_click=forget, args=(task,))


def show_end(task: Task) -> None:
    """Say what became of the upload."""
    try:
        show_taken(task.taking.future.result(), task.pending.checked)
    except MedcoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
    st.button("Done", type="primary", key="label_upload_done", on_click=forget, args=(task,))


def forget(task: Task) -> None:
    """Remove the copies of an upload."""
    task.pending.close()
    st.session_state.pop(UNDER_WAY, None)
