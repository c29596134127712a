"""Classify files without adding them to the library: files in, one row of a table an image out."""

import csv
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import islice
from pathlib import Path

from medcore.dicom import CheckedFile, Refusal, check_files
from medcore.library import StoredPrediction
from medcore.library.new_file import check_place, new_file
from medcore.settings import Settings
from medcore.worker.answers import Explains, Film, Model, answer_films, live_model_folder

CHUNK = 64  # images answered at once
# What spreadsheets run: a sign at the start of a cell, or of what they take for one where they cut at another sign.
FORMULA = re.compile(r"(^\s*|[;,|\t\r\n]\s*)([=+\-@＝＋－＠])")
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
    normal: float | None = None
    bacterial: float | None = None
    viral: float | None = None
    pneumonia: float | None = None
    pneumonia_low: float | None = None
    pneumonia_high: float | None = None
    not_ruled_out: str = ""  # the labels that fit, with a space between
    decision: str = ""
    scope: str = ""  # answered, refused, needs age, failed, not taken
    reason: str = ""
    model: str = ""


def classify_files(
    paths: Iterable[Path],
    settings: Settings,
    *,
    age_years: float | None = None,
    on_progress: Callable[[int, int | None], None] | None = None,
) -> Iterator[Row]:
    """Check and classify files, folders and zips, and yield a row an image in their order.

    Parameters
    ----------
    paths : iterable of Path
    settings : Settings
        Of the installation whose live model answers.
    age_years : float, optional
        The patients' age where a file does not give it.
    on_progress : callable, optional
        Called with the number of files done and their total; the total is None until all are known.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    """
    model = Model(live_model_folder(settings))
    with tempfile.TemporaryDirectory(prefix="medcore-") as staging:
        outcomes = check_files(paths, Path(staging), on_progress)
        while chunk := list(islice(outcomes, CHUNK)):
            yield from _rows(model, chunk, age_years)


def write_table(rows: Iterable[Row], table: Path) -> int:
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
        writer.writerow(field.name for field in fields(Row))
        for row in rows:
            writer.writerow(map(_cell, astuple(row)))
            failed += row.scope in FAILURES
        draft.seek(0)
        with new_file(table, "table") as whole, whole.open("w", newline="", encoding="utf-8") as stream:
            shutil.copyfileobj(draft, stream)
    return failed


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    harmless = FORMULA.sub(r"\1'\2", value)
    return f"'{harmless}" if harmless.startswith(("\t", "\r", "\n")) else harmless


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
    by_class = answer.probabilities
    return Row(
        path=file.source,
        study_instance_uid=attributes.study_instance_uid,
        series_instance_uid=attributes.series_instance_uid,
        sop_instance_uid=attributes.sop_instance_uid,
        synthetic=SYNTHETIC if attributes.synthetic else "",
        normal=by_class.get("normal"),
        bacterial=by_class.get("bacterial"),
        viral=by_class.get("viral"),
        pneumonia=answer.pneumonia,
        pneumonia_low=answer.pneumonia_low,
        pneumonia_high=answer.pneumonia_high,
        not_ruled_out=" ".join(answer.not_ruled_out or ()),
        decision=answer.decision,
        scope=answer.state,
        reason=answer.reason,
        model=answer.model_version,
    )
