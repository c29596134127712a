"""Learn from calibration films what a network's logits are worth."""

import numpy as np

from medcore.classifier.certainty import Certainty
from medcore.classifier.decision import CLASSES, pneumonia_logit
from medcore.evaluation.calibration import fit_temperature
from medcore.evaluation.conformal import class_quantiles
from medcore.evaluation.venn_abers import venn_abers_table


def certify(logits: np.ndarray, labels: np.ndarray) -> Certainty:
    """Fit temperature, Venn-Abers table and the quantiles of the prediction sets on films that trained nothing.

    Parameters
    ----------
    logits : numpy.ndarray, shape (n, 3)
    labels : numpy.ndarray, shape (n,), int
        Places in `CLASSES`.
    """
    unsure = Certainty(
        fit_temperature(logits, labels), venn_abers_table(pneumonia_logit(logits), is_pneumonia(labels)), ()
    )
    quantiles = class_quantiles(unsure.calibrated(logits), labels, unsure.level)
    return Certainty(unsure.temperature, unsure.venn_abers, tuple(map(float, quantiles)))


def is_pneumonia(labels: np.ndarray) -> np.ndarray:
    """Say of each label whether it is a kind of pneumonia."""
    return np.asarray(labels != CLASSES.index("normal"))


def positive_probability(probabilities: np.ndarray) -> np.ndarray:
    """Return the probability of pneumonia, of either kind, shape (n,)."""
    return np.asarray(1 - probabilities[:, CLASSES.index("normal")])
