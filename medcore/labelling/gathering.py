"""Bring files and their labels together: by the folders that they lie in, or by a table that names them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from medcore.dicom.items import Item
from medcore.dicom.outcome import Refusal
from medcore.labelling.label_table import LabelRow, LabelTable, split_name
from medcore.library.folding import fold

WITHIN = " › "  # between an archive's name and that of a file in it, as `medcore.dicom.sources` writes it
FROM_SYSTEM = (".ds_store", "thumbs.db", "desktop.ini")
SYSTEM_FOLDER = "__macosx"
NO_CLASS = "It lies in no folder that is named like a class: {}. Move it into one, or correct the folder's name."
SYSTEM_FILE = "It is a file of the operating system and no picture, so it is left out."
NO_ROW = "No row of the table names it, so it has no label. Add a row, or leave the file out."
NO_FILE = "No file of this name was given. Add the file, or correct its name in the table."
SEVERAL_FILES = "Several files were given under this name. Write the folder before the name in the table."
UNKNOWN = "The label {} is none of the set's: {}. Correct it, or choose another set."
ONE_ONLY = "The row has several labels, and the set takes one for an image. Choose one."


@dataclass(frozen=True)
class Candidate:
    """An image with what it is said to show."""

    source: str  # for the screen only: it may hold a patient's name and is never logged
    classes: tuple[str, ...]  # of the label set
    item: Item | None = None  # the file; None for an image that is in the library
    sop_instance_uid: str = ""  # of an image in the library
    patient: str = ""
    split: str = ""
    author: str = ""


@dataclass(frozen=True)
class Refused:
    """A file or row that is not taken, and a sentence that says why and what to do."""

    source: str
    reason: str
    row: int | None = None  # of the table, where there is one


@dataclass(frozen=True)
class Gathered:
    """What can be labelled and what cannot; each file and each row stands in one of both."""

    candidates: tuple[Candidate, ...]
    refused: tuple[Refused, ...]


def gather_by_folder(found: Iterable[Item | Refusal], classes: Sequence[str]) -> Gathered:
    """Give each file the class whose name a folder above it has; a folder named like a split gives that.

    Parameters
    ----------
    found : iterable of Item or Refusal
        As `medcore.dicom.sources.expand` yields them.
    classes : sequence of str
        Of the label set.
    """
    known = {fold(name): name for name in classes}
    candidates: list[Candidate] = []
    refused: list[Refused] = []
    for one in found:
        if (reason := _refusal(one)) or isinstance(one, Refusal):
            refused.append(Refused(one.source, reason))
            continue
        folders = _parts(one.source)[:-1]
        named = [known[fold(folder)] for folder in folders if fold(folder) in known]
        if named:
            candidates.append(Candidate(one.source, (named[-1],), one, split=_split_of(folders)))
        else:
            refused.append(Refused(one.source, NO_CLASS.format(", ".join(classes))))
    return Gathered(tuple(candidates), tuple(refused))


def gather_by_table(
    table: LabelTable, found: Iterable[Item | Refusal], classes: Sequence[str], *, several: bool
) -> Gathered:
    """Give each row of a table its file, by the end of its path.

    Parameters
    ----------
    table : LabelTable
    found : iterable of Item or Refusal
    classes : sequence of str
        Of the label set.
    several : bool
        Whether the set takes several classes for one image.
    """
    known = {fold(name): name for name in classes}
    refused = [Refused(_source(row.cells), row.reason, row.number) for row in table.refused]
    items: list[Item] = []
    for one in found:
        if (reason := _refusal(one)) or isinstance(one, Refusal):
            refused.append(Refused(one.source, reason))
        else:
            items.append(one)
    by_name: dict[str, list[Item]] = {}
    for item in items:
        by_name.setdefault(_parts(item.source)[-1], []).append(item)
    candidates: list[Candidate] = []
    used: set[str] = set()
    for row in table.rows:
        match = _match(row, by_name, known, several)
        if isinstance(match, Candidate):
            candidates.append(match)
        else:
            refused.append(Refused(row.file or row.sop_instance_uid, match, row.number))
        used |= {item.source for item in _files_of(row, by_name)}
    refused += [Refused(item.source, NO_ROW) for item in items if item.source not in used]
    return Gathered(tuple(candidates), tuple(refused))


def folder_names(found: Iterable[Item | Refusal]) -> tuple[str, ...]:
    """Name the folders that files lie in directly, in order: what the classes of a new label set may be."""
    names = {_parts(one.source)[-2] for one in found if not _refusal(one) and len(_parts(one.source)) > 1}
    return tuple(sorted(names))


def _match(
    row: LabelRow, by_name: Mapping[str, list[Item]], known: Mapping[str, str], several: bool
) -> Candidate | str:
    """Return the row with its file, or why there is none."""
    unknown = [label for label in row.labels if fold(label) not in known]
    if unknown:
        return UNKNOWN.format(", ".join(unknown), ", ".join(known.values()))
    if len(row.labels) > 1 and not several:
        return ONE_ONLY
    classes = tuple(dict.fromkeys(known[fold(label)] for label in row.labels))
    files = _files_of(row, by_name)
    if row.file and len(files) != 1:
        return SEVERAL_FILES if files else NO_FILE
    return Candidate(
        source=files[0].source if files else row.sop_instance_uid,
        classes=classes,
        item=files[0] if files else None,
        sop_instance_uid="" if files else row.sop_instance_uid,
        patient=row.patient,
        split=row.split,
        author=row.author,
    )


def _files_of(row: LabelRow, by_name: Mapping[str, list[Item]]) -> list[Item]:
    """List the files whose path ends as the row says."""
    wanted = PurePosixPath(row.file).parts
    if not wanted:
        return []
    return [item for item in by_name.get(wanted[-1], ()) if tuple(_parts(item.source)[-len(wanted) :]) == wanted]


def _refusal(one: Item | Refusal) -> str:
    parts = [part.lower() for part in _parts(one.source)]
    if parts[-1] in FROM_SYSTEM or SYSTEM_FOLDER in parts:
        return SYSTEM_FILE
    return one.reason if isinstance(one, Refusal) else ""


def _split_of(folders: Sequence[str]) -> str:
    for folder in folders:
        try:
            if split := split_name(folder):
                return split
        except ValueError:
            continue
    return ""


def _parts(source: str) -> list[str]:
    return source.replace(WITHIN, "/").split("/")


def _source(cells: Sequence[str]) -> str:
    return ", ".join(cell for cell in cells if cell)[:200]
