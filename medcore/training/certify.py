"""Learn from calibration films what a network's logits are worth."""

from dataclasses import replace

import numpy as np

from medcore.classifier.certainty import Certainty
from medcore.classifier.decision import CLASSES, pneumonia_logit
from medcore.evaluation.calibration import fit_temperature
from medcore.evaluation.conformal import class_quantiles
from medcore.evaluation.platt import fit_temperature_and_offset
from medcore.evaluation.venn_abers import venn_abers_table


def certify(logits: np.ndarray, labels: np.ndarray) -> Certainty:
    """Fit temperatures, Venn-Abers table and the quantiles of the prediction sets on films that trained nothing.

    Parameters
    ----------
    logits : numpy.ndarray, shape (n, 3)
    labels : numpy.ndarray, shape (n,), int
        Places in `CLASSES`.
    """
    sick = is_pneumonia(labels)
    score = pneumonia_logit(logits)
    temperature, offset = fit_temperature_and_offset(score, sick)
    unsure = Certainty(
        temperature=temperature,
        offset=offset,
        kind_temperature=fit_temperature(logits[sick, 1:], labels[sick] - 1),
        venn_abers=venn_abers_table(score, sick),
        set_quantiles=(),
    )
    quantiles = class_quantiles(unsure.calibrated(logits), labels, unsure.level)
    return replace(unsure, set_quantiles=tuple(map(float, quantiles)))


def is_pneumonia(labels: np.ndarray) -> np.ndarray:
    """Say of each label whether it is a kind of pneumonia."""
    return np.asarray(labels != CLASSES.index("normal"))
