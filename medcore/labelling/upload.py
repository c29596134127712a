"""An upload of labelled files as a whole: checked first, then, where somebody agrees, taken."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from medcore.dicom.items import PictureFacts
from medcore.dicom.sources import expand
from medcore.labelling.gathering import Candidate, Refused, gather_by_folder, gather_by_table
from medcore.labelling.judging import ClassCount, LookAlike, judge
from medcore.labelling.label_table import read_label_table
from medcore.labelling.looking import Progress, Seen, look_at
from medcore.library import LabelSet, Library


@dataclass(frozen=True)
class Upload:
    """What somebody gave."""

    paths: tuple[Path, ...]  # files, folders and zips
    label_set: LabelSet
    table: bytes | None = None  # CSV; without it folders name the classes
    pictures: PictureFacts = PictureFacts()  # what is known of every PNG and JPEG


@dataclass(frozen=True)
class CheckedUpload:
    """What an upload would do; nothing is taken yet."""

    sound: tuple[Seen, ...]
    refused: tuple[Refused, ...]  # every file and row that is not taken
    alike: tuple[LookAlike, ...]
    counts: tuple[ClassCount, ...]


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
    found, label_set = expand(upload.paths), upload.label_set
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


def write_refused(file: Path, refused: Sequence[Refused]) -> None:
    """Write a table (CSV) of what was not taken and why."""
    with file.open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(["row", "file", "reason"])
        table.writerows([one.row or "", one.source, one.reason] for one in refused)
