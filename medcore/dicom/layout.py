"""How the pixels of an instance are laid out, and whether they can be there at all.

Source: DICOM PS3.3, C.7.6.3 (Image Pixel) and PS3.5, 8.
"""

from dataclasses import dataclass
from math import ceil
from typing import Any

from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000TransferSyntaxes,
)

from medcore.dicom.elements import converted, integer, text, unsigned
from medcore.dicom.header import Header, PixelElement
from medcore.errors import PixelError

FRAME_LIMIT = 64 * 2**20  # bytes of one frame, uncompressed; a 28 megapixel mammogram takes 54
PIXELS_LIMIT = 36_000_000  # of one frame, however few bits each takes; the largest mammograms have 28 million
FRAMES_LIMIT = 20_000
NATIVE = {
    str(ImplicitVRLittleEndian),
    str(ExplicitVRLittleEndian),
    str(ExplicitVRBigEndian),
    str(DeflatedExplicitVRLittleEndian),
}
JPEG_2000 = {*map(str, JPEG2000TransferSyntaxes), *(f"1.2.840.10008.1.2.4.{number}" for number in (201, 202, 203))}
BITS = {"PixelData": (1, 8, 16, 32, 64), "FloatPixelData": (32,), "DoubleFloatPixelData": (64,)}
# Photometric interpretations that can be shown, by samples per pixel; PS3.3, C.7.6.3.1.2.
SHOWN = {
    1: ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"),
    3: ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"),
}
KEYWORDS = (
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
)


@dataclass(frozen=True)
class Layout:
    """Everything that is needed to find and decode a frame."""

    syntax: str
    pixels: PixelElement
    rows: int
    columns: int
    frames: int
    samples: int  # per pixel
    photometric: str
    planar: int
    bits_allocated: int
    bits_stored: int
    signed: bool
    extended_offsets: tuple[bytes, bytes] | None = None

    @property
    def is_native(self) -> bool:
        """Whether the pixels stand there uncompressed."""
        return self.syntax in NATIVE

    @property
    def is_jpeg_2000(self) -> bool:
        """Whether each frame is a JPEG 2000 codestream, High-Throughput included."""
        return self.syntax in JPEG_2000

    @property
    def frame_samples(self) -> int:
        """Numbers in one frame."""
        return self.rows * self.columns * self.samples

    @property
    def frame_bits(self) -> int:
        """Length of one uncompressed frame, in bits."""
        bits = self.frame_samples * self.bits_allocated
        return bits * 2 // 3 if self.is_native and self.photometric == "YBR_FULL_422" else bits

    @property
    def native_length(self) -> int:
        """Length of all frames uncompressed, in bytes."""
        return ceil(self.frame_bits * self.frames / 8)

    def options(self) -> dict[str, Any]:
        """Return the layout in the words of pydicom's decoders."""
        options = {
            "rows": self.rows,
            "columns": self.columns,
            "number_of_frames": self.frames,
            "samples_per_pixel": self.samples,
            "photometric_interpretation": self.photometric,
            "bits_allocated": self.bits_allocated,
            "bits_stored": self.bits_stored,
            "pixel_representation": int(self.signed),
            "pixel_keyword": self.pixels.keyword,
            "pixel_vr": self.pixels.vr or "OW",
        }
        if self.samples > 1:
            options["planar_configuration"] = self.planar
        if self.extended_offsets:
            options["extended_offsets"] = self.extended_offsets
        return options


def read_layout(header: Header) -> Layout:
    """Return the layout of the pixels in `header`.

    Raises
    ------
    PixelError
        If there are no pixels, or their description is missing, out of bounds or of a kind that is not supported.
    """
    if header.pixels is None:
        raise PixelError(f"The file holds no image{_kind(header)}, so there is nothing to show and it is left out.")
    ds = header.ds
    samples = unsigned(ds, "SamplesPerPixel") or 1
    allocated = unsigned(ds, "BitsAllocated") or 0
    layout = Layout(
        syntax=header.syntax,
        pixels=header.pixels,
        rows=unsigned(ds, "Rows") or 0,
        columns=unsigned(ds, "Columns") or 0,
        frames=integer(ds, "NumberOfFrames") or 1,
        samples=samples,
        photometric=text(ds, "PhotometricInterpretation") or ("RGB" if samples == 3 else "MONOCHROME2"),
        planar=unsigned(ds, "PlanarConfiguration") or 0,
        bits_allocated=allocated,
        bits_stored=unsigned(ds, "BitsStored") or allocated,
        signed=unsigned(ds, "PixelRepresentation") == 1,
        extended_offsets=_extended_offsets(header),
    )
    _check(layout)
    return layout


def _kind(header: Header) -> str:
    uid = UID(text(header.ds, "SOPClassUID"))
    return f" but a {uid.name.removesuffix(' Storage')}" if uid.name != uid else ""


def _extended_offsets(header: Header) -> tuple[bytes, bytes] | None:
    offsets = converted(header.ds, "ExtendedOffsetTable")
    lengths = converted(header.ds, "ExtendedOffsetTableLengths")
    return (offsets, lengths) if isinstance(offsets, bytes) and isinstance(lengths, bytes) else None


def _check(layout: Layout) -> None:
    if not layout.rows or not layout.columns:
        raise PixelError("Rows or Columns is missing or 0. Ask the sender for the image again.")
    if layout.bits_allocated not in BITS[layout.pixels.keyword]:
        raise PixelError(
            f"Bits Allocated is {layout.bits_allocated}; it must be 1, 8, 16, 32 or 64. "
            "Ask the sender to convert the image."
        )
    if layout.pixels.keyword == "PixelData" and not 1 <= layout.bits_stored <= layout.bits_allocated:
        raise PixelError(
            f"Bits Stored is {layout.bits_stored}; it must be 1 to Bits Allocated, {layout.bits_allocated}. "
            "Ask the sender for the image again."
        )
    if layout.samples not in (1, 3):
        raise PixelError(f"Samples per Pixel is {layout.samples}; it must be 1 or 3. Ask for the image as RGB.")
    if layout.photometric not in SHOWN[layout.samples]:
        raise PixelError(
            f"Photometric Interpretation is {layout.photometric[:16]} with {layout.samples} "
            f"{'sample' if layout.samples == 1 else 'samples'} per pixel; it must be one of "
            f"{', '.join(SHOWN[layout.samples])}. Ask the sender to convert the image."
        )
    if layout.frames < 1:
        raise PixelError(f"Number of Frames is {layout.frames}; it must be 1 or more. Ask for the image again.")
    if layout.frames > FRAMES_LIMIT:
        raise PixelError(
            f"Number of Frames is {layout.frames}; at most {FRAMES_LIMIT:,} can be shown. "
            "Ask the sender for the image in several files."
        )
    if layout.rows * layout.columns > PIXELS_LIMIT and layout.frame_bits <= 8 * FRAME_LIMIT:
        raise PixelError(
            f"One frame has {layout.rows} x {layout.columns} pixels; at most {PIXELS_LIMIT // 10**6} million can be "
            "shown. Ask the sender for a smaller image."
        )
    if layout.frame_bits > 8 * FRAME_LIMIT:
        raise PixelError(
            f"One frame of {layout.rows} x {layout.columns} pixels takes more than {FRAME_LIMIT // 2**20} MiB. "
            "Ask the sender for a smaller image."
        )
