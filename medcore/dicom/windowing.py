"""Map modality values to display brightness through a VOI window.

Source: DICOM PS3.3, C.11.2.1.2 (LINEAR) and C.11.2.1.3 (SIGMOID, LINEAR_EXACT).
"""

from dataclasses import dataclass

import numpy as np

FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


@dataclass(frozen=True)
class Window:
    """A range of modality values to spread over black to white."""

    center: float  # in modality values: HU for CT
    width: float
    name: str = ""
    function: str = "LINEAR"


# The usual reading windows of CT, in HU.
CT_PRESETS = (
    Window(-600, 1500, "Lung"),
    Window(300, 1500, "Bone"),
    Window(40, 400, "Soft tissue"),
    Window(40, 80, "Brain"),
)


def apply_window(image: np.ndarray, center: float, width: float, function: str = "LINEAR") -> np.ndarray:
    """Scale the window onto black to white and clip the rest.

    Parameters
    ----------
    image : numpy.ndarray, any shape
        Modality values: HU for CT, unitless for DX and CR.
    center, width : float
        *Window Center* and *Window Width*, in the units of `image`.
    function : str
        *VOI LUT Function*: LINEAR, LINEAR_EXACT or SIGMOID.

    Returns
    -------
    numpy.ndarray, shape of `image`, float32
        Brightness from 0 (black) to 1 (white).

    Raises
    ------
    ValueError
        If `width` is below 1 for LINEAR or not above 0 otherwise, or `function` is none of the three.
    """
    _check(width, function)
    values = image.astype(np.float32, copy=True)  # float32 holds every 16-bit value exactly
    if function == "SIGMOID":
        return _sigmoid(values, center, width)
    if function == "LINEAR":
        if width == 1:
            return (values > np.float32(center - 0.5)).astype(np.float32)
        center, width = center - 0.5, width - 1
    values -= np.float32(center - width / 2)
    values /= np.float32(width)
    return np.clip(values, 0, 1, out=values)


def _sigmoid(values: np.ndarray, center: float, width: float) -> np.ndarray:
    values -= np.float32(center)
    values *= np.float32(-4 / width)
    np.clip(values, -80, 80, out=values)  # float32's exp overflows above 88
    brightness: np.ndarray = 1 / (1 + np.exp(values))
    return brightness


def _check(width: float, function: str) -> None:
    if function not in FUNCTIONS:
        raise ValueError(f"VOI LUT Function must be one of {', '.join(FUNCTIONS)}, got {function!r}.")
    smallest = 1 if function == "LINEAR" else 0
    if width < smallest or (function != "LINEAR" and width == 0):
        raise ValueError(f"Window Width must be {'at least 1' if smallest else 'above 0'} for {function}, got {width}.")
