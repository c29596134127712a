"""How it is kept what a reader said of a film: at once, and nothing is ever deleted."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from medcore.errors import MedcoreError
from medcore.labelling.reading_queue import last_word, say, take_back
from medcore.library import FilmToLabel, Label, LabelSet, NewLabel
from pages.installation import open_library

LEAST_LOOK_S = 0.4  # a key that is pressed sooner was meant for the film before


@dataclass(frozen=True)
class Work:
    """One reader at one queue of one label set."""

    label_set: LabelSet
    reader: str
    source: str  # of the labels

    @property
    def shown_key(self) -> str:
        """Where it is kept which film is shown."""
        return f"label_shown_{self.label_set.id}_{self.source}"


def give(work: Work, film: FilmToLabel, classes: Sequence[str]) -> None:
    """Label a film."""
    keep(work, say(film, work.label_set.id, classes, work.reader, work.source))


def give_chosen(work: Work, film: FilmToLabel, key: str) -> None:
    """Label a film with what is chosen by now, not by when the button was drawn."""
    if (chosen := st.session_state.get(key)) is not None:
        give(work, film, chosen)


def undo(work: Work, last: Label) -> None:
    """Take a label back and show its film, unless another was saved since the button was drawn."""
    newest = last_word(open_library().labels.read(work.label_set.id), work.reader, work.source)
    if newest == last:
        save(work, take_back(last), last.instance_id)


def keep(work: Work, new: NewLabel, following: int | None = None) -> None:
    """Save what was said of the film that is shown, then show the following one.

    What comes too soon is not heeded, and the look begins anew: a key that is held down says nothing of the next film.
    """
    instance_id, since = st.session_state.get("label_since", (None, 0.0))
    if instance_id != new.instance_id:
        return
    if time.monotonic() - since < LEAST_LOOK_S:
        del st.session_state["label_since"]
        return
    save(work, new, following)


def save(work: Work, new: NewLabel, following: int | None) -> None:
    """Save a label, and say which film comes; a refusal is said where the reader looks."""
    try:
        open_library().labels.save(new)
    except MedcoreError as error:
        st.session_state["label_error"] = str(error)
        return
    st.session_state[work.shown_key] = following


def note_shown(film: FilmToLabel) -> None:
    """Remember since when a film has been on the screen."""
    if st.session_state.get("label_since", (None, 0.0))[0] != film.instance_id:
        st.session_state["label_since"] = film.instance_id, time.monotonic()
