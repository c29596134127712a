"""What an upload of labelled films would do, and what it did: nothing is left out silently."""

from collections.abc import Sequence

import streamlit as st

from medcore.labelling.gathering import Refused
from medcore.labelling.judging import ClassCount, LookAlike
from medcore.labelling.taking import Taken
from medcore.labelling.upload import NO_PATIENTS, CheckedUpload, refused_table
from medcore.library import LabelSet
from pages.label_sets import class_name
from pages.words import counted

FEW = "Too few patients to say how well a model does on it"
NOTHING = "None"
ALIKE = (
    "These look nearly the same and are not said to be of one patient. They are taken, and never parted between "
    "training and test."
)


def show_check(checked: CheckedUpload, label_set: LabelSet) -> None:
    """Say what would be taken, and of everything else why not."""
    st.subheader(f"{counted(len(checked.sound), 'image')} can be taken, {len(checked.refused):,} not")
    if checked.sound:
        show_counts(checked.counts, label_set)
        if not checked.names_patients:
            st.text(NO_PATIENTS)
    show_alike(checked.alike)
    show_refused(checked.refused)


def show_taken(taken: Taken, checked: CheckedUpload) -> None:
    """Say what was taken, what was there already, and of everything else why not."""
    already = f", {taken.already:,} there already" if taken.already else ""
    st.subheader(f"{counted(taken.added, 'image')} added{already}; {counted(taken.labelled, 'label')} saved")
    show_refused((*checked.refused, *taken.refused))


def show_counts(counts: Sequence[ClassCount], label_set: LabelSet) -> None:
    """Count images and patients of each class."""
    notes = [FEW if one.is_small else "" if one.images else NOTHING for one in counts]
    st.dataframe(
        {
            "Class": [class_name(label_set, one.name) for one in counts],
            "Images": [one.images for one in counts],
            "Patients": [one.patients for one in counts],
            "Please note": notes,
        },
        hide_index=True,
        key="label_upload_counts",
        alt="Images and patients of each class",
    )


def show_alike(alike: Sequence[LookAlike]) -> None:
    """Name the pictures that look the same."""
    if alike:
        st.text(ALIKE)
        columns = {"One": [pair.first for pair in alike], "Other": [pair.second for pair in alike]}
        st.dataframe(columns, hide_index=True, key="label_upload_alike", alt="Pictures that look the same")


def show_refused(refused: Sequence[Refused]) -> None:
    """Give the reason for every file and row that is not taken."""
    if not refused:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Not taken, and why**", width="content")
        st.download_button(
            "Save as a table (CSV)",
            lambda: refused_table(refused),
            "not-taken.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            type="tertiary",
            key="label_upload_refused_csv",
        )
    columns = {
        "Row": [one.row for one in refused],
        "File": [one.source for one in refused],
        "Reason": [one.reason for one in refused],
    }
    order = [name for name in columns if name != "Row" or any(columns["Row"])]
    st.dataframe(columns, hide_index=True, column_order=order, key="label_upload_refused", alt="What is not taken")
