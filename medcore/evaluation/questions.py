"""What is asked of each film of an evaluation, as questions of yes or no, and the parts that films are divided into."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from medcore.evaluation.draws import Calls

HALF = 0.5  # from this probability on a finding is likelier than not


@dataclass(frozen=True, eq=False)
class Question:
    """A question of yes or no, and what is answered for each film."""

    name: str
    threshold: float | None  # None: yes where the class is the likeliest
    calls: Calls


@dataclass(frozen=True, eq=False)
class Part:
    """Films that have something in common."""

    kind: str
    value: str
    films: np.ndarray  # (n,) bool


def ask_classes(
    probabilities: np.ndarray, truth: np.ndarray, classes: Sequence[str], patients: np.ndarray
) -> Iterator[Question]:
    """Ask of each class whether a film has it; arguments as for `evaluating.evaluate`.

    Where a film can have several findings, each is called from one half on.
    """
    several = truth.ndim == 2
    has = truth if several else truth[:, None] == np.arange(len(classes))
    likeliest = probabilities.argmax(axis=1)
    for place, name in enumerate(classes):
        called = probabilities[:, place] >= HALF if several else likeliest == place
        calls = Calls(has[:, place], probabilities[:, place], called, patients)
        yield Question(name, HALF if several else None, calls)


def ask_decision(
    probability: np.ndarray, truth: np.ndarray, name: str, patients: np.ndarray, threshold: float
) -> Question:
    """Ask whether a film has any finding; `truth` as for `evaluating.evaluate`."""
    sick = np.asarray(truth.any(axis=1) if truth.ndim == 2 else truth > 0)
    return Question(name, threshold, Calls(sick, probability, probability >= threshold, patients))


def divide_films(groups: Mapping[str, Sequence[str]]) -> Iterator[Part]:
    """Divide the films by each kind of group, bands in order; films of which it is not known are in no part of it."""
    for kind, values in groups.items():
        of_film = np.asarray(values, dtype=object)
        for value in sorted(set(values) - {""}, key=_by_number):
            films = of_film == value
            if not films.all():  # a part that is the whole says nothing new
                yield Part(kind, value, films)


def _by_number(name: str) -> tuple[int, str]:
    number = re.match(r"\d+", name)
    return int(number[0]) if number else 0, name
