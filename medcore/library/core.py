"""The library as the rest of MedCore sees it: one object with every question and every change."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

from medcore.errors import LibraryError
from medcore.library import room, studies, worklist
from medcore.library.adding import Adder, Progress
from medcore.library.database import Database
from medcore.library.jobs import Jobs
from medcore.library.layout import FileStore, Layout
from medcore.library.locks import FileLock
from medcore.library.records import AddSummary, Instance, Room, Study, StudyPage, StudyQuery
from medcore.library.staging import clear_stale
from medcore.settings import Settings


class Library:
    """Studies, readings, predictions and jobs of one data folder; safe for many threads and many processes."""

    def __init__(self, layout: Layout, database: Database, in_use: FileLock) -> None:
        self._layout = layout
        self._database = database
        self._in_use = in_use
        self._store = FileStore(layout.library / "files")
        self.jobs = Jobs(database)

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the library of a data folder; make it where there is none, and tidy up after processes that died.

        Raises
        ------
        LibraryError
            If the folder cannot be used, or holds the library of a newer MedCore.
        """
        layout = Layout(settings.data_dir)
        layout.make()
        in_use = FileLock(layout.locks / "in-use")
        database = Database(layout.database)
        with FileLock(layout.locks / "open"):
            in_use.take(shared=True)
            database.migrate()
        library = cls(layout, database, in_use)
        clear_stale(layout, database, library._store)
        return library

    def close(self) -> None:
        """Let go of the library's files."""
        self._database.close()
        self._in_use.release()

    def add(self, paths: Iterable[Path], *, who: str = "", on_progress: Progress | None = None) -> AddSummary:
        """Check files, folders and zips, and bring in what is sound; see `adding.Adder`."""
        return Adder(self._database, self._store, self._layout).add(paths, who, on_progress)

    def studies(self, query: StudyQuery = StudyQuery()) -> StudyPage:  # noqa: B008 (frozen)
        """Return a page of the worklist."""
        return worklist.find_studies(self._database, query)

    def modalities(self) -> tuple[str, ...]:
        """List the modalities that the worklist can be narrowed to."""
        return worklist.modalities(self._database)

    def study(self, study_id: int) -> Study:
        """Read one study, or raise a LibraryError where there is none."""
        return studies.read_study(self._database, self._store, study_id)

    def instances(self, ids: Sequence[int]) -> dict[int, Instance]:
        """Read images by their numbers; those that are gone are left out."""
        return studies.read_instances(self._database, self._store, ids)

    def instance(self, instance_id: int) -> Instance:
        """Read one image, or raise a LibraryError where there is none."""
        found = self.instances([instance_id])
        if instance_id not in found:
            raise LibraryError(studies.NO_IMAGE)
        return found[instance_id]

    def room(self) -> Room:
        """Say how much room the library takes and how much is left."""
        return room.measure_room(self._layout, self._database)
