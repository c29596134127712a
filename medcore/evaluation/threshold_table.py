"""What each threshold buys: sensitivity, specificity and predictive values with their intervals, from 0 to 1."""

import math
from dataclasses import dataclass

import numpy as np

from medcore.evaluation.draws import Calls
from medcore.evaluation.intervals import proportion_bounds

PERCENTS = np.arange(101) / 100
ENDS = np.arange(1, 10) / 1000  # finer steps where a sure model's probabilities crowd: under 1 %, over 99 %
DIGITS = 6  # of a share; a screen shows three


@dataclass(frozen=True)
class Band:
    """A share at each threshold with its bounds; None where the films leave it undefined."""

    value: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


@dataclass(frozen=True)
class ThresholdTable:
    """What is called, and what that is worth, at rising thresholds; films at or above one are called."""

    thresholds: tuple[float, ...]
    true_positives: tuple[int, ...]
    false_positives: tuple[int, ...]
    true_negatives: tuple[int, ...]
    false_negatives: tuple[int, ...]
    sensitivity: Band
    specificity: Band
    precision: Band  # positive predictive value
    negative_predictive_value: Band


Counted = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # true and false positives, true and false negatives


def thresholds_with(threshold: float | None) -> np.ndarray:
    """Return the thresholds from 0 to 1 in percents, finer at the ends, and the one that decides."""
    grid = np.concatenate([PERCENTS, ENDS, np.arange(991, 1000) / 1000, [] if threshold is None else [threshold]])
    return np.unique(grid)


def count_at(calls: Calls, thresholds: np.ndarray, weights: np.ndarray) -> Counted:
    """Count films by truth and decision at each threshold, in each draw.

    Parameters
    ----------
    calls : Calls
        Of n films.
    thresholds : numpy.ndarray, shape (t,)
        Rising.
    weights : numpy.ndarray, shape (draws, n)

    Returns
    -------
    four numpy.ndarray, each of shape (draws, t)
        True positives, false positives, true negatives, false negatives.
    """
    reached = calls.probability[:, None] >= thresholds
    called = [weights[:, films] @ reached[films] for films in (calls.truth, ~calls.truth)]
    whole = [weights[:, films].sum(axis=1, keepdims=True) for films in (calls.truth, ~calls.truth)]
    return called[0], called[1], whole[1] - called[1], whole[0] - called[0]


def threshold_table(
    calls: Calls, thresholds: np.ndarray, counted: Counted, level: float, *, exact: bool
) -> ThresholdTable:
    """Say what each threshold buys.

    Parameters
    ----------
    calls : Calls
    thresholds : numpy.ndarray, shape (t,)
    counted : four numpy.ndarray, each of shape (1 + draws, t)
        As `count_at` gives them, the films as they are first.
    level : float
        Of the intervals.
    exact : bool
        Bound the shares exactly, film by film: right only where each patient has one film.
    """
    found, alarms, left_alone, missed = counted
    called = calls.probability[:, None] >= thresholds

    def band(part: np.ndarray, whole: np.ndarray, among: np.ndarray) -> Band:
        return _band(part, whole, among if exact else _once(among, calls.patients), level, exact=exact)

    return ThresholdTable(
        thresholds=tuple(np.round(thresholds, DIGITS + 3).tolist()),
        true_positives=_whole(found),
        false_positives=_whole(alarms),
        true_negatives=_whole(left_alone),
        false_negatives=_whole(missed),
        sensitivity=band(found, found + missed, np.broadcast_to(calls.truth[:, None], called.shape)),
        specificity=band(left_alone, left_alone + alarms, np.broadcast_to(~calls.truth[:, None], called.shape)),
        precision=band(found, found + alarms, called),
        negative_predictive_value=band(left_alone, left_alone + missed, ~called),
    )


def _whole(counted: np.ndarray) -> tuple[int, ...]:
    return tuple(np.rint(counted[0]).astype(int).tolist())


def _once(among: np.ndarray, patients: np.ndarray) -> np.ndarray:
    """Return for each patient and threshold, shape (patients, t), whether any film is among those counted."""
    _, patient_of = np.unique(patients, return_inverse=True)
    held = np.zeros((int(patient_of.max()) + 1, among.shape[1]), bool)
    np.logical_or.at(held, patient_of, among)
    return held


def _band(part: np.ndarray, whole: np.ndarray, among: np.ndarray, level: float, *, exact: bool) -> Band:
    """Bound the shares of the first row: exactly among those counted, or by the other rows where they are drawn."""
    shares = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    value, tried = shares[0], among.sum(axis=0)
    low, high = proportion_bounds(np.rint(np.nan_to_num(value) * tried), tried, level)
    if not exact:
        by_draws = (value > 0) & (value < 1) & ~np.isnan(shares[1:]).all(axis=0)
        if by_draws.any():
            tails = [(1 - level) / 2, (1 + level) / 2]
            low[by_draws], high[by_draws] = np.nanquantile(shares[1:, by_draws], tails, axis=0)
    return Band(*(_plain(bound, value) for bound in (value, low, high)))


def _plain(bound: np.ndarray, value: np.ndarray) -> tuple[float | None, ...]:
    """Return numbers for JSON; None where the share itself is undefined."""
    pairs = zip(bound.tolist(), value.tolist(), strict=True)
    return tuple(None if math.isnan(share) else round(one, DIGITS) for one, share in pairs)
