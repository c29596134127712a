"""Count right and wrong decisions, and what a decision is worth where the disease is rarer or more common.

Source: Altman and Bland, BMJ 1994 (sensitivity and specificity; predictive values).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Counts:
    """Films by truth and decision."""

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int

    @property
    def positives(self) -> int:
        """Films that are positive."""
        return self.true_positives + self.false_negatives

    @property
    def negatives(self) -> int:
        """Films that are negative."""
        return self.true_negatives + self.false_positives

    @property
    def films(self) -> int:
        """All films."""
        return self.positives + self.negatives

    @property
    def right(self) -> int:
        """Films decided rightly."""
        return self.true_positives + self.true_negatives


def count_decisions(truth: np.ndarray, called: np.ndarray) -> Counts:
    """Count films by truth and decision; both of shape (n,), bool."""
    return Counts(
        true_positives=int(np.count_nonzero(truth & called)),
        false_positives=int(np.count_nonzero(~truth & called)),
        true_negatives=int(np.count_nonzero(~truth & ~called)),
        false_negatives=int(np.count_nonzero(truth & ~called)),
    )


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Count films by true class (rows) and predicted class (columns).

    Parameters
    ----------
    labels, predicted : numpy.ndarray, shape (n,), int
        From 0 to classes - 1.
    classes : int

    Returns
    -------
    numpy.ndarray, shape (classes, classes), int64
    """
    return np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)


def predictive_values(sensitivity: float, specificity: float, prevalence: float) -> tuple[float | None, float | None]:
    """Return what a positive and a negative decision are worth, by Bayes' theorem.

    Parameters
    ----------
    sensitivity, specificity : float
        From 0 to 1.
    prevalence : float
        Share of positive films among those that are read, 0 to 1.

    Returns
    -------
    float or None, float or None
        Probability of positive given a positive decision, and of negative given a negative one; None for a decision
        that is never made. Without disease the first is 0 and the second 1, with disease alone the other way round.

    Raises
    ------
    ValueError
        If a share is not from 0 to 1.
    """
    if not all(0 <= share <= 1 for share in (sensitivity, specificity, prevalence)):
        raise ValueError("Sensitivity, specificity and prevalence must be from 0 to 1.")
    return (
        _bayes(sensitivity * prevalence, (1 - specificity) * (1 - prevalence)),
        _bayes(specificity * (1 - prevalence), (1 - sensitivity) * prevalence),
    )


def _bayes(right: float, wrong: float) -> float | None:
    return right / (right + wrong) if right + wrong > 0 else None
