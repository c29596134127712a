"""The ROC curve and the precision-recall curve, in few enough points to be drawn from a text file.

Source: Hanley and McNeil, Radiology 1982; Davis and Goadrich, ICML 2006 (average precision is a sum of steps: straight
lines between its points would flatter); Visvalingam and Whyatt, The Cartographic Journal 1993 (thinning).
"""

from dataclasses import dataclass

import numpy as np

POINTS = 200
DIGITS = 6  # of a point; a screen shows three


@dataclass(frozen=True)
class Curve:
    """Points to be joined by straight lines."""

    x: tuple[float, ...]
    y: tuple[float, ...]


def roc_points(truth: np.ndarray, score: np.ndarray, most: int = POINTS) -> Curve:
    """Return 1 - specificity (x) and sensitivity (y) from the highest threshold to the lowest.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    score : numpy.ndarray, shape (n,)
        Higher is more positive.
    most : int
        Number of points at most; see `thinned`.

    Returns
    -------
    Curve
        From (0, 0) to (1, 1); the area below it is the AUC.

    Raises
    ------
    ValueError
        If all films are positive or all negative.
    """
    found, alarms = _called(truth, score)
    if not found[-1] or not alarms[-1]:
        raise ValueError("The ROC curve needs positive and negative films.")
    return thinned(np.append(0, alarms / alarms[-1]), np.append(0, found / found[-1]), most)


def precision_recall_points(truth: np.ndarray, score: np.ndarray, most: int = POINTS) -> Curve:
    """Return recall (x) and precision (y) from the highest threshold to the lowest.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    score : numpy.ndarray, shape (n,)
    most : int
        Number of points at most; see `thinned`.

    Returns
    -------
    Curve
        From (0, 1), where nothing is called, to recall 1, where all is.

    Raises
    ------
    ValueError
        If no film is positive.
    """
    recall, precision = _recall_precision(truth, score)
    return thinned(np.append(0, recall), np.append(1, precision), most)


def average_precision(truth: np.ndarray, score: np.ndarray) -> float:
    """Return the precision averaged over the positive films, each at its own threshold.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    score : numpy.ndarray, shape (n,)

    Raises
    ------
    ValueError
        If no film is positive.
    """
    recall, precision = _recall_precision(truth, score)
    return float(np.sum(np.diff(recall, prepend=0) * precision))


def thinned(x: np.ndarray, y: np.ndarray, most: int) -> Curve:
    """Leave out points until `most` are left: always the one whose triangle with its neighbours is smallest.

    Points on a straight line go first and change nothing; each further one changes the area by its triangle's. The
    ends stay. Coordinates, shape (n,), are rounded to six digits.
    """
    points = np.stack([x, y])
    points = points[:, np.append(True, np.append(_triangles(points) > 1e-12, True))]
    while points.shape[1] > most:
        points = np.delete(points, 1 + np.argmin(_triangles(points)), axis=1)
    return Curve(*(tuple(np.round(values, DIGITS).tolist()) for values in points))


def _triangles(points: np.ndarray) -> np.ndarray:
    """Return the area of each inner point's triangle with its neighbours, shape (n - 2,)."""
    back, forth = points[:, 1:-1] - points[:, :-2], points[:, 2:] - points[:, 1:-1]
    return np.asarray(np.abs(back[0] * forth[1] - back[1] * forth[0]) / 2)


def _called(truth: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count positive and negative films at or above each score that occurs, from the highest down."""
    order = np.argsort(score)[::-1]
    last = np.append(np.diff(score[order]) != 0, True)  # of each run of equal scores
    found = np.cumsum(truth[order])[last]
    return found, np.flatnonzero(last) + 1 - found


def _recall_precision(truth: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not truth.any():
        raise ValueError("Precision and recall need positive films.")
    found, alarms = _called(truth, score)
    return found / found[-1], found / (found + alarms)
