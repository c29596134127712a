"""Take files of any origin in: every one ends as a checked copy in staging, or as a refusal with its reason.

The files are checked in child processes (`medcore.dicom.inspection`), a batch at a time, with a few batches under way,
so that memory stays flat for any number of files. Nothing is synced to the disk: a killed process leaves whole files
or none, because what was written lives in the system's cache; only a power cut can lose it.
"""

import secrets
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from medcore.dicom.decoders import CHILDREN, GRACE_S, STOPPED, end_of, explain_end, is_time_out, submit
from medcore.dicom.inspection import Batch, StagingError, check_batch
from medcore.dicom.items import Item
from medcore.dicom.limits import KILL_AFTER_S, allowed_s
from medcore.dicom.outcome import CheckedFile, Refusal
from medcore.dicom.sources import expand
from medcore.errors import IntakeError

BATCH_FILES = 64
BATCH_BYTES = 64 * 2**20
UNDER_WAY = CHILDREN + 1  # batches

Outcome = CheckedFile | Refusal
Progress = Callable[[int, int | None], None]


def check_files(paths: Iterable[Path], staging: Path, on_progress: Progress | None = None) -> Iterator[Outcome]:
    """Check files, folders, zip archives and directory indexes; yield one outcome a file, in their order.

    Parameters
    ----------
    paths : iterable of Path
        What the user gave. Links inside a folder are not followed out of it.
    staging : Path
        An existing folder for the accepted copies, under random names; each belongs to the caller once yielded.
        Nothing is left there of a refused file, nor of files not yet yielded when the iterator is closed.
    on_progress : callable, optional
        Called with the number of files done and their total; the total is None until all are known.

    Yields
    ------
    CheckedFile or Refusal

    Raises
    ------
    IntakeError
        If the staging folder cannot be written to, for one because the disk is full.
    """
    with closing(check_items(expand(paths), staging, on_progress)) as outcomes:
        yield from (outcome for outcome in outcomes if outcome is not None)


def check_items(
    found: Iterable[Item | Refusal], staging: Path, on_progress: Progress | None = None
) -> Generator[Outcome | None, None, None]:
    """Check single files as `check_files` does, picture files too where their item says what is known of them.

    Yields
    ------
    CheckedFile, Refusal or None
        One for each that was found, in their order; None for an index of others.

    Raises
    ------
    IntakeError
        As `check_files`.
    """
    progress = _Progress(on_progress)
    under_way: deque[_Job] = deque()
    unclaimed: deque[Outcome | None] = deque()
    try:
        for job in _ahead(progress.counting(_jobs(found, staging)), under_way):
            unclaimed.extend(job.outcomes())
            while unclaimed:
                progress.step()
                yield unclaimed.popleft()
    finally:
        _discard(unclaimed)
        for job in under_way:
            job.discard()


@dataclass
class _Progress:
    report: Progress | None
    done: int = 0
    found: int = 0
    is_all_found: bool = False

    def counting(self, jobs: Iterator["_Job"]) -> Iterator["_Job"]:
        for job in jobs:
            self.found += len(job.entries)
            yield job
        self.is_all_found = True

    def step(self) -> None:
        self.done += 1
        if self.report:
            self.report(self.done, self.found if self.is_all_found else None)


@dataclass
class _Job:
    """A batch that a child works on, among refusals that wait for their turn."""

    entries: list[Item | Refusal]
    staging: Path
    batch: Batch = field(init=False)
    future: "Future[list[Outcome | None]] | None" = None

    def __post_init__(self) -> None:
        items = tuple(entry for entry in self.entries if isinstance(entry, Item))
        self.batch = Batch(items, self.staging, secrets.token_hex(16))
        if items:
            self.future = _submit(self.batch)

    def outcomes(self) -> list[Outcome | None]:
        """Wait for the child and return one outcome an entry, in order."""
        try:
            checked = iter(_settle(self.batch, self.future) if self.future else ())
        except (IntakeError, KeyboardInterrupt):
            _clear(self.batch)
            raise
        return [entry if isinstance(entry, Refusal) else next(checked) for entry in self.entries]

    def discard(self) -> None:
        """Wait for the child, which a batch keeps busy for a moment only, and clear what it wrote."""
        if self.future:
            end_of(self.future)
        _clear(self.batch)


def _ahead(jobs: Iterator[_Job], under_way: deque[_Job]) -> Iterator[_Job]:
    for job in jobs:
        under_way.append(job)
        if len(under_way) > UNDER_WAY:
            yield under_way.popleft()
    while under_way:
        yield under_way.popleft()


def _jobs(entries: Iterable[Item | Refusal], staging: Path) -> Iterator[_Job]:
    batch: list[Item | Refusal] = []
    size = 0
    for entry in entries:
        batch.append(entry)
        size += entry.size if isinstance(entry, Item) else 0
        if len(batch) == BATCH_FILES or size > BATCH_BYTES:
            yield _Job(batch, staging)
            batch, size = [], 0
    if batch:
        yield _Job(batch, staging)


def _submit(batch: Batch) -> "Future[list[Outcome | None]]":
    limit_s = sum(allowed_s(item.proven_size) + KILL_AFTER_S for item in batch.items) + GRACE_S
    return submit(check_batch, limit_s, batch)


def _settle(batch: Batch, future: "Future[list[Outcome | None]]") -> list[Outcome | None]:
    """Return the outcomes of a batch; if its child failed, blame the file it was at and do the others again."""
    error = end_of(future)
    culprit = _culprit(batch)
    batch.marker.unlink(missing_ok=True)
    if error is None:
        return future.result()
    _clear(batch)
    if isinstance(error, StagingError):
        raise error
    before = replace(batch, items=batch.items[:culprit])
    after = replace(batch, items=batch.items[culprit + 1 :])
    if isinstance(error, CancelledError):
        raise IntakeError(STOPPED)
    blamed: list[Outcome | None] = [Refusal(batch.items[culprit].source, explain_end(error))]
    if not is_time_out(error) and len(batch.items) > 1:  # the batch together may have used up the memory: once more
        blamed = _again(replace(batch, items=batch.items[culprit : culprit + 1]))
    return _again(before) + blamed + _again(after)


def _again(batch: Batch) -> list[Outcome | None]:
    if not batch.items:
        return []
    batch = replace(batch, name=f"{batch.name[:32]}{secrets.token_hex(4)}")
    return _settle(batch, _submit(batch))


def _culprit(batch: Batch) -> int:
    try:
        return min(int(batch.marker.read_text() or 0), len(batch.items) - 1)
    except FileNotFoundError:
        return 0


def _clear(batch: Batch) -> None:
    """Remove everything of a batch from staging."""
    for number in range(len(batch.items)):
        batch.staged(number).unlink(missing_ok=True)
    batch.marker.unlink(missing_ok=True)


def _discard(outcomes: Iterable[Outcome | None]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, CheckedFile):
            outcome.staged.unlink(missing_ok=True)
