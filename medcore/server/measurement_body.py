"""Read a measurement from what a browser sent: JSON of bounded size, of which every part is of the right type."""

import json
from collections.abc import Mapping
from typing import Any

from medcore.dicom.measurement import KINDS, LENGTH_UNITS, NewMeasurement
from medcore.errors import LibraryError

LONGEST_BODY = 64 * 1024  # bytes; a measurement takes less than one KiB
LARGEST_INTEGER = 2**31  # no number of a frame reaches it; see DICOM PS3.5, 6.2 (IS)
MOST_POINTS = max(kind.points for kind in KINDS.values())
NOT_JSON = "The measurement did not arrive as JSON. Reload the page and draw it again."


def read_measurement(body: bytes) -> NewMeasurement:
    """Turn a body into a measurement; what it says is checked by the library.

    Raises
    ------
    LibraryError
        If it is no JSON object, or a part of it is missing or of another type; what is not known is passed over.
    """
    try:
        found = json.loads(body.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise LibraryError(NOT_JSON) from error
    if not isinstance(found, dict):
        raise LibraryError(NOT_JSON)
    unit = _part(found, "unit", dict) if "unit" in found else {}
    return NewMeasurement(
        uid=_part(found, "uid", str),
        sop_instance_uid=_part(found, "sop_instance_uid", str),
        frame=_part(found, "frame", int),
        kind=_part(found, "kind", str),
        points=_points(_part(found, "points", list)),
        reader=_part(found, "reader", str),
        text=_part({"text": ""} | found, "text", str),
        values={name: _number(value, name) for name, value in _part({"values": {}} | found, "values", dict).items()},
        length_unit=_part({"length": LENGTH_UNITS[-1]} | unit, "length", str),
        value_unit=_part({"value": ""} | unit, "value", str),
        removed=_part({"removed": False} | found, "removed", bool),
    )


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON.")


def _part(values: Mapping[str, Any], name: str, kind: type) -> Any:
    value = values.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise LibraryError(f"The measurement's {name} is missing or of the wrong kind. Reload the page and try again.")
    if isinstance(value, int) and abs(value) >= LARGEST_INTEGER:
        raise LibraryError(f"The measurement's {name} is beyond all bounds. Draw it again.")
    if isinstance(value, str) and not _is_text(value):
        raise LibraryError(f"The measurement's {name} holds characters that cannot be shown. Type it again.")
    return value


def _is_text(value: str) -> bool:
    """Tell text from what JSON can spell and no file can hold: halves of surrogate pairs."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _points(found: list[Any]) -> tuple[tuple[float, float], ...]:
    pairs = [point for point in found[: MOST_POINTS + 1] if isinstance(point, list) and len(point) == 2]
    if len(pairs) != len(found):
        raise LibraryError("The measurement's points are no pairs of a column and a row. Draw it again.")
    return tuple((_number(column, "points"), _number(row, "points")) for column, row in pairs)


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LibraryError(f"The measurement's {name if _is_text(name) else 'values'} must be numbers. Draw it again.")
    try:
        return float(value)
    except OverflowError as error:
        raise LibraryError("A number of the measurement is beyond all bounds. Draw it again.") from error
