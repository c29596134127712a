"""Figures of more than two classes, and of several labels that are each present or absent.

Source: Hand and Till, Machine Learning 2001 (one class against the rest); Sokolova and Lapalme, Information Processing
and Management 2009 (macro averages). Confusion matrices hold true classes in rows and predicted ones in columns; all
functions of them take a stack of any shape in front, and what is undefined is NaN.
"""

import numpy as np

from medcore.evaluation.roc import auc


def one_vs_rest_auc(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve of each class against the rest.

    Parameters
    ----------
    probabilities : numpy.ndarray, shape (n, k)
    labels : numpy.ndarray, shape (n,), int
        The true classes, 0 to k - 1.

    Returns
    -------
    numpy.ndarray, shape (k,)
        NaN for a class that no film or each film is of; the mean is the macro AUC.
    """
    return label_auc(probabilities, labels[:, None] == np.arange(probabilities.shape[1]))


def label_auc(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve of each of several labels.

    Parameters
    ----------
    scores : numpy.ndarray, shape (n, k)
        Higher is more positive.
    truth : numpy.ndarray, shape (n, k), bool

    Returns
    -------
    numpy.ndarray, shape (k,)
        NaN for a label that no film or each film has; the mean is the macro AUC.
    """
    columns = zip(truth.T, scores.T, strict=True)
    return np.array([auc(has, score) if has.any() and not has.all() else np.nan for has, score in columns])


def accuracy(confusion: np.ndarray) -> np.ndarray:
    """Return the share of films of which the class is right, shape (...), for confusions of shape (..., k, k)."""
    return _ratio(_right(confusion).sum(axis=-1), confusion.sum(axis=(-1, -2)))


def recall(confusion: np.ndarray) -> np.ndarray:
    """Return the share of each class's films that are found, shape (..., k); the mean is the balanced accuracy."""
    return _ratio(_right(confusion), confusion.sum(axis=-1))


def precision(confusion: np.ndarray) -> np.ndarray:
    """Return the share of the films called each class that are of it, shape (..., k)."""
    return _ratio(_right(confusion), confusion.sum(axis=-2))


def f1(confusion: np.ndarray) -> np.ndarray:
    """Return the harmonic mean of each class's precision and recall, shape (..., k); the mean is the macro F1."""
    return _ratio(2 * _right(confusion), confusion.sum(axis=-1) + confusion.sum(axis=-2))


def _right(confusion: np.ndarray) -> np.ndarray:
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0))
