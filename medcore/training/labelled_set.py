"""Labelled pictures of any kind: one label or several findings each, gray or in colour, in a table or in one file."""

import csv
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np

from medcore.errors import ModelError
from medcore.training.films import Film, split_by_patient

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
SPLIT_NAMES: dict[str, Part] = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}
DRAWN_SHARE = 0.1  # of the patients, for a part that a table does not name
BAR = "|"  # stands between the findings of one picture
NO_FINDING = "no finding"
NPZ_PARTS = ("train", "val", "test")
COLUMNS = "file, patient, label (or findings, joined by |) and, if wished, split"


@dataclass(frozen=True)
class LabelledSet:
    """Pictures, what each of them shows, whose they are, and which of them train."""

    inputs: np.ndarray  # (n, rows, columns) or (n, rows, columns, 3) uint8, red first
    labels: np.ndarray  # (n,) int32, places in `classes`; or (n, classes) bool, which findings a picture has
    classes: tuple[str, ...]
    patients: tuple[str, ...]
    parts: tuple[Part, ...]  # of each picture

    @property
    def has_findings(self) -> bool:
        """Whether a picture can have several findings or none, instead of one label."""
        return self.labels.ndim == 2

    def part(self, *names: Part) -> "LabelledSet":
        """Return the pictures of these parts."""
        places = [place for place, part in enumerate(self.parts) if part in names]
        return LabelledSet(
            inputs=self.inputs[places],
            labels=self.labels[places],
            classes=self.classes,
            patients=tuple(self.patients[place] for place in places),
            parts=tuple(self.parts[place] for place in places),
        )


def read_npz(file: Path, classes: Sequence[str] = ()) -> LabelledSet:
    """Read a set as MedMNIST lays it out: train_images, train_labels, and the same for val and test.

    Source: Yang et al., MedMNIST v2, Scientific Data 2023.

    Parameters
    ----------
    file : Path
        Pictures (n, rows, columns) or (n, rows, columns, 3), uint8; labels (n, 1) whole numbers from 0, or (n, k)
        zeros and ones for sets where a picture can have several of k findings.
    classes : sequence of str
        Their names; numbered where none are given.

    Raises
    ------
    ModelError
        If the file is not of that kind; a file with Python objects in it is not opened.
    """
    pictures, rows = _read_arrays(file)
    labels = np.concatenate(rows)
    has_findings = labels.shape[1] > 1
    count = labels.shape[1] if has_findings else int(labels.max()) + 1
    names = tuple(classes) or tuple(map(str, range(count)))
    if len(names) < count:
        raise ModelError(f"{file.name} has {count} classes, but {len(names)} names were given. Name each class.")
    parts = tuple(SPLIT_NAMES[name] for name, its in zip(NPZ_PARTS, pictures, strict=True) for _ in its)
    return LabelledSet(
        inputs=np.concatenate(pictures),
        labels=labels.astype(bool) if has_findings else labels[:, 0].astype(np.int32),
        classes=names,
        patients=tuple(f"{part} {number}" for number, part in enumerate(parts)),  # the layout names none
        parts=parts,
    )


def read_table(
    folder: Path, size: int, *, channels: Literal[1, 3] = 1, parts: Collection[Part] = PARTS, seed: int = 1
) -> LabelledSet:
    """Read the pictures that `labels.csv` lists: columns file, patient, label or findings and, if wished, split.

    A column `findings`, or a bar in any label, says that a picture can have several findings, or none ("No Finding").

    Parameters
    ----------
    folder : Path
        Holds `labels.csv` and the pictures.
    size : int
        Rows and columns that every picture is brought to.
    channels : {1, 3}
        Gray, or red, green and blue.
    parts : collection of {"train", "validation", "test"}
        Pictures of any other part are not opened; neither are rows whose split has another name.
    seed : int
        Draws the patients of parts that the table does not name: a tenth for validation and, where the table has no
        column split, a tenth for the test.

    Raises
    ------
    ModelError
        If the table or a picture cannot be read, or no row is of these parts.
    """
    rows = read_rows(folder)
    has_findings = "findings" in rows[0] or any(BAR in row["label"] for row in rows)
    wanted = [(film, part) for film, part in _with_parts(folder, rows, seed) if part in parts]
    if not wanted:
        raise ModelError(f"{folder.name}/labels.csv has no row of the split {' or '.join(parts)}. Add some pictures.")
    named = [findings_of(film.label) if has_findings else {film.label} for film, _ in wanted]
    classes = tuple(sorted(set().union(*named)))
    labels: np.ndarray = np.array([[name in names for name in classes] for names in named], bool)
    return LabelledSet(
        inputs=np.stack([_read_picture(film.path, size, channels) for film, _ in wanted]),
        labels=labels if has_findings else labels.argmax(axis=1).astype(np.int32),
        classes=classes,
        patients=tuple(film.patient for film, _ in wanted),
        parts=tuple(part for _, part in wanted),
    )


def _read_arrays(file: Path) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the pictures and the labels, shape (n, 1) or (n, k), of each part."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as archive:
            pictures = [archive[f"{name}_images"] for name in NPZ_PARTS]
            labels = [archive[f"{name}_labels"] for name in NPZ_PARTS]
    except (
        OSError,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
        EOFError,
        zipfile.BadZipFile,
    ) as error:
        raise ModelError(
            f"{file.name} is no set of labelled pictures: it must hold train_images, train_labels, val_images, "
            "val_labels, test_images and test_labels as plain numbers. Give a file in MedMNIST's layout."
        ) from error
    if any(not _is_pictures(its) or its.shape[1:] != pictures[0].shape[1:] for its in pictures):
        raise ModelError(
            f"The pictures in {file.name} must be 8-bit, gray or in colour, and all of one size. "
            "Save them as (n, rows, columns) or (n, rows, columns, 3)."
        )
    rows = [its.reshape(len(its), -1) if its.size else its.reshape(len(its), 1) for its in labels]
    if any(len(one) != len(other) or one.dtype.kind not in "bui" for one, other in zip(rows, pictures, strict=True)):
        raise ModelError(f"The labels in {file.name} must be one row of whole numbers for each picture. Save them so.")
    if len({its.shape[1] for its in rows if its.size}) > 1 or not any(its.size for its in rows):
        raise ModelError(f"The labels in {file.name} must have as many columns in each part. Save them so.")
    highest = 1 if rows[0].shape[1] > 1 else np.iinfo(np.int32).max
    if any(its.size and not 0 <= its.min() <= its.max() <= highest for its in rows):
        raise ModelError(f"The labels in {file.name} must be numbers from 0, or zeros and ones for findings.")
    return pictures, rows


def _is_pictures(array: np.ndarray) -> bool:
    return array.dtype == np.uint8 and (array.ndim == 3 or (array.ndim == 4 and array.shape[3] == 3))


def read_rows(folder: Path) -> list[dict[str, str]]:
    """Read every row of `labels.csv`, by column; the columns that are needed are filled in each.

    Raises
    ------
    ModelError
        If the table is missing, or a row lacks what is needed.
    """
    try:
        with (folder / "labels.csv").open(newline="", encoding="utf-8-sig") as file:
            rows = [{name: text or "" for name, text in row.items() if name} for row in csv.DictReader(file)]
        complete = all(row["file"] and row["patient"] and ("findings" in row or row["label"]) for row in rows)
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise ModelError(f"{folder.name} has no labels.csv with the columns {COLUMNS}. Add one.") from error
    if not rows or not complete:
        raise ModelError(f"Each row of {folder.name}/labels.csv must have {COLUMNS}. Fill in what is missing.")
    return rows


def _with_parts(folder: Path, rows: Sequence[dict[str, str]], seed: int) -> Iterator[tuple[Film, Part]]:
    films = [Film(folder / row["file"], row.get("findings", row.get("label", "")), row["patient"]) for row in rows]
    named = [SPLIT_NAMES.get(row["split"].strip().lower()) if "split" in row else "train" for row in rows]
    training = [film for film, part in zip(films, named, strict=True) if part == "train"]
    missing: list[Part] = ["validation"] if "validation" not in named else []
    missing += ["test"] if "split" not in rows[0] else []
    drawn = split_by_patient(training, [DRAWN_SHARE] * len(missing), seed)
    part_of = {film.patient: part for part, its in zip(missing, drawn, strict=False) for film in its}
    parts_of: dict[str, set[Part]] = {}
    for film, part in zip(films, named, strict=True):
        if part is not None:
            final = part_of.get(film.patient, part) if part == "train" else part
            parts_of.setdefault(film.patient, set()).add(final)
            yield film, final
    if any(len(parts) > 1 for parts in parts_of.values()):
        raise ModelError(
            f"{folder.name}/labels.csv has pictures of one patient in two splits, so what was learnt would be asked. "
            "Put all pictures of a patient into one split, or leave the column out."
        )


def findings_of(text: str) -> set[str]:
    """Read the findings of one picture, with a bar between; none for "No Finding"."""
    names = {name.strip() for name in text.split(BAR)}
    return {name for name in names if name and name.lower() != NO_FINDING}


def _read_picture(path: Path, size: int, channels: int) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE if channels == 1 else cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise ModelError(f"The picture {path.name} in labels.csv is missing or no image. Restore the picture.")
    enlarge = max(picture.shape[:2]) < size
    return cv2.resize(picture, (size, size), interpolation=cv2.INTER_CUBIC if enlarge else cv2.INTER_AREA)
