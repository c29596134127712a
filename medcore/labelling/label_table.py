"""Read a table of labels (CSV): which file or image, what it shows, and perhaps whose it is and who says so."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from types import MappingProxyType

from medcore.errors import IntakeError

SPLITS = ("train", "validation", "test")
MOST_ROWS = 1_000_000
MOST_BYTES = 200 * 2**20
LONGEST_CELL = 1024  # characters
# What the columns may be called, in lower case and without blanks, hyphens and underscores.
COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "file": ("file", "filename", "path", "image", "imagepath"),
        "sop_instance_uid": ("sopinstanceuid", "sopuid", "instanceuid", "uid"),
        "label": ("label", "labels", "class", "classes", "finding", "findings", "diagnosis"),
        "patient": ("patient", "patientid", "subject", "subjectid"),
        "split": ("split", "part", "set", "subset"),
        "author": ("author", "reader", "annotator", "labelledby", "who"),
    }
)
BETWEEN_LABELS = "|"
NO_TEXT = "The table cannot be read as text. Save it as CSV in UTF-8."
TOO_LARGE = "The table has more than {} MB. Split it."
NO_LABEL = "The table has no column for the label. Name one of its columns label; it has: {}."
NO_IMAGE = "The table has no column that names the image. Name one of its columns file or sop_instance_uid; it has: {}."
TWICE = "Two columns of the table say the {}: {}. Leave one of them out."
TOO_MANY = "The table has more than {} rows. Split it."


@dataclass(frozen=True)
class LabelRow:
    """One row of a table of labels."""

    number: int  # as a spreadsheet counts: the heading is row 1
    file: str  # as the table names it, with forward slashes; empty where the UID names the image
    sop_instance_uid: str  # empty where the file names it
    labels: tuple[str, ...]
    patient: str = ""
    split: str = ""  # one of SPLITS, or empty
    author: str = ""


@dataclass(frozen=True)
class RefusedRow:
    """A row that is not taken, and a sentence that says why and what to do."""

    number: int
    cells: tuple[str, ...]  # as they were given
    reason: str


@dataclass(frozen=True)
class LabelTable:
    """A table of labels with what could not be taken from it."""

    heading: tuple[str, ...]  # as it was given
    rows: tuple[LabelRow, ...]
    refused: tuple[RefusedRow, ...]


def read_label_table(data: bytes) -> LabelTable:
    """Read a table of labels.

    Parameters
    ----------
    data : bytes
        CSV with a heading, in UTF-8 or else Windows-1252, its cells apart by comma, semicolon or tab. Several labels
        of one image stand apart by `|`.

    Raises
    ------
    IntakeError
        If it is no such table, or too large.
    """
    if len(data) > MOST_BYTES:
        raise IntakeError(TOO_LARGE.format(MOST_BYTES // 2**20))
    cells = _cells(_as_text(data))
    heading = next(cells, [])
    places = _places(heading)
    rows: list[LabelRow] = []
    refused: list[RefusedRow] = []
    for number, row in enumerate(cells, 2):
        if number > MOST_ROWS:
            raise IntakeError(TOO_MANY.format(MOST_ROWS))
        if not any(cell.strip() for cell in row):
            continue
        read = _read_row(number, row, places, len(heading))
        if isinstance(read, LabelRow):
            rows.append(read)
        else:
            refused.append(RefusedRow(number, tuple(row), read))
    return LabelTable(tuple(heading), tuple(rows), tuple(refused))


def split_name(name: str) -> str:
    """Return which split a word means, or raise a ValueError."""
    known = {"training": "train", "val": "validation", "valid": "validation", "dev": "validation", "testing": "test"}
    word = name.strip().lower()
    word = known.get(word, word)
    if word and word not in SPLITS:
        raise ValueError(f"The split is none of {', '.join(SPLITS)}. Correct it, or leave it empty.")
    return word


def _as_text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise IntakeError(NO_TEXT)


def _cells(text: str) -> Iterator[list[str]]:
    heading = text.partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    try:
        yield from csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise IntakeError(NO_TEXT) from error


def _places(heading: list[str]) -> dict[str, int]:
    """Say which column holds what."""
    places: dict[str, int] = {}
    said = ", ".join(cell.strip()[:40] for cell in heading[:20]) or "nothing"
    for place, cell in enumerate(heading):
        name = cell.strip().lower().translate(str.maketrans("", "", " -_"))
        for column, names in COLUMNS.items():
            if name not in names:
                continue
            if column in places:
                raise IntakeError(TWICE.format(column.replace("_", " "), said))
            places[column] = place
    if "label" not in places:
        raise IntakeError(NO_LABEL.format(said))
    if not places.keys() & {"file", "sop_instance_uid"}:
        raise IntakeError(NO_IMAGE.format(said))
    return places


def _read_row(number: int, row: list[str], places: Mapping[str, int], width: int) -> LabelRow | str:
    """Return the row, or why it is not taken."""
    if len(row) != width:
        return f"The row has {len(row)} cells, the heading {width}. Put cells with a comma between quotation marks."
    if any(len(cell) > LONGEST_CELL or not cell.isprintable() for cell in row):
        return f"A cell is longer than {LONGEST_CELL} characters, or holds signs that cannot be shown. Shorten it."
    cell = {column: row[place].strip() for column, place in places.items()}
    labels = tuple(dict.fromkeys(one.strip() for one in cell["label"].split(BETWEEN_LABELS) if one.strip()))
    file, uid = cell.get("file", "").replace("\\", "/").removeprefix("./"), cell.get("sop_instance_uid", "")
    if not file and not uid:
        return "The row names no image. Fill in its file or its SOP Instance UID."
    if not labels:
        return "The row has no label. Fill it in."
    try:
        split = split_name(cell.get("split", ""))
    except ValueError as error:
        return str(error)
    return LabelRow(number, file, uid, labels, cell.get("patient", ""), split, cell.get("author", ""))
