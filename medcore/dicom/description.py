"""What a viewer needs to know to show an image and to measure in it, from the header alone.

Source: DICOM PS3.3, C.7.6.2 (Image Plane), C.7.6.16 (Multi-frame Functional Groups), C.7.6.5 (Cine), C.8.5.5 (US
Region Calibration), C.11 (look-up tables).
"""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from medcore.dicom import instance, presentation
from medcore.dicom.elements import decimal, decimals, item_at, tag_of, text
from medcore.dicom.frame import Frame
from medcore.dicom.instance import read_orientation, read_position, read_spacing, read_uid
from medcore.dicom.layout import Layout
from medcore.dicom.luts import LookupTable, Rescale
from medcore.dicom.stored_values import sent_type
from medcore.dicom.ultrasound import SEQUENCE, Region, read_regions
from medcore.dicom.windowing import Window

KEYWORDS = ("FrameOfReferenceUID", "FrameTime", "FrameTimeVector", "RecommendedDisplayFrameRate", "CineRate", SEQUENCE)
TAGS = presentation.TAGS | instance.TAGS | frozenset(tag_of(keyword) for keyword in KEYWORDS)
VALUE_GROUPS = frozenset({"PixelValueTransformationSequence", "FrameVOILUTSequence"})
SLOWEST_MS = 60_000.0  # of a frame in a cine loop; beyond is a mistake

Point = tuple[float, float, float]
Directions = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class FrameDescription:
    """Where one frame lies, and what it has different from its image; None where it has nothing different."""

    position: Point | None  # of the first pixel's centre, in mm
    orientation: Directions | None  # of rows and columns
    spacing_mm: tuple[float, float] | None = None
    slope: float | None = None
    intercept: float | None = None
    windows: tuple[Window, ...] | None = None


@dataclass(frozen=True)
class Description:
    """One image as the viewer needs to know it."""

    rows: int
    columns: int
    frames: int
    type: str  # of the values that are sent: see `stored_values.sent_type`
    photometric_interpretation: str
    inverted: bool
    modality: str
    unit: str
    bits_stored: int
    spacing_mm: tuple[float, float] | None
    spacing_source: str
    regions: tuple[Region, ...]  # parts of an ultrasound image that are to scale
    pixel_aspect: float
    frame_of_reference_uid: str
    frame_time_ms: float | None
    slope: float
    intercept: float
    modality_lut: dict[str, Any] | None
    windows: tuple[Window, ...]
    voi_lut: dict[str, Any] | None
    padding: tuple[float, float] | None
    per_frame: tuple[FrameDescription, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the description as values that JSON knows; a frame names only what it has different."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["windows"] = [asdict(window) for window in self.windows]
        values["regions"] = [asdict(region) for region in self.regions]
        values["per_frame"] = [_frame_json(frame) for frame in self.per_frame]
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Description":
        """Rebuild the description from what `as_json` gave and JSON carried."""
        known = {field.name: _tuple(values[field.name]) for field in fields(cls)}
        known["windows"] = tuple(Window(**window) for window in values["windows"])
        known["regions"] = tuple(Region(tuple(one["box"]), tuple(one["spacing_mm"])) for one in values["regions"])
        known["per_frame"] = tuple(_frame_from_json(frame) for frame in values["per_frame"])
        return cls(**known)


def _frame_json(frame: FrameDescription) -> dict[str, Any]:
    values: dict[str, Any] = {"position": frame.position, "orientation": frame.orientation}
    for name in ("spacing_mm", "slope", "intercept"):
        if getattr(frame, name) is not None:
            values[name] = getattr(frame, name)
    if frame.windows is not None:
        values["windows"] = [asdict(window) for window in frame.windows]
    return values


def _frame_from_json(values: dict[str, Any]) -> FrameDescription:
    known = {name: _tuple(value) for name, value in values.items()}
    if "windows" in values:
        known["windows"] = tuple(Window(**window) for window in values["windows"])
    return FrameDescription(**known)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def describe(ds: Dataset, pixels: Layout) -> Description:
    """Describe an image.

    Parameters
    ----------
    ds : pydicom.Dataset
        The elements of `TAGS`.
    pixels : Layout
        How the pixels are laid out.

    Raises
    ------
    PixelError
        If the image cannot be shown: its palette is damaged, for one.
    """
    first = _presented(ds, pixels, 0)
    spacing, spacing_source = read_spacing(ds)
    height, width = spacing or _aspect(ds)
    slope, intercept = _rescale(first)
    image = Description(
        rows=pixels.rows,
        columns=pixels.columns,
        frames=pixels.frames,
        type=sent_type(pixels),
        photometric_interpretation=pixels.photometric,
        inverted=first.inverted,
        modality=text(ds, "Modality"),
        unit=first.unit,
        bits_stored=pixels.bits_stored,
        spacing_mm=spacing,
        spacing_source=spacing_source,
        regions=read_regions(ds),
        pixel_aspect=height / width,
        frame_of_reference_uid=read_uid(ds, "FrameOfReferenceUID"),
        frame_time_ms=frame_time_ms(ds) if pixels.frames > 1 else None,
        slope=slope,
        intercept=intercept,
        modality_lut=_table(first.modality_lut),
        windows=first.windows,
        voi_lut=_table(first.voi_lut),
        padding=first.padding,
        per_frame=(),
    )
    return replace(image, per_frame=tuple(_describe_frame(ds, pixels, frame, image) for frame in range(pixels.frames)))


def _presented(ds: Dataset, pixels: Layout, frame: int) -> Frame:
    """Return what the file says of showing a frame, with one pixel in the place of its own."""
    shape = (1, 1) if pixels.samples == 1 else (1, 1, 3)
    return presentation.present(np.zeros(shape, np.int16 if pixels.signed else np.uint16), ds, pixels, frame)


def _describe_frame(ds: Dataset, pixels: Layout, number: int, image: Description) -> FrameDescription:
    groups = {keyword for place in (0, number) for keyword in _groups(ds, place)}
    spacing = read_spacing(ds, number)[0] if "PixelMeasuresSequence" in groups else image.spacing_mm
    (slope, intercept), windows = (image.slope, image.intercept), image.windows
    if groups & VALUE_GROUPS:  # of an image without them, all frames are alike
        own = _presented(ds, pixels, number)
        (slope, intercept), windows = _rescale(own), own.windows
    is_rescaled = (slope, intercept) != (image.slope, image.intercept)
    return FrameDescription(
        position=read_position(ds, number),
        orientation=read_orientation(ds, number),
        spacing_mm=spacing if spacing != image.spacing_mm else None,
        slope=slope if is_rescaled else None,
        intercept=intercept if is_rescaled else None,
        windows=windows if windows != image.windows else None,
    )


def _groups(ds: Dataset, number: int) -> list[str]:
    """List the functional groups that a frame has of its own and that are looked at here."""
    own = item_at(ds, "PerFrameFunctionalGroupsSequence", number)
    return [] if own is None else [keyword for keyword in (*VALUE_GROUPS, "PixelMeasuresSequence") if keyword in own]


def _rescale(frame: Frame) -> tuple[float, float]:
    lut = frame.modality_lut
    return (lut.slope, lut.intercept) if isinstance(lut, Rescale) else (1.0, 0.0)


def _table(lut: Rescale | LookupTable | None) -> dict[str, Any] | None:
    if not isinstance(lut, LookupTable):
        return None
    return {"first": lut.first_mapped, "bits": lut.bits, "table": lut.table.tolist()}


def _aspect(ds: Dataset) -> tuple[float, float]:
    return instance.read_aspect(ds) or (1.0, 1.0)


def frame_time_ms(ds: Dataset) -> float | None:
    """Return how long each frame of a cine loop stays, in ms; None where the file does not say."""
    vector = decimals(ds, "FrameTimeVector")[1:]  # the first is the time before the first frame
    times = [decimal(ds, "FrameTime"), sum(vector) / len(vector) if vector else None]
    rates = [decimal(ds, "RecommendedDisplayFrameRate"), decimal(ds, "CineRate")]
    times += [1000 / rate if rate else None for rate in rates]
    return next((time for time in times if time is not None and 0 < time <= SLOWEST_MS), None)
