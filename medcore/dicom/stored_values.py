"""Stored values as they are sent to a viewer: one number type, little endian, row by row.

Source: DICOM PS3.3, C.7.6.3 (Image Pixel).
"""

import zlib
from collections.abc import Callable, Mapping

import numpy as np
import zstandard
from pydicom.dataset import Dataset

from medcore.dicom import palette
from medcore.dicom.layout import Layout
from medcore.dicom.presentation import as_uint8

RGB = "rgb8"
ZSTD_LEVEL = 1  # a higher one takes longer than it saves on a network of 1 Gbit/s
GZIP_FORMAT = 31  # what zlib calls 32 KiB of window in a gzip wrapper
GZIP_MEMORY = 9  # zlib's largest and quickest


def _zstd(data: memoryview) -> bytes:
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(data)


def _gzip(data: memoryview) -> bytes:
    # Runs of one byte and Huffman codes: of noisy pixels zlib's search for longer matches saves nothing and takes
    # up to three times as long. A film of 10 MB takes 0.1 s.
    compressor = zlib.compressobj(1, zlib.DEFLATED, GZIP_FORMAT, GZIP_MEMORY, zlib.Z_RLE)
    return compressor.compress(data) + compressor.flush()


CODINGS: Mapping[str, Callable[[memoryview], bytes | memoryview]] = {
    "zstd": _zstd,
    "gzip": _gzip,
    "identity": lambda data: data,
}


def sent_type(layout: Layout) -> str:
    """Name the type in which the samples of an image are sent.

    8 and 16-bit values go as they are, single bits as uint8, everything wider as float32, all colours as RGB of
    8 bits.
    """
    if layout.samples == 3 or layout.photometric == "PALETTE COLOR":
        return RGB
    if layout.pixels.keyword != "PixelData" or layout.bits_allocated > 16:
        return "float32"
    if layout.bits_allocated == 1:
        return "uint8"
    return f"{'int' if layout.signed else 'uint'}{layout.bits_allocated}"


def as_sent(array: np.ndarray, ds: Dataset, layout: Layout) -> np.ndarray:
    """Bring decoded samples into the type of `sent_type`.

    Parameters
    ----------
    array : numpy.ndarray
        Stored values (rows, columns), or samples (rows, columns, 3).
    ds : pydicom.Dataset
        Of the file, with the palette where there is one.
    layout : Layout
        Of the pixels.

    Returns
    -------
    numpy.ndarray, contiguous, little endian
        (rows, columns), or (rows, columns, 3) uint8; the array itself where nothing had to be changed.
    """
    if array.ndim == 3:
        return np.ascontiguousarray(as_uint8(array, layout.bits_stored))
    if layout.photometric == "PALETTE COLOR":
        return palette.apply_palette(array, ds)
    wanted = np.dtype(sent_type(layout)).newbyteorder("<")
    if array.dtype == wanted and array.flags.c_contiguous:
        return array
    with np.errstate(over="ignore"):  # a double beyond float32 becomes infinite, which a viewer clips
        return np.ascontiguousarray(array, wanted)


def encode(array: np.ndarray, coding: str) -> bytes | memoryview:
    """Return the bytes of an array under one of `CODINGS`, the content codings of HTTP (RFC 9110, 8.4.1)."""
    return CODINGS[coding](array.reshape(-1).view(np.uint8).data)
