"""The data of a training: a label set, which of its classes, and how many images each has."""

from dataclasses import dataclass

import streamlit as st

from medcore.library import LabelSet
from medcore.training.asked import DataCheck, check_data, plan_classes
from pages.about_parts import show_table
from pages.installation import open_library
from pages.words import plain


@dataclass(frozen=True)
class Chosen:
    """What a training learns from."""

    label_set: LabelSet
    classes: tuple[str, ...]  # the first finds nothing
    check: DataCheck

    @property
    def is_enough(self) -> bool:
        """Whether a training can begin with it."""
        return not self.check.problems


def choose_data() -> Chosen | None:
    """Ask for the label set and its classes, and show what there is of each."""
    library = open_library()
    label_set = st.selectbox("Label set", library.labels.sets(), format_func=lambda one: one.name, key="train_set")
    everything = check_data(library, label_set, label_set.classes)
    labelled = [name for name in label_set.classes if everything.images[name]]
    if not labelled:
        st.text("No image has a label of this set yet. Label some, or upload labelled files, on the Label page.")
        return None
    left, right = st.columns([3, 2])
    classes = left.pills(
        "Findings, of which a film can have several" if label_set.several else "Classes to tell apart",
        labelled,
        default=labelled,
        selection_mode="multi",
        format_func=plain,
        key=f"train_classes_{label_set.id}",
    )
    if not classes:
        st.text("Choose what the model is to find.")
        return None
    named = plan_classes(label_set, classes)
    if not label_set.several:
        nothing = right.selectbox("The class that finds nothing", named, key=f"train_nothing_{label_set.id}")
        named = (nothing, *(name for name in named if name != nothing))
    check = check_data(library, label_set, named)
    show_table(
        [
            {"": plain(name), "Images": f"{check.images[name]:,}", "Patients": f"{check.patients[name]:,}"}
            for name in named
        ]
    )
    for problem in check.problems:
        st.warning(plain(problem), icon=":material/warning:")
    for remark in check.remarks:
        st.caption(remark)
    return Chosen(label_set, named, check)
