"""Folders for copies on their way in, and what is cleaned up after a process that died with one open.

Each intake has a folder of its own with a lock in it, and a journal of the hashes that it is about to move into the
store. A folder whose lock is free belongs to a dead process: what its journal names and no row owns goes.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select

from medcore.library.database import Database
from medcore.library.layout import PRIVATE, SHA256, FileStore, Layout
from medcore.library.locks import FileLock
from medcore.library.schema import Instance, LooseFile

LOCK = "lock"
JOURNAL = "journal"
CHUNK = 500  # hashes looked up in one statement


@dataclass(frozen=True)
class Staging:
    """One intake's folder."""

    folder: Path

    @property
    def copies(self) -> Path:
        """Where the checked copies wait."""
        return self.folder / "copies"

    def note(self, hashes: Iterable[str]) -> None:
        """Write down which files are about to be moved into the store."""
        with (self.folder / JOURNAL).open("a") as journal:
            journal.writelines(f"{sha256}\n" for sha256 in hashes)

    def noted(self) -> list[str]:
        """Read back what was noted; half a line, from a process that died while writing, is left out."""
        journal = self.folder / JOURNAL
        return [line for line in journal.read_text().split() if SHA256.fullmatch(line)] if journal.exists() else []

    def settle(self) -> None:
        """Forget what was noted: its rows are committed."""
        (self.folder / JOURNAL).unlink(missing_ok=True)


@contextmanager
def open_staging(layout: Layout, database: Database, store: FileStore) -> Iterator[Staging]:
    """Give a fresh folder, and leave neither copies nor files without rows behind."""
    with FileLock(layout.locks / "staging"):  # nobody clears the folder before its own lock is on
        folder = Path(tempfile.mkdtemp(dir=layout.staging))
        lock = FileLock(folder / LOCK)
        lock.take()
    staging = Staging(folder)
    try:
        staging.copies.mkdir(mode=PRIVATE)
        yield staging
    finally:
        _clear(staging, database, store)
        lock.release()


def clear_stale(layout: Layout, database: Database, store: FileStore) -> None:
    """Clean up after intakes whose process died, and remove the files of deleted studies."""
    with FileLock(layout.locks / "staging"):
        for folder in layout.staging.iterdir():
            lock = FileLock(folder / LOCK)
            if _is_free(lock):
                _clear(Staging(folder), database, store)
                lock.release()
    lock = FileLock(layout.locks / "files")
    if lock.take(wait=False):  # else a backup still reads them; it tidies up when it is done
        with closing(lock), database.reading() as session:
            loose = session.scalars(select(LooseFile.sha256)).all()
            remove_unowned(loose, database, store)


def remove_unowned(hashes: Iterable[str], database: Database, store: FileStore) -> None:
    """Remove the files among `hashes` that no instance owns.

    The write lock is held meanwhile: another process moves files in and commits their rows under the same lock.
    """
    wanted = list(hashes)
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        with database.writing() as session:
            owned = set(session.scalars(select(Instance.sha256).where(Instance.sha256.in_(chunk))))
            for sha256 in set(chunk) - owned:
                store.remove(sha256)
            session.execute(delete(LooseFile).where(LooseFile.sha256.in_(chunk)))


def _is_free(lock: FileLock) -> bool:
    try:
        return lock.take(wait=False)
    except OSError:  # its owner has just cleared it
        return False


def _clear(staging: Staging, database: Database, store: FileStore) -> None:
    remove_unowned(staging.noted(), database, store)
    shutil.rmtree(staging.folder, ignore_errors=True)
