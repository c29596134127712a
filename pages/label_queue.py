"""The queue: one film after the other. Nobody else's opinion is told, nor the model's, nor why a film comes."""

import streamlit as st

from medcore.errors import MedcoreError
from medcore.labelling.reading_queue import FIRST, SECOND, Queue, first_readings, second_readings
from medcore.library import FilmToLabel
from pages.installation import open_library
from pages.label_answers import offer_classes, offer_skips, offer_undo
from pages.label_desk import NEED_NAME, RANDOM, Desk
from pages.label_film import show_film
from pages.label_saving import Work, note_shown
from pages.words import counted, plain


def show_queue(desk: Desk, source: str) -> None:
    """Show the next film of a reader's queue, and take what the reader says of it."""
    if not desk.reader:
        st.text(NEED_NAME)
        return
    queue = read_queue(desk, source)
    work = Work(desk.label_set, desk.reader, source)
    film = shown_film(work, queue)
    if not queue.total:
        show_nothing(source)
        return
    image, panel = st.columns([7, 3], gap="small")
    with image:  # first: a key that comes meanwhile is for the film that is still on the screen
        if film is None:
            show_end(queue, source)
        else:
            show_one(film)
    with panel:
        show_progress(queue, source)
        if error := st.session_state.pop("label_error", ""):
            st.error(plain(error), icon=":material/error:")
        if film is not None:
            offer_classes(work, film)
            offer_skips(work, film, queue)
        offer_undo(work, queue.last)
    if film is not None:
        note_shown(film)


def read_queue(desk: Desk, source: str) -> Queue:
    """Work out the reader's queue from the labels."""
    library = open_library()
    films = [one for one in library.labels.films() if one.modality == desk.modality or not desk.modality]
    labels = library.labels.read(desk.label_set.id)
    if source == SECOND:
        return second_readings(films, labels, desk.reader, desk.twice)
    order = () if desk.order == RANDOM else library.labels.order(desk.label_set.id, desk.order).instance_ids
    return first_readings(films, labels, desk.reader, order, desk.twice)


def shown_film(work: Work, queue: Queue) -> FilmToLabel | None:
    """Return the film that is shown already, else the next: nothing changes under a reader's eyes."""
    shown = st.session_state.get(work.shown_key)
    film = next((one for one in queue.waiting if one.instance_id == shown), None)
    film = film or next(iter(queue.waiting), None)
    st.session_state[work.shown_key] = film.instance_id if film else None
    return film


def show_one(film: FilmToLabel) -> None:
    """Show a film, or why it cannot be shown."""
    try:
        show_film(open_library().instance(film.instance_id))
    except MedcoreError as error:
        st.error(plain(str(error)), icon=":material/error:")


def show_progress(queue: Queue, source: str) -> None:
    """Say how far it has come."""
    st.progress(queue.done / queue.total)
    if source == SECOND:
        st.text(f"{queue.done:,} of {queue.total:,} read by two")
    else:
        need = f", {queue.need_second:,} need a second reader" if queue.need_second else ""
        st.text(f"{queue.done:,} of {queue.total:,}{need}")


def show_nothing(source: str) -> None:
    """Say what to do where there is no film at all."""
    if source == FIRST:
        st.subheader("No films to label yet")
        st.text("Add studies to the worklist, or bring in films with or without labels under Upload.")
        st.page_link("studies.py", label="Go to the worklist", icon=":material/list_alt:")
    else:
        st.subheader("Nothing to read a second time yet")
        st.text("Films come here once somebody has labelled them.")


def show_end(queue: Queue, source: str) -> None:
    """Say what to do where no film waits for this reader."""
    st.subheader("All done" if source == FIRST or not queue.need_second else "Nothing waits for you")
    if queue.need_second:
        st.text(f"{counted(queue.need_second, 'film')} still to be read by a second person: ask a colleague.")
    else:
        st.text("More films come with more studies. See under Disagreements whether the readers agree.")
