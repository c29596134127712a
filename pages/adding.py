"""The dialog that takes files, folders and zips into the library, and says what became of each."""

import streamlit as st

from medcore.errors import MedcoreError
from medcore.library import AddSummary
from pages.installation import open_library
from pages.words import counted

SUMMARY = "adding_summary"


def open_dialog() -> None:
    """Open the dialog afresh, without what an earlier upload left."""
    st.session_state.pop(SUMMARY, None)
    add_studies()


@st.dialog("Add studies", width="large", on_dismiss="rerun")
def add_studies() -> None:
    """Take an upload in, with progress, and sum up what was taken, what was refused and why."""
    if SUMMARY in st.session_state:
        show_summary(st.session_state[SUMMARY])
        return
    kind = st.segmented_control("What", ["Files or zip", "Folder"], default="Files or zip", required=True)
    uploads = st.file_uploader(
        "DICOM files, with or without an extension, or a zip of them" if kind == "Files or zip" else "A whole folder",
        accept_multiple_files=True if kind == "Files or zip" else "directory",
        key=f"adding_{kind}",
    )
    st.caption("The files stay on this machine. Nothing is taken that cannot be shown.")
    if not st.button("Add", type="primary", disabled=not uploads, key="adding_go"):
        return
    bar = st.progress(0.0, "Checking the files")
    try:
        st.session_state[SUMMARY] = open_library().add_uploads(
            [(upload.name, upload) for upload in uploads],
            on_progress=lambda done, total: bar.progress(
                min(done / total, 1.0) if total else 0.0, f"{counted(done, 'file')} checked"
            ),
        )
    except MedcoreError as error:
        bar.empty()
        st.error(str(error), icon=":material/error:")
        return
    st.rerun(scope="fragment")


def show_summary(summary: AddSummary) -> None:
    """Say plainly what was taken, what was there already, and what was refused and why."""
    taken = f"{counted(summary.added, 'image')} of {counted(len(summary.studies), 'study', 'studies')} added."
    already = f" {counted(summary.already, 'image')} there already." if summary.already else ""
    refused = f" {counted(len(summary.refused), 'file')} not taken." if summary.refused else ""
    st.text(taken + already + refused)
    for flag in summary.flagged:
        st.text(f"Please check: {flag}")
    if summary.refused:
        st.dataframe(
            {
                "File": [refusal.source for refusal in summary.refused],
                "Why it was not taken": [refusal.reason for refusal in summary.refused],
            },
            hide_index=True,
            alt="Files that were not taken, and why",
        )
    if st.button("Done", type="primary", key="adding_done"):
        st.rerun()
