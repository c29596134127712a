"""How far a set of films lies from another, as a network sees them.

Source: Binkowski et al., Demystifying MMD GANs, ICLR 2018: kernel inception distance, here with the features of
EfficientNet-Lite0 as it is published, so that figures compare only with each other.
"""

from dataclasses import dataclass

import numpy as np

SUBSETS, SUBSET = 50, 100


@dataclass(frozen=True)
class Distance:
    """The mean over subsets, and its standard deviation."""

    mean: float
    deviation: float


def kernel_distance(one: np.ndarray, other: np.ndarray, seed: int = 0) -> Distance:
    """Return the squared maximum mean discrepancy of features, shapes (n, d) and (m, d), under (x·y / d + 1)³.

    Raises
    ------
    ValueError
        If a set has fewer than two films.
    """
    size = min(SUBSET, len(one), len(other))
    if size < 2:
        raise ValueError("The distance of two sets needs at least two films in each.")
    generator = np.random.default_rng(seed)
    values = [
        _unbiased(one[generator.permutation(len(one))[:size]], other[generator.permutation(len(other))[:size]])
        for _ in range(SUBSETS)
    ]
    return Distance(float(np.mean(values)), float(np.std(values)))


def _unbiased(one: np.ndarray, other: np.ndarray) -> float:
    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.asarray((a @ b.T / a.shape[1] + 1) ** 3)

    def within(a: np.ndarray) -> float:
        values = kernel(a, a)
        return float((values.sum() - np.trace(values)) / (len(a) * (len(a) - 1)))

    return within(one) + within(other) - 2 * float(kernel(one, other).mean())
