"""Claims about the synthetic films that come along: marked, near to nobody, chosen by rule, answered by the model."""

import csv
import json
from collections import Counter
from pathlib import Path

import pydicom
import pytest

from medcore.classifier import default_model_folder
from medcore.classifier.decision import CLASSES
from medcore.demo import SYNTHETIC_FILMS, demonstration_files
from medcore.dicom.header import read_header
from medcore.dicom.instance import TAGS, read_attributes
from medcore.synthesis.drawing import TOO_NEAR
from medcore.synthesis.films import DISTANCES_FILE, FIGURES_FILE, OF_EACH
from medcore.worker.answers import Film, Model, answer_films

FILMS = sorted(SYNTHETIC_FILMS.glob("*.dcm"))


@pytest.fixture(scope="module")
def drawn() -> list[dict[str, str]]:
    """Every film that was looked at, in the order of the seeds."""
    return list(csv.DictReader((SYNTHETIC_FILMS / DISTANCES_FILE).read_text(encoding="utf-8").splitlines()))


@pytest.fixture(scope="module")
def figures() -> dict[str, float]:
    """What was measured of them."""
    return dict(json.loads((SYNTHETIC_FILMS / FIGURES_FILE).read_text(encoding="utf-8")))


def test_there_are_twenty_four_and_the_demonstration_library_holds_them() -> None:
    assert len(FILMS) == 24
    assert set(FILMS) <= set(demonstration_files())


def test_no_weights_come_along() -> None:
    assert {path.suffix for path in SYNTHETIC_FILMS.iterdir()} <= {".dcm", ".csv", ".json", ".md"}


@pytest.mark.parametrize("path", FILMS, ids=lambda path: path.stem)
def test_each_film_says_that_it_is_nobodys(path: Path) -> None:
    ds = pydicom.dcmread(path)
    assert ds.SyntheticData == "YES"
    assert ds.ImageType[0] == "DERIVED"
    assert ds.PatientID.startswith("SYNTHETIC-") and str(ds.PatientName).startswith("Synthetic^")
    assert "asked for" in ds.DerivationDescription


def test_those_that_came_first_and_might_be_taken_were_taken(drawn: list[dict[str, str]]) -> None:
    assert [int(row["seed"]) for row in drawn] == list(range(1, len(drawn) + 1))
    expected: Counter[str] = Counter()
    for row in drawn:
        taken = not row["not taken because"] and expected[row["asked for"]] < OF_EACH
        assert bool(row["film"]) == taken, row
        expected[row["asked for"]] += taken
    assert expected == dict.fromkeys(CLASSES, OF_EACH)


def test_none_lies_nearer_to_a_training_film_than_the_limit(
    drawn: list[dict[str, str]], figures: dict[str, float]
) -> None:
    for row in drawn:
        is_near = float(row["distance to the nearest training film"]) < round(figures["limit"], 4)
        assert is_near == (row["not taken because"] == TOO_NEAR), row


def test_the_figures_count_what_the_table_lists(drawn: list[dict[str, str]], figures: dict[str, float]) -> None:
    near = sum(row["not taken because"] == TOO_NEAR for row in drawn)
    assert figures["drawn"] == len(drawn)
    assert figures["too_near"] == near
    assert figures["refused"] == sum(bool(row["not taken because"]) for row in drawn) - near


def test_the_model_that_ships_answers_for_each() -> None:
    def as_film(path: Path) -> Film:
        with path.open("rb") as file:
            return Film(read_attributes(read_header(file, TAGS), "0" * 64), path)

    answers = answer_films(Model(default_model_folder()), [as_film(path) for path in FILMS])
    assert [answer.reason for answer in answers if answer.state != "answered"] == []
