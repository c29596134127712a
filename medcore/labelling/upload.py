"""An upload of labelled files as a whole: checked first, then, where somebody agrees, taken."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from medcore.dicom.items import Item, PictureFacts
from medcore.dicom.outcome import Refusal
from medcore.dicom.plain_text import printable
from medcore.dicom.sources import expand
from medcore.labelling.gathering import Candidate, Refused, folder_names, gather_by_folder, gather_by_table
from medcore.labelling.judging import ClassCount, LookAlike, judge
from medcore.labelling.label_table import read_label_table
from medcore.labelling.looking import Progress, Seen, look_at
from medcore.library import LabelSet, Library
from medcore.plain_cells import plain_cell

NO_PATIENTS = "The files name no patients: each image counts as one."


@dataclass(frozen=True)
class Upload:
    """What somebody gave."""

    paths: tuple[Path, ...]  # files, folders and zips
    label_set: LabelSet
    table: bytes | None = None  # CSV; without it folders name the classes
    pictures: PictureFacts = PictureFacts()  # what is known of every PNG and JPEG
    names: tuple[str, ...] = ()  # what somebody knows the paths by, with their folders; empty: by the paths' own names


@dataclass(frozen=True)
class CheckedUpload:
    """What an upload would do; nothing is taken yet."""

    sound: tuple[Seen, ...]
    refused: tuple[Refused, ...]  # every file and row that is not taken
    alike: tuple[LookAlike, ...]
    counts: tuple[ClassCount, ...]

    @property
    def names_patients(self) -> bool:
        """Say whether any of the sound files says whose it is."""
        return any(one.patient for one in self.sound)


def classes_in(upload: Upload) -> tuple[str, ...]:
    """Name the classes that an upload gives by itself, for a new label set: its folders, or its table's labels.

    Raises
    ------
    IntakeError
        If the table is none.
    """
    if upload.table is None:
        return folder_names(_expand(upload))
    rows = read_label_table(upload.table).rows
    return tuple(sorted({label for row in rows for label in row.labels}))


def check_upload(upload: Upload, library: Library, staging: Path, on_progress: Progress | None = None) -> CheckedUpload:
    """Read an upload and say what it would do.

    Parameters
    ----------
    upload : Upload
    library : Library
        Is only asked.
    staging : Path
        An existing folder for checked copies, which belong to the caller.
    on_progress : callable, optional
        Called with files done and their total.

    Raises
    ------
    IntakeError
        If the table is none, or the staging folder cannot be written to.
    """
    found, label_set = _expand(upload), upload.label_set
    if upload.table is None:
        gathered = gather_by_folder(found, label_set.classes)
    else:
        table = read_label_table(upload.table)
        gathered = gather_by_table(table, found, label_set.classes, several=label_set.several)

    def facts_of(candidate: Candidate) -> PictureFacts:
        return replace(upload.pictures, patient_id=candidate.patient)

    sight = look_at(gathered, staging, facts_of, library.find_instance, on_progress)
    judged = judge(sight.seen, label_set.classes)
    sound = tuple(one for one in judged.taken if isinstance(one, Seen))
    return CheckedUpload(sound, (*sight.refused, *judged.refused), judged.alike, judged.counts)


def refused_table(refused: Sequence[Refused]) -> bytes:
    """Write a table (CSV, UTF-8 with the mark that spreadsheets know it by) of what was not taken and why."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(["row", "file", "reason"])
    table.writerows([one.row or "", plain_cell(one.source), plain_cell(one.reason)] for one in refused)
    return text.getvalue().encode("utf-8-sig")


def _expand(upload: Upload) -> Iterator[Item | Refusal]:
    if not upload.names:
        yield from expand(upload.paths)
        return
    for path, name in zip(upload.paths, upload.names, strict=True):
        for one in expand([path]):
            yield replace(one, source=printable(name) + one.source.removeprefix(path.name))
