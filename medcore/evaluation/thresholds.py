"""Thresholds by rule; films at or above a threshold are called positive.

Source: Youden, Cancer 1950.
"""

import math
from collections.abc import Sequence

import numpy as np


def sensitivity_specificity(truth: np.ndarray, probability: np.ndarray, threshold: float) -> tuple[float, float]:
    """Return both shares when films at or above the threshold are called positive.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    probability : numpy.ndarray, shape (n,)
    threshold : float

    Raises
    ------
    ValueError
        If all films are positive or all negative.
    """
    _check_both_kinds(truth)
    called = probability >= threshold
    return float(called[truth].mean()), float((~called[~truth]).mean())


def highest_threshold(truth: np.ndarray, probability: np.ndarray, sensitivity: float) -> float:
    """Return the highest threshold that still finds the wanted share of the positive films.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    probability : numpy.ndarray, shape (n,)
    sensitivity : float
        Above 0, up to 1.

    Returns
    -------
    float
        One of the positive films' probabilities.

    Raises
    ------
    ValueError
        If no film is positive, or `sensitivity` is out of its range.
    """
    if not 0 < sensitivity <= 1:
        raise ValueError(f"The wanted sensitivity must be above 0 and at most 1, got {sensitivity}.")
    positives = np.sort(probability[truth])[::-1]
    if not positives.size:
        raise ValueError("An operating point needs positive films.")
    return float(positives[_needed(sensitivity, positives.size) - 1])


def lowest_threshold(truth: np.ndarray, probability: np.ndarray, specificity: float) -> float:
    """Return the lowest of the films' probabilities that still leaves the wanted share of the negative films alone.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    probability : numpy.ndarray, shape (n,)
    specificity : float
        Above 0, up to 1.

    Returns
    -------
    float
        One of the films' probabilities; the next number above them all where only calling nothing is specific enough.

    Raises
    ------
    ValueError
        If no film is negative, or `specificity` is out of its range.
    """
    if not 0 < specificity <= 1:
        raise ValueError(f"The wanted specificity must be above 0 and at most 1, got {specificity}.")
    negatives = np.sort(probability[~truth])
    if not negatives.size:
        raise ValueError("An operating point needs negative films.")
    highest_left_alone = negatives[_needed(specificity, negatives.size) - 1]
    above = probability[probability > highest_left_alone]
    return float(above.min() if above.size else np.nextafter(highest_left_alone, math.inf))


def balanced_threshold(truth: np.ndarray, probability: np.ndarray) -> float:
    """Return the threshold of the largest sensitivity + specificity - 1; of equal ones the lowest.

    The lowest has the higher sensitivity: a missed pneumonia weighs more than a second look.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    probability : numpy.ndarray, shape (n,)

    Returns
    -------
    float
        One of the films' probabilities.

    Raises
    ------
    ValueError
        If all films are positive or all negative.
    """
    return balanced_under_shift(truth, [probability])


def balanced_under_shift(truth: np.ndarray, probabilities: Sequence[np.ndarray]) -> float:
    """Return the threshold whose Youden index is largest on average over versions of the same films.

    A threshold chosen on films as they are may sit where a darker or noisier version loses all specificity; the
    average asks for one that serves them all.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    probabilities : sequence of numpy.ndarray, each of shape (n,)
        The films' probabilities, an array for each version.

    Returns
    -------
    float
        One of the probabilities; of equally good ones the lowest, as in `balanced_threshold`.

    Raises
    ------
    ValueError
        If all films are positive or all negative, or there is no version.
    """
    _check_both_kinds(truth)
    if not probabilities:
        raise ValueError("A threshold needs the films' probabilities in at least one version.")
    candidates = np.unique(np.concatenate(probabilities))
    index = sum(_youden(truth, probability, candidates) for probability in probabilities)
    return float(candidates[np.argmax(index)])


def _youden(truth: np.ndarray, probability: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Return the index times positives times negatives, in whole numbers: floats would part equal indices."""
    positives, negatives = np.sort(probability[truth]), np.sort(probability[~truth])
    missed = np.searchsorted(positives, thresholds, side="left")
    left_alone = np.searchsorted(negatives, thresholds, side="left")
    return np.asarray(left_alone * positives.size - missed * negatives.size)


def _needed(share: float, count: int) -> int:
    return math.ceil(share * count - 1e-9)  # 0.95 times 20 is 19, whatever floats say


def _check_both_kinds(truth: np.ndarray) -> None:
    if truth.all() or not truth.any():
        raise ValueError("Sensitivity and specificity need positive and negative films.")
