"""Read the pictures of an upload, so that it can be judged: checked copies wait in a folder, nothing is taken yet."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from medcore.classifier.film_hash import SIDE, film_hash
from medcore.dicom import CheckedFile, Refusal, display_values, read_frame
from medcore.dicom.intake import check_items
from medcore.dicom.items import OWN_PATIENT, PictureFacts
from medcore.errors import MedcoreError
from medcore.labelling.duplicates import perceptual_hash
from medcore.labelling.gathering import Candidate, Gathered, Refused
from medcore.labelling.judging import LookedAt
from medcore.library import Instance
from medcore.library.labels import SYNTHETIC

NOT_THERE = "No image with this SOP Instance UID is in the library. Add its file first."
OTHER_PATIENT = "The table names another patient than the file does. Correct the table, or leave its patient empty."
INDEX = "It is an index of other files. Add those."
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Seen(LookedAt):
    """A candidate whose picture was read, with where it lies."""

    file: CheckedFile | None = None  # a copy that waits to be taken
    instance_id: int | None = None  # of an image that is in the library


@dataclass(frozen=True)
class Sight:
    """What an upload holds."""

    seen: tuple[Seen, ...]
    refused: tuple[Refused, ...]


def look_at(
    gathered: Gathered,
    staging: Path,
    facts_of: Callable[[Candidate], PictureFacts],
    find: Callable[[str], Instance | None],
    on_progress: Progress | None = None,
) -> Sight:
    """Check every file of an upload and read its picture.

    Parameters
    ----------
    gathered : Gathered
    staging : Path
        An existing folder for checked copies, which belong to the caller.
    facts_of : callable
        Says what is known of a PNG or JPEG.
    find : callable
        Finds an image of the library by its SOP Instance UID.
    on_progress : callable, optional
        Called with the number of files done and their total.

    Raises
    ------
    IntakeError
        If the staging folder cannot be written to.
    """
    seen: list[Seen] = []
    refused = list(gathered.refused)
    files = [one for one in gathered.candidates if one.item is not None]
    for candidate, outcome in _checked(files, staging, facts_of, on_progress):
        if isinstance(outcome, CheckedFile):
            _add(candidate, outcome.staged, outcome.attributes.patient_id, seen, refused, file=outcome)
        else:
            refused.append(Refused(candidate.source, outcome.reason if outcome else INDEX))
    for candidate in gathered.candidates:
        if candidate.item is not None:
            continue
        instance = find(candidate.sop_instance_uid)
        if instance is None:
            refused.append(Refused(candidate.source, NOT_THERE))
        elif instance.attributes.synthetic:
            refused.append(Refused(candidate.source, SYNTHETIC))
        else:
            _add(candidate, instance.path, instance.attributes.patient_id, seen, refused, instance_id=instance.id)
    return Sight(tuple(seen), tuple(refused))


def _checked(
    candidates: Sequence[Candidate],
    staging: Path,
    facts_of: Callable[[Candidate], PictureFacts],
    on_progress: Progress | None,
) -> Iterator[tuple[Candidate, CheckedFile | Refusal | None]]:
    items = (replace(one.item, picture=facts_of(one)) for one in candidates if one.item is not None)
    with closing(check_items(items, staging, on_progress)) as outcomes:
        yield from zip(candidates, outcomes, strict=True)


def _add(
    candidate: Candidate,
    path: Path,
    patient: str,
    seen: list[Seen],
    refused: list[Refused],
    *,
    file: CheckedFile | None = None,
    instance_id: int | None = None,
) -> None:
    if file is not None and file.attributes.synthetic:
        refused.append(Refused(candidate.source, SYNTHETIC))
        return
    try:
        film = np.rint(np.clip(display_values(read_frame(path), (SIDE, SIDE)), 0, 255)).astype(np.uint8)
    except MedcoreError as error:
        refused.append(Refused(candidate.source, str(error)))
        return
    if patient.startswith(OWN_PATIENT):
        patient = ""
    if candidate.patient and patient and candidate.patient != patient:
        refused.append(Refused(candidate.source, OTHER_PATIENT))
        return
    seen.append(
        Seen(
            candidate,
            candidate.patient or patient,
            film_hash(film),
            perceptual_hash(film),
            file=file,
            instance_id=instance_id,
        )
    )
