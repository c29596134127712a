"""Turn the pixel data of one frame into an array.

Uncompressed pixels are numbers that numpy reads by itself, so they are decoded wherever they are wanted. Every
other syntax goes through native libraries that are not memory-safe: call `decode` for those in a decoder's child
process only (`medcore.dicom.decoders`).
"""

import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, ExplicitVRBigEndian, JPEGExtended12Bit, JPEGLSTransferSyntaxes

from medcore.dicom.elements import DAMAGE
from medcore.dicom.layout import Layout
from medcore.dicom.limits import FILE_S, GROWTH_LIMIT, allow, check_time, decoding_s
from medcore.errors import PixelError

DTYPES = {"PixelData": {8: "u1", 16: "u2", 32: "u4"}, "FloatPixelData": {32: "f4"}, "DoubleFloatPixelData": {64: "f8"}}
JPEG_LS = frozenset(map(str, JPEGLSTransferSyntaxes))
CODESTREAM = b"\xff\x4f\xff\x51"  # a JPEG 2000 codestream starts with SOC and SIZ
CODESTREAM_SIZE = 42  # bytes up to and with the number of components
DECODER_LIMIT = GROWTH_LIMIT - 10 * 2**20  # bytes; the rest is for the decoder's tables
ITEM, DELIMITER = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"  # of encapsulated pixels, always little endian
# Decoders in the order in which they are tried; every other syntax has one that pydicom chooses.
JPEG_2000_DECODERS = ("pylibjpeg", "gdcm", "pillow")  # the first takes half of the memory that the others do
JPEG_LS_DECODERS = ("pyjpegls", "gdcm")  # the first takes two thirds of the other's time
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
    try:
        return _decode(stream, layout, frame)
    except MemoryError:
        raise
    except DAMAGE as error:
        check_time()
        raise PixelError(GARBAGE) from error


def _decode(stream: BinaryIO, layout: Layout, frame: int) -> np.ndarray:
    decoder = get_decoder(layout.syntax)
    available = decoder.available_plugins
    preferred = JPEG_2000_DECODERS if layout.is_jpeg_2000 else JPEG_LS_DECODERS if layout.syntax in JPEG_LS else ()
    wanted = [name for name in preferred if name in available]
    for plugin in wanted[:-1]:
        stream.seek(layout.pixels.offset)
        with suppress(RuntimeError):
            return decoder.as_array(stream, index=frame, decoding_plugin=plugin, **layout.options())[0]
    stream.seek(layout.pixels.offset)
    return decoder.as_array(stream, index=frame, decoding_plugin=(wanted or [""])[-1], **layout.options())[0]


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
        allow(FILE_S + decoding_s(layout.frame_samples, size))
        decode(stream, layout, 0)


def check_compressed(stream: BinaryIO, layout: Layout, size: int) -> None:
    """Raise PixelError if fragments are missing at the end, or the first or the last frame cannot be decoded."""
    fragments = scan_fragments(stream, layout, size)
    if fragments.count < 1:
        raise PixelError(GARBAGE)
    _check_memory(layout, fragments.total if layout.frames == 1 else fragments.largest)
    wanted = sorted({0, layout.frames - 1})
    allow(FILE_S + decoding_s(layout.frame_samples * len(wanted), fragments.total))
    for frame in wanted:
        decode(stream, layout, frame)


def _check_memory(layout: Layout, compressed: int) -> None:
    """OpenJPEG holds each sample in 32 bits; the result and the compressed bytes are there twice at the end."""
    needed = layout.frame_samples * (4 + 2 * layout.bits_allocated // 8) + 2 * compressed
    if layout.is_jpeg_2000 and needed > DECODER_LIMIT:
        raise PixelError(
            f"Decoding one frame of {layout.rows} x {layout.columns} pixels from JPEG 2000 takes {needed // 10**6} MB "
            f"of memory; at most {DECODER_LIMIT // 10**6} MB can be given to it. Ask the sender for it uncompressed."
        )


@dataclass(frozen=True)
class Fragments:
    """What encapsulated pixel data consists of, the offset table left out."""

    count: int
    total: int  # bytes
    largest: int  # bytes


def scan_fragments(stream: BinaryIO, layout: Layout, size: int) -> Fragments:
    """Step over the fragments of encapsulated pixel data; PS3.5, A.4.

    Raises
    ------
    PixelError
        If they do not end with a delimiter within the `size` bytes of the stream, or hold images of another size
        than the header says.
    """
    offset = layout.pixels.offset
    lengths: list[int] = []
    while True:
        stream.seek(offset)
        head = stream.read(8 + CODESTREAM_SIZE)
        tag, length = head[:4], int.from_bytes(head[4:8], "little")
        if tag == DELIMITER:
            return Fragments(len(lengths) - 1, sum(lengths[1:]), max(lengths[1:], default=0))
        offset += 8 + length
        if tag != ITEM or offset > size:
            raise PixelError("The pixel data is cut off or damaged. Ask the sender for the image again.")
        if layout.is_jpeg_2000 and length >= CODESTREAM_SIZE:
            _check_codestream(head[8:], layout)
        lengths.append(length)


def index_fragments(stream: BinaryIO, layout: Layout, size: int) -> tuple[bytes, bytes] | None:
    """Find where each frame's fragment stands, as an Extended Offset Table and its lengths; PS3.3, C.7.6.3.1.8.

    Without such a table a decoder steps over all fragments before the one it wants. Returns None where a frame is not
    one fragment.
    """
    offset, places = layout.pixels.offset, list[tuple[int, int]]()
    while True:
        stream.seek(offset)
        head = stream.read(8)
        tag, length = head[:4], int.from_bytes(head[4:8], "little")
        if tag != ITEM or offset > size:
            break
        places.append((offset, length))
        offset += 8 + length
    if tag != DELIMITER or len(places) != layout.frames + 1:
        return None
    first = places[1][0]  # after the offset table
    offsets = struct.pack(f"<{layout.frames}Q", *(place - first for place, _ in places[1:]))
    return offsets, struct.pack(f"<{layout.frames}Q", *(length for _, length in places[1:]))


def _check_codestream(start: bytes, layout: Layout) -> None:
    """Compare the codestream, by which a decoder makes room, with the header; ISO/IEC 15444-1, A.5.1 (SIZ)."""
    if not start.startswith(CODESTREAM):
        return
    right, bottom, left, top = struct.unpack_from(">4L", start, 8)
    (samples,) = struct.unpack_from(">H", start, 40)
    if (bottom - top, right - left, samples) != (layout.rows, layout.columns, layout.samples):
        raise PixelError(
            f"The compressed image is {bottom - top} x {right - left} x {samples} samples, but Rows, Columns "
            f"and Samples per Pixel say {layout.rows} x {layout.columns} x {layout.samples}. "
            "Ask the sender for the image again."
        )
