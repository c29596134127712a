"""From logits to probabilities, and to a finding against none.

The first class of a model finds nothing (normal); all others together are its finding (pneumonia, of either kind).
"""

import numpy as np
from scipy.special import logsumexp, softmax

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


def positive_probability(by_class: np.ndarray) -> np.ndarray:
    """Return the probability of the finding, of any kind, for probabilities of shape (…, classes)."""
    return np.asarray(by_class[..., 1:].sum(axis=-1))


def positive_gradient(logits: np.ndarray) -> np.ndarray:
    """Return the gradient of `positive_logit` in one film's logits, both of shape (classes,)."""
    return np.concatenate([[-1.0], softmax(logits[1:].astype(np.float64))])
