"""Read what stands before the pixels of a DICOM file, within bounds.

Source: DICOM PS3.10, 7 (file format) and PS3.5, A (transfer syntaxes).
"""

import logging
import warnings
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

import pydicom.config
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset, read_partial
from pydicom.tag import BaseTag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from medcore.dicom.elements import DAMAGE, text
from medcore.dicom.items import PEEK
from medcore.dicom.nesting import check_nesting
from medcore.dicom.quick_header import LONG_VRS, PREAMBLE, UNDEFINED, scan
from medcore.errors import IntakeError

INFLATED_LIMIT = 32 * 2**20  # bytes of a deflated data set once inflated
PACKED_LIMIT = INFLATED_LIMIT + 2**20  # bytes of it before: Deflate never adds as much as 1 %
QUICK = 2**14  # bytes of a file that most headers end within
PIXEL_TAGS = {0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData", 0x7FE00010: "PixelData"}
LONG_LENGTH = {vr.decode() for vr in LONG_VRS}
DAMAGED = "The file is damaged: its header cannot be read. Ask the sender for the file again."

# pydicom warns and logs with the values it read, names included; what matters is refused in our own words instead.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
warnings.filterwarnings("ignore", module=r"(pydicom|medcore\.dicom|pylibjpeg|openjpeg|jpeg_ls)\b")


@dataclass(frozen=True)
class PixelElement:
    """Where the pixel data stands in a file."""

    keyword: str  # PixelData, FloatPixelData or DoubleFloatPixelData
    vr: str  # OB or OW; "" in implicit files
    offset: int  # of the value, in bytes from the start of the stream
    length: int | None  # in bytes; None is undefined: the pixels are encapsulated


@dataclass(frozen=True)
class Header:
    """The elements that were asked for and where the pixels are."""

    ds: Dataset
    syntax: str  # transfer syntax UID
    pixels: PixelElement | None
    body: bytes | None = None  # the inflated data set of a deflated file; offsets count from its start


def looks_like_dicom(start: bytes) -> bool:
    """Tell a DICOM file by its first bytes: the letters DICM, or a bare data set that begins with group 2 or 8."""
    return start[PREAMBLE : PREAMBLE + 4] == b"DICM" or _is_bare(start[:8])


def _is_bare(start: bytes) -> bool:
    if len(start) < 8:
        return False
    group, element = start[:2], start[2:4]
    if group not in (b"\x02\0", b"\x08\0", b"\0\x08"):
        return False
    if start[4:6].isalpha() and start[4:6].isupper():
        return True
    # Implicit: a first element of group 8 has a low number and a short value.
    return group == b"\x08\0" and element[1] == 0 and int.from_bytes(start[4:8], "little") < 2**16


def read_header(stream: BinaryIO, keep: Collection[int]) -> Header:
    """Read the elements of the tags `keep` from a file, up to the pixel data.

    Raises
    ------
    IntakeError
        If the file is damaged, or inflates to more than 32 MiB.
    """
    try:
        return _read_header(stream, keep)
    except MemoryError:
        raise
    except DAMAGE as error:
        raise IntakeError(DAMAGED) from error


def _read_header(stream: BinaryIO, keep: Collection[int]) -> Header:
    found = _scan(stream, keep)
    if found is not None:
        return found
    stream.seek(0)
    may_be_deflated = DeflatedExplicitVRLittleEndian.encode() in stream.read(PEEK)
    stream.seek(0)
    if may_be_deflated and _syntax(stream) == DeflatedExplicitVRLittleEndian:
        return _read_deflated(stream, keep)
    stream.seek(0)
    finder = _PixelFinder()
    ds = read_partial(stream, finder, force=True, specific_tags=list(keep))
    syntax = text(ds.file_meta, "TransferSyntaxUID") or _guessed_syntax(ds)
    return Header(ds, syntax, finder.found(stream.tell(), ds.original_encoding[0] is True))


def _scan(stream: BinaryIO, keep: Collection[int]) -> Header | None:
    """Read an ordinary header quickly: in memory, or where it ends within the first bytes of a file."""
    stream.seek(0)
    in_memory = isinstance(stream, BytesIO)
    found = scan(stream.getvalue() if isinstance(stream, BytesIO) else stream.read(QUICK), keep)
    if found is None or (found[2] is None and not in_memory):
        return None
    ds, syntax, place = found
    return Header(ds, syntax, _element(*place) if place else None)


def _element(tag: int, vr: str, offset: int, length: int) -> PixelElement:
    return PixelElement(PIXEL_TAGS[tag], vr, offset, None if length == UNDEFINED else length)


def _syntax(stream: BinaryIO) -> str:
    """Return the transfer syntax and leave `stream` at the start of the data set."""
    start = PREAMBLE + 4 if stream.read(PREAMBLE + 4).endswith(b"DICM") else 0
    stream.seek(start)
    meta = read_dataset(stream, False, True, stop_when=lambda tag, vr, length: tag >> 16 != 2)
    return text(meta, "TransferSyntaxUID")


def _read_deflated(stream: BinaryIO, keep: Collection[int]) -> Header:
    body = _inflate(stream.read(PACKED_LIMIT))
    inflated, finder = BytesIO(body), _PixelFinder()
    check_nesting(inflated, len(body), is_body=True)
    inflated.seek(0)
    ds = read_dataset(inflated, False, True, stop_when=finder, specific_tags=list(keep))
    return Header(ds, str(DeflatedExplicitVRLittleEndian), finder.found(inflated.tell(), False), body)


def _inflate(packed: bytes) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    body = inflater.decompress(packed, INFLATED_LIMIT)
    if inflater.unconsumed_tail:
        limit = INFLATED_LIMIT // 2**20
        raise IntakeError(f"The file inflates to more than {limit} MiB. Ask the sender for it uncompressed.")
    if not inflater.eof:
        raise IntakeError("The file ends too early: its deflated part is cut off. Ask the sender for it again.")
    return body


def _guessed_syntax(ds: Dataset) -> str:
    is_implicit, is_little = ds.original_encoding
    if is_implicit:
        return str(ImplicitVRLittleEndian)
    return str(ExplicitVRLittleEndian if is_little else ExplicitVRBigEndian)


class _PixelFinder:
    """Stops pydicom's reader at the pixel data and remembers what stood there."""

    def __init__(self) -> None:
        self.seen: tuple[str, str, int] | None = None

    def __call__(self, tag: BaseTag, vr: str | None, length: int) -> bool:
        number = int(tag)
        if number < 0x7FE00008:
            return False
        keyword = PIXEL_TAGS.get(number)
        if keyword is None:
            return False
        self.seen = keyword, vr or "", length
        return True

    def found(self, position: int, is_implicit: bool) -> PixelElement | None:
        """Return the element whose header starts at `position`."""
        if self.seen is None:
            return None
        keyword, vr, length = self.seen
        start = position + (12 if not is_implicit and vr in LONG_LENGTH else 8)
        return PixelElement(keyword, vr, start, None if length == UNDEFINED else length)
