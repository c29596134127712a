"""Frames that were made ready for a viewer, kept on disk so that each is decoded once.

An entry is one file, `frames/ab/cd…/<name>`, below the folder of the SHA-256 of the image it was made from; it ends in
a seal, eight bytes with the CRC-32 of all before them, so that a damaged entry is noticed and made anew. Entries appear
whole or not at all, and those that were used least recently leave first. Any number of threads and processes may share
a cache; a reader keeps what it has opened, whoever removes it meanwhile.
"""

import errno
import mmap
import os
import re
import secrets
import shutil
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from medcore.errors import LibraryError

PRIVATE = 0o700
SHA256 = re.compile(r"[0-9a-f]{64}")
NAME = re.compile(r"[a-z0-9.-]{1,40}")
SEAL = struct.Struct("<4sL")
MAGIC = b"MCF1"
PARTIAL = ".part"
PARTIAL_LIVES_S = 3600.0  # what is older was left by a process that died
KEPT_SHARE = 0.8  # of the bound, after the oldest entries have left
SLACK_SHARE = 0.1  # of the bound, for what is not counted yet
COUNTED_SHARE = 0.02  # of the bound that a process may write before it counts all entries again: five may write at once
TRIES = 3
FULL = (errno.ENOSPC, errno.EDQUOT)
FRESH_S = 60.0  # an entry used this short a while ago is not marked as used again


class FrameCache:
    """Keeps what was made from images, by their SHA-256 and a name, within a bound in bytes."""

    def __init__(self, folder: Path, limit_bytes: int = 0) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._counting = threading.Lock()
        self._uncounted: int | None = None  # bytes written since all entries were counted, None before

    def find(self, sha256: str, name: str) -> memoryview | None:
        """Return what is kept under a name, mapped from disk and not read; None where nothing or only damage is."""
        path = self._path(sha256, name)
        try:
            used = path.stat().st_mtime
            mapped = _map(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        body, seal = mapped[: -SEAL.size], mapped[-SEAL.size :]
        if bytes(seal) != SEAL.pack(MAGIC, zlib.crc32(body)):
            path.unlink(missing_ok=True)
            return None
        if time.time() - used > FRESH_S:
            with suppress(OSError):  # it may have left just now
                os.utime(path)
        return body

    def put(self, sha256: str, name: str, make: Callable[[Path], object]) -> memoryview:
        """Have `make` write a new file, keep it under a name, and return it; it stays readable when it leaves.

        Raises
        ------
        LibraryError
            If `sha256` or `name` has another form: nothing else may become a path.
        OSError
            If the disk refuses.
        """
        path = self._path(sha256, name)
        try:
            mapped = self._write(path, make)
        except OSError as error:
            if error.errno not in FULL or not self._make_room():
                raise
            mapped = self._write(path, make)
        self._count(len(mapped))
        return mapped[: -SEAL.size]

    def _write(self, path: Path, make: Callable[[Path], object]) -> memoryview:
        self._folder.mkdir(mode=PRIVATE, exist_ok=True)
        partial = self._folder / f"{secrets.token_hex(8)}{PARTIAL}"
        try:
            make(partial)
            _seal(partial)
            mapped = _map(partial)
            self._publish(partial, path)
        finally:
            partial.unlink(missing_ok=True)
        return mapped

    def _make_room(self) -> bool:
        """Let half of all entries leave, because the disk is full, and say whether any did."""
        with self._counting:
            entries = sorted(self._entries())
            self._remove_oldest(entries, sum(size for _, size, _ in entries) / 2)
        return bool(entries)

    def remove(self, sha256: str) -> None:
        """Remove all that was made from an image."""
        shutil.rmtree(self._of(sha256), ignore_errors=True)

    def _of(self, sha256: str) -> Path:
        if not SHA256.fullmatch(sha256):
            raise LibraryError("A kept frame is named by something else than its image's SHA-256.")
        return self._folder / sha256[:2] / sha256[2:]

    def _path(self, sha256: str, name: str) -> Path:
        if not NAME.fullmatch(name) or name.startswith("."):
            raise LibraryError("A kept frame has a name of another form than MedCore gives.")
        return self._of(sha256) / name

    def _publish(self, partial: Path, path: Path) -> None:
        for _ in range(TRIES):
            # Another thread has just removed the folder; "exists" is pathlib's answer when it goes while it looks.
            with suppress(FileNotFoundError, FileExistsError):
                path.parent.parent.mkdir(mode=PRIVATE, exist_ok=True)
                path.parent.mkdir(mode=PRIVATE, exist_ok=True)
                partial.replace(path)
                return

    def _count(self, size: int) -> None:
        """Let the oldest entries leave where the bound is passed; all are counted now and then, not at each."""
        with self._counting:
            self._uncounted = None if self._uncounted is None else self._uncounted + size
            if self._uncounted is None or self._uncounted > COUNTED_SHARE * self._limit:
                self._evict()
                self._uncounted = 0

    def _evict(self) -> None:
        entries = sorted(self._entries())
        total = sum(size for _, size, _ in entries)
        if total <= (1 - SLACK_SHARE) * self._limit:
            return
        self._remove_oldest(entries, KEPT_SHARE * self._limit)

    def _remove_oldest(self, entries: Sequence[tuple[float, int, Path]], left: float) -> None:
        """Remove the first of `entries` until the others take no more than `left` bytes."""
        total = sum(size for _, size, _ in entries)
        for _, size, path in entries:
            if total <= left:
                break
            path.unlink(missing_ok=True)
            with suppress(OSError):  # the image's other entries are still there
                path.parent.rmdir()
            total -= size

    def _entries(self) -> Iterator[tuple[float, int, Path]]:
        """List (last used, bytes, path) of each entry; partial files of dead processes are removed."""
        for found in _files(self._folder):
            with suppress(OSError):  # another process may have removed it
                status = found.stat(follow_symlinks=False)
                if not found.name.endswith(PARTIAL):
                    yield status.st_mtime, status.st_size, Path(found.path)
                elif time.time() - status.st_mtime > PARTIAL_LIVES_S:
                    Path(found.path).unlink()


def _files(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(folder) as found:
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            else:
                yield entry


def _map(path: Path) -> memoryview:
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        return memoryview(mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_READ) if size else b"")


def _seal(partial: Path) -> None:
    crc = zlib.crc32(_map(partial))
    with partial.open("ab") as stream:
        stream.write(SEAL.pack(MAGIC, crc))
