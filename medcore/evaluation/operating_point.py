"""Choose a threshold, and say what it buys."""

import math

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
    if truth.all() or not truth.any():
        raise ValueError("Sensitivity and specificity need positive and negative films.")
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
    needed = math.ceil(sensitivity * positives.size - 1e-9)
    return float(positives[needed - 1])
