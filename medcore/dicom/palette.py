"""Turn stored values into colours through the palette of a file.

Source: DICOM PS3.3, C.7.6.3.1.5 and .6 (palettes) and C.7.9.2 (segmented palettes).
"""

import numpy as np
from pydicom.dataset import Dataset

from medcore.dicom.elements import converted, is_little_endian, words
from medcore.errors import PixelError

COLORS = ("Red", "Green", "Blue")
KEYWORDS = tuple(
    keyword
    for color in COLORS
    for keyword in (
        f"{color}PaletteColorLookupTableDescriptor",
        f"{color}PaletteColorLookupTableData",
        f"Segmented{color}PaletteColorLookupTableData",
    )
)
DISCRETE, LINEAR, INDIRECT = 0, 1, 2  # kinds of segment
DAMAGED = "The image's colour palette is missing or damaged. Ask the sender for the image again."


def apply_palette(stored: np.ndarray, ds: Dataset) -> np.ndarray:
    """Return the colours of stored values, uint8 RGB (rows, columns, 3).

    Raises
    ------
    PixelError
        If the palette is missing or damaged.
    """
    descriptor = words(ds, "RedPaletteColorLookupTableDescriptor")
    if len(descriptor) != 3:
        raise PixelError(DAMAGED)
    entries, first, bits = descriptor[0] or 2**16, descriptor[1], descriptor[2]
    if stored.dtype.kind == "i" and first >= 2**15:
        first -= 2**16
    tables = [_table(ds, color, entries, bits) for color in COLORS]
    if min(len(table) for table in tables) == 0:
        raise PixelError(DAMAGED)
    # Many writers put 8-bit colours into 16-bit entries.
    shift = 8 if max(int(table.max()) for table in tables) > 255 else 0
    indices = stored.astype(np.int64) - first
    channels = [(table >> shift).astype(np.uint8)[np.clip(indices, 0, len(table) - 1)] for table in tables]
    return np.stack(channels, axis=-1)


def _table(ds: Dataset, color: str, entries: int, bits: int) -> np.ndarray:
    data = converted(ds, f"{color}PaletteColorLookupTableData")
    order = "<" if is_little_endian(ds) else ">"
    if isinstance(data, bytes):
        width = 2 if len(data) >= 2 * entries else 1
        return _numbers(data, width, order)[:entries].astype(np.int64)
    segments = converted(ds, f"Segmented{color}PaletteColorLookupTableData")
    if not isinstance(segments, bytes):
        raise PixelError(DAMAGED)
    numbers = _numbers(segments, 1 if bits == 8 else 2, order).tolist()
    return np.array(expand_segments(numbers, entries, 8 if bits == 8 else 16, order == "<"))


def _numbers(data: bytes, width: int, order: str) -> np.ndarray:
    return np.frombuffer(data[: len(data) // width * width], f"{order}u{width}")


def expand_segments(numbers: list[int], entries: int, bits: int = 16, is_little: bool = True) -> list[int]:
    """Return the first `entries` values of a segmented table; segments may repeat others but only plain ones.

    `bits` is the size of each of `numbers`; an offset takes 32 bits, its lower word first.

    Raises
    ------
    PixelError
        If a segment is of no known kind, or repeats what is not there.
    """
    values: list[int] = []
    position = 0
    while position + 1 < len(numbers) and len(values) < entries:
        kind, count = numbers[position : position + 2]
        if kind == INDIRECT:
            after = position + 2 + 32 // bits
            _repeat(numbers, _offset(numbers[position + 2 : after], bits, is_little), count, values, entries)
            position = after
        else:
            position = _append_segment(numbers, position, values)
    return values[:entries]


def _offset(parts: list[int], bits: int, is_little: bool) -> int:
    if len(parts) < 32 // bits:
        raise PixelError(DAMAGED)
    if bits == 8 and not is_little:
        parts = [parts[1], parts[0], parts[3], parts[2]]
    return sum(part << (bits * place) for place, part in enumerate(parts))


def _repeat(numbers: list[int], position: int, segments: int, values: list[int], entries: int) -> None:
    for _ in range(segments):
        if len(values) >= entries:
            return
        if position + 1 >= len(numbers):
            raise PixelError(DAMAGED)
        position = _append_segment(numbers, position, values)


def _append_segment(numbers: list[int], position: int, values: list[int]) -> int:
    """Append a discrete or linear segment and return the position after it."""
    kind, count = numbers[position : position + 2]
    if kind == DISCRETE:
        values.extend(numbers[position + 2 : position + 2 + count])
        return position + 2 + count
    if kind != LINEAR or not values or position + 2 >= len(numbers):  # an indirect one in an indirect one, too
        raise PixelError(DAMAGED)
    ramp = np.linspace(values[-1], numbers[position + 2], count + 1)[1:]
    values.extend(np.rint(ramp).astype(int).tolist())
    return position + 3
