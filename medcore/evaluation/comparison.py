"""Whether one model is better than another on the same films.

Source: DeLong, DeLong and Clarke-Pearson, Biometrics 1988 (variance of correlated AUCs); Sun and Xu, IEEE Signal
Processing Letters 2014 (the same by ranks); McNemar, Psychometrika 1947, in its exact form. Both count films of one
patient as if they were of several; where patients have many films, `bootstrap_interval` of the difference does not.
"""

import math
from collections.abc import Sequence
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
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    error = math.sqrt(max(variance, 0.0))  # scores of one order leave a float's dust below 0
    return _difference(float(areas[0]), float(areas[1]), error, level)


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
    above, below = _placements(truth, scores)
    covariance = np.atleast_2d(np.cov(above)) / above.shape[1] + np.atleast_2d(np.cov(below)) / below.shape[1]
    return above.mean(axis=1), covariance


def compare_macro_aucs(
    truth: np.ndarray, first: np.ndarray, second: np.ndarray, patients: Sequence[str], level: float = LEVEL
) -> AucDifference:
    """Compare two models by the mean of their areas under the ROC curves of several classes, each against the rest.

    With one class and one film a patient this is `compare_aucs`. What each film adds to the variance is added up over
    classes and over a patient's films before it is squared, after Obuchowski, Biometrics 1997 (clustered data).

    Parameters
    ----------
    truth : numpy.ndarray, shape (n, classes), bool
    first, second : numpy.ndarray, shape (n, classes)
        Higher is more positive.
    patients : sequence of str, length n
        Whose film each is.
    level : float
        Of the interval.

    Raises
    ------
    ValueError
        If fewer than two films are positive for a class, or fewer than two negative.
    """
    areas = np.zeros(2)
    influence = np.zeros(len(truth))
    for of_class, *scores in zip(truth.T, first.T, second.T, strict=True):
        above, below = _placements(of_class, np.stack(scores))
        areas += above.mean(axis=1) / truth.shape[1]
        for films, placed in ((of_class, above), (~of_class, below)):
            count = placed.shape[1]
            apart = (placed - placed.mean(axis=1, keepdims=True)) / math.sqrt(count * (count - 1))
            influence[films] += (apart[0] - apart[1]) / truth.shape[1]
    _, patient_of = np.unique(np.asarray(patients), return_inverse=True)
    error = math.sqrt(float((np.bincount(patient_of, weights=influence) ** 2).sum()))
    return _difference(float(areas[0]), float(areas[1]), error, level)


def _placements(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each positive film the share of negative ones below it, for each negative one of positive ones above.

    Shapes (scores, positives) and (scores, negatives); Sun and Xu, by ranks.
    """
    positives, negatives = int(np.count_nonzero(truth)), int(np.count_nonzero(~truth))
    if min(positives, negatives) < 2:
        raise ValueError("The variance of an AUC needs at least two positive and two negative films.")
    ranks = rankdata(scores, axis=1)
    above = (ranks[:, truth] - rankdata(scores[:, truth], axis=1)) / negatives
    below = 1 - (ranks[:, ~truth] - rankdata(scores[:, ~truth], axis=1)) / positives
    return above, below


def _difference(first: float, second: float, error: float, level: float) -> AucDifference:
    difference = first - second
    half = float(norm.ppf((1 + level) / 2)) * error
    p_value = float(2 * norm.sf(abs(difference) / error)) if error > 0 else float(difference == 0)
    return AucDifference(first, second, difference, difference - half, difference + half, p_value)


def compare_decisions(truth: np.ndarray, first: np.ndarray, second: np.ndarray) -> DecisionDifference:
    """Compare two models' decisions on the same films, by McNemar's exact test; all of shape (n,), bool."""
    only_first = int(np.count_nonzero((first == truth) & (second != truth)))
    only_second = int(np.count_nonzero((first != truth) & (second == truth)))
    p_value = float(binomtest(only_first, only_first + only_second).pvalue) if only_first + only_second else 1.0
    return DecisionDifference(only_first, only_second, p_value)
