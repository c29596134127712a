"""Choose a threshold, and say what it buys.

Source: Youden, Cancer 1950 (sensitivity + specificity - 1); Clopper and Pearson, Biometrika 1934 (bounds).
"""

from dataclasses import dataclass

import numpy as np

from medcore.evaluation.confusion import count_decisions
from medcore.evaluation.intervals import LEVEL, proportion_interval
from medcore.evaluation.thresholds import (
    balanced_threshold,
    highest_threshold,
    lowest_threshold,
    sensitivity_specificity,
)

__all__ = [
    "BALANCED",
    "HIGH_SENSITIVITY",
    "HIGH_SPECIFICITY",
    "OperatingPoint",
    "choose_operating_points",
    "highest_threshold",
    "measure_point",
    "sensitivity_specificity",
]

HIGH_SENSITIVITY = "high sensitivity"
BALANCED = "balanced"
HIGH_SPECIFICITY = "high specificity"
WANTED = 0.97  # sensitivity or specificity of the points named after them
BALANCED_RULE = "largest sensitivity + specificity - 1 (Youden); of equal ones the lowest threshold"


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold, how it was chosen, and what it buys on the films at hand; bounds are exact."""

    name: str
    rule: str
    threshold: float  # probability at or above which a film is positive
    sensitivity: float
    sensitivity_low: float
    sensitivity_high: float
    specificity: float
    specificity_low: float
    specificity_high: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int


def choose_operating_points(
    truth: np.ndarray, probability: np.ndarray, wanted: float = WANTED, level: float = LEVEL
) -> tuple[OperatingPoint, OperatingPoint, OperatingPoint]:
    """Choose three operating points on validation films: high sensitivity, balanced, high specificity.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    probability : numpy.ndarray, shape (n,)
    wanted : float
        Least sensitivity of the first point and least specificity of the last, above 0, up to 1.
    level : float
        Of the exact bounds; films of one patient count as if they were of several.

    Raises
    ------
    ValueError
        If all films are positive or all negative, or `wanted` is out of its range.
    """
    chosen = (
        (
            HIGH_SENSITIVITY,
            f"highest threshold with a sensitivity of at least {wanted:g}",
            highest_threshold(truth, probability, wanted),
        ),
        (BALANCED, BALANCED_RULE, balanced_threshold(truth, probability)),
        (
            HIGH_SPECIFICITY,
            f"lowest threshold with a specificity of at least {wanted:g}",
            lowest_threshold(truth, probability, wanted),
        ),
    )
    sensitive, balanced, specific = (
        measure_point(truth, probability, threshold, name=name, rule=rule, level=level)
        for name, rule, threshold in chosen
    )
    return sensitive, balanced, specific


def measure_point(
    truth: np.ndarray, probability: np.ndarray, threshold: float, *, name: str, rule: str, level: float = LEVEL
) -> OperatingPoint:
    """Say what a threshold buys on some films, on validation films or on others.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    probability : numpy.ndarray, shape (n,)
    threshold : float
        Films at or above it are called positive.
    name, rule : str
        What the point is called, and how its threshold was chosen.
    level : float
        Of the exact bounds.

    Raises
    ------
    ValueError
        If all films are positive or all negative.
    """
    sensitivity, specificity = sensitivity_specificity(truth, probability, threshold)
    counts = count_decisions(truth, probability >= threshold)
    sensitivity_low, sensitivity_high = proportion_interval(counts.true_positives, counts.positives, level)
    specificity_low, specificity_high = proportion_interval(counts.true_negatives, counts.negatives, level)
    accuracy_low, accuracy_high = proportion_interval(counts.right, counts.films, level)
    return OperatingPoint(
        name=name,
        rule=rule,
        threshold=threshold,
        sensitivity=sensitivity,
        sensitivity_low=sensitivity_low,
        sensitivity_high=sensitivity_high,
        specificity=specificity,
        specificity_low=specificity_low,
        specificity_high=specificity_high,
        accuracy=counts.right / counts.films,
        accuracy_low=accuracy_low,
        accuracy_high=accuracy_high,
        true_positives=counts.true_positives,
        false_positives=counts.false_positives,
        true_negatives=counts.true_negatives,
        false_negatives=counts.false_negatives,
    )
