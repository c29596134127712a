"""Bring films of different exposure to the same gray values before the network sees them."""

from typing import Literal, get_args

import cv2
import numpy as np

Normalization = Literal["none", "equalized", "half equalized"]
NORMALIZATIONS: tuple[str, ...] = get_args(Normalization)


def normalize(films: np.ndarray, how: Normalization) -> np.ndarray:
    """Return films with the gray values that a network was trained on.

    Equalizing gives every film the same histogram, so that no exposure, gamma or window without clipping changes what
    the network sees; half equalized is the mean of that and of the film itself.
    Source: Gonzalez and Woods, Digital Image Processing, section 3.3 (histogram equalization).

    Parameters
    ----------
    films : numpy.ndarray, shape (n, rows, columns) or (n, rows, columns, channels)
        Display values, 0 (black) to 255 (white).
    how : {"none", "equalized", "half equalized"}

    Returns
    -------
    numpy.ndarray, same shape, float32
        0 to 255.
    """
    values = np.asarray(films, np.float32)
    if how == "none":
        return values
    equalized = np.stack([_equalize(film) for film in values])
    return equalized if how == "equalized" else (equalized + values) / 2


def _equalize(film: np.ndarray) -> np.ndarray:
    gray = np.rint(np.clip(film, 0, 255)).astype(np.uint8)
    channels = cv2.split(gray) if gray.ndim == 3 else [gray]
    return np.asarray(cv2.merge([cv2.equalizeHist(channel) for channel in channels]), np.float32).reshape(film.shape)
