"""Where an ultrasound image shows tissue to scale, and how large its pixels are there.

Source: DICOM PS3.3, C.8.5.5 (US Region Calibration).
"""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from medcore.dicom.elements import converted, items, unsigned

SEQUENCE = "SequenceOfUltrasoundRegions"
EDGES = ("RegionLocationMinX0", "RegionLocationMinY0", "RegionLocationMaxX1", "RegionLocationMaxY1")
TISSUE = 1  # Region Spatial Format: 2D; the others are motion, spectra, waveforms and graphics
CENTIMETRES = 3  # Physical Units
MM_A_CM = 10.0
SIZES_MM = (1e-3, 100.0)  # of a pixel; beyond is a mistake
MOST = 16  # regions; a scanner writes one to four


@dataclass(frozen=True)
class Region:
    """A part of an image that is to scale."""

    box: tuple[int, int, int, int]  # left, top, right, bottom in pixels, the last ones included
    spacing_mm: tuple[float, float]  # between rows, between columns


def read_regions(ds: Dataset) -> tuple[Region, ...]:
    """Return the regions that show tissue in two dimensions to scale; what is measured elsewhere is in pixels."""
    regions = (_region(item) for item in items(ds, SEQUENCE)[:MOST])
    return tuple(region for region in regions if region is not None)


def _region(item: Dataset) -> Region | None:
    units = {unsigned(item, f"PhysicalUnits{axis}Direction") for axis in "XY"}
    if unsigned(item, "RegionSpatialFormat") != TISSUE or units != {CENTIMETRES}:
        return None
    edges = [_number(item, keyword) for keyword in EDGES]
    row, column = (abs(_number(item, f"PhysicalDelta{axis}") or 0.0) * MM_A_CM for axis in "YX")
    if None in edges or not all(SIZES_MM[0] <= size <= SIZES_MM[1] for size in (row, column)):
        return None
    left, top, right, bottom = (int(edge or 0) for edge in edges)
    return Region((left, top, right, bottom), (row, column)) if left < right and top < bottom else None


def _number(item: Dataset, keyword: str) -> float | None:
    value = converted(item, keyword)
    return float(value) if isinstance(value, int | float) else None
