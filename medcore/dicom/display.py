"""Turn a frame into brightness: for the screen, the worklist and the classifier.

Source: DICOM PS3.3, C.11.2 (VOI LUT) and C.7.6.3.1.2 (MONOCHROME1 is shown inverted).
"""

import cv2
import numpy as np

from medcore.dicom.frame import Frame
from medcore.dicom.luts import Rescale
from medcore.dicom.windowing import CT_PRESETS, Window, apply_window

FULL_RANGE = "Full range"
FARTHEST = 1e37  # from 0, for a window's edges: float32 reaches 3.4e38
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as in YBR_FULL
HALVING_PAYS = 2**20  # pixels from which an image is halved before it is shrunk to an eighth or less
TABLE_PAYS = 2**16  # pixels from which one table of all 16-bit values is cheaper than each pixel's own arithmetic


def windows_for(frame: Frame) -> tuple[Window, ...]:
    """Return the windows to choose from: the file's own, the usual ones of CT, the full range; none for colour."""
    if frame.is_color:
        return ()
    presets = CT_PRESETS if frame.unit == "HU" else ()
    return (*frame.windows, *presets, full_range(frame))


def full_range(frame: Frame) -> Window:
    """Return the window that spans all values of the frame, padding left out."""
    low, high = _stored_range(frame)
    edges = frame.modality_lut.apply(np.array([low, high]))
    if not isinstance(frame.modality_lut, Rescale):
        edges = frame.values
    low, high = (float(np.clip(edge, -FARTHEST, FARTHEST)) for edge in (edges.min(), edges.max()))
    return Window((low + high) / 2, max(high - low, 1e-6), FULL_RANGE, "LINEAR_EXACT")


def _stored_range(frame: Frame) -> tuple[float, float]:
    stored = frame.stored
    if frame.padding is not None:
        inside = stored[(stored < frame.padding[0]) | (stored > frame.padding[1])]
        stored = inside if inside.size else stored
    low, high = float(stored.min()), float(stored.max())
    if np.isfinite(low) and np.isfinite(high):
        return low, high
    finite = stored[np.isfinite(stored)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def render(frame: Frame, window: Window | None = None) -> np.ndarray:
    """Return the frame as it is to be seen: 0 is black, 255 is white, MONOCHROME1 is turned already.

    Parameters
    ----------
    frame : Frame
        From `read_frame`.
    window : Window, optional
        One of `windows_for` or the reader's own; without it the file's first choice, else the full range.

    Returns
    -------
    numpy.ndarray, uint8
        (rows, columns), or (rows, columns, 3) RGB for colour, which has no window.
    """
    if frame.is_color:
        picture: np.ndarray = frame.stored
        return picture
    stored = frame.stored
    if stored.dtype.kind == "f" or stored.dtype.itemsize > 2 or stored.size < TABLE_PAYS:
        return _to_uint8(_brightness(frame, frame.values, window))
    domain = np.arange(2 ** (8 * stored.dtype.itemsize)).astype(f"u{stored.dtype.itemsize}")
    native = stored.astype(stored.dtype.newbyteorder("="), copy=False)
    values = frame.modality_lut.apply(domain.view(native.dtype))
    table = _to_uint8(_brightness(frame, values, window))
    return np.take(table, native.view(domain.dtype))


def _to_uint8(brightness: np.ndarray) -> np.ndarray:
    return np.rint(brightness * np.float32(255)).astype(np.uint8)


def _brightness(frame: Frame, values: np.ndarray, window: Window | None = None) -> np.ndarray:
    """Map modality values of any shape to 0 (black) .. 1 (white)."""
    if window is None and frame.voi_lut is not None:
        brightness = frame.voi_lut.apply(values).astype(np.float32)
        brightness /= np.float32(2**frame.voi_lut.bits - 1)
    else:
        window = window or (frame.windows[0] if frame.windows else full_range(frame))
        brightness = apply_window(values, window.center, window.width, window.function)
    if values.dtype.kind == "f":
        brightness = np.nan_to_num(brightness, copy=False)
    return np.subtract(1, brightness, out=brightness) if frame.inverted else brightness


def display_values(frame: Frame, size: tuple[int, int]) -> np.ndarray:
    """Return the frame as the classifier sees it: shrunk by area, then shown with the file's own window.

    The average of stored values is the average of modality values as long as the modality LUT is a straight line,
    so the shrinking comes first; a modality table is applied before it.

    Returns
    -------
    numpy.ndarray, shape `size` (rows, columns), float32
        Brightness from 0 (black) to 255 (white); colour is turned to grey.
    """
    if frame.is_color:
        grey: np.ndarray = shrink(frame.stored, size) @ LUMA
        return grey
    return _shrunk_brightness(frame, size) * np.float32(255)


def _shrunk_brightness(frame: Frame, size: tuple[int, int]) -> np.ndarray:
    if isinstance(frame.modality_lut, Rescale):
        values = frame.modality_lut.apply(shrink(frame.stored, size))
    else:
        values = shrink(frame.values, size)
    return _brightness(frame, values)


def thumbnail(frame: Frame, side: int = 96) -> np.ndarray:
    """Return a small picture, uint8, whose longer side is `side` pixels; (rows, columns) or (rows, columns, 3)."""
    rows, columns = frame.stored.shape[:2]
    scale = side / max(rows, columns)
    size = max(round(rows * scale), 1), max(round(columns * scale), 1)
    if frame.is_color:
        return _to_uint8(np.clip(shrink(frame.stored, size) / np.float32(255), 0, 1))
    return _to_uint8(_shrunk_brightness(frame, size))


def shrink(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the image, (rows, columns) or (rows, columns, 3), averaged by area onto `size` (rows, columns), float32.

    16-bit values are averaged as they stand, to the nearest whole value; all others in float32. Images of a megapixel
    and more are halved first, which takes less than half the time: it shares a pixel on the border of two results out
    together with its neighbour, and so moves an edge by half a pixel of the film at most.
    """
    native = image.astype(image.dtype.newbyteorder("="), copy=False)
    if native.dtype not in (np.uint16, np.int16):
        native = native.astype(np.float32)
    rows, columns = size
    height, width = native.shape[:2]
    if height * width >= HALVING_PAYS and height >= 8 * rows and width >= 8 * columns and height % 2 == width % 2 == 0:
        native = cv2.resize(native, (width // 2, height // 2), interpolation=cv2.INTER_AREA).astype(np.float32)
    small: np.ndarray = cv2.resize(native, (columns, rows), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32, copy=False)
