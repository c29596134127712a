"""Errors as a reader counts them: among a hundred films, at the prevalence of the place where they are taken."""

from dataclasses import dataclass

from medcore.evaluation.confusion import predictive_values
from medcore.evaluation.operating_point import OperatingPoint


@dataclass(frozen=True)
class Errors:
    """What the decisions on a hundred films cost, on average."""

    called: float  # positive, rightly or not
    false_alarms: float
    misses: float
    positive_predictive_value: float | None  # None for a decision that is never made
    negative_predictive_value: float | None


def positives_per_hundred(point: OperatingPoint) -> int:
    """Return how many of a hundred films are positive where a point was measured, as a whole number from 1 to 99."""
    positives = point.true_positives + point.false_negatives
    negatives = point.true_negatives + point.false_positives
    return min(max(round(100 * positives / (positives + negatives)), 1), 99)


def errors_per_hundred(sensitivity: float, specificity: float, prevalence: float) -> Errors:
    """Count wrong decisions among a hundred films.

    Parameters
    ----------
    sensitivity, specificity : float
        From 0 to 1.
    prevalence : float
        Share of positive films among those that are read, 0 to 1; at 1 the misses are those of a hundred positive
        films, at 0 the false alarms those of a hundred negative ones.

    Raises
    ------
    ValueError
        If a share is not from 0 to 1.
    """
    positive_value, negative_value = predictive_values(sensitivity, specificity, prevalence)
    false_alarms = 100 * (1 - specificity) * (1 - prevalence)
    return Errors(
        called=100 * sensitivity * prevalence + false_alarms,
        false_alarms=false_alarms,
        misses=100 * (1 - sensitivity) * prevalence,
        positive_predictive_value=positive_value,
        negative_predictive_value=negative_value,
    )
