"""What a reader measures or marks on a frame: plain values that the viewer, the library and reports share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from medcore.dicom.attributes import Attributes

Point = tuple[float, float]  # column and row; the centre of the first pixel is 0, 0

MM, MM_AT_DETECTOR, PIXELS = "mm", "mm at the detector", "px"
LENGTH_UNITS = (MM, MM_AT_DETECTOR, PIXELS)
VALUE_UNITS = ("HU", "")
REGION_VALUES = ("mean", "standard_deviation", "area", "minimum", "maximum", "pixels")


@dataclass(frozen=True)
class Kind:
    """What one tool of the viewer draws, and what it reads off."""

    points: int
    values: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()  # values without which it says nothing


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "length": Kind(2, ("length",), ("length",)),  # from end to end
        "angle": Kind(3, ("angle",), ("angle",)),  # end, vertex, end
        "rectangle": Kind(4, REGION_VALUES),  # corners: top left, top right, bottom left, bottom right
        "ellipse": Kind(4, REGION_VALUES),  # ends of the axes: bottom, top, left, right
        "probe": Kind(1, ("value",)),
        "arrow": Kind(2),  # tip, tail
    }
)


@dataclass(frozen=True)
class SourceImage:
    """An image that was measured, for a report that refers to it."""

    path: Path
    attributes: Attributes


@dataclass(frozen=True)
class NewMeasurement:
    """A measurement as the viewer sends it; another one with the same `uid` is a newer version of it."""

    uid: str  # given by the viewer, a UUID
    sop_instance_uid: str
    frame: int  # from 0
    kind: str  # one of KINDS
    points: tuple[Point, ...]
    reader: str
    text: str = ""  # an arrow's text, or a label
    values: Mapping[str, float] = field(default_factory=dict)  # what the reader saw, in the units below
    length_unit: str = PIXELS  # one of LENGTH_UNITS; an area's is its square
    value_unit: str = ""  # of brightness: one of VALUE_UNITS
    removed: bool = False


@dataclass(frozen=True)
class Measurement(NewMeasurement):
    """A saved version of a measurement."""

    id: int = 0
    created_at: datetime | None = None
    reading: int | None = None  # the first reading that it was saved with

    def as_json(self) -> dict[str, Any]:
        """Return the measurement as the viewer knows it."""
        return {
            "id": self.id,
            "uid": self.uid,
            "sop_instance_uid": self.sop_instance_uid,
            "frame": self.frame,
            "kind": self.kind,
            "points": [list(point) for point in self.points],
            "text": self.text,
            "values": dict(self.values),
            "unit": {"length": self.length_unit, "value": self.value_unit},
            "reader": self.reader,
            "created_at": self.created_at.isoformat() if self.created_at else None,
            "reading": self.reading,
            "removed": self.removed,
        }
