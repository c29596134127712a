"""The dialog that takes files, folders and zips into the library, and says what became of each."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import streamlit as st

from medcore.errors import MedcoreError
from medcore.library import AddSummary
from medcore.library.uploads import Upload
from pages.installation import open_library
from pages.words import counted

INTAKE, ROUND = "adding_intake", "adding_round"
MOST_NAMED = 200  # refused files
KINDS = {"files": "Files or zip", "folder": "Folder"}


@dataclass
class Intake:
    """An intake that goes on in its own thread, whether or not somebody watches."""

    done: int = 0
    total: int | None = None
    future: "Future[AddSummary]" = field(default_factory=Future)

    def note(self, done: int, total: int | None) -> None:
        """Take down how far it is."""
        self.done, self.total = done, total


@st.cache_resource(max_entries=1)
def intake_threads() -> ThreadPoolExecutor:
    """Keep the threads that intakes run in; the checks themselves are made in child processes."""
    return ThreadPoolExecutor(2, thread_name_prefix="intake")


def start(uploads: list[Upload]) -> Intake:
    """Begin an intake; closing the dialog, or the page, does not stop it."""
    intake = Intake()
    intake.future = intake_threads().submit(open_library().add_uploads, uploads, on_progress=intake.note)
    return intake


@st.dialog("Add studies", width="large", on_dismiss="rerun")
def add_studies() -> None:
    """Take an upload, and show what becomes of it."""
    if INTAKE in st.session_state:
        show_intake()
        return
    kind = st.segmented_control("What", KINDS, default="files", required=True, format_func=KINDS.get)
    uploads = st.file_uploader(
        "DICOM files, with or without an extension, or a zip of them" if kind == "files" else "A whole folder",
        accept_multiple_files=True if kind == "files" else "directory",
        key=f"adding_{kind}_{st.session_state.setdefault(ROUND, 0)}",
    )
    st.caption("The files stay on this machine. Nothing is taken that cannot be shown.")
    if st.button("Add", type="primary", disabled=not uploads, key="adding_go"):
        st.session_state[ROUND] += 1  # the next upload starts with an empty list
        st.session_state[INTAKE] = start([(upload.name, upload) for upload in uploads])
        st.rerun(scope="fragment")


@st.fragment(run_every="0.5s")
def show_intake() -> None:
    """Show how far the intake is, and then its summary."""
    intake: Intake | None = st.session_state.get(INTAKE)
    if intake is None:
        return
    if not intake.future.done():
        share = intake.done / intake.total if intake.total else 0.0
        st.progress(min(share, 1.0), f"{counted(intake.done, 'file')} checked")
        return
    try:
        show_summary(intake.future.result())
    except MedcoreError as error:
        st.error(str(error), icon=":material/error:")
    if st.button("Done", type="primary", key="adding_done"):
        del st.session_state[INTAKE]
        st.rerun()


def show_summary(summary: AddSummary) -> None:
    """Say plainly what was taken, what was there already, and what was refused and why."""
    taken = f"{counted(summary.added, 'image')} of {counted(len(summary.studies), 'study', 'studies')} added."
    already = f" {counted(summary.already, 'image')} there already." if summary.already else ""
    refused = f" {counted(len(summary.refused), 'file')} not taken." if summary.refused else ""
    st.text(taken + already + refused)
    for flag in summary.flagged:
        st.text(f"Please check: {flag}")
    with st.container(height=240 if len(summary.refused) > 4 else "content"):
        for refusal in summary.refused[:MOST_NAMED]:
            st.text(f"{refusal.source}: {refusal.reason}")
    if len(summary.refused) > MOST_NAMED:
        st.text(f"And {len(summary.refused) - MOST_NAMED:,} more: the command line, medcore add, names them all.")
