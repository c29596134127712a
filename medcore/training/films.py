"""Labelled films on disk: which of them train, which validate, and what the network is shown of them."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from medcore.errors import ModelError

TRAINING_SPLIT = "train"  # trains, calibrates and validates
TEST_SPLIT = "test"  # met once, by finished models; rows of any other split (practice) are never read
SPLIT_SEED = 20261121
SHARES = (0.1, 0.1)  # of each class' patients: calibration, validation; the rest trains


@dataclass(frozen=True)
class Film:
    """One labelled film of one patient."""

    path: Path
    label: str
    patient: str


def read_films(data: Path, split: str = TRAINING_SPLIT) -> tuple[Film, ...]:
    """Read a split's rows of `labels.csv` (columns file, split, label, patient).

    Parameters
    ----------
    data : Path
        The folder that holds `labels.csv` and the films.
    split : str

    Raises
    ------
    ModelError
        If the table is missing, lacks a column, or has no row of that split.
    """
    table = data / "labels.csv"
    try:
        with table.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["split"] == split]
        films = tuple(Film(data / row["file"], row["label"], row["patient"]) for row in rows)
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise ModelError(
            f"The folder {data} has no labels.csv with the columns file, split, label and patient. "
            "Give the folder of the labelled films."
        ) from error
    if not films:
        raise ModelError(f"{table} has no row whose split is {split!r}. Give the folder of the labelled films.")
    return films


@dataclass(frozen=True)
class Parts:
    """The films by what they are for; no patient stands in two parts."""

    calibration: tuple[Film, ...]
    validation: tuple[Film, ...]
    training: tuple[Film, ...]


def divide(films: Sequence[Film]) -> Parts:
    """Divide films into the parts that every seed of the default model and every comparison shares."""
    return Parts(*split_by_patient(films, SHARES, SPLIT_SEED))


def split_by_patient(films: Sequence[Film], shares: Sequence[float], seed: int) -> tuple[tuple[Film, ...], ...]:
    """Split films into parts so that no patient stands in two of them.

    Patients are drawn within each label, so that the labels' shares of patients stay as they are; a patient counts
    for the label of the first film.

    Parameters
    ----------
    films : sequence of Film
    shares : sequence of float
        Share of each label's patients that goes to each part but the last, which takes the rest; 0 to 1.
    seed : int
        Draws the same patients again.

    Returns
    -------
    tuple of tuple of Film
        One more part than there are shares, each in the order given.
    """
    part_of: dict[str, int] = {}
    generator = np.random.default_rng(seed)
    for patients in patients_by_label(films).values():
        drawn = generator.permutation(sorted(patients)).tolist()
        ends = [round(len(drawn) * share) for share in np.cumsum(shares)]
        for place, patient in enumerate(drawn):
            part_of[patient] = sum(place >= end for end in ends)
    return tuple(tuple(film for film in films if part_of[film.patient] == part) for part in range(len(shares) + 1))


def first_patients(films: Sequence[Film], share: float) -> frozenset[str]:
    """Name the patients with the lowest numbers of each label and series of numbers.

    Numbers follow the order in which films were collected, so these patients are a block of their own: what a model
    makes of them, trained on the others, is closer to films of another time than a random draw is.
    """
    series: dict[tuple[str, str], list[str]] = {}
    for label, patients in patients_by_label(films).items():
        for patient in patients:
            series.setdefault((label, re.sub(r"\d+", "#", patient)), []).append(patient)
    first: set[str] = set()
    for patients in series.values():
        patients.sort(key=lambda patient: [int(number) for number in re.findall(r"\d+", patient)])
        first.update(patients[: round(len(patients) * share)])
    return frozenset(first)


def patients_by_label(films: Sequence[Film]) -> dict[str, list[str]]:
    """Name each label's patients, labels in alphabetical order; a patient counts for the label of the first film."""
    label_of: dict[str, str] = {}
    for film in films:
        label_of.setdefault(film.patient, film.label)
    return {
        label: [patient for patient, its_label in label_of.items() if its_label == label]
        for label in sorted(set(label_of.values()))
    }


def read_inputs(films: Sequence[Film], size: tuple[int, int]) -> np.ndarray:
    """Read films as the network is shown them: gray, area-resized, without keeping the aspect ratio.

    Returns
    -------
    numpy.ndarray, shape (n, rows, columns), uint8
        0 (black) to 255 (white).

    Raises
    ------
    ModelError
        If a film cannot be read.
    """
    inputs = np.empty((len(films), *size), np.uint8)
    for place, film in enumerate(films):
        image = cv2.imread(str(film.path), cv2.IMREAD_GRAYSCALE)
        if image is None:
            raise ModelError(f"The film {film.path.name} in labels.csv is missing or no image. Restore the film.")
        inputs[place] = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)
    return inputs


def read_labels(films: Sequence[Film], classes: Sequence[str]) -> np.ndarray:
    """Return each film's place in `classes`, shape (n,), int32.

    Raises
    ------
    ModelError
        If a film has a label outside `classes`.
    """
    place = {name: number for number, name in enumerate(classes)}
    unknown = sorted({film.label for film in films} - place.keys())
    if unknown:
        raise ModelError(f"labels.csv has the label {unknown[0]!r}; training knows {', '.join(classes)}.")
    return np.array([place[film.label] for film in films], np.int32)
