"""Ask for films that have labels, for the label set, and for what the files do not say."""

import streamlit as st

from medcore.labelling.pending import Given
from medcore.library import LabelSet
from pages.installation import open_library
from pages.label_desk import NEED_NAME, Desk
from pages.label_facts import choose_facts
from pages.words import plain

ROUND = "label_upload_round"
KINDS = {"folder": "Folder", "files": "Files or zip"}
NEW = "A new label set of the folders' or the table's names"
EXPLAIN = (
    "Put the films of each class into a folder of its name, or name each film in a table (CSV) with the columns file, "
    "label and, if you can, patient, split and author. Nothing is taken before you have seen what was found."
)


def ask(desk: Desk) -> Given | None:
    """Ask for files, for the label set, and for what the files do not say."""
    st.text(EXPLAIN)
    left, right = st.columns(2)
    number = st.session_state.setdefault(ROUND, 0)
    with left:
        kind = st.segmented_control(
            "What", KINDS, default="folder", required=True, format_func=KINDS.get, key="label_upload_kind"
        )
        files = st.file_uploader(
            "DICOM, PNG or JPEG files, or a zip of them" if kind == "files" else "A whole folder",
            accept_multiple_files=True if kind == "files" else "directory",
            key=f"label_upload_{kind}_{number}",
        )
    with right:
        label_set = choose_set(desk.label_set)
        table = st.file_uploader("Table of labels (CSV), if you have one", type="csv", key=f"label_upload_csv_{number}")
        pictures = choose_facts()
    if not desk.reader:
        st.caption(NEED_NAME)
    ready = bool(files and desk.reader and label_set.name)
    if not st.button("Check", type="primary", disabled=not ready, key="label_upload_check"):
        return None
    st.session_state[ROUND] += 1  # the next upload starts with an empty list
    return Given(tuple((one.name, one) for one in files), label_set, table.getvalue() if table else None, pictures)


def choose_set(chosen: LabelSet) -> LabelSet:
    """Choose where the labels go; a new set takes its classes from the upload."""
    sets = [plain(chosen.name), NEW]
    if st.radio("Labels go into", sets, key="label_upload_set", persist_state="session") != NEW:
        return chosen
    name = st.text_input("Name of the new label set", key="label_upload_name", persist_state="session").strip()
    several = st.toggle("A film can show several classes, or none", key="label_upload_several", persist_state="session")
    if name in {one.name for one in open_library().labels.sets()}:
        st.caption("There is a label set of this name already. Choose another name, or choose that set above.")
        return LabelSet(0, "", (), several)
    return LabelSet(0, name, (), several)
