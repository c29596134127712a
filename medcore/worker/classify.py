"""Classify files without adding them to the library: files in, one row of a table an image out."""

import csv
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from medcore.classifier import read_model_card
from medcore.classifier.decision import CLASSES, PNEUMONIA
from medcore.dicom import CheckedFile, Refusal, check_files
from medcore.library import StoredPrediction
from medcore.library.new_file import check_place, new_file
from medcore.plain_cells import plain_cell
from medcore.worker.answers import Explains, Film, Model, answer_films

CHUNK = 64  # images answered at once
BETWEEN = "; "  # labels of one cell
SYNTHETIC = "SYNTHETIC"
FAILURES = ("failed", "not taken")


@dataclass(frozen=True)
class Row:
    """One image, or one file that could not be classified; empty where there is nothing to say."""

    path: str
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    sop_instance_uid: str = ""
    synthetic: str = ""  # SYNTHETIC where the file says that it is nobody's
    probabilities: Mapping[str, float] = field(default_factory=dict)  # by class
    pneumonia: float | None = None  # probability of the finding, whatever the model finds
    pneumonia_low: float | None = None
    pneumonia_high: float | None = None
    not_ruled_out: tuple[str, ...] = ()  # the labels that fit
    decision: str = ""
    scope: str = ""  # answered, refused, needs age, failed, not taken
    reason: str = ""
    model: str = ""


@dataclass(frozen=True)
class Columns:
    """What a table calls a model's figures: a column a class, and three for its finding."""

    classes: tuple[str, ...] = CLASSES
    finding: str = PNEUMONIA

    @classmethod
    def of(cls, model_folder: Path) -> "Columns":
        """Read them from a model's card."""
        card = read_model_card(model_folder)
        return cls(card.classes, card.finding)

    def cells(self, row: Row) -> dict[str, object]:
        """Lay a row out, by the names of its columns."""
        return {
            "path": row.path,
            "study_instance_uid": row.study_instance_uid,
            "series_instance_uid": row.series_instance_uid,
            "sop_instance_uid": row.sop_instance_uid,
            "synthetic": row.synthetic,
            **{name: row.probabilities.get(name) for name in self.classes},
            self.finding: row.pneumonia,
            f"{self.finding}_low": row.pneumonia_low,
            f"{self.finding}_high": row.pneumonia_high,
            "not_ruled_out": BETWEEN.join(row.not_ruled_out),
            "decision": row.decision,
            "scope": row.scope,
            "reason": row.reason,
            "model": row.model,
        }


def classify_files(
    paths: Iterable[Path],
    model_folder: Path,
    *,
    age_years: float | None = None,
    on_progress: Callable[[int, int | None], None] | None = None,
) -> Iterator[Row]:
    """Check and classify files, folders and zips, and yield a row an image in their order.

    Parameters
    ----------
    paths : iterable of Path
    model_folder : Path
        Of the model that answers.
    age_years : float, optional
        The patients' age where a file does not give it.
    on_progress : callable, optional
        Called with the number of files done and their total; the total is None until all are known.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    """
    model = Model(model_folder)
    with tempfile.TemporaryDirectory(prefix="medcore-") as staging:
        outcomes = check_files(paths, Path(staging), on_progress)
        while chunk := list(islice(outcomes, CHUNK)):
            yield from _rows(model, chunk, age_years)


def write_table(rows: Iterable[Row], table: Path, columns: Columns = Columns()) -> int:  # noqa: B008 (frozen)
    """Write rows as CSV, with cells that a spreadsheet would run made harmless; return how many failed.

    The rows wait in a file of the system's until all are there: `table` may lie in a folder that is being classified.

    Raises
    ------
    LibraryError
        If the table exists already, or cannot be written there; before the first row is asked for.
    """
    check_place(table, "table")
    failed = 0
    with tempfile.TemporaryFile("w+", newline="", encoding="utf-8") as draft:
        writer = csv.writer(draft, quoting=csv.QUOTE_ALL)
        writer.writerow(map(_cell, columns.cells(Row(""))))
        for row in rows:
            writer.writerow(map(_cell, columns.cells(row).values()))
            failed += row.scope in FAILURES
        draft.seek(0)
        with new_file(table, "table") as whole, whole.open("w", newline="", encoding="utf-8") as stream:
            shutil.copyfileobj(draft, stream)
    return failed


def _cell(value: object) -> object:
    return plain_cell(value) if isinstance(value, str) else value


def _rows(model: Explains, chunk: Sequence[CheckedFile | Refusal], age_years: float | None) -> list[Row]:
    files = [one for one in chunk if isinstance(one, CheckedFile)]
    answers = iter(answer_films(model, [Film(file.attributes, file.staged, age_years) for file in files]))
    rows = [_refused(one) if isinstance(one, Refusal) else _row(one, next(answers)) for one in chunk]
    for file in files:
        file.staged.unlink(missing_ok=True)
    return rows


def _refused(refusal: Refusal) -> Row:
    return Row(refusal.source, scope="not taken", reason=refusal.reason)


def _row(file: CheckedFile, answer: StoredPrediction) -> Row:
    attributes = file.attributes
    return Row(
        path=file.source,
        study_instance_uid=attributes.study_instance_uid,
        series_instance_uid=attributes.series_instance_uid,
        sop_instance_uid=attributes.sop_instance_uid,
        synthetic=SYNTHETIC if attributes.synthetic else "",
        probabilities=answer.probabilities,
        pneumonia=answer.pneumonia,
        pneumonia_low=answer.pneumonia_low,
        pneumonia_high=answer.pneumonia_high,
        not_ruled_out=answer.not_ruled_out or (),
        decision=answer.decision,
        scope=answer.state,
        reason=answer.reason,
        model=answer.model_version,
    )
