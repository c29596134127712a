"""The whole library in one file.

A backup is an uncompressed tar: `manifest.json` first, with the SHA-256 and size of everything that follows, then
`library.sqlite`, one consistent moment of the tables, then `files/ab/cd…`, the images that these tables name, then
`models/ab…/…`, the files of the models on record.
"""

import hashlib
import io
import json
import sqlite3
import tarfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

from medcore.errors import LibraryError
from medcore.library.layout import FileStore, Layout
from medcore.library.locks import FileLock
from medcore.library.new_file import new_file
from medcore.library.records import BackupSummary
from medcore.library.room import free_bytes

FORMAT = 2  # 1 had no models
MANIFEST = "manifest.json"
TABLES = "library.sqlite"
BLOCK = 1 << 20  # bytes read at a time
DAMAGED = (
    "A stored image is damaged: its bytes do not fit its SHA-256 {}…. Delete its study, add it again, "
    "then make the backup."
)


@dataclass(frozen=True)
class Part:
    """A file of a model."""

    sha256: str
    size: int  # bytes


@dataclass(frozen=True)
class Manifest:
    """What a backup says that it holds."""

    format: int
    tables_sha256: str
    tables_size: int
    files: Mapping[str, int]  # size in bytes by SHA-256
    models: Mapping[str, Part] = field(default_factory=dict)  # by folder and name

    def as_json(self) -> bytes:
        """Write the manifest as JSON."""
        return json.dumps(asdict(self)).encode()


def write_backup(layout: Layout, store: FileStore, workspace: Path, target: Path) -> BackupSummary:
    """Write a backup to `target`, which appears only once it is whole.

    Parameters
    ----------
    layout, store
        Of the library.
    workspace : Path
        An empty folder for the copy of the tables.
    target : Path
        The new file.

    Raises
    ------
    LibraryError
        If `target` exists or cannot be written, the disk is full, or a stored image is damaged.
    """
    tables = workspace / TABLES
    with closing(FileLock(layout.locks / "files")) as lock, new_file(target, "backup") as partial:
        lock.take(shared=True)  # files of studies that are deleted meanwhile stay until the end
        manifest = _snapshot(layout, tables)
        needed = manifest.tables_size + sum(manifest.files.values()) + sum(one.size for one in manifest.models.values())
        if free_bytes(target.parent) < needed:
            raise LibraryError(f"The backup needs {needed:,} bytes, and fewer are free there. Choose another disk.")
        with tarfile.open(partial, "w", format=tarfile.PAX_FORMAT) as tar:
            _put(tar, MANIFEST, io.BytesIO(manifest.as_json()), len(manifest.as_json()))
            with tables.open("rb") as stream:
                _put(tar, TABLES, stream, manifest.tables_size)
            for sha256, size in manifest.files.items():
                _put_image(tar, store, sha256, size)
            for name, part in manifest.models.items():
                with (layout.models / name).open("rb") as stream:
                    _put(tar, f"models/{name}", stream, part.size)
    return BackupSummary(files=len(manifest.files), size_bytes=target.stat().st_size)


def _snapshot(layout: Layout, copy: Path) -> Manifest:
    with closing(sqlite3.connect(layout.database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
        files = dict(target.execute("SELECT sha256, size FROM instance ORDER BY sha256").fetchall())
        folders = [folder for (folder,) in target.execute("SELECT folder FROM model_version ORDER BY id")]
    models = {
        f"{folder}/{file.name}": Part(_digest(file), file.stat().st_size)
        for folder in folders
        for file in sorted((layout.models / folder).glob("*"))
    }
    return Manifest(FORMAT, _digest(copy), copy.stat().st_size, files, models)


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _put_image(tar: tarfile.TarFile, store: FileStore, sha256: str, size: int) -> None:
    try:
        with store.path(sha256).open("rb") as stream:
            digest = Digesting(stream)
            _put(tar, f"files/{sha256[:2]}/{sha256[2:]}", digest, size)
            sound = digest.hexdigest() == sha256 and not stream.read(1)
    except FileNotFoundError:
        sound = False
    if not sound:
        raise LibraryError(DAMAGED.format(sha256[:12]))


def _put(tar: tarfile.TarFile, name: str, stream: "BinaryIO | Digesting | io.BytesIO", size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o400
    tar.addfile(member, stream)


class Digesting:
    """A stream that computes the SHA-256 of what is read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes."""
        data = self._stream.read(size)
        self._digest.update(data)
        return data

    def hexdigest(self) -> str:
        """Return the SHA-256 of what was read so far."""
        return self._digest.hexdigest()
