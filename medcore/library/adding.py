"""Bring checked files into the library, many in one transaction.

Files are moved into the store and their rows committed under one write lock, in batches, so that a kill leaves every
file wholly in or not in, and the time for one file does not grow with the library.
"""

import logging
import os
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError, SQLAlchemyError
from sqlalchemy.orm import Session

from medcore import dicom
from medcore.dicom import CheckedFile, Refusal
from medcore.errors import LibraryError
from medcore.faults import describe_fault
from medcore.library.database import FULL_DISK, FULL_DISK_ERRORS, Database, sentences
from medcore.library.deleting import forget_deletions
from medcore.library.hierarchy import Filing
from medcore.library.jobs import PRIORITY_LOW, PRIORITY_NORMAL, expect_predictions
from medcore.library.layout import FileStore, Layout
from medcore.library.records import AddSummary
from medcore.library.room import free_bytes
from medcore.library.schema import Instance, Intake
from medcore.library.staging import Staging, open_staging, remove_unowned
from medcore.library.standing import refresh_after_adding

BATCH = 256  # files in one transaction
FEW = 50  # images that somebody waits for: they are looked at before a bulk of films
RESERVE_BYTES = 64 << 20  # stays free, so that a full library can still be tidied
CLASH = (
    "Another file with the same SOP Instance UID is already in the library, and it was kept. "
    "If this one is the right one, delete the study there first; if both are needed, export this one anew."
)
UNFILED = (
    "A value in it is beyond what the library can keep, so it was not taken; the other files were. "
    "Export it anew from where it comes from."
)
STOPPED = (
    "the remaining files",
    "MedCore could not go on checking after the files before; those were kept. Add the others in smaller parts.",
)
# What a file's values can bring about that nobody has foreseen, in this process and in the database.
UNFORESEEN = (SQLAlchemyError, ArithmeticError, ValueError, TypeError, LookupError, AttributeError, RecursionError)
OF_A_VALUE = (OverflowError, DataError, IntegrityError, InterfaceError, ProgrammingError)
LOG = logging.getLogger("medcore.library")
Progress = Callable[[int, int | None], None]


@dataclass
class Tally:
    """What has happened to the files so far."""

    added: int = 0
    already: int = 0
    studies: set[int] = field(default_factory=set)
    instances: list[int] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    flagged: dict[str, None] = field(default_factory=dict)  # in the order of their coming, each once

    def merge(self, part: "Tally") -> None:
        """Take over what was counted for one part of the files."""
        self.added += part.added
        self.already += part.already
        self.studies |= part.studies
        self.instances += part.instances
        self.refused += part.refused
        self.flagged |= part.flagged

    def summary(self) -> AddSummary:
        """Close the tally."""
        return AddSummary(
            self.added,
            self.already,
            tuple(sorted(self.studies)),
            tuple(self.instances),
            tuple(self.refused),
            tuple(self.flagged),
        )


class Adder:
    """One intake: files in, a summary out."""

    def __init__(self, database: Database, store: FileStore, layout: Layout) -> None:
        self._database = database
        self._store = store
        self._layout = layout
        self._intake_id: int | None = None
        self._tally = Tally()

    def add(self, paths: Iterable[Path], who: str, on_progress: Progress | None) -> AddSummary:
        """Check the files, bring in the sound ones, and ask for their predictions.

        Raises
        ------
        LibraryError
            If the disk is full; what came in before stays in.
        """
        with (
            sentences(),
            open_staging(self._layout, self._database, self._store) as staging,
            closing(self._accepted(paths, staging.copies, on_progress)) as accepted,
        ):
            while batch := list(islice(accepted, BATCH)):
                self._bring_in(batch, staging, who)
        if self._intake_id is not None:
            priority = PRIORITY_NORMAL if self._tally.added <= FEW else PRIORITY_LOW
            with self._database.writing() as session:
                expect_predictions(session, self._intake_id, delay_s=0, priority=priority)
        return self._tally.summary()

    def _accepted(
        self, paths: Iterable[Path], copies: Path, on_progress: Progress | None
    ) -> Generator[CheckedFile, None, None]:
        try:
            for outcome in dicom.check_files(paths, copies, on_progress):
                if isinstance(outcome, CheckedFile):
                    yield outcome
                else:
                    self._tally.refused.append(outcome)
        except (*UNFORESEEN, OSError) as error:
            if isinstance(error, OSError) and error.errno in FULL_DISK_ERRORS:
                raise
            LOG.warning("Files are no longer checked: %s", describe_fault(error))
            self._tally.refused.append(Refusal(*STOPPED))

    def _bring_in(self, batch: Sequence[CheckedFile], staging: Staging, who: str) -> None:
        if free_bytes(self._layout.root) < RESERVE_BYTES:
            raise LibraryError(FULL_DISK)
        os.sync()  # the copies reach the disk before their rows do, so that a power cut leaves no row without its file
        if not self._commit(batch, staging, who):
            for file in batch:  # one of them is at fault, and the others shall not pay for it
                if not self._commit([file], staging, who):
                    self._tally.refused.append(Refusal(file.source, UNFILED))
            remove_unowned(staging.noted(), self._database, self._store)
        staging.settle()
        for file in batch:
            file.staged.unlink(missing_ok=True)

    def _commit(self, batch: Sequence[CheckedFile], staging: Staging, who: str) -> bool:
        """Bring in all of the files or none; False where one of them cannot be."""
        part = Tally()
        try:
            with self._database.writing() as session:
                fresh = self._sort_out(session, batch, part)
                if fresh:
                    staging.note(file.sha256 for file in fresh)
                    intake_id = self._insert(session, fresh, who, part)
                    for file in fresh:
                        self._store.take(file.staged, file.sha256)
        except (LibraryError, *UNFORESEEN) as error:
            if isinstance(error, LibraryError) and not isinstance(error.__cause__, OF_A_VALUE):
                raise
            LOG.warning("%d files could not be filed: %s", len(batch), describe_fault(error.__cause__ or error))
            return False
        if fresh:
            self._intake_id = intake_id
        self._tally.merge(part)
        return True

    def _sort_out(self, session: Session, batch: Sequence[CheckedFile], part: Tally) -> list[CheckedFile]:
        uids = [file.attributes.sop_instance_uid for file in batch]
        found = session.execute(
            select(Instance.sop_instance_uid, Instance.sha256).where(Instance.sop_instance_uid.in_(uids))
        )
        known = {uid: sha256 for uid, sha256 in found}
        fresh = []
        for file in batch:
            sha256 = known.setdefault(file.attributes.sop_instance_uid, "")
            if sha256 == file.sha256:
                part.already += 1
            elif sha256:
                part.refused.append(Refusal(file.source, CLASH))
            else:
                known[file.attributes.sop_instance_uid] = file.sha256
                fresh.append(file)
        return fresh

    def _insert(self, session: Session, files: Sequence[CheckedFile], who: str, part: Tally) -> int:
        intake_id = self._intake(session, who)
        filing = Filing(session)
        series_ids = filing.file([file.attributes for file in files])
        rows = [
            {
                "series_id": series_id,
                "intake_id": intake_id,
                "sop_instance_uid": file.attributes.sop_instance_uid,
                "sha256": file.sha256,
                "size": file.size,
                "attributes": file.attributes.as_json(),
            }
            for file, series_id in zip(files, series_ids, strict=True)
        ]
        ids = session.scalars(insert(Instance).returning(Instance.id, sort_by_parameter_order=True), rows).all()
        forget_deletions(session, [file.attributes.sop_instance_uid for file in files])
        expect_predictions(session, intake_id)
        refresh_after_adding(session, filing.studies)
        part.added, part.instances, part.studies = len(files), list(ids), filing.studies
        part.flagged = dict.fromkeys(filing.flagged)
        return intake_id

    def _intake(self, session: Session, who: str) -> int:
        if self._intake_id is not None:
            return self._intake_id
        intake = Intake(who=who, created_at=datetime.now(UTC))
        session.add(intake)
        session.flush()
        return intake.id
