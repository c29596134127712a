"""Check one file after another, in a child process with limits: the only place where unchecked bytes are parsed."""

import hashlib
import os
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np

from medcore.dicom import decoding, instance, presentation
from medcore.dicom.archives import DAMAGED_ZIP, ZIP_ERRORS, ZIP_MAGICS, open_member
from medcore.dicom.attributes import Attributes
from medcore.dicom.elements import DAMAGE, items, tag_of, texts
from medcore.dicom.header import DAMAGED, Header, looks_like_dicom, read_header
from medcore.dicom.items import PEEK, Item, PictureFacts, says_index
from medcore.dicom.layout import KEYWORDS, Layout, read_layout
from medcore.dicom.limits import FILE_S, GROWTH_LIMIT, allow, decoding_s, file_limits
from medcore.dicom.nesting import check_nesting
from medcore.dicom.outcome import CheckedFile, Refusal
from medcore.dicom.picture import looks_like_picture, picture_as_dicom
from medcore.dicom.quick_header import PREAMBLE
from medcore.errors import IntakeError, PixelError

IN_MEMORY = 8 * 2**20  # bytes; a larger file is copied before it is checked
CHUNK = 2**20  # bytes
MOST_PICTURE = 64 * 2**20  # bytes of a PNG or JPEG file
NOT_DICOM = "It is not a DICOM file, so it is left out."
NESTED_ZIP = "It is an archive inside an archive. Unpack it and add what is in it."
UNREADABLE = "The file cannot be read. Check that it is there, and its permissions."
RECORDS = tag_of("DirectoryRecordSequence")
TAGS = instance.TAGS | presentation.TAGS | {RECORDS}
LAYOUT_TAGS = frozenset(tag_of(keyword) for keyword in KEYWORDS)
NO_MEMORY = (
    f"Reading the file takes more memory than the {GROWTH_LIMIT // 2**20} MiB that a file may. "
    "Ask the sender for it again, uncompressed if it is a large image."
)


@dataclass(frozen=True)
class Batch:
    """Files for one child to check; file number n is staged as `<name>-<n>`."""

    items: tuple[Item, ...]
    staging: Path
    name: str  # random, never from a file

    @property
    def marker(self) -> Path:
        """Where the child notes which file it is at, for the parent to read if the child dies."""
        return self.staging / f"{self.name}.at"

    def staged(self, number: int) -> Path:
        """Return where file `number` waits once it is accepted."""
        return self.staging / f"{self.name}-{number}"


class IndexMetError(IntakeError):
    """The file is an index of others and holds no image of its own."""


class StagingError(IntakeError):
    """The accepted copy cannot be written."""


def check_batch(batch: Batch) -> list[CheckedFile | Refusal | None]:
    """Check the files of a batch; None stands for an index, which is neither taken nor refused.

    Raises
    ------
    StagingError
        If the disk is full or the staging folder cannot be written to.
    """
    marker = _open_marker(batch.marker)
    try:
        outcomes = []
        for number, item in enumerate(batch.items):
            os.pwrite(marker, b"%8d" % number, 0)
            outcomes.append(_check_or_refuse(item, batch.staged(number)))
        return outcomes
    finally:
        os.close(marker)


def _open_marker(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    except OSError as error:
        raise StagingError(_no_room(error)) from error


def _check_or_refuse(item: Item, staged: Path) -> CheckedFile | Refusal | None:
    try:
        return _check(item, staged)
    except StagingError:
        staged.unlink(missing_ok=True)
        raise
    except IndexMetError:
        staged.unlink(missing_ok=True)
        return None
    except (IntakeError, PixelError) as error:
        reason = str(error)
    except MemoryError:
        reason = NO_MEMORY
    except OSError:
        reason = UNREADABLE
    staged.unlink(missing_ok=True)
    return Refusal(item.source, reason)


def _check(item: Item, staged: Path) -> CheckedFile | None:
    with _open(item) as stream:
        start = _read(stream, PEEK)
        if item.picture is not None and looks_like_picture(start):
            return _check_in_memory(_as_dicom(start + _read(stream, MOST_PICTURE), item.picture), item, staged)
        _check_kind(start, item)
        if item.size <= IN_MEMORY:
            return _check_in_memory(start + _read(stream, IN_MEMORY - PEEK + 1), item, staged)
        return _check_copy(start, stream, item, staged)


def _as_dicom(data: bytes, facts: PictureFacts) -> bytes:
    if len(data) > MOST_PICTURE:
        raise IntakeError(f"The picture file has more than {MOST_PICTURE // 2**20} MiB. Export it smaller.")
    with file_limits():
        return picture_as_dicom(data, facts)


def _open(item: Item) -> BinaryIO:
    if item.member is None:
        return item.path.open("rb", buffering=0)
    try:
        return open_member(item.path, item.member)
    except ZIP_ERRORS as error:
        raise IntakeError(DAMAGED_ZIP) from error


def _read(stream: BinaryIO, size: int) -> bytes:
    try:
        return stream.read(size)
    except OSError:
        raise
    except ZIP_ERRORS as error:
        raise IntakeError(DAMAGED_ZIP) from error


def _check_kind(start: bytes, item: Item) -> None:
    if looks_like_dicom(start):
        return
    is_nested = item.member is not None and start[:4] in ZIP_MAGICS
    raise IntakeError(NESTED_ZIP if is_nested else NOT_DICOM)


def _check_in_memory(data: bytes, item: Item, staged: Path) -> CheckedFile:
    data = _without_preamble(data)
    sha256 = hashlib.sha256(data).hexdigest()
    with file_limits():
        attributes = inspect(BytesIO(data), len(data), sha256)
    try:
        with open(staged, "xb", buffering=0) as target:  # noqa: PTH123 - Path.open costs a tenth of the whole check
            target.write(data)
    except OSError as error:
        raise StagingError(_no_room(error)) from error
    return CheckedFile(staged, sha256, len(data), attributes, item.source)


def _without_preamble(start: bytes) -> bytes:
    """Zero the 128 bytes that DICOM leaves free: they may be the header of an executable; PS3.10, 7.5."""
    return bytes(PREAMBLE) + start[PREAMBLE:] if start[PREAMBLE : PREAMBLE + 4] == b"DICM" else start


def _check_copy(start: bytes, stream: BinaryIO, item: Item, staged: Path) -> CheckedFile:
    digest = hashlib.sha256()
    size = 0
    chunk = _without_preamble(start)
    with staged.open("xb") as target:
        while chunk:
            digest.update(chunk)
            size += len(chunk)
            try:
                target.write(chunk)
            except OSError as error:
                raise StagingError(_no_room(error)) from error
            chunk = _read(stream, CHUNK)
    with staged.open("rb") as copy, file_limits():
        attributes = inspect(copy, size, digest.hexdigest())
    return CheckedFile(staged, digest.hexdigest(), size, attributes, item.source)


def _no_room(error: OSError) -> str:
    return f"The data folder cannot be written to ({error.strerror}). Make room on the disk, then add the files again."


def inspect(stream: BinaryIO, size: int, sha256: str) -> Attributes:
    """Return the attributes of a file whose header and pixels pass every check.

    Raises
    ------
    IntakeError, PixelError
        If the file is damaged, hostile or holds no image.
    """
    try:
        header = _read_safe_header(stream, size)
        if _is_index(stream, header):
            raise IndexMetError("It is an index of files. Add the files.")
        layout = read_layout(header)
        decoding.check_syntax(layout)
        if header.body is not None:
            decoding.check_native(BytesIO(header.body), layout, len(header.body))
        elif layout.is_native:
            decoding.check_native(stream, layout, size)
        else:
            decoding.check_compressed(stream, layout, size)
        _check_presentation(header, layout)
        return instance.read_attributes(header, sha256)
    except MemoryError:
        raise
    except DAMAGE as error:
        raise IntakeError(DAMAGED) from error


def _check_presentation(header: Header, layout: Layout) -> None:
    """Read under limits all that the server will read of the first and the last frame, for an image of one pixel."""
    shape = (1, 1) if layout.samples == 1 else (1, 1, layout.samples)
    dtype = np.uint16 if layout.pixels.keyword == "PixelData" else np.float32
    for frame in sorted({0, layout.frames - 1}):
        presentation.present(np.zeros(shape, dtype), header.ds, layout, frame)


def _read_safe_header(stream: BinaryIO, size: int) -> Header:
    check_nesting(stream, size)
    header = read_header(stream, TAGS)
    for keyword in presentation.SEQUENCES:  # what the server will parse must have been parsed under limits
        items(header.ds, keyword)
    if header.body is not None:
        check_nesting(BytesIO(header.body), len(header.body))
    return header


def _is_index(stream: BinaryIO, header: Header) -> bool:
    stream.seek(0)
    return says_index(stream.read(PEEK)) and RECORDS in header.ds and header.pixels is None


def decode_file(path: Path, frame: int) -> np.ndarray:
    """Decode one frame of a checked file under the time limit; see `decoding.decode`."""
    with path.open("rb") as stream, file_limits():
        header = read_header(stream, LAYOUT_TAGS)
        layout = read_layout(header)
        allow(FILE_S + decoding_s(layout.frame_samples, path.stat().st_size))
        return decoding.decode(stream if header.body is None else BytesIO(header.body), layout, frame)


def read_index(path: Path) -> list[tuple[str, ...]] | None:
    """Return the file IDs that a DICOMDIR refers to, each as its path's parts; None if the file is no DICOMDIR."""
    size = path.stat().st_size
    with path.open("rb") as stream, file_limits():
        check_nesting(stream, size)
        header = read_header(stream, [RECORDS])
        if not _is_index(stream, header):
            return None
        records = items(header.ds, "DirectoryRecordSequence")
        file_ids = (texts(record, "ReferencedFileID") for record in records)
        return [file_id for file_id in file_ids if file_id]
