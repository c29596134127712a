"""Draw films by seed and choose by rule: far enough from every training film, then within the classifier's scope.

Whether the classifier is right about a film has no part in it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np

from medcore.classifier.decision import CLASSES
from medcore.classifier.network import INPUT_SIZE
from medcore.synthesis.likeness import Nearest
from medcore.synthesis.networks import NOISE

TOO_NEAR = "too near to a training film"
NearestTo = Callable[[np.ndarray], Nearest]  # a film, (rows, columns) uint8, in
Refusal = Callable[[np.ndarray], str]  # why the classifier would not answer for a film; empty where it would


@dataclass(frozen=True, eq=False)
class DrawnFilm:
    """One film that a generator drew."""

    seed: int
    asked: str  # the class that the generator was asked for, which is no truth
    film: np.ndarray  # (224, 224) uint8, 0 (black) to 255 (white)
    nearest: Nearest
    refused: str  # why it is not taken; empty where it is


def draw(generator: Callable[[list[np.ndarray]], np.ndarray], seed: int, kind: int) -> np.ndarray:
    """Return the film of a seed and a class, shape (224, 224), uint8, enlarged to the classifier's input."""
    noise = np.random.default_rng(seed).standard_normal((1, NOISE)).astype(np.float32)
    drawn = np.asarray(generator([noise, np.array([kind], np.int32)]))[0, :, :, 0]
    enlarged = cv2.resize((drawn + 1) * 127.5, INPUT_SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    return np.rint(np.clip(enlarged, 0, 255)).astype(np.uint8)


def draw_films(
    generator: Callable[[list[np.ndarray]], np.ndarray],
    nearest_to: NearestTo,
    limit: float,
    refusal: Refusal,
    first_seed: int = 1,
) -> Iterator[DrawnFilm]:
    """Draw one film after another, the classes in turn, and say of each whether it may be taken.

    Parameters
    ----------
    generator : callable
        As `medcore.synthesis.networks.build_generator` makes it.
    nearest_to : callable
        Finds the training film that a film comes nearest to.
    limit : float
        Distance below which a film is too near.
    refusal : callable
        The classifier's checks of quality and picture.
    first_seed : int
    """
    seed = first_seed
    while True:
        kind = seed % len(CLASSES)
        film = draw(generator, seed, kind)
        nearest = nearest_to(film)
        refused = TOO_NEAR if nearest.distance < limit else refusal(film)
        yield DrawnFilm(seed, CLASSES[kind], film, nearest, refused)
        seed += 1


def choose(drawn: Iterator[DrawnFilm], of_each: int, looked_at: int) -> tuple[list[DrawnFilm], list[DrawnFilm]]:
    """Take the first films of each class that may be taken.

    Parameters
    ----------
    drawn : iterator of DrawnFilm
    of_each : int
        Films of each class.
    looked_at : int
        Films that are looked at, however early enough of them are chosen: they are what is measured.

    Returns
    -------
    list of DrawnFilm, list of DrawnFilm
        The chosen ones, perhaps fewer than wanted, and all that were looked at.
    """
    seen = list(islice(drawn, looked_at))
    chosen: list[DrawnFilm] = []
    for film in seen:
        if not film.refused and sum(one.asked == film.asked for one in chosen) < of_each:
            chosen.append(film)
    return chosen, seen
