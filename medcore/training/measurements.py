"""What a certified network does on labelled films: the figures of a model's report."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medcore.classifier.certainty import Certainty
from medcore.classifier.decision import CLASSES, positive_probability
from medcore.classifier.forward import Forward, Outputs
from medcore.classifier.network import INPUT_SIZE
from medcore.evaluation.conformal import Coverage, coverage, prediction_sets
from medcore.evaluation.measure import Figures, measure
from medcore.training.certify import is_positive
from medcore.training.films import Film, read_inputs, read_labels


@dataclass(frozen=True, eq=False)
class Answers:
    """Labelled films, and what a network with its certainty says of them."""

    films: np.ndarray  # (n, 224, 224) uint8
    labels: np.ndarray  # (n,) places in CLASSES
    patients: tuple[str, ...]
    outputs: Outputs
    probabilities: np.ndarray  # (n, 3), calibrated

    @property
    def truth(self) -> np.ndarray:
        """Whether each film shows pneumonia of either kind."""
        return is_positive(self.labels)

    @property
    def pneumonia(self) -> np.ndarray:
        """The probability of either kind, shape (n,)."""
        return positive_probability(self.probabilities)


def answer(forward: Forward, certainty: Certainty, films: Sequence[Film]) -> Answers:
    """Show films to a network."""
    inputs = read_inputs(films, INPUT_SIZE)
    outputs = forward(inputs)
    patients = tuple(film.patient for film in films)
    return Answers(inputs, read_labels(films, CLASSES), patients, outputs, certainty.calibrated(outputs.logits))


def measure_pneumonia(answers: Answers, threshold: float) -> Figures:
    """Measure pneumonia against normal, and the three labels beside it."""
    return measure_positive(answers.probabilities, answers.labels, answers.patients, threshold)


def measure_positive(by_class: np.ndarray, labels: np.ndarray, patients: Sequence[str], threshold: float) -> Figures:
    """Measure the finding against none, and the classes beside it.

    Parameters
    ----------
    by_class : numpy.ndarray, shape (n, classes)
        Calibrated probabilities.
    labels : numpy.ndarray, shape (n,) int or (n, classes - 1) bool
        Places among the classes, the first of which finds nothing; or which findings a film has: then the only class
        beside none is to have any.
    patients : sequence of str, length n
    threshold : float
        Probability from which on a film has the finding.
    """
    positive = is_positive(labels)
    if labels.ndim == 2:
        by_class = np.stack([by_class[:, 0], positive_probability(by_class, several=True)], axis=1)
        labels = positive.astype(np.int32)
    return measure(by_class, labels, positive, positive_probability(by_class), patients, threshold)


def measure_kind(answers: Answers) -> Figures:
    """Measure bacterial against viral, on the films of either; bacterial is positive, called from one half on."""
    sick = answers.truth
    kinds = answers.probabilities[sick, 1:]
    shares = kinds / kinds.sum(axis=1, keepdims=True)
    labels = answers.labels[sick] - 1
    patients = [patient for patient, shown in zip(answers.patients, sick, strict=True) if shown]
    return measure(shares, labels, labels == 0, shares[:, 0], patients, 0.5)


def measure_sets(answers: Answers, certainty: Certainty) -> Coverage:
    """Say how often the prediction sets hold the film's label."""
    return coverage(prediction_sets(answers.probabilities, np.array(certainty.set_quantiles)), answers.labels)
