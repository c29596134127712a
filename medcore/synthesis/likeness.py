"""How near a drawn film comes to films of real patients, and when that is too near.

The rule stands before any film is drawn. Of real patients that neither the embedding nor the generator saw, each
film's distance to the nearest training film says how near different patients usually come. A drawn film that comes
nearer to a training film than all but 5 in 100 of them do is thrown away.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from medcore.synthesis.embedding import embed

if TYPE_CHECKING:
    import keras

TOO_NEAR = 0.05  # share of different patients that come nearer than the threshold
CROPS = (0.9, 1.1)  # a training film is also compared framed closer and wider


@dataclass(frozen=True)
class Nearest:
    """The training film that a film comes nearest to."""

    distance: float  # 1 - cosine of the two points, 0 to 2
    place: int  # in the training films


def variants(films: np.ndarray) -> np.ndarray:
    """Return films, shape (n, rows, columns), as they are, mirrored, and framed closer and wider, one after another."""
    return np.concatenate([films, films[:, :, ::-1], *(_framed(films, scale) for scale in CROPS)])


def find_nearest(points: np.ndarray, others: np.ndarray, known: int) -> list[Nearest]:
    """Find the film that each point comes nearest to.

    Parameters
    ----------
    points : numpy.ndarray, shape (n, dimensions), length 1
    others : numpy.ndarray, shape (k * known, dimensions)
        Points of the variants of `known` films.
    known : int

    Returns
    -------
    list of Nearest
    """
    likeness = points @ others.T
    best = likeness.argmax(axis=1)
    return [Nearest(float(1 - row[place]), int(place % known)) for row, place in zip(likeness, best, strict=True)]


def too_near(strangers: np.ndarray, others: np.ndarray, known: int) -> float:
    """Return the distance below which a film is nearer to a training film than different patients usually are.

    Parameters
    ----------
    strangers : numpy.ndarray, shape (n, dimensions), length 1
        Films of patients of whom no film trained anything.
    others, known
        As for `find_nearest`.
    """
    return float(np.quantile([nearest.distance for nearest in find_nearest(strangers, others, known)], TOO_NEAR))


def embed_variants(network: "keras.Model", films: np.ndarray) -> np.ndarray:
    """Return the points of the films' variants, for `find_nearest`."""
    return embed(network, variants(films))


def _framed(films: np.ndarray, scale: float) -> np.ndarray:
    rows, columns = films.shape[1:]
    matrix = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), 0, scale)
    return np.stack([cv2.warpAffine(film, matrix, (columns, rows), flags=cv2.INTER_LINEAR) for film in films])
