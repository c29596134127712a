"""What a reader can say of a film, a key each."""

import streamlit as st

from medcore.labelling.reading_queue import LATER, Queue, pass_over
from medcore.library import FilmToLabel, Label
from pages.label_saving import Work, give, give_chosen, keep, undo
from pages.label_sets import class_name
from pages.words import plain

KEYED = 9  # classes with a key
MANY, MANY_HEIGHT = 10, 400  # classes that are all on the screen, and pixels for more of them
SKIPS = {LATER: ("Skip", "S"), "poor film": ("Poor film", "P"), "cannot say": ("Cannot say", "X")}


def offer_classes(work: Work, film: FilmToLabel) -> None:
    """Draw one button a class: it labels the film, or, where a film can show several, chooses what will be saved."""
    key = f"label_chosen_{work.label_set.id}_{film.instance_id}"
    chosen: tuple[str, ...] | None = st.session_state.get(key)  # None until the reader has said anything
    several = work.label_set.several
    with st.container(gap="xsmall", height=MANY_HEIGHT if len(work.label_set.classes) > MANY else "content"):
        for number, name in enumerate(work.label_set.classes, start=1):
            st.button(
                plain(class_name(work.label_set, name)),
                type="primary" if chosen and name in chosen else "secondary",
                width="stretch",
                shortcut=str(number) if number <= KEYED else None,
                key=f"label_class_{film.instance_id}_{number}",
                on_click=choose if several else give,
                args=(key, name) if several else (work, film, (name,)),
            )
    if several:
        offer_saving(work, film, key, chosen)


def offer_saving(work: Work, film: FilmToLabel, key: str, chosen: tuple[str, ...] | None) -> None:
    """Let the reader say that a film shows none of the classes, and save what was chosen."""
    with st.container(horizontal=True, gap="xxsmall"):
        st.button(
            "None of these",
            type="primary" if chosen == () else "secondary",
            shortcut="0",
            key=f"label_none_{film.instance_id}",
            on_click=st.session_state.__setitem__,
            args=(key, ()),
        )
        st.button(
            "Save and next",
            icon=":material/check:",
            shortcut="Enter",
            disabled=chosen is None,
            key=f"label_save_{film.instance_id}",
            on_click=give_chosen,
            args=(work, film, key),
        )


def choose(key: str, name: str) -> None:
    """Choose a class of several, or let it go; with the last one let go, nothing is said."""
    chosen = st.session_state.get(key) or ()
    rest = tuple(one for one in chosen if one != name)
    st.session_state[key] = rest or None if name in chosen else (*chosen, name)


def offer_skips(work: Work, film: FilmToLabel, queue: Queue) -> None:
    """Offer to pass a film over, with the reason."""
    places = [one.instance_id for one in queue.waiting]
    following = places[(places.index(film.instance_id) + 1) % len(places)]
    with st.container(horizontal=True, gap="xxsmall"):
        for reason, (label, shortcut) in SKIPS.items():
            new = pass_over(film, work.label_set.id, reason, work.reader, work.source)
            key = f"label_skip_{film.instance_id}_{reason}"
            st.button(label, shortcut=shortcut, key=key, on_click=keep, args=(work, new, following))


def offer_undo(work: Work, last: Label | None) -> None:
    """Offer to take back what the reader said last; the film comes again."""
    st.button(
        "Undo",
        icon=":material/undo:",
        shortcut="U",
        type="tertiary",
        disabled=last is None,
        key=f"label_undo_{last.id if last else 0}",
        on_click=undo,
        args=(work, last),
    )
