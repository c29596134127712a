"""How far the readers of a label set agree, from their current labels."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from medcore.evaluation.agreement import Agreement, agree_several, agree_two, fleiss_kappa, gwet_ac1
from medcore.library import Decision, LabelSet

LEAST_FILMS = 10  # read by two; the interval of fewer says nothing
SEVERAL = {"Fleiss' kappa": fleiss_kappa, "Gwet's AC1": gwet_ac1}


@dataclass(frozen=True)
class AgreementRow:
    """One figure of agreement."""

    readers: tuple[str, ...]  # two; empty for all together
    measure: str
    finding: str  # of a set whose films can have several; empty where a film has one class
    agreement: Agreement


@dataclass(frozen=True)
class _Question:
    """What the readers were asked of each film, and what each answered, as a place among the answers."""

    finding: str
    answers: int
    said: tuple[dict[str, int], ...]  # of each film, by author
    patients: tuple[str, ...]


def measure_agreement(
    label_set: LabelSet, decisions: Sequence[Decision], patient_of: Mapping[int, int]
) -> tuple[AgreementRow, ...]:
    """Measure each pair of readers by Cohen's kappa, and several readers by Fleiss' kappa and Gwet's AC1.

    Parameters
    ----------
    label_set : LabelSet
    decisions : sequence of Decision
        Of the set.
    patient_of : mapping of int to int
        Whose image each is; labels of other images are left out.

    Returns
    -------
    tuple of AgreementRow
        Without the figures that are undefined, and those of fewer than `LEAST_FILMS` films.
    """
    known = [one for one in decisions if one.instance_id in patient_of and len(one.opinions) > 1]
    return tuple(row for question in _questions(label_set, known, patient_of) for row in _rows(question))


def _questions(
    label_set: LabelSet, decisions: Sequence[Decision], patient_of: Mapping[int, int]
) -> Iterator[_Question]:
    patients = tuple(str(patient_of[one.instance_id or 0]) for one in decisions)
    if not label_set.several:
        said = (
            {label.author: label_set.classes.index(label.classes[0]) for label in one.opinions} for one in decisions
        )
        yield _Question("", len(label_set.classes), tuple(said), patients)
        return
    for name in label_set.classes:
        given = ({label.author: int(name in label.classes) for label in one.opinions} for one in decisions)
        yield _Question(name, 2, tuple(given), patients)


def _rows(question: _Question) -> Iterator[AgreementRow]:
    readers = sorted({author for film in question.said for author in film})
    for pair in combinations(readers, 2):
        if row := _of_pair(question, pair):
            yield row
    if len(readers) > 2:
        for measure, figure in SEVERAL.items():
            if row := _of_all(question, measure, figure):
                yield row


def _of_pair(question: _Question, pair: tuple[str, str]) -> AgreementRow | None:
    places = [place for place, film in enumerate(question.said) if set(pair) <= film.keys()]
    first, second = (np.array([question.said[place][reader] for place in places]) for reader in pair)
    owners = [question.patients[place] for place in places]
    if len(places) < LEAST_FILMS:
        return None
    try:
        return AgreementRow(pair, "Cohen's kappa", question.finding, agree_two(first, second, owners))
    except ValueError:  # all films of one class, or one patient
        return None


def _of_all(question: _Question, measure: str, figure: Callable[[np.ndarray], float]) -> AgreementRow | None:
    counts = np.array([np.bincount(list(film.values()), minlength=question.answers) for film in question.said])
    if len(counts) < LEAST_FILMS:
        return None
    try:
        return AgreementRow((), measure, question.finding, agree_several(counts, question.patients, figure=figure))
    except ValueError:
        return None
