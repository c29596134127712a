"""Every figure of a model, for the films as they are and for draws of their patients."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medcore.evaluation.intervals import weight_parts
from medcore.evaluation.multiclass import accuracy, f1, precision, recall
from medcore.evaluation.weighted import (
    weighted_auc,
    weighted_average_precision,
    weighted_calibration_error,
    weighted_confusion,
    weighted_mean,
)

Draws = dict[str, np.ndarray]  # by figure: the plain value, then a value for each draw
_TINY = np.finfo(np.float64).eps  # keeps the logarithm finite


@dataclass(frozen=True, eq=False)
class Calls:
    """Answers to a question of yes or no, for n films."""

    truth: np.ndarray  # (n,) bool
    probability: np.ndarray  # (n,) of yes
    called: np.ndarray  # (n,) bool
    patients: np.ndarray  # (n,)

    def of(self, films: np.ndarray) -> "Calls":
        """Return the answers for some of the films, shape (n,) bool."""
        return Calls(self.truth[films], self.probability[films], self.called[films], self.patients[films])


@dataclass(frozen=True, eq=False)
class Films:
    """What is known and what a model says of n films of k classes."""

    probabilities: np.ndarray  # (n, k)
    labels: np.ndarray  # (n,) int, the true classes
    truth: np.ndarray  # (n,) bool, positive or not
    probability: np.ndarray  # (n,) of positive
    called: np.ndarray  # (n,) bool, at or above the threshold
    patients: np.ndarray  # (n,)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.probabilities.shape[1])

    @property
    def calls(self) -> Calls:
        """Whether each film is called positive."""
        return Calls(self.truth, self.probability, self.called, self.patients)

    @property
    def predicted(self) -> np.ndarray:
        """The likeliest class of each film, shape (n,)."""
        return np.asarray(self.probabilities.argmax(axis=1))


def draw_figures(films: Films, resamples: int, seed: int) -> Draws:
    """Work out each figure for the films as they are and for draws of their patients.

    Parameters
    ----------
    films : Films
    resamples : int
        Number of draws.
    seed : int

    Returns
    -------
    dict of str to numpy.ndarray, shape (1 + resamples,) or (1 + resamples, classes)
        The plain figure first; NaN where a draw leaves it undefined.
    """
    parts = weight_parts(films.patients.tolist(), resamples=resamples, seed=seed)
    return joined([{**binary_draws(films.calls, part), **_class_draws(films, part)} for part in parts])


def joined(parts: Sequence[Draws]) -> Draws:
    """Join the draws of the same figures, one part after the other."""
    return {name: np.concatenate([one[name] for one in parts]) for name in parts[0]}


def binary_draws(calls: Calls, weights: np.ndarray) -> Draws:
    """Work out each figure of yes-or-no calls for draws of weights, shape (draws, n); NaN where it is undefined."""
    truth, probability = calls.truth, calls.probability
    confusion = weighted_confusion(truth.astype(int), calls.called.astype(int), 2, weights)
    likelihood = np.where(truth, probability, 1 - probability)
    return {
        "auc": weighted_auc(truth, probability, weights),
        "average precision": weighted_average_precision(truth, probability, weights),
        "accuracy": accuracy(confusion),
        "recall": recall(confusion),  # specificity, sensitivity
        "precision": precision(confusion),  # of the negative decision, of the positive one
        "f1": f1(confusion)[:, 1],
        "brier": weighted_mean((probability - truth) ** 2, weights),
        "log loss": weighted_mean(-np.log(np.maximum(likelihood, _TINY)), weights),
        "calibration": weighted_calibration_error(truth, probability, weights),
    }


def _class_draws(films: Films, weights: np.ndarray) -> Draws:
    probabilities, labels = films.probabilities, films.labels
    confusion = weighted_confusion(labels, films.predicted, films.classes, weights)
    likelihood = probabilities[np.arange(labels.size), labels]
    areas = [weighted_auc(labels == k, probabilities[:, k], weights) for k in range(films.classes)]
    return {
        "class auc": np.stack(areas, axis=1),
        "class accuracy": accuracy(confusion),
        "class recall": recall(confusion),
        "class precision": precision(confusion),
        "class f1": f1(confusion),
        "class log loss": weighted_mean(-np.log(np.maximum(likelihood, _TINY)), weights),
        "class calibration": weighted_calibration_error(films.predicted == labels, probabilities.max(axis=1), weights),
    }
