"""Learn from calibration films what a network's logits are worth."""

from dataclasses import replace

import numpy as np

from medcore.classifier.certainty import Certainty, Platt
from medcore.classifier.decision import any_logit, positive_logit
from medcore.evaluation.calibration import fit_temperature
from medcore.evaluation.conformal import class_quantiles
from medcore.evaluation.platt import fit_temperature_and_offset
from medcore.evaluation.venn_abers import venn_abers_table
from medcore.training.targets import truth_of


def certify(logits: np.ndarray, labels: np.ndarray) -> Certainty:
    """Fit temperatures, Venn-Abers table and the quantiles of the prediction sets on films that trained nothing.

    Parameters
    ----------
    logits : numpy.ndarray, shape (n, classes) or (n, findings)
    labels : numpy.ndarray, shape (n,) int or (n, findings) bool
        Places among the classes, or which findings a film has.
    """
    sick = is_positive(labels)
    findings: tuple[Platt, ...] = ()
    if labels.ndim == 2:
        each = zip(logits.T, labels.T, strict=True)
        findings = tuple(Platt(*fit_temperature_and_offset(its, has)) for its, has in each)
    score = any_logit(logits) if findings else positive_logit(logits)
    temperature, offset = fit_temperature_and_offset(score, sick)
    unsure = Certainty(
        temperature=temperature,
        offset=offset,
        kind_temperature=1.0,
        venn_abers=venn_abers_table(score, sick),
        set_quantiles=(),
        findings=findings,
    )
    if not findings and logits.shape[1] > 2:
        unsure = replace(unsure, kind_temperature=fit_temperature(logits[sick, 1:], labels[sick] - 1))
    by_class = unsure.calibrated(logits)
    quantiles = class_quantiles(by_class, truth_of(labels, by_class.shape[1]), unsure.level)
    return replace(unsure, set_quantiles=tuple(map(float, quantiles)))


def is_positive(labels: np.ndarray) -> np.ndarray:
    """Say of each film's label, shape (n,) int or (n, findings) bool, whether it is the finding, of any kind."""
    return np.asarray(labels.any(axis=1) if labels.ndim == 2 else labels != 0)
