"""The figures of yes-or-no calls with their intervals, from draws of patients.

Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993; Clopper and Pearson, Biometrika 1934, for a share
that is 0 or 1, of which no draw can say how sure it is, and for every share where each patient has one film.
"""

from collections.abc import Sequence

import numpy as np

from medcore.evaluation.draws import Calls, Draws
from medcore.evaluation.figures import BinaryFigures, Figure
from medcore.evaluation.intervals import percentile_interval, proportion_interval


def bounded_figures(calls: Calls, draws: Draws, level: float, *, exact: bool = False) -> BinaryFigures:
    """Put each figure of yes-or-no calls beside its bounds.

    Parameters
    ----------
    calls : Calls
    draws : dict of str to numpy.ndarray
        As `draws.binary_draws` gives them, the plain figures first.
    level : float
        Of the intervals.
    exact : bool
        Bound every share exactly, film by film: right only where each patient has one film.
    """
    everywhere = np.ones_like(calls.truth)

    def share(values: np.ndarray, among: np.ndarray) -> Figure:
        if exact:
            return exact_share(values[0], int(np.count_nonzero(among)), level)
        return bounded_share(values, calls.patients[among], level)

    return BinaryFigures(
        auc=bounded(draws["auc"], level),
        average_precision=bounded(draws["average precision"], level),
        accuracy=share(draws["accuracy"], everywhere),
        balanced_accuracy=bounded(draws["recall"].mean(axis=1), level),
        sensitivity=share(draws["recall"][:, 1], calls.truth),
        specificity=share(draws["recall"][:, 0], ~calls.truth),
        precision=share(draws["precision"][:, 1], calls.called),
        negative_predictive_value=share(draws["precision"][:, 0], ~calls.called),
        f1=bounded(draws["f1"], level),
        brier_score=bounded(draws["brier"], level),
        log_loss=bounded(draws["log loss"], level),
        expected_calibration_error=bounded(draws["calibration"], level),
    )


def mean_figures(by_class: Sequence[Draws], level: float) -> BinaryFigures:
    """Put the plain mean over classes of each figure beside its bounds; undefined where it is for one of them."""

    def mean(name: str, column: int | None = None) -> Figure:
        columns = [draws[name] if column is None else draws[name][:, column] for draws in by_class]
        return bounded(np.mean(columns, axis=0), level)

    both = np.mean([draws["recall"].mean(axis=1) for draws in by_class], axis=0)
    return BinaryFigures(
        auc=mean("auc"),
        average_precision=mean("average precision"),
        accuracy=mean("accuracy"),
        balanced_accuracy=bounded(both, level),
        sensitivity=mean("recall", 1),
        specificity=mean("recall", 0),
        precision=mean("precision", 1),
        negative_predictive_value=mean("precision", 0),
        f1=mean("f1"),
        brier_score=mean("brier"),
        log_loss=mean("log loss"),
        expected_calibration_error=mean("calibration"),
    )


def exact_share(value: float, films: int, level: float) -> Figure:
    """Bound a share of films exactly, by Clopper and Pearson; undefined where it is of no film."""
    if not films:
        return Figure(None, None, None)
    return Figure(float(value), *proportion_interval(round(value * films), films, level))


def bounded_share(values: np.ndarray, patients: np.ndarray, level: float) -> Figure:
    """Bound a share of films by its draws; exactly where it is 0 or 1, each patient counted once."""
    if values[0] not in (0, 1):
        return bounded(values, level)
    return exact_share(values[0], np.unique(patients).size, level)


def bounded(values: np.ndarray, level: float) -> Figure:
    """Bound a figure by its draws: the plain figure first, NaN where a draw leaves it undefined."""
    defined = values[1:][~np.isnan(values[1:])]
    if np.isnan(values[0]) or not defined.size:
        return Figure(None, None, None)
    return Figure(float(values[0]), *percentile_interval(defined, level))
