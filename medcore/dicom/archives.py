"""Look into a zip archive without unpacking it, and refuse what is made to do harm.

Source: PKWARE APPNOTE 6.3, 4.3.16 (end of central directory) and 4.4.
"""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from medcore.dicom.outcome import Refusal
from medcore.dicom.plain_text import printable
from medcore.errors import IntakeError

ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
MEMBERS_LIMIT = 100_000
DIRECTORY_LIMIT = 4 * 2**20  # bytes of the table of contents; in memory an entry takes ten times as much
RATIO_LIMIT = 100  # unpacked to packed, once unpacked is above the harmless size
UNKNOWN = 0xFFFFFFFF  # "see the 64-bit record"
HARMLESS = 64 * 2**20  # bytes
TAIL = 22 + 2**16 + 76  # bytes at the end that hold the end records
DAMAGED_ZIP = "The archive is damaged. Pack it again, or add the files without packing them."
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True)
class Member:
    """A file inside an archive."""

    index: int
    name: str  # as the archive has it
    source: str
    size: int  # bytes unpacked, as the archive claims; reading stops there


def list_members(path: Path, source: str) -> Iterator[Member | Refusal]:
    """Yield the files of an archive, or one refusal for the whole of it."""
    try:
        with zipfile_at(path) as archive:
            yield from [_member(index, info, source) for index, info in enumerate(archive.infolist()) if _is_file(info)]
    except IntakeError as error:
        yield Refusal(source, str(error))
    except ZIP_ERRORS:
        yield Refusal(source, DAMAGED_ZIP)


def zipfile_at(path: Path) -> zipfile.ZipFile:
    """Open an archive.

    Raises
    ------
    IntakeError
        If it holds more than 100,000 files, or would unpack to more than 100 times its size.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        _check_directory(stream, size)
    archive = zipfile.ZipFile(path)
    unpacked = sum(info.file_size for info in archive.infolist())
    if unpacked > max(HARMLESS, RATIO_LIMIT * size):
        archive.close()
        raise IntakeError(
            f"The archive unpacks to more than {RATIO_LIMIT} times its size, as only an attack or an empty image does. "
            "Add the files without packing them."
        )
    return archive


def _check_directory(stream: BinaryIO, size: int) -> None:
    """Python's zipfile loads the whole table of contents, so its size is looked up before."""
    stream.seek(max(size - TAIL, 0))
    tail = stream.read(TAIL)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0:
        raise IntakeError(DAMAGED_ZIP)
    count = int.from_bytes(tail[end + 10 : end + 12], "little")
    length = int.from_bytes(tail[end + 12 : end + 16], "little")
    end_64 = tail.rfind(b"PK\x06\x06")
    if end_64 >= 0:
        count = max(count, int.from_bytes(tail[end_64 + 32 : end_64 + 40], "little"))
        length = max(length % UNKNOWN, int.from_bytes(tail[end_64 + 40 : end_64 + 48], "little"))
    if count > MEMBERS_LIMIT or length > DIRECTORY_LIMIT:
        raise IntakeError("The archive holds too many files. Pack them in several archives.")


def _is_file(info: zipfile.ZipInfo) -> bool:
    return not info.is_dir()


def _member(index: int, info: zipfile.ZipInfo, source: str) -> Member | Refusal:
    shown = f"{source} › {printable(info.filename)}"
    reason = _objection(info)
    return Refusal(shown, reason) if reason else Member(index, info.filename, shown, info.file_size)


def _objection(info: zipfile.ZipInfo) -> str:
    name = PurePosixPath(info.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or name.as_posix()[1:2] == ":":
        return "Its name leads out of the archive, as only an attack does. Do not open this archive elsewhere."
    if stat.S_ISLNK(info.external_attr >> 16):
        return "It is a link, not a file. Pack the file itself."
    if info.flag_bits & 1:
        return "It is locked with a password. Unpack the archive and add the files."
    if info.file_size > max(HARMLESS, RATIO_LIMIT * info.compress_size):
        return f"It unpacks to more than {RATIO_LIMIT} times its size. Add the file without packing it."
    return ""


_open: tuple[tuple[Path, int], zipfile.ZipFile] | None = None  # in a child: the archive of the batch before


def open_member(path: Path, index: int) -> BinaryIO:
    """Open a member for reading; the archive stays open for the next one of this process."""
    global _open
    key = path, path.stat().st_mtime_ns
    if _open is None or _open[0] != key:
        if _open is not None:
            _open[1].close()
        _open = key, zipfile_at(path)
    archive = _open[1]
    return archive.open(archive.infolist()[index])  # type: ignore[return-value]
