"""The data folder's layout: what lies where, and who may look.

library/            all that a backup holds; replaced as a whole by a restore
  library.sqlite    the tables
  files/ab/cd…      the images, named by the SHA-256 of their bytes
staging/            copies on their way in, one folder for each intake that is under way
locks/              files that carry locks and nothing else
"""

import re
from dataclasses import dataclass
from pathlib import Path

from medcore.errors import LibraryError

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
    def staging(self) -> Path:
        """The folder for copies on their way in."""
        return self.root / "staging"

    @property
    def locks(self) -> Path:
        """The folder of the locks."""
        return self.root / "locks"

    def make(self) -> None:
        """Make the folders, for their owner only.

        Raises
        ------
        LibraryError
            If the data folder cannot be made or written to.
        """
        try:
            self.root.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            for folder in (self.root, self.library, self.library / "files", self.staging, self.locks):
                folder.mkdir(mode=PRIVATE, exist_ok=True)
                folder.chmod(PRIVATE)
            self.database.touch(mode=0o600)
        except OSError as error:
            raise LibraryError(
                f"The data folder cannot be used ({error.strerror}). "
                "Choose another one with MEDCORE_DATA_DIR, or make this one writable."
            ) from error


@dataclass(frozen=True)
class FileStore:
    """Files named by the SHA-256 of what they hold; written once, then only read or removed."""

    root: Path

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
        staged.chmod(READ_ONLY)
        try:
            staged.replace(target)
        except FileNotFoundError:
            target.parent.mkdir(mode=PRIVATE, exist_ok=True)
            staged.replace(target)

    def remove(self, sha256: str) -> None:
        """Remove a file; without effect where it is gone."""
        self.path(sha256).unlink(missing_ok=True)
