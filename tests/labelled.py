"""Labelled films in a library: drawn squares and discs of patients, each with a class and the part that it is for."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from medcore.library import Library, NewLabel
from tests.films import write_film

SIDE = 96


def draw(kind: str, seed: int) -> np.ndarray:
    """Draw a film, shape (96, 96), int: a bright square, a disc, both or nothing, at drawn places on clouds."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(300, 1500, (7, 7)).astype(np.float32)
    film = cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    row, column = (int(place) for place in generator.integers(30, SIDE - 30, 2))
    if kind in ("square", "both"):
        cv2.rectangle(film, (column - 20, row - 20), (column + 20, row + 20), 3500, -1)
    if kind == "both":
        row, column = SIDE - row, SIDE - column
    if kind in ("disc", "both"):
        cv2.circle(film, (column, row), 22, 1500, -1)
    return film.astype(np.uint16)


def bring_labelled(
    library: Library,
    folder: Path,
    kinds: Sequence[str],
    labels: Sequence[str | tuple[str, ...]],
    splits: Sequence[str] = (),
    label_set_id: int = 1,
) -> list[int]:
    """Add a film of a patient of its own for each kind, and label it in a label set; return the images."""
    files = [
        write_film(folder / f"{number:03d}", draw(kind, number), PatientID=f"P{number}", PatientAge="004Y")
        for number, kind in enumerate(kinds)
    ]
    instances = [library.add([file]).instances[0] for file in files]
    for number, (instance, label) in enumerate(zip(instances, labels, strict=True)):
        study = library.study_of(instance)
        assert study is not None
        split = splits[number] if splits else ""
        classes = (label,) if isinstance(label, str) else label
        library.labels.save(NewLabel(label_set_id, study, instance, classes, "A. Reader", "upload", split=split))
    return instances
