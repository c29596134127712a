"""Whether a picture is good enough for the network: not blank, not cut off, not too small, and the right way up.

A film shrunk to 12 x 12 pixels still shows which way up it is and whether it is inverted. It is compared with the
cloud of the training films at that size (eigenfaces: Turk and Pentland, J. Cogn. Neurosci. 3 (1991)), as it is, turned
and inverted: the state that is nearest to the cloud is what it should look like.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from medcore.classifier.familiarity import UNLIKE
from medcore.classifier.subspace import Subspace, read_subspace, write_subspace

QualityKind = Literal["good", "blank", "clipped", "too small", "inverted", "upside down", "turned", "unlike"]

SIDE = 12  # pixels of the shrunk film
SMALLEST_SPREAD = 1.0  # standard deviation of the grey values, of 0 to 255
MARGIN = 0.2  # share of each side that is left out where clipping is looked for: collimation and air are black
NEARLY = 2.0  # grey values from black or white that count as cut off
MOST_CLIPPED = 0.3  # share of the middle; no training film has more than 0.03, one with a window 20 % off rarely 0.2
SMALLEST_SIDE = 128  # pixels; at 112 the answers of 5 % of the validation films change, at 128 of 1 %

EMPTY = (
    "The image shows nothing: its grey values are all alike, or no numbers. Look at it in its window, and send it "
    "again from the source."
)
CLIPPED = (
    "{:.0%} of the middle of the film is pure black or pure white, so its window hides what the model needs to see. "
    "Correct the window at the source, and send the film again."
)
TOO_SMALL = (
    "The film has {} x {} pixels, and the model needs at least {} on the shorter side. Send the film at its full size."
)
INVERTED = (
    "The film looks inverted, black for white. Correct its Photometric Interpretation (0028,0004) at "
    "the source, and send it again."
)
UPSIDE_DOWN = "The film looks upside down. Turn it at the source, and send it again."
TURNED = "The film looks turned by 90 degrees to the {}. Turn it back at the source, and send it again."

STATES = tuple((is_inverted, turns) for is_inverted in (False, True) for turns in range(4))  # the first: as it is


@dataclass(frozen=True)
class Quality:
    """What is wrong with a picture, if anything."""

    kind: QualityKind
    reason: str = ""  # a sentence for the reader; empty when good


@dataclass(frozen=True, eq=False)
class QualityModel:
    """The cloud of the training films at 12 x 12 pixels; fitted by `medcore.training.fit_quality`."""

    subspace: Subspace
    limit: float  # distance above which a picture is no film like these

    def check(self, values: np.ndarray, size: tuple[int, int] | None = None) -> Quality:
        """Look for the first thing that is wrong with a picture, in the order of `QualityKind`.

        Parameters
        ----------
        values : numpy.ndarray, shape (rows, columns)
            Display values as the network gets them, 0 (black) to 255 (white).
        size : (int, int), optional
            Rows and columns of the stored film; without it the size is not checked.
        """
        if is_blank(values):
            return Quality("blank", EMPTY)
        share = clipped_share(values)
        if share > MOST_CLIPPED:
            return Quality("clipped", CLIPPED.format(share))
        if size is not None and min(size) < SMALLEST_SIDE:
            return Quality("too small", TOO_SMALL.format(*size, SMALLEST_SIDE))
        return self._look(values)

    def score(self, films: np.ndarray) -> np.ndarray:
        """Return how unlike the training films pictures are: their distance over the limit, above 1 is refused.

        Parameters
        ----------
        films : numpy.ndarray, shape (n, rows, columns)

        Returns
        -------
        numpy.ndarray, shape (n,), float64
        """
        return self.subspace.distance(np.stack([at_a_glance(film).ravel() for film in films])) / self.limit

    def _look(self, values: np.ndarray) -> Quality:
        distances = self.subspace.distance(in_all_states(at_a_glance(values)))
        nearest = int(distances.argmin())
        if nearest and distances[nearest] <= self.limit:
            return _restored_by(*STATES[nearest])
        return Quality("good") if distances[0] <= self.limit else Quality("unlike", UNLIKE)

    @classmethod
    def read(cls, file: Path) -> "QualityModel":
        """Read a fit.

        Raises
        ------
        ModelError
            If the file is missing or not what it should be.
        """
        return cls(*read_subspace(file))

    def write(self, file: Path) -> None:
        """Write a fit."""
        write_subspace(file, self.subspace, self.limit)


def is_blank(values: np.ndarray) -> bool:
    """Say whether a picture, shape (rows, columns), has one grey value only, or values that are no numbers."""
    return not np.isfinite(values).all() or float(values.std()) < SMALLEST_SPREAD


def clipped_share(values: np.ndarray) -> float:
    """Return the share of the middle of a picture, shape (rows, columns), that is pure black or pure white."""
    down, across = (round(MARGIN * side) for side in values.shape)
    middle = values[down : values.shape[0] - down, across : values.shape[1] - across]
    return float(np.mean((middle <= NEARLY) | (middle >= 255 - NEARLY)))


def at_a_glance(values: np.ndarray) -> np.ndarray:
    """Return a picture as 12 x 12 float64 values of mean 0 and standard deviation 1: no exposure, no fine detail."""
    small = cv2.resize(np.asarray(values, np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float64)
    return np.asarray((small - small.mean()) / max(float(small.std()), 1e-6))


def in_all_states(small: np.ndarray) -> np.ndarray:
    """Return a glance, shape (12, 12), in every one of `STATES`, as rows: shape (8, 144)."""
    upright = np.stack([np.rot90(small, turns).ravel() for turns in range(4)])
    return np.concatenate([upright, -upright])


def _restored_by(is_inverted: bool, turns: int) -> Quality:
    """Name what is wrong with a film by what puts it right: whether to invert it, and quarter turns to the left."""
    if is_inverted:
        return Quality("inverted", INVERTED)
    if turns == 2:
        return Quality("upside down", UPSIDE_DOWN)
    return Quality("turned", TURNED.format("right" if turns == 1 else "left"))
