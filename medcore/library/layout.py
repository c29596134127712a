"""The data folder's layout: what lies where, and who may look.

library/            all that a backup holds; replaced as a whole by a restore
  library.sqlite    the tables
  files/ab/cd…      the images, named by the SHA-256 of their bytes
  models/ab…        the models that were ever recorded, named by the SHA-256 of their card
training/           what a training that is under way needs; it can go when none is
staging/            copies on their way in, one folder for each intake that is under way
frames/ab/cd…/      what was made ready for the viewer from the image of this hash; it can go at any time
evaluations/…/      what was measured of a model, one folder for each evaluation
locks/              files that carry locks and nothing else
restoring/          what a restore has unpacked and not yet put in place
replaced/           what it replaces, until it is done
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from medcore.errors import LibraryError
from medcore.library.frame_cache import FrameCache

PRIVATE = 0o700
READ_ONLY = 0o400
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Layout:
    """Paths under one data folder."""

    root: Path

    @property
    def library(self) -> Path:
        """The folder that a backup holds and a restore replaces."""
        return self.root / "library"

    @property
    def database(self) -> Path:
        """The file with the tables."""
        return self.library / "library.sqlite"

    @property
    def models(self) -> Path:
        """The folder of the models."""
        return self.library / "models"

    @property
    def training(self) -> Path:
        """The folder of what trainings need while they are under way."""
        return self.root / "training"

    @property
    def staging(self) -> Path:
        """The folder for copies on their way in."""
        return self.root / "staging"

    @property
    def frames(self) -> Path:
        """The folder of frames that were made ready for the viewer."""
        return self.root / "frames"

    @property
    def evaluations(self) -> Path:
        """The folder of what was measured of models."""
        return self.root / "evaluations"

    @property
    def locks(self) -> Path:
        """The folder of the locks."""
        return self.root / "locks"

    @property
    def restoring(self) -> Path:
        """The folder that a restore unpacks into."""
        return self.root / "restoring"

    @property
    def replaced(self) -> Path:
        """The folder that the old library waits in while a restore puts the new one in place."""
        return self.root / "replaced"

    def make_root(self) -> None:
        """Make the data folder, and in it what locks and staging need."""
        self._make(self.root, self.staging, self.locks)

    def make_library(self) -> None:
        """Make the library's folder and an empty file for its tables; the caller holds the lock `open`."""
        self.settle_restore()
        self._make(self.library, self.library / "files", self.models)
        self.database.touch(mode=0o600)

    def settle_restore(self) -> None:
        """Clear up after a restore that was killed: without a library in its place, the old one comes back."""
        if self.replaced.exists() and not self.library.exists():
            self.replaced.rename(self.library)
        for left in (self.replaced, self.restoring):
            shutil.rmtree(left, ignore_errors=True)

    def swap_restored(self) -> None:
        """Put what a restore has unpacked and verified in the library's place."""
        if self.library.exists():
            self.library.rename(self.replaced)
        self.restoring.rename(self.library)
        for left in (self.replaced, self.frames):  # what was made from the old library's images goes with it
            shutil.rmtree(left, ignore_errors=True)

    def _make(self, *folders: Path) -> None:
        try:
            self.root.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            for folder in folders:
                folder.mkdir(mode=PRIVATE, exist_ok=True)
                folder.chmod(PRIVATE)
        except OSError as error:
            raise LibraryError(
                f"The data folder cannot be used ({error.strerror}). "
                "Choose another one with MEDCORE_DATA_DIR, or make this one writable."
            ) from error


@dataclass(frozen=True)
class FileStore:
    """Files named by the SHA-256 of what they hold; written once, then only read or removed."""

    root: Path
    cache: FrameCache | None = None  # of what was made from the files, which goes with them

    def path(self, sha256: str) -> Path:
        """Say where the file with this hash lies or would lie.

        Raises
        ------
        LibraryError
            If `sha256` is not 64 hexadecimal digits: nothing else may become a path.
        """
        if not SHA256.fullmatch(sha256):
            raise LibraryError("A stored file is named by something else than its SHA-256. Restore the last backup.")
        return self.root / sha256[:2] / sha256[2:]

    def take(self, staged: Path, sha256: str) -> None:
        """Move a checked copy into the store; one step, so that the file is there wholly or not at all."""
        target = self.path(sha256)
        if not staged.exists() and target.exists():  # moved before, in a transaction that was taken back
            return
        staged.chmod(READ_ONLY)
        try:
            staged.replace(target)
        except FileNotFoundError:
            target.parent.mkdir(mode=PRIVATE, exist_ok=True)
            staged.replace(target)

    def remove(self, sha256: str) -> None:
        """Remove a file; without effect where it is gone."""
        self.path(sha256).unlink(missing_ok=True)
        if self.cache is not None:
            self.cache.remove(sha256)
