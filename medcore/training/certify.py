"""Learn from calibration films what a network's logits are worth."""

from dataclasses import replace

import numpy as np

from medcore.classifier.certainty import Certainty
from medcore.classifier.decision import positive_logit
from medcore.evaluation.calibration import fit_temperature
from medcore.evaluation.conformal import class_quantiles
from medcore.evaluation.platt import fit_temperature_and_offset
from medcore.evaluation.venn_abers import venn_abers_table


def certify(logits: np.ndarray, labels: np.ndarray) -> Certainty:
    """Fit temperatures, Venn-Abers table and the quantiles of the prediction sets on films that trained nothing.

    Parameters
    ----------
    logits : numpy.ndarray, shape (n, classes)
    labels : numpy.ndarray, shape (n,), int
        Places among the classes.
    """
    sick = is_positive(labels)
    score = positive_logit(logits)
    temperature, offset = fit_temperature_and_offset(score, sick)
    unsure = Certainty(
        temperature=temperature,
        offset=offset,
        kind_temperature=fit_temperature(logits[sick, 1:], labels[sick] - 1) if logits.shape[1] > 2 else 1.0,
        venn_abers=venn_abers_table(score, sick),
        set_quantiles=(),
    )
    quantiles = class_quantiles(unsure.calibrated(logits), labels, unsure.level)
    return replace(unsure, set_quantiles=tuple(map(float, quantiles)))


def is_positive(labels: np.ndarray) -> np.ndarray:
    """Say of each label whether it is the finding, of any kind."""
    return np.asarray(labels != 0)
