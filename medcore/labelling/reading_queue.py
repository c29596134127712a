"""Which films a reader is offered, worked out from the labels alone: where a reader stopped is never lost.

A film that was passed over carries a label that gives nothing (`withdrawn`) with the reason; one that was taken back
carries one without such a reason, and waits again. Nothing of this trains a model.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from medcore.library import FilmToLabel, Label, NewLabel
from medcore.library.folding import fold
from medcore.library.labels import ADJUDICATION

FIRST, SECOND = "queue", "second reading"  # where a label comes from
LATER = "later"  # comes again after all others
SAYS_NOTHING = ("poor film", "cannot say")  # does not come again
TAKEN_BACK = "taken back"


@dataclass(frozen=True)
class Queue:
    """What one reader has before them, and how far everybody has come."""

    waiting: tuple[FilmToLabel, ...]  # the next one first
    done: int  # films that need no reading of this kind any more
    total: int
    need_second: int  # films that are to be read twice and have one reader
    last: Label | None  # what the reader said last in this queue, if it can be taken back


def first_readings(
    films: Sequence[FilmToLabel],
    labels: Iterable[Label],
    reader: str,
    order: Sequence[int] = (),
    twice: float = 1.0,
) -> Queue:
    """Offer the films that nobody has labelled.

    Parameters
    ----------
    films : sequence of FilmToLabel
    labels : iterable of Label
        Of one set, the oldest first.
    reader : str
    order : sequence of int
        Images in the order in which they come; those that it lacks follow at random, the same each time.
    twice : float
        Share of the films that are to be read by two, 0 to 1; a larger share holds the films of a smaller one.
    """
    said = _Said(labels, reader)
    labelled = {film.instance_id for film in films if said.readers_of(film)}
    waiting = [
        film for film in films if film.instance_id not in labelled and said.passed_over(film) not in SAYS_NOTHING
    ]
    return Queue(
        waiting=tuple(_in_order(waiting, said, order)),
        done=len(films) - len(waiting),
        total=len(films),
        need_second=sum(_is_read_twice(film, twice) and len(said.readers_of(film)) == 1 for film in films),
        last=said.last(FIRST),
    )


def second_readings(films: Sequence[FilmToLabel], labels: Iterable[Label], reader: str, twice: float = 1.0) -> Queue:
    """Offer films that one other reader has labelled and that are to be read by two; see `first_readings`."""
    said = _Said(labels, reader)
    drawn = [film for film in films if said.readers_of(film) and _is_read_twice(film, twice)]
    single = [film for film in drawn if len(said.readers_of(film)) == 1]
    others = [film for film in single if fold(reader) not in said.readers_of(film)]
    waiting = [film for film in others if said.passed_over(film) not in SAYS_NOTHING]
    return Queue(
        waiting=tuple(_in_order(waiting, said, ())),
        done=len(drawn) - len(single),
        total=len(drawn),
        need_second=len(single),
        last=said.last(SECOND),
    )


def say(film: FilmToLabel, label_set_id: int, classes: Sequence[str], reader: str, source: str) -> NewLabel:
    """Make the label of a film."""
    return NewLabel(label_set_id, film.study_id, film.instance_id, tuple(classes), reader, source)


def pass_over(film: FilmToLabel, label_set_id: int, reason: str, reader: str, source: str) -> NewLabel:
    """Make what stands for a film that the reader gives no label, `LATER` or one of `SAYS_NOTHING`."""
    return replace(say(film, label_set_id, (), reader, source), reason=reason, withdrawn=True)


def take_back(label: Label) -> NewLabel:
    """Make what takes a label back, or a film that was passed over."""
    place = (label.label_set_id, label.study_id, label.instance_id)
    return NewLabel(*place, (), label.author, label.source, reason=TAKEN_BACK, withdrawn=True)


def last_word(labels: Iterable[Label], reader: str, source: str) -> Label | None:
    """Return what a reader said last in a queue and did not take back."""
    return _Said(labels, reader).last(source)


class _Said:
    """Each reader's newest word on each image; adjudications are no readings."""

    def __init__(self, labels: Iterable[Label], reader: str) -> None:
        self._own: dict[int, Label] = {}
        self._readers: dict[int, set[str]] = {}
        folded: dict[str, str] = {}
        for label in labels:
            if label.instance_id is None or label.source == ADJUDICATION:
                continue
            author = folded.setdefault(label.author, fold(label.author))
            readers = self._readers.setdefault(label.instance_id, set())
            (readers.discard if label.withdrawn else readers.add)(author)
            if author == fold(reader):
                self._own[label.instance_id] = label

    def readers_of(self, film: FilmToLabel) -> set[str]:
        """Return who has labelled a film."""
        return self._readers.get(film.instance_id, set())

    def passed_over(self, film: FilmToLabel) -> str:
        """Return why the reader gave a film no label; empty where it has not come to them."""
        own = self._own.get(film.instance_id)
        return own.reason if own is not None and own.withdrawn else ""

    def last(self, source: str) -> Label | None:
        """Return the newest of the reader's own words from a source that was not taken back."""
        given = [label for label in self._own.values() if label.source == source and label.reason != TAKEN_BACK]
        return max(given, key=lambda label: label.id, default=None)


def _in_order(films: Iterable[FilmToLabel], said: _Said, order: Sequence[int]) -> list[FilmToLabel]:
    """Sort the films; those that the reader put off come last."""
    places: Mapping[int, int] = {instance_id: place for place, instance_id in enumerate(order)}

    def key(film: FilmToLabel) -> tuple[bool, int, bytes]:
        return said.passed_over(film) == LATER, places.get(film.instance_id, len(places)), _draw(film, "order")

    return sorted(films, key=key)


def _is_read_twice(film: FilmToLabel, share: float) -> bool:
    return int.from_bytes(_draw(film, "twice")) < share * 2**64


def _draw(film: FilmToLabel, purpose: str) -> bytes:
    """Draw 8 bytes for a film, the same each time."""
    return hashlib.blake2b(f"{purpose} {film.instance_id}".encode(), digest_size=8).digest()
