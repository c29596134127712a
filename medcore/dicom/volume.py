"""Decide whether the images of a series lie in the patient like the slices of one volume, and in which order.

A volume is a regular grid, so every slice must have its place on it. How far a slice may be off follows from what a
reader measures: no voxel may be shown further than half a pixel from where it lies. The checks are those of highdicom
(`spatial.get_volume_positions`, 1 % of the spacing) and of OHIF (`isDisplaySetReconstructable`).

Source: DICOM PS3.3, C.7.6.2.1.1 (Image Position and Image Orientation) and C.7.6.16 (Multi-frame Functional Groups).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medcore.dicom.description import Description, Directions, Point
from medcore.dicom.series import PARALLEL
from medcore.dicom.stored_values import RGB

MODALITIES = ("CT", "MR", "PT")
FEWEST = 3  # slices
ANGLE = 1e-3  # rad; it moves the edge of a slice of 512 pixels by a quarter of one
STRETCH = 1e-3  # share by which pixel spacings may differ; half a pixel over 512
GAP = 0.01  # share of the slice distance by which two distances may differ
ROUNDING_MM = 0.01  # two positions written with two decimals differ by as much without lying apart
DRIFT = 0.5  # pixels that slices may be shifted sideways over the whole series
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class Volume:
    """Whether a series is a volume, why not, and its frames in reading order."""

    possible: bool
    reason: str  # a sentence; empty where it is possible
    order: tuple[tuple[int, int], ...]  # (image, frame), both from 0


@dataclass(frozen=True)
class _Slice:
    image: int
    frame: int
    description: Description
    position: Point | None
    orientation: Directions | None
    spacing_mm: tuple[float, float] | None


class _NoVolumeError(Exception):
    """Why the slices are no volume, as the end of a sentence."""


def find_volume(images: Sequence[Description]) -> Volume:
    """Put the frames of a series in reading order and say whether they are one volume.

    Parameters
    ----------
    images : sequence of Description
        The images of a series, in the library's reading order, which stands where the files give no places.
    """
    given = [
        _slice(image, frame, description)
        for image, description in enumerate(images)
        for frame in range(description.frames)
    ]
    distances = _distances(given)
    slices, places = given, np.zeros(0)
    if distances is not None:
        order = np.argsort(np.round(distances, 4), kind="stable")
        slices, places = [given[index] for index in order], distances[order]
    try:
        _check_kind(slices)
        _check_planes(slices)
        _check_places(places)
        _check_drift(slices, places)
        reason = ""
    except _NoVolumeError as error:
        reason = f"Not a volume: {error}."
    return Volume(not reason, reason, tuple((one.image, one.frame) for one in slices))


def _slice(image: int, frame: int, description: Description) -> _Slice:
    own = description.per_frame[frame]
    spacing = own.spacing_mm or description.spacing_mm
    return _Slice(image, frame, description, own.position, own.orientation, spacing)


def _distances(slices: Sequence[_Slice]) -> np.ndarray | None:
    """Return each slice's place along the first one's normal in mm, None if they are not parallel planes."""
    if not slices or any(one.position is None or one.orientation is None for one in slices):
        return None
    orientations = np.array([one.orientation for one in slices])
    normals = np.cross(orientations[:, :3], orientations[:, 3:])
    lengths = np.linalg.norm(normals, axis=1)
    if not lengths.all():
        return None
    normals /= lengths[:, None]
    if (np.abs(normals @ normals[0]) < PARALLEL).any():
        return None
    distances: np.ndarray = np.array([one.position for one in slices]) @ normals[0]
    return distances


def _check_kind(slices: Sequence[_Slice]) -> None:
    first = slices[0].description if slices else None
    if first is None or len(slices) < FEWEST:
        raise _NoVolumeError(f"it takes {WORDS[FEWEST]} slices or more")
    kinds = {(one.description.modality, one.description.type) for one in slices}
    if any(modality not in MODALITIES for modality, _ in kinds):
        raise _NoVolumeError("only slices of CT, MR and PET are put together")
    if any(kind == RGB for _, kind in kinds):
        raise _NoVolumeError("its images are in colour")
    if len(kinds) > 1:
        raise _NoVolumeError("its images hold different kinds of values")
    if any(one.description.modality_lut is not None for one in slices):
        raise _NoVolumeError("its values come from a table of each image's own")
    if len({one.description.frame_of_reference_uid for one in slices}) > 1:
        raise _NoVolumeError("its images do not share one Frame of Reference, so their places cannot be compared")


def _check_planes(slices: Sequence[_Slice]) -> None:
    first = slices[0]
    for number, one in enumerate(slices, 1):
        if one.position is None or one.orientation is None:
            raise _NoVolumeError(f"image {number} does not say where it lies in the patient")
        if one.spacing_mm is None or one.description.spacing_source != "Pixel Spacing":
            raise _NoVolumeError(f"image {number} does not say how large its pixels are in the patient")
        if not _is_close(_crooked(one.orientation), ANGLE):
            raise _NoVolumeError(f"rows and columns of image {number} are not at right angles")
        if not _is_close(np.subtract(one.orientation, first.orientation or ()), ANGLE):
            raise _NoVolumeError(f"image {number} is turned against image 1")
        if _size(one) != _size(first):
            sizes = " and ".join(f"{rows} x {columns}" for rows, columns in (_size(first), _size(one)))
            raise _NoVolumeError(f"its images differ in size ({sizes} pixels)")
        if not _is_close(np.divide(one.spacing_mm, first.spacing_mm or ()) - 1, STRETCH):
            raise _NoVolumeError(f"the pixels of image {number} are of another size than those of image 1")


def _size(one: _Slice) -> tuple[int, int]:
    return one.description.rows, one.description.columns


def _crooked(orientation: Directions) -> np.ndarray:
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    return np.array([row @ column, np.linalg.norm(row) - 1, np.linalg.norm(column) - 1])


def _is_close(differences: np.ndarray, tolerance: float) -> bool:
    return bool(np.abs(differences).max() <= tolerance)


def _check_places(places: np.ndarray) -> None:
    if not len(places):
        raise _NoVolumeError("its slices are not parallel")
    gaps = np.diff(places)
    distance = float(np.median(gaps))
    allowed = max(GAP * distance, ROUNDING_MM)
    together = np.flatnonzero(gaps <= allowed)
    if len(together):
        first = int(together[0]) + 1
        raise _NoVolumeError(f"images {first} and {first + 1} lie in the same place{_more(len(together))}")
    wide = np.flatnonzero(np.abs(gaps - distance) > allowed)
    if not len(wide):
        return
    steps = gaps[wide] / distance
    whole = np.abs(gaps[wide] - np.rint(steps) * distance) <= allowed * np.rint(steps)
    if whole.all() and (np.rint(steps) >= 2).all():
        first, missing = int(wide[0]) + 1, int(np.rint(steps[0])) - 1
        raise _NoVolumeError(f"{_missing(missing)} missing between image {first} and {first + 1}{_more(len(wide))}")
    raise _NoVolumeError(f"the distance between its slices varies from {gaps.min():.2f} to {gaps.max():.2f} mm")


def _missing(count: int) -> str:
    number = WORDS[count] if count < len(WORDS) else str(count)
    return f"{number} slice is" if count == 1 else f"{number} slices are"


def _more(places: int) -> str:
    if places < 2:
        return ""
    return f", and the same at {places - 1} more {'place' if places == 2 else 'places'}"


def _check_drift(slices: Sequence[_Slice], places: np.ndarray) -> None:
    """Raise where slices are shifted sideways: by a tilted gantry, which a regular grid cannot hold."""
    positions = np.array([one.position for one in slices])
    row, column = np.reshape(slices[0].orientation or (), (2, 3))
    moved = positions - positions[0]
    sideways = np.stack([moved @ row, moved @ column], axis=-1)  # mm along a row, along a column
    between_rows, between_columns = slices[0].spacing_mm or (1.0, 1.0)
    if _is_close(sideways / [between_columns, between_rows], DRIFT):
        return
    angle = math.degrees(math.atan2(float(np.linalg.norm(sideways[-1])), abs(float(places[-1] - places[0]))))
    raise _NoVolumeError(
        f"its slices are shifted sideways against each other, as by a tilted gantry ({angle:.1f} degrees)"
    )
