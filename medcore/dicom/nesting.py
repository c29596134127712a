"""Refuse sequences that are nested deeper than any real file's, before anything recursive reads them.

Source: DICOM PS3.5, 7.5 (nesting of data sets).
"""

import struct
from typing import BinaryIO

from pydicom.uid import ExplicitVRBigEndian

from medcore.dicom.items import PEEK, meta_syntax
from medcore.dicom.quick_header import LONG_VRS, META_START, PREAMBLE, UNDEFINED
from medcore.errors import IntakeError

DEPTH_LIMIT = 64  # data sets within data sets; structured reports reach about 10
COUNTED = 8 * 2**20  # bytes; in a larger file, stepping over the elements costs less than looking at each byte
ITEMS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")  # item tag, both byte orders
DELIMITERS = (0xFFFEE00D, 0xFFFEE0DD)
ITEM = 0xFFFEE000
PIXELS = 0x7FE00000
ELEMENTS_LIMIT = 300_000  # before the pixels; an enhanced image of 5,000 frames has about as many
TOO_MANY = f"Its header holds more than {ELEMENTS_LIMIT:,} elements. Ask the sender for it in several files."
TOO_DEEP = f"Its sequences are nested more than {DEPTH_LIMIT} deep, as only an attack does. The file is left out."


def check_nesting(stream: BinaryIO, size: int, is_body: bool = False) -> None:
    """Raise IntakeError if the data set in a stream of `size` bytes nests more than 64 deep before its pixels.

    `is_body` says that the stream holds the inflated data set alone, whatever its first bytes look like.
    """
    if size <= COUNTED and not _has_many_items(stream):
        return
    stream.seek(0)
    start = b"" if is_body else stream.read(PEEK)
    stream.seek(META_START if start[PREAMBLE:META_START] == b"DICM" else 0)
    is_big = meta_syntax(start) == ExplicitVRBigEndian or start[:2] == b"\0\x08"
    _walk(stream, ">" if is_big else "<", size)


def _has_many_items(stream: BinaryIO) -> bool:
    """Each level needs an item tag of its own, so few tags are proof enough; counting them costs next to nothing."""
    stream.seek(0)
    data = stream.read()
    return max(data.count(tag) for tag in ITEMS) > DEPTH_LIMIT


def _walk(stream: BinaryIO, order: str, end: int) -> None:
    ends = [end]  # where each open sequence or item ends; undefined ones end by a delimiter
    for _ in range(ELEMENTS_LIMIT):
        if stream.tell() >= end:
            return
        while len(ends) > 1 and stream.tell() >= ends[-1]:
            ends.pop()
        element = _read_element(stream, order)
        if element is None or (len(ends) == 1 and PIXELS <= element[0] < ITEM):
            return
        tag, length, is_container = element
        if tag in DELIMITERS:
            ends = ends[:-1] if len(ends) > 1 else ends
        elif is_container:
            ends.append(end if length == UNDEFINED else min(stream.tell() + length, end))
        else:
            stream.seek(length, 1)
        if len(ends) > 2 * DEPTH_LIMIT:  # a sequence and its item are two
            raise IntakeError(TOO_DEEP)
    raise IntakeError(TOO_MANY)


def _read_element(stream: BinaryIO, order: str) -> tuple[int, int, bool] | None:
    """Return tag, length and whether items follow; None at the end of what can be read."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    order = "<" if head[:2] == b"\x02\0" else order  # the file meta group is always little endian
    group, number, length = struct.unpack(f"{order}HHL", head)
    tag = group << 16 | number
    if group == 0xFFFE:
        return tag, length, tag == ITEM
    vr = head[4:6]
    if vr.isalpha() and vr.isupper():
        length = struct.unpack(f"{order}H", head[6:])[0]
        if vr in LONG_VRS:
            rest = stream.read(4)
            if len(rest) < 4:
                return None
            length = struct.unpack(f"{order}L", rest)[0]
    return tag, length, length == UNDEFINED or _starts_with_item(stream, length)


def _starts_with_item(stream: BinaryIO, length: int) -> bool:
    if length < 8:
        return False
    start = stream.read(4)
    stream.seek(-len(start), 1)
    return start in ITEMS
