"""How sure a figure is: exact bounds of a share, and bounds by drawing patients with replacement.

Source: Clopper and Pearson, Biometrika 1934 (exact binomial bounds); Efron and Tibshirani, An Introduction to the
Bootstrap, 1993 (percentile interval). Patients are drawn and not films, because films of one patient are alike.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy.special import betaincinv  # scipy.stats takes long to import, in every process

LEVEL = 0.95
RESAMPLES = 2000
DRAWS_AT_ONCE = 250  # bounds the memory: a draw takes some ten numbers a film
MOST_TRIES = 20  # draws for each wanted one, before the statistic is called undefined


def proportion_interval(successes: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Bound a share exactly, by Clopper and Pearson.

    Parameters
    ----------
    successes, n : int
        Hits, and how many were tried; of nothing tried the share may be anything, 0 to 1.
    level : float
        Least probability that the bounds hold the true share, between 0 and 1.

    Returns
    -------
    float, float
        The lower and upper bound, 0 to 1.

    Raises
    ------
    ValueError
        If `successes` is not between 0 and `n`, or `level` is out of its range.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"The successes must be from 0 to the number tried, {n}, got {successes}.")
    _check_level(level)
    low, high = proportion_bounds(np.array(successes), np.array(n), level)
    return float(low), float(high)


def proportion_bounds(successes: np.ndarray, n: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Bound many shares at once as `proportion_interval` bounds one; all arrays of one shape."""
    tail = (1 - level) / 2
    low = betaincinv(np.maximum(successes, 1), n - successes + 1, tail)
    high = betaincinv(successes + 1, np.maximum(n - successes, 1), 1 - tail)
    return np.where(successes > 0, low, 0.0), np.where(successes < n, high, 1.0)


def percentile_interval(draws: np.ndarray, level: float = LEVEL) -> tuple[float, float]:
    """Return the bounds that hold the middle `level` of the draws, shape (resamples,)."""
    _check_level(level)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bootstrap_interval(
    statistic: Callable[..., float],
    arrays: Sequence[np.ndarray],
    patients: Sequence[str],
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[float, float]:
    """Bound any figure by drawing patients with replacement.

    Parameters
    ----------
    statistic : callable
        Takes as many arrays as there are in `arrays` and returns a number; raises ValueError where it is undefined.
    arrays : sequence of numpy.ndarray, each of first dimension n
        What the figure is worked out from, such as truth and score; all are drawn alike.
    patients : sequence of str, length n
        Whose film each is; films of one patient are drawn together.
    level : float
        Share of the draws between the bounds.
    resamples : int
        Number of draws; those where the figure is undefined are drawn again.
    seed : int

    Returns
    -------
    float, float
        The percentile interval's lower and upper bound.

    Raises
    ------
    ValueError
        If the figure is undefined for the films as they are, or for nearly all draws.
    """
    statistic(*arrays)
    films_of = _films_of(patients)
    generator = np.random.default_rng(seed)
    figures: list[float] = []
    for _ in range(MOST_TRIES * resamples):
        films = np.concatenate([films_of[patient] for patient in _drawn(generator, len(films_of))])
        try:
            figures.append(statistic(*(array[films] for array in arrays)))
        except ValueError:
            continue
        if len(figures) == resamples:
            return percentile_interval(np.array(figures), level)
    raise ValueError("The figure is undefined for nearly all draws of patients: too few patients of one kind.")


def weight_parts(
    patients: Sequence[str], *, resamples: int = RESAMPLES, seed: int = 0, at_once: int = DRAWS_AT_ONCE
) -> Iterator[np.ndarray]:
    """Say how often each film stands in each draw of patients, for figures that work on many draws at once.

    Parameters
    ----------
    patients : sequence of str, length n
    resamples : int
    seed : int
    at_once : int
        Draws in one part.

    Yields
    ------
    numpy.ndarray, shape (up to at_once, n), float64
        Whole numbers; the first row of all holds each film once, the draws that follow are those of
        `bootstrap_interval` with this seed.
    """
    _, patient_of = np.unique(np.asarray(patients), return_inverse=True)
    count = int(patient_of.max()) + 1
    generator = np.random.default_rng(seed)
    times: list[np.ndarray] = [np.ones(count)]
    for _ in range(resamples):
        if len(times) == at_once:
            yield np.array(times, dtype=np.float64)[:, patient_of]
            times = []
        times.append(np.bincount(_drawn(generator, count), minlength=count))
    yield np.array(times, dtype=np.float64)[:, patient_of]


def _drawn(generator: np.random.Generator, count: int) -> np.ndarray:
    return generator.integers(0, count, count)


def _films_of(patients: Sequence[str]) -> list[np.ndarray]:
    _, patient_of = np.unique(np.asarray(patients), return_inverse=True)
    return np.split(np.argsort(patient_of, kind="stable"), np.cumsum(np.bincount(patient_of))[:-1])


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"The level of an interval must be above 0 and below 1, got {level}.")
