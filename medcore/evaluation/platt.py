"""Turn a score that leans to one side into a probability.

Source: Platt, Probabilistic Outputs for Support Vector Machines, 1999; here without his prior on the labels.
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from medcore.evaluation.calibration import LEAST_TEMPERATURE, MOST_TEMPERATURE

LARGEST_OFFSET = 10.0


def fit_temperature_and_offset(logits: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Return what a logit is divided by, and what is then added, so that its sigmoid is a probability.

    An offset is needed where a network is not only too sure or too unsure but leans to one side.

    Parameters
    ----------
    logits : numpy.ndarray, shape (n,)
    truth : numpy.ndarray, shape (n,), bool

    Returns
    -------
    float, float
        Temperature, from 0.05 to 20 as in `fit_temperature`, and offset, from -10 to 10.

    Raises
    ------
    ValueError
        If the shapes differ or all films are positive or all negative.
    """
    if logits.shape != truth.shape or truth.all() or not truth.any():
        raise ValueError("An offset needs positive and negative films, and a logit for each.")
    sign = np.where(truth, 1.0, -1.0)
    wide = logits.astype(np.float64)

    def loss(slope_and_offset: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (slope_and_offset[0] * wide + slope_and_offset[1])
        slopes = -sign * expit(-margin)
        return float(np.logaddexp(0, -margin).mean()), np.array([(slopes * wide).mean(), slopes.mean()])

    bounds = [(1 / MOST_TEMPERATURE, 1 / LEAST_TEMPERATURE), (-LARGEST_OFFSET, LARGEST_OFFSET)]
    slope, offset = minimize(loss, [1.0, 0.0], jac=True, method="L-BFGS-B", bounds=bounds).x
    return float(1 / slope), float(offset)
