"""Measure everything of a model on some films, each figure with its interval.

Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, with patients drawn; Clopper and Pearson,
Biometrika 1934, for a share that is 0 or 1, of which no draw can say how sure it is. Other figures at their best
value, such as an AUC of 1, have bounds that are one point. Draws that leave a figure undefined do not count for it.
The calibration error of draws runs high, for chance alone is an error: its interval may begin above its value.
"""

from collections.abc import Sequence

import numpy as np

from medcore.evaluation.bounded import bounded, bounded_figures, bounded_share
from medcore.evaluation.confusion import confusion_matrix, count_decisions
from medcore.evaluation.curves import precision_recall_points, roc_points
from medcore.evaluation.draws import Draws, Films, draw_figures
from medcore.evaluation.figures import BinaryFigures, ClassFigures, Figure, Figures, MulticlassFigures
from medcore.evaluation.intervals import LEVEL, RESAMPLES
from medcore.evaluation.reliability import reliability

__all__ = ["BinaryFigures", "ClassFigures", "Figure", "Figures", "MulticlassFigures", "measure"]


def measure(
    probabilities: np.ndarray,
    labels: np.ndarray,
    positive: np.ndarray,
    positive_probability: np.ndarray,
    patients: Sequence[str],
    threshold: float,
    seed: int = 0,
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> Figures:
    """Measure a model on films with known truth.

    Parameters
    ----------
    probabilities : numpy.ndarray, shape (n, k)
        Of the classes.
    labels : numpy.ndarray, shape (n,), int
        The true classes, 0 to k - 1.
    positive : numpy.ndarray, shape (n,), bool
        Whether a film has what is looked for.
    positive_probability : numpy.ndarray, shape (n,)
        Of what is looked for, 0 to 1.
    patients : sequence of str, length n
    threshold : float
        Probability at or above which a film is called positive.
    seed : int
        Of the draws.
    level : float
        Of the intervals.
    resamples : int
        Number of draws.

    Returns
    -------
    Figures
        Figures of a class that no film is of are undefined.

    Raises
    ------
    ValueError
        If all films are positive or all negative, or a probability is not from 0 to 1.
    """
    called = positive_probability >= threshold
    films = Films(
        probabilities.astype(np.float64), labels, positive, positive_probability, called, np.asarray(patients)
    )
    draws = draw_figures(films, resamples, seed)
    return Figures(
        films=labels.size,
        patients=np.unique(films.patients).size,
        positives=int(np.count_nonzero(positive)),
        class_films=tuple(np.bincount(labels, minlength=films.classes).tolist()),
        threshold=float(threshold),
        interval=f"{100 * level:g} %, {resamples:,} draws of patients with replacement; exact for a share of 0 or 1",
        binary=bounded_figures(films.calls, draws, level),
        multiclass=_multiclass(films, draws, level),
        roc=roc_points(positive, positive_probability),
        precision_recall=precision_recall_points(positive, positive_probability),
        reliability=reliability(positive, positive_probability, level=level),
        confusion=count_decisions(positive, called),
        class_confusion=tuple(tuple(row) for row in confusion_matrix(labels, films.predicted, films.classes).tolist()),
    )


def _multiclass(films: Films, draws: Draws, level: float) -> MulticlassFigures:
    return MulticlassFigures(
        accuracy=bounded_share(draws["class accuracy"], films.patients, level),
        balanced_accuracy=bounded(draws["class recall"].mean(axis=1), level),
        macro_auc=bounded(draws["class auc"].mean(axis=1), level),
        macro_f1=bounded(draws["class f1"].mean(axis=1), level),
        log_loss=bounded(draws["class log loss"], level),
        expected_calibration_error=bounded(draws["class calibration"], level),
        classes=tuple(_one_class(films, draws, k, level) for k in range(films.classes)),
    )


def _one_class(films: Films, draws: Draws, k: int, level: float) -> ClassFigures:
    return ClassFigures(
        auc=bounded(draws["class auc"][:, k], level),
        recall=bounded_share(draws["class recall"][:, k], films.patients[films.labels == k], level),
        precision=bounded_share(draws["class precision"][:, k], films.patients[films.predicted == k], level),
        f1=bounded(draws["class f1"][:, k], level),
    )
