"""Read single elements of a data set leniently: a value that makes no sense is an absent value.

The raw bytes are used where they are plain ASCII or binary integers, which most are: pydicom's own conversion of
each element is ten times slower. Character sets are pydicom's business (PS3.3, C.12.1.1.2).
"""

import math
import struct
import zlib
from typing import Any

from pydicom.charset import CODES_TO_ENCODINGS, python_encoding
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.valuerep import PersonName

from medcore.dicom.plain_text import printable

# What pydicom, numpy and zlib raise on bytes that are not what they claim to be.
DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    BytesLengthException,
    EOFError,
    InvalidDicomError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,  # RecursionError and NotImplementedError too
    StopIteration,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
LONGEST_TEXT = 2**18  # bytes of a text that is not plain ASCII
LONGEST_LIST = 4096  # bytes of a list of numbers or terms
ESCAPE = b"\x1b"  # switches the character set inside a value

# Latin alphabet no. 9 is in the standard (PS3.3, C.12.1.1.2) but not in pydicom 3.0.
LATIN_9 = "iso8859_15"
for term in ("ISO_IR 203", "ISO 2022 IR 203"):
    python_encoding.setdefault(term, LATIN_9)
CODES_TO_ENCODINGS.setdefault(ESCAPE + b"-b", LATIN_9)


def tag_of(keyword: str) -> int:
    """Return the tag of a DICOM keyword as one integer."""
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(f"{keyword} is no DICOM keyword.")
    return tag


def raw_length(ds: Dataset, keyword: str) -> int:
    """Return how many bytes of an element are still to be converted; 0 where none are."""
    value = _raw(ds, keyword)
    return len(value) if isinstance(value, bytes) else 0


def converted(ds: Dataset, keyword: str) -> Any:
    """Return the value as pydicom converts it, or None if it is absent or damaged."""
    try:
        return ds.get(keyword)
    except DAMAGE:
        return None


def text(ds: Dataset, keyword: str) -> str:
    """Return the first value as printable text, "" if absent; control and direction marks are dropped."""
    value = _raw(ds, keyword)
    if isinstance(value, bytes) and value.isascii() and ESCAPE not in value:
        return printable(value.decode("ascii").split("\\")[0])
    if raw_length(ds, keyword) > LONGEST_TEXT:
        return ""
    value = converted(ds, keyword)
    if isinstance(value, (list, tuple)) or hasattr(value, "__getitem__") and not isinstance(value, (str, bytes)):
        value = value[0] if len(value) else ""
    return "" if value is None or isinstance(value, bytes) else printable(str(value))


def texts(ds: Dataset, keyword: str) -> tuple[str, ...]:
    """Return all values as printable text."""
    raw = _raw(ds, keyword)
    value = converted(ds, keyword) if not isinstance(raw, bytes) or len(raw) <= LONGEST_LIST else None
    if value is None or isinstance(value, bytes):
        return ()
    try:
        return tuple(printable(str(part)) for part in ([value] if isinstance(value, str) else value))
    except DAMAGE:  # a number, or a sequence, in the place of text
        return ()


def person_name(ds: Dataset, keyword: str) -> str:
    """Return a person's name as "Family, Given Middle", with the ideographic form in brackets if there is one.

    Source: PS3.5, 6.2.1.1 (component groups of PN).
    """
    value = converted(ds, keyword)
    if not isinstance(value, PersonName):
        return ""
    try:
        names = [_readable(str(group)) for group in value.components[:2]]
    except DAMAGE:
        return ""
    alphabetic, ideographic = (names + ["", ""])[:2]
    if alphabetic and ideographic:
        return f"{alphabetic} ({ideographic})"
    return alphabetic or ideographic


def _readable(group: str) -> str:
    family, given, middle, prefix, suffix = (printable(part) for part in (group.split("^") + [""] * 5)[:5])
    first = " ".join(part for part in (prefix, given, middle, suffix) if part)
    return ", ".join(part for part in (family, first) if part)


def integer(ds: Dataset, keyword: str) -> int | None:
    """Return a whole number from an IS element, None if absent, no whole number or out of its 32 bits."""
    number = decimal(ds, keyword)
    return None if number is None or number != int(number) or abs(number) >= 2**31 else int(number)


def unsigned(ds: Dataset, keyword: str) -> int | None:
    """Return the number of a US element, whatever its bytes look like as text."""
    value = _raw(ds, keyword)
    if isinstance(value, bytes) and len(value) >= 2:
        return int.from_bytes(value[:2], "little" if is_little_endian(ds) else "big")
    return integer(ds, keyword)


def words(ds: Dataset, keyword: str) -> tuple[int, ...]:
    """Return the 16-bit numbers of an element that is US or SS, as unsigned numbers."""
    value = _raw(ds, keyword)
    if isinstance(value, bytes) and len(value) <= LONGEST_LIST:
        order = "<" if is_little_endian(ds) else ">"
        return struct.unpack(f"{order}{len(value) // 2}H", value[: len(value) // 2 * 2])
    return tuple(int(number) % 2**16 for number in _finite(value))


def decimal(ds: Dataset, keyword: str) -> float | None:
    """Return the first number of a DS, IS or binary element, None if absent or not finite."""
    numbers = decimals(ds, keyword)
    return numbers[0] if numbers else None


def decimals(ds: Dataset, keyword: str) -> tuple[float, ...]:
    """Return the numbers of a DS, IS or binary element; none at all if one of them is no finite number."""
    value = _raw(ds, keyword)
    if not isinstance(value, bytes):
        return _finite(converted(ds, keyword))
    if len(value) > LONGEST_LIST:
        return ()
    try:
        return _finite([float(part) for part in value.rstrip(b" \0").split(b"\\")]) if value.strip(b" \0") else ()
    except ValueError:
        return _finite(converted(ds, keyword))


def _finite(value: Any) -> tuple[float, ...]:
    if value is None or isinstance(value, (str, bytes)):
        return ()
    try:
        numbers = tuple(float(part) for part in value) if hasattr(value, "__iter__") else (float(value),)
    except DAMAGE:
        return ()
    return numbers if all(math.isfinite(number) for number in numbers) else ()


def items(ds: Dataset, keyword: str) -> list[Dataset]:
    """Return the items of a sequence, none if it is absent or no sequence."""
    value = converted(ds, keyword)
    try:
        return [item for item in value or () if isinstance(item, Dataset)]
    except DAMAGE:
        return []


def item_at(ds: Dataset, keyword: str, place: int) -> Dataset | None:
    """Return one item of a sequence, from 0, without going through the others; None where there is none."""
    value = converted(ds, keyword)
    try:
        item = value[place] if place < len(value) else None
    except DAMAGE:
        return None
    return item if isinstance(item, Dataset) else None


def _raw(ds: Dataset, keyword: str) -> Any:
    tag = tag_of(keyword)
    return ds.get_item(tag).value if tag in ds else None


def is_little_endian(ds: Dataset) -> bool:
    """Whether the numbers of `ds` were stored lowest byte first."""
    return ds.original_encoding[1] is not False
