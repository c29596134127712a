"""Whether one model is better than another on the same films.

Source: DeLong, DeLong and Clarke-Pearson, Biometrics 1988 (variance of correlated AUCs); Sun and Xu, IEEE Signal
Processing Letters 2014 (the same by ranks); McNemar, Psychometrika 1947, in its exact form. Both count films of one
patient as if they were of several; where patients have many films, `bootstrap_interval` of the difference does not.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, norm, rankdata

from medcore.evaluation.intervals import LEVEL


@dataclass(frozen=True)
class AucDifference:
    """Two areas under ROC curves of the same films, and how sure their difference is."""

    first: float
    second: float
    difference: float  # first - second
    low: float
    high: float
    p_value: float  # of no difference, two-sided


@dataclass(frozen=True)
class DecisionDifference:
    """On how many films only one of two models decided rightly."""

    only_first_right: int
    only_second_right: int
    p_value: float  # of no difference, two-sided, exact


def compare_aucs(truth: np.ndarray, first: np.ndarray, second: np.ndarray, level: float = LEVEL) -> AucDifference:
    """Compare two scores of the same films by their areas under the ROC curve.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    first, second : numpy.ndarray, shape (n,)
        Higher is more positive.
    level : float
        Of the interval.

    Raises
    ------
    ValueError
        If fewer than two films are positive, or fewer than two negative.
    """
    areas, covariance = auc_covariance(truth, np.stack([first, second]))
    difference = float(areas[0] - areas[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    error = math.sqrt(max(variance, 0.0))  # scores of one order leave a float's dust below 0
    half = float(norm.ppf((1 + level) / 2)) * error
    p_value = float(2 * norm.sf(abs(difference) / error)) if error > 0 else float(difference == 0)
    return AucDifference(float(areas[0]), float(areas[1]), difference, difference - half, difference + half, p_value)


def auc_covariance(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the areas under the ROC curves of several scores, and their covariance by DeLong.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    scores : numpy.ndarray, shape (m, n)

    Returns
    -------
    numpy.ndarray, shape (m,)
    numpy.ndarray, shape (m, m)

    Raises
    ------
    ValueError
        If fewer than two films are positive, or fewer than two negative.
    """
    positives, negatives = int(np.count_nonzero(truth)), int(np.count_nonzero(~truth))
    if min(positives, negatives) < 2:
        raise ValueError("The variance of an AUC needs at least two positive and two negative films.")
    ranks = rankdata(scores, axis=1)
    # for each positive film the share of negative ones below it, and for each negative one of positive ones above it
    above = (ranks[:, truth] - rankdata(scores[:, truth], axis=1)) / negatives
    below = 1 - (ranks[:, ~truth] - rankdata(scores[:, ~truth], axis=1)) / positives
    return above.mean(axis=1), np.atleast_2d(np.cov(above)) / positives + np.atleast_2d(np.cov(below)) / negatives


def compare_decisions(truth: np.ndarray, first: np.ndarray, second: np.ndarray) -> DecisionDifference:
    """Compare two models' decisions on the same films, by McNemar's exact test; all of shape (n,), bool."""
    only_first = int(np.count_nonzero((first == truth) & (second != truth)))
    only_second = int(np.count_nonzero((first != truth) & (second == truth)))
    p_value = float(binomtest(only_first, only_first + only_second).pvalue) if only_first + only_second else 1.0
    return DecisionDifference(only_first, only_second, p_value)
