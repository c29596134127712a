"""Write one measurement as a measurement group of a structured report.

Source: DICOM PS3.16, TID 1410 (planar ROI measurements), TID 1501 (measurement group), TID 300 (measurement) and
TID 320 (where it was taken); PS3.3, C.18.6 (spatial coordinates); units by UCUM.
"""

import uuid
from collections.abc import Sequence

import numpy as np
from highdicom import sr
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from medcore.dicom.attributes import Attributes
from medcore.dicom.measurement import MM_AT_DETECTOR, PIXELS, Measurement

Group = sr.PlanarROIMeasurementsAndQualitativeEvaluations | sr.MeasurementsAndQualitativeEvaluations

SCHEME = "99MEDCORE"
PIXEL_VALUE = Code("PixelValue", SCHEME, "Pixel value")
PIXEL_COUNT = Code("PixelCount", SCHEME, "Number of pixels")
UNIT_PIXELS = Code("{pixels}", "UCUM", "pixels")
UNIT_SQUARE_PIXELS = Code("{squarepixels}", "UCUM", "square pixels")
DERIVATIONS = {
    "mean": codes.SCT.Mean,
    "standard_deviation": codes.SCT.StandardDeviation,
    "minimum": codes.SCT.Minimum,
    "maximum": codes.SCT.Maximum,
    "value": None,
}
CLOSED_RECTANGLE = (0, 1, 3, 2, 0)  # once around, from top left, top right, bottom left, bottom right
LONGEST_NAME = 64  # characters of a component group of PN; PS3.5, 6.2
AT_DETECTOR = "Measured at the detector, not corrected for magnification: in the patient it is smaller."
OUTSIDE = "Drawn partly outside of the image, so that its coordinates cannot be given here."


def make_group(measurement: Measurement, image: Attributes, number: int) -> Group:
    """Write a measurement; `number` is its place in the report, from 1."""
    points = coordinates(measurement)
    inside = bool(np.all(points >= 0) and np.all(points <= (image.columns, image.rows)))
    group = _with_place(measurement, image, points, number) if inside else _without_place(measurement, image, number)
    comments = [measurement.text] if measurement.text else []
    comments += [AT_DETECTOR] if {"length", "area"} & set(measurement.values) and _at_detector(measurement) else []
    comments += [] if inside else [OUTSIDE]
    _complete(group[0], measurement, comments)
    return group


def coordinates(measurement: Measurement) -> np.ndarray:
    """Give the points as a report has them, (n, 2) columns and rows: 0, 0 is the first pixel's outer corner.

    Its centre is 0.5, 0.5; PS3.3, C.18.6.1.1.
    """
    points = np.array(measurement.points, np.float32) + np.float32(0.5)
    if measurement.kind == "rectangle":
        return points[list(CLOSED_RECTANGLE)]
    if measurement.kind == "ellipse":
        (bottom, top, left, right) = points
        upright, level = (top, bottom), (left, right)
        is_upright = np.linalg.norm(top - bottom) >= np.linalg.norm(left - right)
        return np.array([*upright, *level] if is_upright else [*level, *upright])  # the major axis comes first
    return points[:1] if measurement.kind == "arrow" else points  # what an arrow says, it says of its tip


def tracking_uid(uid: str) -> str:
    """Make the UID that follows a measurement through all reports, from the viewer's UUID; PS3.5, B.2."""
    try:
        known = uuid.UUID(uid)
    except ValueError:
        known = uuid.uuid5(uuid.NAMESPACE_OID, uid)
    return f"2.25.{known.int}"


def person_name(reader: str) -> str:
    """Write a typed name as a PN, all of it in the first component; the signs that divide a PN become blanks.

    The caret at the end says that one component is meant; without it, it would be the retired form of a PN.
    """
    return reader.translate({ord(sign): " " for sign in "^=\\"})[: LONGEST_NAME - 1].strip() + "^"


def _with_place(measurement: Measurement, image: Attributes, points: np.ndarray, number: int) -> Group:
    source = sr.SourceImageForRegion(image.sop_class_uid, image.sop_instance_uid, _frames(measurement, image))
    tracking = _tracking(measurement, number)
    if measurement.kind in ("length", "angle"):
        place = sr.CoordinatesForMeasurement(sr.GraphicTypeValues.POLYLINE, points, source)
        return sr.MeasurementsAndQualitativeEvaluations(
            tracking, measurements=_numbers(measurement, image, coordinates=[place])
        )
    shapes = {"rectangle": sr.GraphicTypeValues.POLYLINE, "ellipse": sr.GraphicTypeValues.ELLIPSE}
    shape = shapes.get(measurement.kind, sr.GraphicTypeValues.POINT)
    return sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking,
        referenced_region=sr.ImageRegion(shape, points, source),
        measurements=_numbers(measurement, image) or None,
    )


def _without_place(measurement: Measurement, image: Attributes, number: int) -> Group:
    frames = _frames(measurement, image)
    source = sr.SourceImageForMeasurementGroup(image.sop_class_uid, image.sop_instance_uid, frames)
    return sr.MeasurementsAndQualitativeEvaluations(
        _tracking(measurement, number),
        measurements=_numbers(measurement, image) or None,
        source_images=[source],
    )


def _frames(measurement: Measurement, image: Attributes) -> list[int] | None:
    return [measurement.frame + 1] if image.number_of_frames > 1 else None


def _tracking(measurement: Measurement, number: int) -> sr.TrackingIdentifier:
    name = f"{measurement.kind.capitalize()} {number}"
    return sr.TrackingIdentifier(uid=tracking_uid(measurement.uid), identifier=name)


def _numbers(
    measurement: Measurement, image: Attributes, coordinates: Sequence[sr.CoordinatesForMeasurement] = ()
) -> list[sr.Measurement]:
    places = list(coordinates) or None
    return [_number(name, value, measurement, image, places) for name, value in measurement.values.items()]


def _number(
    name: str,
    value: float,
    measurement: Measurement,
    image: Attributes,
    coordinates: list[sr.CoordinatesForMeasurement] | None,
) -> sr.Measurement:
    in_pixels = measurement.length_unit == PIXELS
    at_detector = codes.DCM.InDetectorPlane if _at_detector(measurement) else None
    if name == "length":
        unit = UNIT_PIXELS if in_pixels else codes.UCUM.Millimeter
        return sr.Measurement(codes.SCT.Length, value, unit, method=at_detector, referenced_coordinates=coordinates)
    if name == "angle":
        return sr.Measurement(codes.SCT.Angle, value, codes.UCUM.Degree, referenced_coordinates=coordinates)
    if name == "area":
        unit = UNIT_SQUARE_PIXELS if in_pixels else codes.UCUM.SquareMillimeter
        return sr.Measurement(codes.SCT.Area, value, unit, method=at_detector)
    if name == "pixels":
        return sr.Measurement(PIXEL_COUNT, value, UNIT_PIXELS)
    concept, unit = _brightness(measurement, image)
    return sr.Measurement(concept, value, unit, derivation=DERIVATIONS[name])


def _brightness(measurement: Measurement, image: Attributes) -> tuple[Code, Code]:
    if measurement.value_unit == "HU":
        return codes.DCM.AttenuationCoefficient, codes.UCUM.HounsfieldUnit
    if image.modality == "MR":
        return codes.DCM.MRSignalIntensity, codes.UCUM.NoUnits
    return PIXEL_VALUE, codes.UCUM.NoUnits


def _at_detector(measurement: Measurement) -> bool:
    return measurement.length_unit == MM_AT_DETECTOR


def _complete(item: Dataset, measurement: Measurement, comments: Sequence[str]) -> None:
    """Say in the group who measured, when, and what was written to it."""
    if measurement.created_at is not None:
        item.ObservationDateTime = measurement.created_at.strftime("%Y%m%d%H%M%S%z")
    contains, context = sr.RelationshipTypeValues.CONTAINS, sr.RelationshipTypeValues.HAS_OBS_CONTEXT
    item.ContentSequence.insert(
        2, sr.PnameContentItem(codes.DCM.PersonObserverName, person_name(measurement.reader), context)
    )
    for comment in comments:
        item.ContentSequence.append(sr.TextContentItem(codes.DCM.Comment, comment, contains))
