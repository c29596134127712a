"""Where readers disagree: what each of them said, who decides and why, and how far they agree on the whole."""

import streamlit as st

from medcore.errors import MedcoreError
from medcore.library import Decision, Instance, LabelSet
from medcore.pictures import as_address
from pages.installation import open_library
from pages.label_agreement import show_agreement
from pages.label_desk import Desk
from pages.label_film import show_film
from pages.label_ruling import take_ruling
from pages.label_sets import class_name
from pages.viewer_data import middle_of
from pages.words import counted, moment, plain

ROW_HEIGHT = 56  # pixels
MOST_ROWS = 50
SOURCES = {
    "review": "in Review",
    "upload": "by upload",
    "queue": "in the queue",
    "second reading": "in a second reading",
}


def show_disagreements(desk: Desk) -> None:
    """Show the films whose readers disagree, take a decision on one of them, and say how far readers agree."""
    decisions = open_library().labels.decisions(desk.label_set.id)
    open_ones = [one for one in decisions if one.classes is None]
    decided = sum(one.ruling is not None for one in decisions)
    if open_ones:
        image, panel = st.columns([6, 4], gap="small")
        with panel:
            chosen = choose_one(desk.label_set, open_ones)
            show_opinions(desk.label_set, chosen)
            take_ruling(desk, chosen)
        with image:
            show_place(chosen)
    else:
        st.subheader("No open disagreements")
        st.text("Films come here when two readers have labelled them differently. Have films read a second time.")
    if decided:
        st.caption(f"Decided so far: {counted(decided, 'film')}.")
    show_agreement(desk.label_set, decisions)


def choose_one(label_set: LabelSet, found: list[Decision]) -> Decision:
    """List the disagreements; a click on a row chooses it."""
    rows = found[:MOST_ROWS]
    pictures = [open_library().thumbnail(one.study_id) for one in rows]
    event = st.dataframe(
        {
            "Film": [picture and as_address(picture) for picture in pictures],
            "Said": [
                ", ".join(dict.fromkeys(words(label_set, label.classes) for label in one.opinions)) for one in rows
            ],
            "Readers": [len(one.opinions) for one in rows],
        },
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=min(len(rows), 3) * ROW_HEIGHT + 40,
        on_select="rerun",
        selection_mode="single-row",
        key=f"label_disagreements_{label_set.id}",
        alt="Films whose readers disagree",
        column_config={"Film": st.column_config.ImageColumn(width=70), "Readers": st.column_config.Column(width=70)},
    )
    if len(found) > MOST_ROWS:
        st.caption(f"And {len(found) - MOST_ROWS:,} more, once these are decided.")
    chosen = event.selection.rows[0] if event.selection.rows else 0
    return rows[min(chosen, len(rows) - 1)]


def show_opinions(label_set: LabelSet, chosen: Decision) -> None:
    """Say what each reader said."""
    with st.container(gap="xxsmall"):
        for label in chosen.opinions:
            when = f", {moment(label.created_at)}" if label.created_at else ""
            st.text(f"{words(label_set, label.classes)}: {label.author}, {SOURCES[label.source]}{when}")


def show_place(chosen: Decision) -> None:
    """Show the film, or the middle image of a study that was labelled as a whole."""
    try:
        show_film(instance_of(chosen))
    except MedcoreError as error:
        st.error(plain(str(error)), icon=":material/error:")


def instance_of(chosen: Decision) -> Instance:
    """Find the image that stands for what was labelled."""
    library = open_library()
    if chosen.instance_id is not None:
        return library.instance(chosen.instance_id)
    return middle_of(library.study(chosen.study_id).series[0])


def words(label_set: LabelSet, classes: tuple[str, ...]) -> str:
    """Write what a label says."""
    return " and ".join(class_name(label_set, name) for name in classes) or "None of these"
