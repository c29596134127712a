"""From logits to probabilities, and to a finding against none.

The first class of a model finds nothing (normal); all others together are its finding (pneumonia, of either kind).
Where a film can have several findings, each has a logit of its own and the first class has none: how likely any of them
is follows from the others as if they were independent, and calibration makes up for what is wrong in that.
"""

import numpy as np
from scipy.special import expit, logsumexp, softmax

CLASSES = ("normal", "bacterial", "viral")  # of the model that ships with MedCore
PNEUMONIA = "pneumonia"  # bacterial or viral


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Turn logits, shape (n, classes), into probabilities of the same shape, by softmax in float64."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def positive_logit(logits: np.ndarray) -> np.ndarray:
    """Return the logit of the finding: of the shipped model, logsumexp(bacterial, viral) - normal.

    Its sigmoid is the sum of the softmax probabilities of all classes but the first.

    Parameters
    ----------
    logits : numpy.ndarray, shape (n, classes)

    Returns
    -------
    numpy.ndarray, shape (n,), float64
    """
    exact = logits.astype(np.float64)
    return np.asarray(logsumexp(exact[:, 1:], axis=1) - exact[:, 0])


def positive_probability(by_class: np.ndarray, *, several: bool = False) -> np.ndarray:
    """Return the probability of the finding, of any kind, for probabilities of shape (…, classes).

    Those of a model that gives several findings do not add up to 1.
    """
    return np.asarray(1 - by_class[..., 0] if several else by_class[..., 1:].sum(axis=-1))


def positive_gradient(logits: np.ndarray) -> np.ndarray:
    """Return the gradient of `positive_logit` in one film's logits, both of shape (classes,)."""
    return np.concatenate([[-1.0], softmax(logits[1:].astype(np.float64))])


def any_logit(logits: np.ndarray) -> np.ndarray:
    """Return the logit of any finding, shape (n,), float64, for logits of findings, shape (n, findings).

    Its sigmoid is 1 - the product of 1 - sigmoid over the findings.
    """
    all_absent = _minus_log_all_absent(logits)
    return np.asarray(all_absent + np.log(-np.expm1(-all_absent)))


def any_gradient(logits: np.ndarray) -> np.ndarray:
    """Return the gradient of `any_logit` in one film's logits, both of shape (findings,)."""
    return np.asarray(expit(logits.astype(np.float64)) / -np.expm1(-_minus_log_all_absent(logits)))


def _minus_log_all_absent(logits: np.ndarray) -> np.ndarray:
    return np.asarray(np.logaddexp(0, logits.astype(np.float64)).sum(axis=-1))
