"""Figures of many draws at once: films stay in place, and a row of weights says how often each one was drawn.

Weights have shape (draws, n); figures have one value a draw, NaN where the draw leaves them undefined. Of weights 1
each is the plain figure.
"""

import numpy as np

from medcore.evaluation.calibration import BINS, probability_bins


def weighted_auc(truth: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve of each draw, ties counted half.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    score : numpy.ndarray, shape (n,)
    weights : numpy.ndarray, shape (draws, n)
    """
    positives, negatives = _by_score(truth, score, weights)
    below = np.cumsum(negatives, axis=1) - negatives / 2
    return _ratio((positives * below).sum(axis=1), positives.sum(axis=1) * negatives.sum(axis=1))


def weighted_average_precision(truth: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the average precision of each draw; shapes as in `weighted_auc`."""
    positives, negatives = (groups[:, ::-1] for groups in _by_score(truth, score, weights))
    found, called = np.cumsum(positives, axis=1), np.cumsum(positives + negatives, axis=1)
    precision = found / np.maximum(called, 1)  # called is 0 only where positives are too
    return _ratio((positives * precision).sum(axis=1), positives.sum(axis=1))


def weighted_calibration_error(
    truth: np.ndarray, probability: np.ndarray, weights: np.ndarray, bins: int = BINS
) -> np.ndarray:
    """Return the expected calibration error of each draw; shapes as in `weighted_auc`."""
    held = probability_bins(probability, bins)[:, None] == np.arange(bins)
    gaps = weights @ (held * (truth - probability)[:, None])
    return _ratio(np.abs(gaps).sum(axis=1), weights.sum(axis=1))


def weighted_mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the mean of values, shape (n,), in each draw."""
    return _ratio(weights @ values, weights.sum(axis=1))


def weighted_confusion(labels: np.ndarray, predicted: np.ndarray, classes: int, weights: np.ndarray) -> np.ndarray:
    """Return the confusion matrix of each draw.

    Parameters
    ----------
    labels, predicted : numpy.ndarray, shape (n,), int
        From 0 to classes - 1.
    classes : int
    weights : numpy.ndarray, shape (draws, n)

    Returns
    -------
    numpy.ndarray, shape (draws, classes, classes)
        True classes in rows, predicted ones in columns.
    """
    cell = (labels * classes + predicted)[:, None] == np.arange(classes**2)
    return np.asarray(weights @ cell.astype(np.float64)).reshape(-1, classes, classes)


def _by_score(truth: np.ndarray, score: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add up the positive and the negative films of each score that occurs, from the lowest up."""
    order = np.argsort(score)
    first = np.flatnonzero(np.append(True, np.diff(score[order]) != 0))  # of each run of equal scores
    drawn, positive = weights[:, order], truth[order]
    both = np.add.reduceat(drawn, first, axis=1)
    positives = np.add.reduceat(drawn * positive, first, axis=1)
    return positives, both - positives


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.asarray(np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0))
