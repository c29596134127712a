"""In which order images are offered to be labelled; the reader is not told why one comes first.

Source: Settles, Active Learning Literature Survey, 2009 (margin sampling); Sener and Savarese, Active Learning for
Convolutional Neural Networks: A Core-Set Approach, ICLR 2018 (greedy k-centers).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

MOST_SPREAD = 2000  # images that are put into order by how they differ; the others follow at random


@dataclass(frozen=True, eq=False)
class Pool:
    """What the live model says of the images that wait, and of those that have a label already."""

    probabilities: np.ndarray  # (n, classes)
    features: np.ndarray  # (n, d), of the network's last layer but one
    out_of_scope: np.ndarray  # (n,) bool
    labelled: np.ndarray  # (m, d), features of images with a label; m may be 0


def order_queue(pool: Pool, how: str, seed: int = 0) -> np.ndarray:
    """Return the places of the waiting images, shape (n,), in the order in which they are offered.

    Parameters
    ----------
    pool : Pool
    how : str
        One of `ORDERS`.
    seed : int
        Decides among equals.

    Raises
    ------
    ValueError
        If there is no such order.
    """
    if how not in ORDERS:
        raise ValueError(f"The order must be one of {', '.join(ORDERS)}, got {how!r}.")
    return ORDERS[how](pool, np.random.default_rng(seed))


def by_uncertainty(pool: Pool, generator: np.random.Generator) -> np.ndarray:
    """Offer first what the model can least decide between its two likeliest classes."""
    likeliest = np.sort(pool.probabilities, axis=1)[:, -2:]
    margin = likeliest[:, -1] - likeliest[:, 0] if likeliest.shape[1] > 1 else np.abs(likeliest[:, 0] - 0.5)
    return _sorted(margin, generator)


def by_diversity(pool: Pool, generator: np.random.Generator) -> np.ndarray:
    """Offer first what is farthest from everything that has a label or comes before."""
    count = len(pool.features)
    distance = np.full(count, np.inf)
    for center in pool.labelled:
        distance = np.minimum(distance, ((pool.features - center) ** 2).sum(axis=1))
    order = []
    shuffled = generator.permutation(count)  # so that equals come in no order of their own
    for _ in range(min(count, MOST_SPREAD)):
        place = int(shuffled[np.argmax(distance[shuffled])])
        order.append(place)
        distance = np.minimum(distance, ((pool.features - pool.features[place]) ** 2).sum(axis=1))
        distance[order] = -np.inf
    rest = shuffled[~np.isin(shuffled, order)]
    return np.concatenate([np.array(order, int), rest])


def by_scope(pool: Pool, generator: np.random.Generator) -> np.ndarray:
    """Offer first what the model would not answer for."""
    return _sorted(~pool.out_of_scope, generator)


def at_random(pool: Pool, generator: np.random.Generator) -> np.ndarray:
    """Offer in no order."""
    return generator.permutation(len(pool.features))


def _sorted(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    shuffled = generator.permutation(len(values))
    return shuffled[np.argsort(values[shuffled], kind="stable")]


ORDERS: Mapping[str, Callable[[Pool, np.random.Generator], np.ndarray]] = MappingProxyType(
    {"uncertainty": by_uncertainty, "diversity": by_diversity, "out of scope": by_scope, "random": at_random}
)
