"""Look into a zip archive without unpacking it, and refuse what is made to do harm; only ever in a child process.

Source: PKWARE APPNOTE 6.3, 4.3.7 (local header), 4.3.12 (table of contents) and 4.4.
"""

import os
import stat
import struct
import zipfile
import zlib
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from medcore.dicom.items import Member
from medcore.dicom.limits import file_limits
from medcore.dicom.plain_text import printable
from medcore.errors import IntakeError

ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
LISTING_S = 1.5  # to read the table of contents
LISTING_WALL_S = 8.0  # after which the child is ended, for one because the disk does not answer
MEMBERS_LIMIT = 100_000
DIRECTORY_LIMIT = 4 * 2**20  # bytes of the table of contents; in memory an entry takes ten times as much
RATIO_LIMIT = 100  # unpacked to packed, once unpacked is above the harmless size
HARMLESS = 64 * 2**20  # bytes
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack more in one step than memory may hold
LOCAL_HEADER = struct.Struct("<4s22xHH")  # magic, lengths of name and extra field
DAMAGED_ZIP = "The archive is damaged. Pack it again, or add the files without packing them."
TOO_MANY = "The archive holds too many files. Pack them in several archives."
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


def list_archive(path: Path) -> list[tuple[str, Member | str]]:
    """Return the name of every file in an archive, fit to be shown, with its place or the reason to refuse it.

    Raises
    ------
    IntakeError
        If the archive is damaged, holds more than 100,000 files, would unpack to more than 100 times its size, or
        takes too long to look into.
    """
    with file_limits(LISTING_S):
        try:
            return [(printable(info.filename), _place(info)) for info in _contents(path) if not info.is_dir()]
        except MemoryError as error:
            raise IntakeError(TOO_MANY) from error
        except ZIP_ERRORS as error:
            raise IntakeError(DAMAGED_ZIP) from error


def _contents(path: Path) -> list[zipfile.ZipInfo]:
    with _ShortReads(path.open("rb", buffering=0)) as stream, zipfile.ZipFile(stream) as archive:
        size = os.fstat(stream.fileno()).st_size
        contents = archive.infolist()
    if len(contents) > MEMBERS_LIMIT:
        raise IntakeError(TOO_MANY)
    if sum(info.file_size for info in contents) > max(HARMLESS, RATIO_LIMIT * size):
        raise IntakeError(
            f"The archive unpacks to more than {RATIO_LIMIT} times its size, as only an attack or an empty image does. "
            "Add the files without packing them."
        )
    if sum(info.compress_size for info in contents) > size or any(_end(info) > size for info in contents):
        raise IntakeError(DAMAGED_ZIP)  # files that share their bytes, or lie beyond the end
    return contents


def _end(info: zipfile.ZipInfo) -> int:
    return info.header_offset + LOCAL_HEADER.size + info.compress_size


class _ShortReads(BufferedReader):
    """An archive whose table of contents cannot be loaded if it is too long.

    zipfile reads it in one piece, whatever the records at the archive's end say of its place and length: the bound
    is on what is read and not on what an own reading of those records, which may differ from zipfile's, would find.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        is_bounded = size is not None and 0 <= size <= DIRECTORY_LIMIT
        data = super().read(size if is_bounded else DIRECTORY_LIMIT + 1)
        if len(data) > DIRECTORY_LIMIT:
            raise IntakeError(TOO_MANY)
        return data


def _place(info: zipfile.ZipInfo) -> Member | str:
    reason = _objection(info)
    return reason or Member(
        info.header_offset, info.compress_size, info.file_size, info.CRC, info.compress_type == zipfile.ZIP_DEFLATED
    )


def _objection(info: zipfile.ZipInfo) -> str:
    name = PurePosixPath(info.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or name.as_posix()[1:2] == ":":
        return "Its name leads out of the archive, as only an attack does. Do not open this archive elsewhere."
    if stat.S_ISLNK(info.external_attr >> 16):
        return "It is a link, not a file. Pack the file itself."
    if info.flag_bits & 1:
        return "It is locked with a password. Unpack the archive and add the files."
    if info.compress_type not in METHODS:
        return "It is packed in an unusual way. Unpack the archive and add the files."
    if info.file_size > max(HARMLESS, RATIO_LIMIT * info.compress_size):
        return f"It unpacks to more than {RATIO_LIMIT} times its size. Add the file without packing it."
    return ""


def open_member(path: Path, member: Member) -> BinaryIO:
    """Open one file of an archive for reading, by its place alone; closing it closes the archive."""
    stream = path.open("rb")
    try:
        stream.seek(member.offset)
        magic, name_length, extra_length = LOCAL_HEADER.unpack(stream.read(LOCAL_HEADER.size))
        if magic != ZIP_MAGICS[0]:
            raise zipfile.BadZipFile
        stream.seek(name_length + extra_length, os.SEEK_CUR)
        return _WholeMember(stream, member)  # type: ignore[return-value]
    except ZIP_ERRORS:
        stream.close()
        raise


class _WholeMember(zipfile.ZipExtFile):
    """A file of an archive that must be as long as the archive claims."""

    def __init__(self, stream: BinaryIO, member: Member) -> None:
        info = zipfile.ZipInfo()
        info.compress_type = zipfile.ZIP_DEFLATED if member.is_deflated else zipfile.ZIP_STORED
        info.compress_size, info.file_size, info.CRC = member.packed, member.size, member.crc
        super().__init__(stream, "r", info, None, True)
        self._missing = member.size

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self._missing -= len(data)
        if self._missing and (size is None or not 0 <= size <= len(data)):
            raise zipfile.BadZipFile
        return data
