"""Turn the pixel data of one frame into an array.

Uncompressed pixels are numbers that numpy reads by itself, so they are decoded wherever they are wanted. Every
other syntax goes through native libraries that are not memory-safe: call `decode` for those in a decoder's child
process only (`medcore.dicom.decoders`).
"""

from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, ExplicitVRBigEndian, JPEGExtended12Bit

from medcore.dicom.elements import DAMAGE
from medcore.dicom.layout import Layout
from medcore.errors import PixelError

DTYPES = {"PixelData": {8: "u1", 16: "u2", 32: "u4"}, "FloatPixelData": {32: "f4"}, "DoubleFloatPixelData": {64: "f8"}}
ITEM, DELIMITER = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"  # of encapsulated pixels, always little endian
GARBAGE = "The pixel data is damaged and cannot be decoded. Ask the sender for the image again."


def check_syntax(layout: Layout) -> None:
    """Raise PixelError if no decoder knows the transfer syntax, or pixels and syntax contradict each other."""
    try:
        is_known = get_decoder(layout.syntax).is_available
    except NotImplementedError:
        is_known = False
    if not is_known:
        name = UID(layout.syntax).name
        syntax = "an unknown transfer syntax" if name == layout.syntax else f"the transfer syntax {name}"
        raise PixelError(f"The image is stored in {syntax}. Ask the sender for it uncompressed or as JPEG 2000.")
    if layout.syntax == JPEGExtended12Bit and layout.bits_stored > 8:  # only a decoder under the GPL reads it
        raise PixelError("The image is a JPEG of 12 bits, which cannot be read here. Ask for it uncompressed.")
    if layout.is_native and layout.pixels.length is None:
        raise PixelError("The pixel data has no length though it is uncompressed. Ask the sender for the image again.")
    if not layout.is_native and layout.pixels.length is not None:
        raise PixelError("The pixel data is not encapsulated though it is compressed. Ask for the image again.")


def check_length(layout: Layout, size: int) -> None:
    """Raise PixelError if a stream of `size` bytes is too short for the uncompressed pixels of `layout`."""
    present = min(layout.pixels.length or 0, size - layout.pixels.offset)
    if present < layout.native_length:
        raise PixelError(
            f"The pixel data ends too early: {max(present, 0)} of {layout.native_length} bytes are there. "
            "Ask the sender for the image again."
        )


def map_pixels(path: Path, layout: Layout, frame: int) -> np.ndarray | None:
    """Map one frame of a file without reading it, (rows, columns), read-only; None if it needs decoding."""
    dtype = _mappable(layout)
    if dtype is None:
        return None
    offset = layout.pixels.offset + frame * layout.frame_bits // 8
    shape = layout.rows, layout.columns
    mapped = np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape)
    return without_unused_bits(mapped.view(np.ndarray), layout)


def _mappable(layout: Layout) -> np.dtype | None:
    kind = DTYPES[layout.pixels.keyword].get(layout.bits_allocated)
    is_big = layout.syntax == ExplicitVRBigEndian
    if kind is None or layout.samples != 1 or (is_big and layout.bits_allocated == 8):
        return None
    kind = kind.replace("u", "i") if layout.signed else kind
    return np.dtype(kind).newbyteorder(">" if is_big else "<")


def without_unused_bits(stored: np.ndarray, layout: Layout) -> np.ndarray:
    """Clear what stands above Bits Stored, old overlays for one, and spread the sign; PS3.5, 8.1.1."""
    spare = layout.bits_allocated - layout.bits_stored
    if not spare or stored.dtype.kind == "f" or not _uses_spare_bits(stored, layout):
        return stored
    return (stored.astype(stored.dtype.newbyteorder("=")) << spare) >> spare


def _uses_spare_bits(stored: np.ndarray, layout: Layout) -> bool:
    top = 1 << (layout.bits_stored - layout.signed)
    return bool(stored.max() >= top or (layout.signed and stored.min() < -top))


def decode(stream: BinaryIO, layout: Layout, frame: int) -> np.ndarray:
    """Decode one frame.

    Returns
    -------
    numpy.ndarray
        Stored values (rows, columns), or samples (rows, columns, 3), RGB where the syntax says what they are.

    Raises
    ------
    PixelError
        If the pixel data is damaged, or `frame` is not there.
    """
    if layout.bits_allocated == 1 and layout.is_native:
        return _unpack_bits(stream, layout, frame)
    stream.seek(layout.pixels.offset)
    try:
        array, _ = get_decoder(layout.syntax).as_array(stream, index=frame, **layout.options())
    except DAMAGE as error:
        raise PixelError(GARBAGE) from error
    return array


def _unpack_bits(stream: BinaryIO, layout: Layout, frame: int) -> np.ndarray:
    """Frames of single bits follow each other without a gap, so one may start inside a byte; PS3.5, 8.1.1."""
    first = frame * layout.frame_bits
    stream.seek(layout.pixels.offset + first // 8)
    packed = np.frombuffer(stream.read(layout.frame_bits // 8 + 2), np.uint8)
    bits = np.unpackbits(packed, bitorder="little")[first % 8 : first % 8 + layout.frame_bits]
    return bits.reshape(layout.rows, layout.columns)


def check_native(stream: BinaryIO, layout: Layout, size: int) -> None:
    """Raise PixelError if uncompressed pixels are missing, or need decoding and cannot be decoded."""
    check_length(layout, size)
    if _mappable(layout) is None:
        decode(stream, layout, 0)


def check_compressed(stream: BinaryIO, layout: Layout, size: int) -> None:
    """Raise PixelError if fragments are missing at the end, or the first or the last frame cannot be decoded."""
    if count_fragments(stream, layout.pixels.offset, size) < 1:
        raise PixelError(GARBAGE)
    for frame in sorted({0, layout.frames - 1}):
        decode(stream, layout, frame)


def count_fragments(stream: BinaryIO, offset: int, size: int) -> int:
    """Count the fragments of encapsulated pixel data, the offset table left out; PS3.5, A.4.

    Raises
    ------
    PixelError
        If they do not end with a delimiter within the `size` bytes of the stream.
    """
    count = -1
    while True:
        stream.seek(offset)
        head = stream.read(8)
        tag, length = head[:4], int.from_bytes(head[4:], "little")
        if tag == DELIMITER:
            return count
        offset += 8 + length
        if tag != ITEM or offset > size:
            raise PixelError("The pixel data is cut off or damaged. Ask the sender for the image again.")
        count += 1
