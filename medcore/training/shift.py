"""The same films from elsewhere: exposure, framing and resolution as another machine or another hand would have them.

A model is chosen on these too, because its own validation films come from where its training films come from.
"""

from collections.abc import Callable

import cv2
import numpy as np

Change = Callable[[np.ndarray], np.ndarray]  # one film, (rows, columns), 0 to 255, in and out


def gamma(exponent: float) -> Change:
    """Raise the gray values to a power."""
    return lambda film: 255 * (film / 255) ** exponent


def contrast(gain: float, offset: float = 0.0) -> Change:
    """Stretch the gray values about their middle, as another window does; what leaves the range is clipped."""
    return lambda film: np.clip((film - 127.5) * gain + 127.5 + offset, 0, 255)


def framed(across: float, down: float) -> Change:
    """Take in more (below 1) or less (above 1) of what is around the chest; what was never exposed is black."""

    def change(film: np.ndarray) -> np.ndarray:
        rows, columns = film.shape
        matrix = np.array([[across, 0, (1 - across) * (columns - 1) / 2], [0, down, (1 - down) * (rows - 1) / 2]])
        return cv2.warpAffine(film, matrix, (columns, rows), flags=cv2.INTER_LINEAR, borderValue=0)

    return change


def cropped(share: float) -> Change:
    """Cut this share off each side, and enlarge what is left to the film's size."""
    return framed(1 / (1 - 2 * share), 1 / (1 - 2 * share))


def rotated(degrees: float) -> Change:
    """Turn the film about its middle."""

    def change(film: np.ndarray) -> np.ndarray:
        rows, columns = film.shape
        matrix = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), degrees, 1.0)
        return cv2.warpAffine(film, matrix, (columns, rows), flags=cv2.INTER_LINEAR, borderValue=0)

    return change


def reduced(share: float) -> Change:
    """Reduce the film to a share of its rows and columns and enlarge it again."""

    def change(film: np.ndarray) -> np.ndarray:
        rows, columns = film.shape
        small = cv2.resize(film, (round(columns * share), round(rows * share)), interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR)

    return change


def bordered(share: float) -> Change:
    """Blacken a border, each side this share of the film's."""

    def change(film: np.ndarray) -> np.ndarray:
        rows, columns = film.shape
        down, across = round(rows * share), round(columns * share)
        framed_film = np.zeros_like(film)
        framed_film[down : rows - down, across : columns - across] = film[down : rows - down, across : columns - across]
        return framed_film

    return change


def noisy(share: float, seed: int = 0) -> Change:
    """Add Gaussian noise, its standard deviation a share of the gray range; the same for every film."""

    def change(film: np.ndarray) -> np.ndarray:
        noise = np.random.default_rng(seed).standard_normal(film.shape)
        return np.clip(film + 255 * share * noise, 0, 255)

    return change


def compressed(quality: int) -> Change:
    """Store the film as a JPEG file and read it again."""

    def change(film: np.ndarray) -> np.ndarray:
        options = [cv2.IMWRITE_JPEG_QUALITY, quality]
        _, code = cv2.imencode(".jpg", np.rint(np.clip(film, 0, 255)).astype(np.uint8), options)
        return np.asarray(cv2.imdecode(code, cv2.IMREAD_GRAYSCALE))

    return change


SHIFTS: dict[str, Change] = {
    "gamma 0.6": gamma(0.6),
    "gamma 1.6": gamma(1.6),
    "contrast 70 %": contrast(0.7),
    "contrast 140 %, brighter": contrast(1.4, 25),
    "framed wider": framed(0.82, 0.88),
    "framed closer": framed(1.18, 1.1),
    "turned by 8 degrees": rotated(8),
    "a quarter of the resolution": reduced(0.25),
}


def changed(films: np.ndarray, change: Change) -> np.ndarray:
    """Return films, shape (n, rows, columns), after one change, as float32."""
    return np.stack([np.asarray(change(film.astype(np.float32)), np.float32) for film in films])
