"""One file that intake was given, and what its first bytes tell.

Source: DICOM PS3.10, 7.1 (the preamble, the prefix and the file meta information, always explicit and little endian).
"""

import struct
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from medcore.dicom.quick_header import LONG_VRS, META_START, SHORT_VRS, TRANSFER_SYNTAX

PEEK = 1024  # bytes
PACKING = 20  # times that an archive shrinks an image, unless it is next to empty and so read in no time
STORAGE_CLASS = 0x00020002  # Media Storage SOP Class UID
OWN_PATIENT = "PICTURE-"  # begins the patient ID of a picture file of which nobody says whose it is
DIRECTORY_CLASS = b"1.2.840.10008.1.3.10"  # Media Storage Directory Storage


@dataclass(frozen=True)
class Member:
    """Where a file lies in an archive, as the archive's table of contents claims."""

    offset: int  # bytes from the archive's start to the file's local header
    packed: int  # bytes
    size: int  # bytes unpacked
    crc: int
    is_deflated: bool


@dataclass(frozen=True)
class PictureFacts:
    """What is known of a picture file (PNG or JPEG) that the file does not say."""

    patient_id: str = ""  # empty where it is not known: then the picture is a patient's of its own
    sex: str = ""  # M, F, O, or empty where it is not known
    age_years: int | None = None
    study_date: date | None = None
    modality: str = "OT"  # PS3.16, CID 29
    body_part: str = ""
    view: str = ""
    description: str = ""


@dataclass(frozen=True)
class Item:
    """One file to check: by itself, or the one at `member` of the archive `path`."""

    path: Path
    source: str
    size: int  # bytes, for a file in an archive as that claims: nothing beyond is read, and less is refused
    member: Member | None = None
    picture: PictureFacts | None = None  # for a picture file that is to become a DICOM image; None leaves it out

    @property
    def proven_size(self) -> int:
        """The size that bytes on the disk account for: what an archive merely claims buys no time."""
        return self.size if self.member is None else min(self.size, PACKING * self.member.packed)


def says_index(start: bytes) -> bool:
    """Whether a file calls itself a DICOMDIR in its meta information; whether it is one, its data set tells."""
    return meta_uid(start, STORAGE_CLASS) == DIRECTORY_CLASS


def meta_syntax(start: bytes) -> str:
    """Return the transfer syntax that the file meta information names, "" without one."""
    return meta_uid(start, TRANSFER_SYNTAX).decode("ascii", "replace")


def meta_uid(start: bytes, tag: int) -> bytes:
    """Return the value of element `tag` of the file meta information, b"" if the bytes `start` do not hold it."""
    position = META_START
    if start[META_START - 4 : META_START] != b"DICM":
        return b""
    while position + 12 <= len(start) and start[position : position + 2] == b"\x02\0":
        _, number, vr, length = struct.unpack_from("<HH2sH", start, position)
        position += 8
        if vr in LONG_VRS:
            (length,) = struct.unpack_from("<L", start, position)
            position += 4
        elif vr not in SHORT_VRS:
            return b""
        if number == tag & 0xFFFF:
            return start[position : position + length].rstrip(b" \0")
        position += length
    return b""
