"""Sets of classes that hold the true class as often as promised, in each class by itself.

Source: Vovk, Conditional validity of inductive conformal predictors, ACML 2012 (class-conditional); Angelopoulos and
Bates, A gentle introduction to conformal prediction, 2021 (finite-sample quantile). The promise is for films drawn
like those of the calibration.
"""

import math
from dataclasses import dataclass

import numpy as np

from medcore.evaluation.intervals import LEVEL, proportion_interval

SET_LEVEL = 0.9


@dataclass(frozen=True)
class ClassCoverage:
    """How often the sets hold the true class, among the films of one class."""

    covered: int
    films: int
    share: float | None  # None without films
    share_low: float  # exact bounds
    share_high: float


@dataclass(frozen=True)
class Coverage:
    """What prediction sets are worth: how often they are right, and how much they leave open."""

    classes: tuple[ClassCoverage, ...]  # in the order of the sets' columns
    mean_set_size: float  # classes a film
    single: float  # share of films whose set names one class
    empty: float  # share of films whose set names none


def class_quantiles(probabilities: np.ndarray, labels: np.ndarray, level: float = SET_LEVEL) -> np.ndarray:
    """Return how improbable each class may be and still be named.

    Parameters
    ----------
    probabilities : numpy.ndarray, shape (n, k)
        Of calibration films.
    labels : numpy.ndarray, shape (n,) int or (n, k) bool
        The true classes, 0 to k - 1, or which classes a film has.
    level : float
        Least share of each class's films whose set is to hold the class, between 0 and 1.

    Returns
    -------
    numpy.ndarray, shape (k,), float64
        Of 1 - probability of the true class, the value of rank ceil((n + 1) level) among the class's n films;
        infinity for a class of too few films (its class is then in each set).

    Raises
    ------
    ValueError
        If `level` is out of its range.
    """
    if not 0 < level < 1:
        raise ValueError(f"The level of prediction sets must be above 0 and below 1, got {level}.")
    surprise = 1 - probabilities
    has = labels if labels.ndim == 2 else labels[:, None] == np.arange(probabilities.shape[1])
    return np.array([_quantile(surprise[has[:, k], k], level) for k in range(probabilities.shape[1])])


def prediction_sets(probabilities: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Say for each film which classes are not ruled out.

    Parameters
    ----------
    probabilities : numpy.ndarray, shape (n, k)
    quantiles : numpy.ndarray, shape (k,)
        From `class_quantiles`.

    Returns
    -------
    numpy.ndarray, shape (n, k), bool
        A row may name several classes, or none.
    """
    return np.asarray(1 - probabilities <= quantiles)


def coverage(sets: np.ndarray, labels: np.ndarray, level: float = LEVEL) -> Coverage:
    """Count how often sets hold the true class.

    Parameters
    ----------
    sets : numpy.ndarray, shape (n, k), bool
    labels : numpy.ndarray, shape (n,), int
    level : float
        Of the exact bounds.

    Raises
    ------
    ValueError
        If there is no film.
    """
    if not labels.size:
        raise ValueError("The coverage of prediction sets needs films.")
    sizes = sets.sum(axis=1)
    return Coverage(
        classes=tuple(_class_coverage(sets[labels == k, k], level) for k in range(sets.shape[1])),
        mean_set_size=float(sizes.mean()),
        single=float((sizes == 1).mean()),
        empty=float((sizes == 0).mean()),
    )


def _quantile(surprise: np.ndarray, level: float) -> float:
    rank = math.ceil((surprise.size + 1) * level - 1e-9)  # 0.9 times 10 is 9, whatever floats say
    return float(np.sort(surprise)[rank - 1]) if rank <= surprise.size else math.inf


def _class_coverage(holds: np.ndarray, level: float) -> ClassCoverage:
    covered = int(np.count_nonzero(holds))
    low, high = proportion_interval(covered, holds.size, level)
    return ClassCoverage(covered, holds.size, covered / holds.size if holds.size else None, low, high)
