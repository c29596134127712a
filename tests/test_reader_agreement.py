"""Agreement of the readers of a label set: each pair, all together, and nothing where there is too little."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from medcore.labelling.reader_agreement import LEAST_FILMS, measure_agreement
from medcore.library import Label, LabelSet
from medcore.library.labels import decide

SET = LabelSet(1, "Lungs", ("normal", "viral", "other"), False)
FINDINGS = LabelSet(1, "Thorax", ("effusion", "fracture"), True)
PATIENTS = {film: film for film in range(60)}


def labels(said: dict[str, list[tuple[str, ...]]]) -> list[Label]:
    """Give each reader's word on the films from 0."""
    rows = [(reader, film, classes) for reader, films in said.items() for film, classes in enumerate(films)]
    return [Label(1, film, film, classes, reader, "queue", id=n) for n, (reader, film, classes) in enumerate(rows)]


def drawn(seed: int, count: int = 40) -> list[tuple[str, ...]]:
    return [(str(name),) for name in np.random.default_rng(seed).choice(SET.classes, count)]


def test_two_readers_are_measured_on_the_films_that_both_have_labelled() -> None:
    first, second = drawn(1), drawn(2, 30)
    (row,) = measure_agreement(SET, decide(labels({"A": first, "B": second})), PATIENTS)
    assert (row.readers, row.measure, row.agreement.films) == (("A", "B"), "Cohen's kappa", 30)
    expected = cohen_kappa_score([one for (one,) in first[:30]], [one for (one,) in second])
    assert row.agreement.kappa == pytest.approx(expected)
    assert row.agreement.low < row.agreement.kappa < row.agreement.high


def test_several_readers_are_measured_in_pairs_and_together() -> None:
    said = {"A": drawn(1), "B": drawn(2), "C": drawn(3, LEAST_FILMS - 1)}
    rows = measure_agreement(SET, decide(labels(said)), PATIENTS)
    found = [(row.readers, row.measure, row.agreement.films) for row in rows]
    assert found == [(("A", "B"), "Cohen's kappa", 40), ((), "Fleiss' kappa", 40), ((), "Gwet's AC1", 40)]


def test_a_set_of_several_findings_is_measured_finding_by_finding() -> None:
    choices: list[tuple[str, ...]] = [(), ("effusion",), ("effusion", "fracture")]
    said = {reader: [choices[(n * step) % 3] for n in range(20)] for reader, step in (("A", 1), ("B", 2))}
    rows = measure_agreement(FINDINGS, decide(labels(said)), PATIENTS)
    assert [row.finding for row in rows] == ["effusion", "fracture"]
    has = [["fracture" in classes for classes in films] for films in said.values()]
    assert rows[1].agreement.kappa == pytest.approx(cohen_kappa_score(*has))


@pytest.mark.parametrize(
    "said",
    [
        {"A": drawn(1)},
        {"A": drawn(1), "B": drawn(2, LEAST_FILMS - 1)},
        {"A": [("normal",)] * 20, "B": [("normal",)] * 20},
    ],
)
def test_where_there_is_too_little_nothing_is_said(said: dict[str, list[tuple[str, ...]]]) -> None:
    assert measure_agreement(SET, decide(labels(said)), PATIENTS) == ()


def test_labels_of_what_is_no_film_are_left_out() -> None:
    assert measure_agreement(SET, decide(labels({"A": drawn(1), "B": drawn(2)})), {0: 0}) == ()
