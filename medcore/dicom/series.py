"""Put the instances of a series in the order in which they lie in the patient.

Source: DICOM PS3.3, C.7.6.2.1.1 (Image Position and Image Orientation).
"""

from collections.abc import Sequence

import numpy as np

from medcore.dicom.attributes import Attributes

PARALLEL = 0.999  # cosine of the angle below which two slices count as parallel, 2.6 degrees


def sort_series(attributes: Sequence[Attributes]) -> list[int]:
    """Return the indices of `attributes` in reading order.

    Parallel slices go by their position along the common normal; instances without a place, or that are not
    parallel, go by Instance Number; what has neither keeps the given order, last.
    """
    distances = slice_distances(attributes)
    numbers = [
        (item.instance_number is None, item.instance_number or 0, index) for index, item in enumerate(attributes)
    ]
    if distances is None:
        return sorted(range(len(attributes)), key=lambda index: numbers[index])
    return sorted(range(len(attributes)), key=lambda index: (distances[index], numbers[index]))


def slice_distances(attributes: Sequence[Attributes]) -> list[float] | None:
    """Return each slice's position along the series' normal in mm, None if the slices are not parallel planes."""
    normals = [_normal(item) for item in attributes]
    if not normals or normals[0] is None:
        return None
    distances = []
    for item, normal in zip(attributes, normals, strict=True):
        if normal is None or item.image_position_mm is None or abs(normal @ normals[0]) < PARALLEL:
            return None
        distances.append(round(float(np.dot(item.image_position_mm, normals[0])), 4))
    return distances


def _normal(item: Attributes) -> np.ndarray | None:
    if item.image_orientation is None:
        return None
    normal = np.cross(item.image_orientation[:3], item.image_orientation[3:])
    length = float(np.linalg.norm(normal))
    return normal / length if length > 0 else None
