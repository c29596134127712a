"""Choose a threshold, and say what it buys.

Source: Youden, Cancer 1950 (sensitivity + specificity - 1); Clopper and Pearson, Biometrika 1934 (bounds).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medcore.evaluation.confusion import count_decisions
from medcore.evaluation.intervals import LEVEL, proportion_interval
from medcore.evaluation.thresholds import (
    balanced_under_shift,
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
    truth: np.ndarray,
    probability: np.ndarray,
    shifted: Sequence[np.ndarray] = (),
    wanted: float = WANTED,
    level: float = LEVEL,
) -> tuple[OperatingPoint, OperatingPoint, OperatingPoint]:
    """Choose three operating points on validation films: high sensitivity, balanced, high specificity.

    Where films are told apart well, a threshold can be sensitive and specific at once; the first point never lies
    above the balanced one, and the last never below it, so that each is what its name says beside the others.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    probability : numpy.ndarray, shape (n,)
    shifted : sequence of numpy.ndarray, each of shape (n,)
        The same films' probabilities under each simulated shift, which the thresholds must serve too.
    wanted : float
        Least sensitivity of the first point and least specificity of the last in every version, above 0, up to 1.
    level : float
        Of the exact bounds; films of one patient count as if they were of several.

    Raises
    ------
    ValueError
        If all films are positive or all negative, or `wanted` is out of its range.
    """
    versions = [probability, *shifted]
    where = " on the films as they are and under each simulated shift" if len(versions) > 1 else ""
    mean = f", mean{where}" if where else ""
    balanced = balanced_under_shift(truth, versions)
    sensitive = min(balanced, *(highest_threshold(truth, version, wanted) for version in versions))
    specific = max(balanced, *(lowest_threshold(truth, version, wanted) for version in versions))
    chosen = (
        (
            HIGH_SENSITIVITY,
            f"highest threshold with a sensitivity of at least {wanted:g}{where}; not above the balanced one",
            sensitive,
        ),
        (
            BALANCED,
            f"largest sensitivity + specificity - 1 (Youden){mean}; of equal ones the lowest",
            balanced,
        ),
        (
            HIGH_SPECIFICITY,
            f"lowest threshold with a specificity of at least {wanted:g}{where}; not below the balanced one",
            specific,
        ),
    )
    first, second, third = (
        measure_point(truth, probability, threshold, name=name, rule=rule, level=level)
        for name, rule, threshold in chosen
    )
    return first, second, third


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
