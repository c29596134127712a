"""How good a network's answers are on labelled pictures, of which each has one label or several findings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from medcore.classifier.decision import probabilities
from medcore.errors import ModelError
from medcore.evaluation.roc import auc

SMALLEST = 1e-12  # probability, so that no logarithm is of 0


@dataclass(frozen=True)
class SetFigures:
    """How good the answers are on one part of a set."""

    auc: float  # mean of `aucs`
    accuracy: float  # share of right labels, or of right yes and no to each finding at probability 0.5
    log_loss: float  # nats a picture, or a picture and finding
    aucs: dict[str, float]  # each class against all others, where both occur


def to_probabilities(logits: np.ndarray, *, several: bool) -> np.ndarray:
    """Turn logits, shape (n, classes), into probabilities: of each class by itself where a picture can have several."""
    return np.asarray(expit(logits.astype(np.float64))) if several else probabilities(logits)


def measure_answers(labels: np.ndarray, answers: np.ndarray, classes: Sequence[str]) -> SetFigures:
    """Compare probabilities with labels; the mean area is MedMNIST's.

    Parameters
    ----------
    labels : numpy.ndarray, shape (n,) int or (n, classes) bool
        Each picture's place in `classes`, or which findings it has.
    answers : numpy.ndarray, shape (n, classes)
    classes : sequence of str

    Raises
    ------
    ModelError
        If there is no class that some of the pictures are of and others are not.
    """
    several = labels.ndim == 2
    truth = labels if several else labels[:, None] == np.arange(len(classes))
    aucs = {
        name: auc(truth[:, place], answers[:, place])
        for place, name in enumerate(classes)
        if truth[:, place].any() and not truth[:, place].all()
    }
    if not aucs:
        raise ModelError("All pictures have the same label, so nothing can be measured. Give pictures of each class.")
    right = (answers >= 0.5) == truth if several else answers.argmax(axis=1) == labels
    chosen = np.where(truth, answers, 1 - answers) if several else answers[truth]
    return SetFigures(
        auc=float(np.mean(list(aucs.values()))),
        accuracy=float(right.mean()),
        log_loss=float(-np.log(np.maximum(chosen, SMALLEST)).mean()),
        aucs=aucs,
    )
