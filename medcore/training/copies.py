"""Copies of films as another machine or another hand would have made them: what no check may refuse.

Unlike training's own variations these are meant to stay what a reader would call a usable, upright film.
"""

import cv2
import numpy as np

from medcore.training.shift import Change, contrast, framed, gamma, noisy, rotated

GAMMA = 0.35  # of the exponent's natural logarithm
CONTRAST = 0.2  # share of the gray values
OFFSET = 15.0  # gray values, of 255
ROTATION_DEGREES = 6.0
SMALLEST_FRAME, LARGEST_FRAME = 0.8, 1.15  # of the film's size: a black border of up to 10 %, or the edges cut off
COARSEST = 64 / 224  # share of the resolution
MOST_NOISE = 0.03  # share of the gray range, standard deviation


def with_copies(films: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return films, and after them one changed copy of each.

    Parameters
    ----------
    films : numpy.ndarray, shape (n, rows, columns)
        0 (black) to 255 (white).
    seed : int
        Draws the same changes again.

    Returns
    -------
    numpy.ndarray, shape (2 n, rows, columns), uint8
    """
    generator = np.random.default_rng(seed)
    both = np.empty((2 * len(films), *films.shape[1:]), np.uint8)
    both[: len(films)] = np.rint(films)
    for place, film in enumerate(films, start=len(films)):
        both[place] = np.rint(changed_copy(film, generator))
    return both


def changed_copy(film: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return one film, shape (rows, columns), after changes drawn anew; half of the copies are coarser, half noisy."""
    changes = [
        gamma(float(np.exp(generator.uniform(-GAMMA, GAMMA)))),
        contrast(1 + generator.uniform(-CONTRAST, CONTRAST), generator.uniform(-OFFSET, OFFSET)),
        rotated(generator.uniform(-ROTATION_DEGREES, ROTATION_DEGREES)),
        framed(*generator.uniform(SMALLEST_FRAME, LARGEST_FRAME, 2)),
    ]
    if generator.random() < 0.5:
        changes.append(stored_at(float(np.exp(generator.uniform(np.log(COARSEST), 0)))))
    if generator.random() < 0.5:
        changes.append(noisy(generator.uniform(0, MOST_NOISE), int(generator.integers(2**31))))
    copy = film.astype(np.float32)
    for change in changes:
        copy = np.asarray(change(copy), np.float32)
    return np.clip(copy, 0, 255)


def stored_at(share: float) -> Change:
    """Show the film as a file with this share of its rows and columns would be shown: both ways by area."""

    def change(film: np.ndarray) -> np.ndarray:
        rows, columns = film.shape
        small = (max(1, round(columns * share)), max(1, round(rows * share)))
        stored = cv2.resize(film, small, interpolation=cv2.INTER_AREA)
        return cv2.resize(stored, (columns, rows), interpolation=cv2.INTER_AREA)

    return change
