"""Build a frame from decoded pixels and what the file says about showing them.

Source: DICOM PS3.3, C.11.1 (Modality LUT) and C.11.2 (VOI LUT).
"""

import numpy as np
from pydicom.dataset import Dataset

from medcore.dicom import functional_groups, layout, palette
from medcore.dicom.elements import converted, decimal, decimals, is_little_endian, items, tag_of, text, texts, words
from medcore.dicom.frame import Frame
from medcore.dicom.functional_groups import with_group
from medcore.dicom.layout import Layout
from medcore.dicom.luts import LookupTable, Rescale
from medcore.dicom.windowing import FUNCTIONS, Window

KEYWORDS = (
    *functional_groups.KEYWORDS,
    *palette.KEYWORDS,
    "Modality",
    "RescaleSlope",
    "RescaleIntercept",
    "RescaleType",
    "ModalityLUTSequence",
    "WindowCenter",
    "WindowWidth",
    "WindowCenterWidthExplanation",
    "VOILUTFunction",
    "VOILUTSequence",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
)
SMALLEST, LARGEST = 1e-9, 1e9  # size of a slope, an intercept, a window; beyond is damage, and float32 loses it
NARROWEST = 1e-6  # width of a window
SEQUENCES = (*functional_groups.KEYWORDS, "ModalityLUTSequence", "VOILUTSequence")
TAGS = frozenset(tag_of(keyword) for keyword in (*KEYWORDS, *layout.KEYWORDS))


def present(array: np.ndarray, ds: Dataset, pixels: Layout, frame: int) -> Frame:
    """Return the frame of decoded samples `array`, (rows, columns) or (rows, columns, 3)."""
    modality = text(ds, "Modality")
    if array.ndim == 3:
        return Frame(as_uint8(array, pixels.bits_stored), is_color=True, modality=modality)
    if pixels.photometric == "PALETTE COLOR":
        return Frame(palette.apply_palette(array, ds), is_color=True, modality=modality)
    values = with_group(ds, frame, "PixelValueTransformationSequence", "RescaleSlope")
    modality_lut = _modality_lut(ds, values, pixels)
    voi = with_group(ds, frame, "FrameVOILUTSequence", "WindowCenter")
    return Frame(
        stored=array,
        inverted=pixels.photometric == "MONOCHROME1",
        windows=read_windows(voi),
        voi_lut=_first_table(ds, "VOILUTSequence", _has_negatives(modality_lut, pixels)),
        modality_lut=modality_lut,
        modality=modality,
        unit=_unit(modality, values, modality_lut),
        bits_stored=pixels.bits_stored,
        padding=_padding(ds, pixels),
    )


def as_uint8(samples: np.ndarray, bits_stored: int) -> np.ndarray:
    """Keep the upper 8 of the `bits_stored` bits of colour samples."""
    if samples.dtype == np.uint8:
        return samples
    return (samples >> max(bits_stored - 8, 0)).astype(np.uint8)


def _modality_lut(ds: Dataset, values: Dataset, pixels: Layout) -> Rescale | LookupTable:
    table = _first_table(ds, "ModalityLUTSequence", pixels.signed)
    if table is not None:
        return table
    slope, intercept = decimal(values, "RescaleSlope"), decimal(values, "RescaleIntercept")
    if slope is None or intercept is None or not SMALLEST <= abs(slope) <= LARGEST or abs(intercept) > LARGEST:
        return Rescale()
    return Rescale(slope, intercept)


def _has_negatives(modality_lut: Rescale | LookupTable, pixels: Layout) -> bool:
    if not isinstance(modality_lut, Rescale):
        return False
    return pixels.signed or modality_lut.intercept < 0 or modality_lut.slope < 0


def _unit(modality: str, values: Dataset, modality_lut: Rescale | LookupTable) -> str:
    stated = text(values, "RescaleType")
    is_hounsfield = stated == "HU" or (modality == "CT" and not stated)
    return "HU" if is_hounsfield and isinstance(modality_lut, Rescale) and "RescaleSlope" in values else ""


def read_windows(ds: Dataset) -> tuple[Window, ...]:
    """Return the windows of a file; what is no window (a width that its function does not allow) is left out."""
    function = text(ds, "VOILUTFunction") or "LINEAR"
    if function not in FUNCTIONS:
        function = "LINEAR"
    names = texts(ds, "WindowCenterWidthExplanation")
    windows = []
    pairs = zip(decimals(ds, "WindowCenter"), decimals(ds, "WindowWidth"), strict=False)
    for number, (center, width) in enumerate(pairs):
        name = names[number] if number < len(names) else ""
        if (1 if function == "LINEAR" else NARROWEST) <= width <= LARGEST and abs(center) <= LARGEST:
            windows.append(Window(center, width, name or f"Window {number + 1}", function))
    return tuple(windows)


def _first_table(ds: Dataset, keyword: str, signed: bool) -> LookupTable | None:
    for item in items(ds, keyword)[:1]:
        return read_table(item, signed)
    return None


def read_table(item: Dataset, signed: bool) -> LookupTable | None:
    """Return the lookup table of a sequence item, None if it is damaged; PS3.3, C.11.1.1.1."""
    descriptor, data = words(item, "LUTDescriptor"), converted(item, "LUTData")
    if len(descriptor) != 3 or data is None:
        return None
    entries, first, bits = descriptor[0] or 2**16, descriptor[1], descriptor[2]
    if signed and first >= 2**15:
        first -= 2**16
    table = _entries(data, entries, is_little_endian(item))[:entries]
    if not table.size or not 1 <= bits <= 16:
        return None
    return LookupTable(table, first, bits if table.max() < 2**bits else 16)


def _entries(data: object, entries: int, is_little: bool) -> np.ndarray:
    if not isinstance(data, bytes):
        return np.atleast_1d(np.asarray(data)).astype(np.int64).astype(np.uint16)
    if len(data) < 2 * entries:
        return np.frombuffer(data, np.uint8)
    return np.frombuffer(data[: 2 * entries], "<u2" if is_little else ">u2").astype(np.uint16)


def _padding(ds: Dataset, pixels: Layout) -> tuple[float, float] | None:
    value, limit = words(ds, "PixelPaddingValue")[:1], words(ds, "PixelPaddingRangeLimit")[:1]
    if not value or pixels.pixels.keyword != "PixelData":
        return None
    bounds = [number - 2**16 if pixels.signed and number >= 2**15 else number for number in value + limit]
    return min(bounds), max(bounds)
