"""How far readers agree beyond chance.

Source: Cohen, Educational and Psychological Measurement 1960 (two readers); Fleiss, Psychological Bulletin 1971
(several), in the form of Gwet, Handbook of Inter-Rater Reliability, 2014, for films read by differing numbers of
readers; Gwet's AC1, British Journal of Mathematical and Statistical Psychology 2008, which stays high where nearly all
films are of one class. Intervals draw patients with replacement.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from medcore.evaluation.intervals import LEVEL, bootstrap_interval


@dataclass(frozen=True)
class Agreement:
    """Agreement of readers on the same films."""

    films: int
    agreed: float  # share of pairs of readings of one film that say the same
    kappa: float  # or AC1. 1: always; 0: as often as chance would; below 0: less often
    low: float
    high: float


def agree_two(
    first: np.ndarray, second: np.ndarray, patients: Sequence[str], level: float = LEVEL, seed: int = 0
) -> Agreement:
    """Measure by Cohen's kappa how far two readers agree.

    Parameters
    ----------
    first, second : numpy.ndarray, shape (n,)
        What each reader said of each film.
    patients : sequence of str, length n
        Whose film each is.
    level : float
        Of the interval.
    seed : int
        Of the draws for the interval.

    Raises
    ------
    ValueError
        If there is no film, the readers did not read the same films, or both said the same of every film.
    """
    if len(first) != len(second):
        raise ValueError(f"Two readers must read the same films, got {len(first)} and {len(second)} readings.")
    if len(first) == 0:
        raise ValueError("Agreement needs at least one film.")
    low, high = bootstrap_interval(cohen_kappa, [first, second], patients, level=level, seed=seed)
    return Agreement(len(first), float((first == second).mean()), cohen_kappa(first, second), low, high)


def fleiss_kappa(readings: np.ndarray) -> float:
    """Return Fleiss' kappa of films with at least two readings each, shape (n, classes), int.

    Raises
    ------
    ValueError
        If all readers gave every film one and the same class.
    """
    shares = _shares(readings)
    return _beyond_chance(float(_agreed(readings).mean()), float(shares @ shares))


def gwet_ac1(readings: np.ndarray) -> float:
    """Return Gwet's AC1 of films with at least two readings each, shape (n, classes), int.

    Raises
    ------
    ValueError
        If there is only one class.
    """
    shares, classes = _shares(readings), readings.shape[1]
    by_chance = float(shares @ (1 - shares)) / (classes - 1) if classes > 1 else 1.0
    return _beyond_chance(float(_agreed(readings).mean()), by_chance)


def agree_several(
    readings: np.ndarray,
    patients: Sequence[str],
    level: float = LEVEL,
    seed: int = 0,
    figure: Callable[[np.ndarray], float] = fleiss_kappa,
) -> Agreement:
    """Measure how far several readers agree, who need not be the same for each film.

    Parameters
    ----------
    readings : numpy.ndarray, shape (n, classes), int
        How many readers gave a film each class; a film with fewer than two readings says nothing and is left out.
    patients, level, seed
        As for `agree_two`.
    figure : callable
        `fleiss_kappa` or `gwet_ac1`.

    Raises
    ------
    ValueError
        If no film was read twice, or the figure is undefined.
    """
    twice = readings.sum(axis=1) >= 2
    readings = readings[twice]
    if len(readings) == 0:
        raise ValueError("Agreement needs at least one film with two readings.")
    owners = [patient for patient, one in zip(patients, twice, strict=True) if one]
    low, high = bootstrap_interval(figure, [readings], owners, level=level, seed=seed)
    return Agreement(len(readings), float(_agreed(readings).mean()), figure(readings), low, high)


def cohen_kappa(first: np.ndarray, second: np.ndarray) -> float:
    """Return Cohen's kappa of two readers, shapes (n,).

    Raises
    ------
    ValueError
        If both readers gave every film one and the same class: there is nothing that chance could have missed.
    """
    classes = np.unique(np.concatenate([first, second]))
    shares = [(reader[:, None] == classes).mean(axis=0) for reader in (first, second)]
    return _beyond_chance(float((first == second).mean()), float(shares[0] @ shares[1]))


def _shares(readings: np.ndarray) -> np.ndarray:
    """Return how often each class is given, films counting alike."""
    return np.asarray((readings / readings.sum(axis=1, keepdims=True)).mean(axis=0))


def _agreed(readings: np.ndarray) -> np.ndarray:
    """Return for each film the share of pairs of readings that say the same."""
    readers = readings.sum(axis=1)
    return np.asarray((readings * (readings - 1)).sum(axis=1) / (readers * (readers - 1)))


def _beyond_chance(agreed: float, by_chance: float) -> float:
    if by_chance >= 1:
        raise ValueError("Every film was given one and the same class, so that agreement says nothing.")
    return (agreed - by_chance) / (1 - by_chance)
