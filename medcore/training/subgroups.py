"""How a model does on parts of the films: by label, by brightness and contrast, by how many films a patient has.

The films carry neither age nor sex nor machine, so these are the only parts that can be told apart.
Bands of brightness and contrast are cut where they part the training films into three, and stay the same for any films.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from medcore.classifier.report import Subgroup
from medcore.evaluation.intervals import RESAMPLES, proportion_interval
from medcore.evaluation.roc import auc, auc_interval

BANDS = 3
Parts = Iterator[tuple[str, str, np.ndarray]]  # what the films are divided by, the group's name, its films (n,) bool


@dataclass(frozen=True)
class Cuts:
    """Where bands end: gray values of 0 to 255, rising."""

    brightness: tuple[float, ...]  # of a film's mean
    contrast: tuple[float, ...]  # of a film's standard deviation


@dataclass(frozen=True, eq=False)
class Judged:
    """Labelled films and what a model says of them."""

    labels: Sequence[str]
    patients: Sequence[str]
    truth: np.ndarray  # (n,) bool: whether the label is a positive one
    probability: np.ndarray  # (n,)
    threshold: float  # films at or above it are called positive


@dataclass(frozen=True)
class _Draws:
    seed: int
    resamples: int


def find_cuts(films: np.ndarray) -> Cuts:
    """Part training films, shape (n, rows, columns), 0 to 255, into three bands of as many films each."""
    brightness, contrast = _brightness_contrast(films)
    shares = np.arange(1, BANDS) / BANDS
    return Cuts(_rounded(np.quantile(brightness, shares)), _rounded(np.quantile(contrast, shares)))


def measure_subgroups(
    films: np.ndarray, judged: Judged, cuts: Cuts, *, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[Subgroup, ...]:
    """Measure each part of the films.

    Parameters
    ----------
    films : numpy.ndarray, shape (n, rows, columns)
        0 to 255, for their brightness and contrast.
    judged : Judged
        The same films.
    cuts : Cuts
        From `find_cuts`.
    seed, resamples : int
        Of the draws behind the bounds of the area under the ROC curve.

    Returns
    -------
    tuple of Subgroup
        Without groups that hold no film. The area and its bounds, drawn over patients, are None for films of one truth;
        the bounds of the share decided rightly are exact, by film.
    """
    draws = _Draws(seed, resamples)
    return tuple(
        _measure(part, group, where, judged, draws) for part, group, where in _parts(films, judged, cuts) if where.any()
    )


def _parts(films: np.ndarray, judged: Judged, cuts: Cuts) -> Parts:
    labels = np.array(judged.labels)
    for label in sorted(set(judged.labels), key=lambda label: (judged.truth[labels == label].any(), label)):
        yield "label", label, labels == label  # the negative ones first
    brightness, contrast = _brightness_contrast(films)
    yield from _bands("brightness", "mean gray", brightness, cuts.brightness)
    yield from _bands("contrast", "standard deviation of gray", contrast, cuts.contrast)
    counted = Counter(judged.patients)
    has_several = np.array([counted[patient] > 1 for patient in judged.patients])
    yield "films a patient", "one film", ~has_several
    yield "films a patient", "several films", has_several


def _bands(part: str, measure: str, values: np.ndarray, cuts: tuple[float, ...]) -> Parts:
    """Name the bands by their ends; a film at a cut belongs to the band above it."""
    band_of = np.searchsorted(cuts, values, side="right")
    names = [f"{measure} below {cuts[0]:g}"]
    names += [f"{measure} {low:g} to {high:g}" for low, high in zip(cuts, cuts[1:], strict=False)]
    names += [f"{measure} {cuts[-1]:g} or more"]
    for band, name in enumerate(names):
        yield part, name, band_of == band


def _measure(part: str, group: str, where: np.ndarray, judged: Judged, draws: _Draws) -> Subgroup:
    truth, probability = judged.truth[where], judged.probability[where]
    patients = [patient for patient, is_in in zip(judged.patients, where, strict=True) if is_in]
    called = probability >= judged.threshold
    right = int(np.count_nonzero(called == truth))
    area, low, high = _area(truth, probability, patients, draws)
    correct_low, correct_high = proportion_interval(right, truth.size)
    return Subgroup(
        part=part,
        group=group,
        films=truth.size,
        patients=len(set(patients)),
        auc=area,
        auc_low=low,
        auc_high=high,
        called=float(called.mean()),
        correct=right / truth.size,
        correct_low=correct_low,
        correct_high=correct_high,
    )


def _area(
    truth: np.ndarray, probability: np.ndarray, patients: Sequence[str], draws: _Draws
) -> tuple[float | None, float | None, float | None]:
    if truth.all() or not truth.any():
        return None, None, None
    low, high = auc_interval(truth, probability, patients, resamples=draws.resamples, seed=draws.seed)
    return auc(truth, probability), low, high


def _brightness_contrast(films: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return films.mean(axis=(1, 2), dtype=np.float64), films.std(axis=(1, 2), dtype=np.float64)


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(round(float(value), 1) for value in values)
