"""Labelled films from a folder with labels.csv, or from one file in MedMNIST's layout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from medcore.classifier import FilmFacts, ModelCard, check_scope
from medcore.classifier.quality import QualityModel
from medcore.errors import ModelError
from medcore.library import StoredPrediction
from medcore.training.labelled_set import BAR, PARTS, SPLIT_NAMES, findings_of, read_npz, read_rows
from medcore.worker.answers import quality_refusal
from medcore.worker.evaluating.cases import Cases, folded, picture_size
from medcore.worker.evaluating.groups import age_of, groups_of_row

UNREADABLE = "The file is missing or no picture."
ASSUMED = "Where the data do not give view or age, these were taken to be what the model was made for."


@dataclass(frozen=True, eq=False)
class PictureCase:
    """A labelled picture: a file, or an array that is in memory already."""

    key: str
    patient: str
    classes: frozenset[str]
    groups: Mapping[str, str]
    source: Path | np.ndarray
    view: str = ""
    age_years: float | None = None
    sop_instance_uid: str = ""

    def look(self, card: ModelCard, quality: QualityModel | None) -> StoredPrediction | np.ndarray:
        """Return the network's input, shape (rows, columns), or why there is none; see `ASSUMED`."""
        scope = card.scope
        age_years = scope.min_age_years if self.age_years is None else self.age_years
        verdict = check_scope(
            scope, FilmFacts(scope.modalities[0], scope.body_parts[0], self.view or scope.views[0], age_years)
        )
        if verdict.state != "in scope":
            return StoredPrediction("refused", verdict.reason)
        film = self._read()
        if film is None:
            return StoredPrediction("failed", UNREADABLE)
        values = cv2.resize(film, card.input_size[::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
        reason = quality_refusal(quality, values, (film.shape[0], film.shape[1]))
        return StoredPrediction("refused", reason) if reason else values

    def picture(self) -> np.ndarray:
        """Return the film as it is shown; black where it cannot be read any more."""
        film = self._read()
        if film is None:
            return np.zeros((1, 1), np.uint8)
        rows, columns = picture_size(*film.shape)
        return np.asarray(cv2.resize(film, (columns, rows), interpolation=cv2.INTER_AREA))

    def _read(self) -> np.ndarray | None:
        if isinstance(self.source, Path):
            return cv2.imread(str(self.source), cv2.IMREAD_GRAYSCALE)
        return self.source if self.source.ndim == 2 else cv2.cvtColor(self.source, cv2.COLOR_RGB2GRAY)


def read_cases(data: Path, *, split: str = "", classes: Sequence[str] = ()) -> Cases:
    """List labelled films: a folder with labels.csv, or a file in MedMNIST's layout.

    Parameters
    ----------
    data : Path
        The table has the columns file, patient, label (or findings) and, if wished, split, sex, age (in years), view,
        scanner, source. Pictures are read when they are needed, one by one; a file's lie in memory together.
    split : str
        Which rows; empty for all.
    classes : sequence of str
        The names of a file's classes, which it numbers.

    Raises
    ------
    ModelError
        If the data cannot be read, or have no film of this split.
    """
    cases = _from_table(data, split) if data.is_dir() else _from_npz(data, split, classes)
    if not cases.films:
        raise ModelError(f"{data.name} has no film of the split {split!r}. Name another one, or none for all films.")
    return cases


def _from_table(folder: Path, split: str) -> Cases:
    rows = read_rows(folder)
    several = "findings" in rows[0] or any(BAR in row["label"] for row in rows)
    wanted = [(number, row) for number, row in enumerate(rows, 2) if not split or row.get("split", "").strip() == split]
    films = tuple(
        PictureCase(
            key=str(number),
            patient=row["patient"],
            classes=folded(findings_of(row.get("findings", row.get("label", ""))) if several else {row["label"]}),
            groups=groups_of_row(row),
            source=folder / row["file"],
            view=row.get("view", "").strip(),
            age_years=age_of(row.get("age", "")),
        )
        for number, row in wanted
    )
    return Cases(folder.name, films, _named(films), several, notes=(ASSUMED,))


def _from_npz(file: Path, split: str, classes: Sequence[str]) -> Cases:
    if split and split not in SPLIT_NAMES:
        raise ModelError(f"{file.name} has the splits {', '.join(PARTS)}, and none called {split!r}. Name one of them.")
    labelled = read_npz(file, classes)
    part = labelled.part(SPLIT_NAMES[split]) if split else labelled
    named = np.array(part.classes)
    films = tuple(
        PictureCase(
            key=str(number),
            patient=patient,
            classes=folded(np.atleast_1d(named[label]).tolist()),
            groups={},
            source=film,
        )
        for number, (film, label, patient) in enumerate(zip(part.inputs, part.labels, part.patients, strict=True))
    )
    return Cases(file.name, films, _named(films), labelled.has_findings, notes=(ASSUMED,))


def _named(films: Sequence[PictureCase]) -> tuple[str, ...]:
    return tuple(sorted(set().union(*(film.classes for film in films))))
