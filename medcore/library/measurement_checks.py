"""Whether a measurement is such as the viewer makes: what is saved here comes from a browser, or from a backup."""

import math
import re

from medcore.dicom.measurement import KINDS, LENGTH_UNITS, VALUE_UNITS, NewMeasurement
from medcore.errors import LibraryError

UID = re.compile(r"[0-9A-Za-z-]{1,64}")
LONGEST_TEXT, LONGEST_NAME = 200, 100  # characters
LARGEST = 1e12  # of a value; none that can be measured comes near
AT_LEAST_0 = ("length", "angle", "area", "standard_deviation", "pixels")
LARGEST_ANGLE = 360.0  # degrees


def check_form(new: NewMeasurement) -> None:
    """Check all that can be said without the image.

    Raises
    ------
    LibraryError
        If the kind, the number of points, a value, a unit, the text or the reader's name is none of what is offered.
    """
    if not UID.fullmatch(new.uid):
        raise LibraryError("The measurement's uid must be 1 to 64 letters, digits and hyphens. Draw it again.")
    if new.kind not in KINDS:
        raise LibraryError(f"The measurement's kind must be one of {', '.join(KINDS)}. Draw it again.")
    kind = KINDS[new.kind]
    if len(new.points) != kind.points or not all(math.isfinite(number) for point in new.points for number in point):
        raise LibraryError(f"A measurement of the kind {new.kind} needs {kind.points} points. Draw it again.")
    if new.length_unit not in LENGTH_UNITS or new.value_unit not in VALUE_UNITS:
        raise LibraryError(
            f"Its lengths must be in {', '.join(LENGTH_UNITS)}, and its brightness in HU or without a unit. "
            "Draw it again."
        )
    _check_values(new)
    _check_words(new)


def check_place(new: NewMeasurement, rows: int, columns: int, frames: int) -> None:
    """Check that the frame is one of the image's, and that no point lies further outside than the image is large.

    Raises
    ------
    LibraryError
        If it is not so.
    """
    if not 0 <= new.frame < frames:
        raise LibraryError(f"The image has {frames} frames; there is none with the number {new.frame + 1} in it.")
    for column, row in new.points:
        if not (-columns <= column <= 2 * columns and -rows <= row <= 2 * rows):
            raise LibraryError("The measurement lies too far outside of the image. Draw it on the image.")


def _check_values(new: NewMeasurement) -> None:
    kind = KINDS[new.kind]
    if not set(new.values) <= set(kind.values) or not set(kind.needed) <= set(new.values):
        offered = ", ".join(kind.values) or "none"
        raise LibraryError(f"The values of the kind {new.kind} are: {offered}. Draw it again.")
    for name, value in new.values.items():
        if not math.isfinite(value) or abs(value) > LARGEST or (name in AT_LEAST_0 and value < 0):
            raise LibraryError(f"The value {name} is no number that can be measured. Draw it again.")
    if new.values.get("angle", 0.0) > LARGEST_ANGLE:
        raise LibraryError("An angle has at most 360 degrees. Draw it again.")


def _check_words(new: NewMeasurement) -> None:
    if len(new.text) > LONGEST_TEXT:
        raise LibraryError(f"The text has {len(new.text)} characters; {LONGEST_TEXT} fit. Shorten it.")
    if not new.text.isprintable() or not new.reader.isprintable():
        raise LibraryError("The text or the name holds characters that cannot be shown. Type it again, on one line.")
    if not new.reader.strip() or len(new.reader) > LONGEST_NAME:
        raise LibraryError(f"Type your name first, in at most {LONGEST_NAME} characters.")
