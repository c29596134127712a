"""How a model does on parts of the films: by label, by brightness and contrast, by how many films a patient has.

The films carry neither age nor sex nor machine, so these are the only parts that can be told apart.
Bands of brightness and contrast are cut where they part the training films into three, and stay the same for any films.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from medcore.classifier.decision import CLASSES
from medcore.classifier.report import Subgroup
from medcore.evaluation.intervals import RESAMPLES, proportion_interval
from medcore.evaluation.roc import auc, auc_interval

BANDS = 3


class Answered(Protocol):
    """Labelled films, and what a model says of them."""

    @property
    def films(self) -> np.ndarray:
        """Shape (n, rows, columns), 0 to 255."""

    @property
    def labels(self) -> np.ndarray:
        """Places in the classes, shape (n,)."""

    @property
    def patients(self) -> tuple[str, ...]:
        """Whose film each is."""

    @property
    def truth(self) -> np.ndarray:
        """Whether each film is positive, shape (n,), bool."""

    @property
    def pneumonia(self) -> np.ndarray:
        """Probability of positive, shape (n,)."""


@dataclass(frozen=True)
class Cuts:
    """Where bands end: gray values of 0 to 255, rising."""

    brightness: tuple[float, ...]  # of a film's mean
    contrast: tuple[float, ...]  # of a film's standard deviation


@dataclass(frozen=True, eq=False)
class _Group:
    part: str
    name: str
    where: np.ndarray  # (n,) bool: which of the films


@dataclass(frozen=True)
class _Draws:
    resamples: int
    seed: int


def measure_subgroups(
    answers: Answered,
    training: np.ndarray,
    threshold: float,
    *,
    classes: Sequence[str] = CLASSES,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[Subgroup, ...]:
    """Measure each part of the films.

    Parameters
    ----------
    answers : Answered
        The films to measure on.
    training : numpy.ndarray, shape (m, rows, columns)
        The training films, 0 to 255: what is bright or has much contrast is measured on them.
    threshold : float
        Films at or above it are called positive.
    classes : sequence of str
        The labels' names.
    resamples, seed : int
        Of the draws behind the bounds of the area under the ROC curve.

    Returns
    -------
    tuple of Subgroup
        Without groups that hold no film. The area and its bounds, drawn over patients, are None for films of one truth;
        the bounds of the share decided rightly are exact, by film.
    """
    draws = _Draws(resamples, seed)
    groups = [*_by_label(answers, classes), *_by_look(answers.films, find_cuts(training)), *_by_count(answers.patients)]
    return tuple(_measure(answers, group, threshold, draws) for group in groups if group.where.any())


def find_cuts(films: np.ndarray) -> Cuts:
    """Part films, shape (n, rows, columns), 0 to 255, into three bands of as many films each."""
    shares = np.arange(1, BANDS) / BANDS
    brightness, contrast = (np.quantile(values, shares) for values in _brightness_contrast(films))
    return Cuts(tuple(np.round(brightness, 1).tolist()), tuple(np.round(contrast, 1).tolist()))


def _brightness_contrast(films: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Film by film: thousands of films at once would take gigabytes."""
    return np.array([film.mean() for film in films]), np.array([film.std() for film in films])


def _by_label(answers: Answered, classes: Sequence[str]) -> Iterator[_Group]:
    for place, label in enumerate(classes):
        yield _Group("label", label, answers.labels == place)


def _by_look(films: np.ndarray, cuts: Cuts) -> Iterator[_Group]:
    brightness, contrast = _brightness_contrast(films)
    yield from _bands("brightness", "mean gray", brightness, cuts.brightness)
    yield from _bands("contrast", "standard deviation of gray", contrast, cuts.contrast)


def _bands(part: str, measure: str, values: np.ndarray, cuts: tuple[float, ...]) -> Iterator[_Group]:
    """Name the bands by their ends; a film at a cut belongs to the band above it."""
    names = [f"{measure} below {cuts[0]:g}"]
    names += [f"{measure} {low:g} to {high:g}" for low, high in zip(cuts, cuts[1:], strict=False)]
    names += [f"{measure} {cuts[-1]:g} or more"]
    band_of = np.searchsorted(cuts, values, side="right")
    for band, name in enumerate(names):
        yield _Group(part, name, band_of == band)


def _by_count(patients: Sequence[str]) -> Iterator[_Group]:
    counted = Counter(patients)
    has_several = np.array([counted[patient] > 1 for patient in patients])
    yield _Group("films a patient", "one film", ~has_several)
    yield _Group("films a patient", "several films", has_several)


def _measure(answers: Answered, group: _Group, threshold: float, draws: _Draws) -> Subgroup:
    truth, probability = answers.truth[group.where], answers.pneumonia[group.where]
    patients = np.array(answers.patients)[group.where].tolist()
    called = probability >= threshold
    right = int(np.count_nonzero(called == truth))
    area, low, high = _area(truth, probability, patients, draws)
    correct_low, correct_high = proportion_interval(right, truth.size)
    return Subgroup(
        part=group.part,
        group=group.name,
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
