"""Draw a raw map over a film: on the film's own grid, in one scale for all films.

Source: the colours are Inferno, perceptually uniform, by Smith and van der Walt (CC0).
"""

from functools import cache

import cv2
import numpy as np

INFERNO = (
    (0, 0, 4),
    (27, 12, 65),
    (74, 12, 107),
    (120, 28, 109),
    (165, 44, 96),
    (207, 68, 70),
    (237, 105, 37),
    (251, 155, 6),
    (247, 209, 61),
    (252, 255, 164),
)
LONGEST = 1024  # pixels of a heatmap's longer side on a screen
FADE = 0.25  # share of the scale below which colours fade, so that film without evidence stays film
NO_EVIDENCE = "The network found nothing on this film that speaks for this finding, so there is no heatmap."


def has_evidence(raw_map: np.ndarray) -> bool:
    """Say whether any cell speaks for the target; `NO_EVIDENCE` is the sentence to show where none does."""
    return bool((raw_map > 0).any())


def upsample(raw_map: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Spread a map's cells over a film, bilinear between the cells' centres.

    Parameters
    ----------
    raw_map : numpy.ndarray, shape (7, 7) or any other grid of cells
    rows, columns : int
        The film's own grid.

    Returns
    -------
    numpy.ndarray, shape (rows, columns), float32
        In the map's own scale.
    """
    return np.asarray(cv2.resize(raw_map.astype(np.float32), (columns, rows), interpolation=cv2.INTER_LINEAR))


def display_grid(rows: int, columns: int) -> tuple[int, int]:
    """Return a film's grid, in proportion smaller where it is larger than a screen: a browser stretches it back."""
    share = min(1.0, LONGEST / max(rows, columns))
    return max(1, round(rows * share)), max(1, round(columns * share))


def heatmap(raw_map: np.ndarray, rows: int, columns: int, scale: float) -> np.ndarray:
    """Colour a map on a film's own grid.

    Parameters
    ----------
    raw_map : numpy.ndarray, shape (7, 7) or any other grid of cells
    rows, columns : int
        The film's own grid.
    scale : float
        The raw value of the brightest colour, the same for all films of a model.

    Returns
    -------
    numpy.ndarray, shape (rows, columns, 4), uint8
        Red, green, blue, opacity.

    Raises
    ------
    ValueError
        If `scale` is not above zero.
    """
    if not scale > 0:
        raise ValueError(f"The heatmap's scale must be above zero, got {scale}.")
    levels = np.clip(upsample(raw_map, rows, columns) * (255 / scale), 0, 255)
    return _colors()[np.rint(levels).astype(np.uint8)]


def scale_picture(rows: int = 12, columns: int = 256) -> np.ndarray:
    """Return the colours from zero (left) to the scale's top (right), shape (rows, columns, 3), uint8."""
    levels = np.rint(np.linspace(0, 255, columns)).astype(np.uint8)
    return np.broadcast_to(_colors()[levels, :3], (rows, columns, 3)).copy()


@cache
def _colors() -> np.ndarray:
    levels = np.linspace(0, 1, 256)
    anchors = np.linspace(0, 1, len(INFERNO))
    channels = [np.interp(levels, anchors, channel) for channel in np.transpose(INFERNO)]
    opacity = 255 * np.minimum(levels / FADE, 1)
    return np.asarray(np.rint(np.stack([*channels, opacity], axis=1)), np.uint8)
