"""Whether a probability of 80 % comes true in 80 % of films, and one number that makes it so.

Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017 (temperature, expected calibration error);
Brier, Monthly Weather Review 1950.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

LEAST_TEMPERATURE = 0.05
MOST_TEMPERATURE = 20.0
BINS = 15
_TINY = np.finfo(np.float64).eps  # keeps the logarithm finite, as scikit-learn does
_DUST = 1e-6  # a sum of float32 probabilities may miss 1 by that


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature that makes the true classes likeliest when logits are divided by it.

    The order of a film's classes stays as it is.

    Parameters
    ----------
    logits : numpy.ndarray, shape (n, k)
        Of films that the network was not trained on.
    labels : numpy.ndarray, shape (n,), int
        The true classes, 0 to k - 1.

    Returns
    -------
    float
        Above 1 for a network that is too sure. From 0.05 to 20: where the likelihood goes on rising beyond (all films
        right, or no better than chance), the bound.

    Raises
    ------
    ValueError
        If there is no film, or a label names no class.
    """
    _check_labels(labels, logits.shape)
    films = np.arange(labels.size)
    wide = logits.astype(np.float64)

    def loss(temperature: float) -> float:
        scaled = wide / temperature
        return float(np.mean(logsumexp(scaled, axis=1) - scaled[films, labels]))

    return _best_temperature(loss)


def cross_entropy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean negative log-probability of the true classes, in nats.

    Parameters
    ----------
    probabilities : numpy.ndarray, shape (n, k)
    labels : numpy.ndarray, shape (n,), int

    Raises
    ------
    ValueError
        If there is no film, or a label names no class.
    """
    _check_labels(labels, probabilities.shape)
    return float(-np.log(np.maximum(probabilities[np.arange(labels.size), labels], _TINY)).mean())


def log_loss(truth: np.ndarray, probability: np.ndarray) -> float:
    """Return the mean negative log-probability of what is true, in nats.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    probability : numpy.ndarray, shape (n,)
        That the film is positive.
    """
    return float(-np.log(np.maximum(np.where(truth, probability, 1 - probability), _TINY)).mean())


def brier_score(truth: np.ndarray, probability: np.ndarray) -> float:
    """Return the mean squared distance of probability and truth, 0 (best) to 1; shapes (n,)."""
    return float(np.mean((probability - truth) ** 2))


def expected_calibration_error(truth: np.ndarray, probability: np.ndarray, bins: int = BINS) -> float:
    """Return how far probabilities are from the shares that come true, on average over films.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
        For the error of the surest class: whether that class was right.
    probability : numpy.ndarray, shape (n,)
        From 0 to 1.
    bins : int
        Number of bins of equal width; each holds its lower edge, and the last one also 1.

    Raises
    ------
    ValueError
        If a probability is not from 0 to 1, or there is no bin.
    """
    bin_of = probability_bins(probability, bins)
    gaps = np.bincount(bin_of, weights=truth - probability, minlength=bins)
    return float(np.abs(gaps).sum() / truth.size)


def probability_bins(probability: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Return each film's bin, 0 to bins - 1, shape (n,); bins are of equal width and hold their lower edge.

    Raises
    ------
    ValueError
        If a probability is not from 0 to 1, or there is no bin.
    """
    if bins < 1:
        raise ValueError(f"Probabilities need at least one bin, got {bins}.")
    if not ((probability >= -_DUST) & (probability <= 1 + _DUST)).all():
        raise ValueError("A probability must be from 0 to 1.")
    return np.minimum(np.searchsorted(np.arange(1, bins) / bins, probability, side="right"), bins - 1)


def _best_temperature(loss: Callable[[float], float]) -> float:
    bounds = np.log([LEAST_TEMPERATURE, MOST_TEMPERATURE])  # the loss is convex in 1 / temperature: one valley here too
    found = minimize_scalar(
        lambda log: loss(float(np.exp(log))), bounds=bounds, method="bounded", options={"xatol": 1e-8}
    )
    ends = (LEAST_TEMPERATURE, float(np.exp(found.x)), MOST_TEMPERATURE)  # the search itself never tries a bound
    return min(ends, key=loss)


def _check_labels(labels: np.ndarray, shape: tuple[int, ...]) -> None:
    if not labels.size or labels.size != shape[0] or not ((labels >= 0) & (labels < shape[1])).all():
        raise ValueError(
            f"Labels must be a class from 0 to {shape[1] - 1} for each of the films, of which one is needed."
        )
