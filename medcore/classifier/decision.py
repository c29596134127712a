"""From logits to probabilities, and to pneumonia against normal."""

import numpy as np

CLASSES = ("normal", "bacterial", "viral")
PNEUMONIA = "pneumonia"  # bacterial or viral
NO_PNEUMONIA = "no pneumonia"


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Turn logits, shape (n, classes), into probabilities of the same shape, by softmax in float64."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def pneumonia_logit(logits: np.ndarray) -> np.ndarray:
    """Return the logit of pneumonia, logsumexp(bacterial, viral) - normal.

    Its sigmoid is the sum of both kinds' softmax probabilities.

    Parameters
    ----------
    logits : numpy.ndarray, shape (n, 3)
        In the order of `CLASSES`.

    Returns
    -------
    numpy.ndarray, shape (n,), float64
    """
    normal, bacterial, viral = logits.astype(np.float64).T
    return np.asarray(np.logaddexp(bacterial, viral) - normal)


def positive_probability(by_class: np.ndarray) -> np.ndarray:
    """Return the probability of pneumonia, of either kind, for probabilities of shape (…, 3)."""
    return np.asarray(by_class[..., 1] + by_class[..., 2])


def pneumonia_probability(logits: np.ndarray) -> np.ndarray:
    """Return the probability of pneumonia, shape (n,), for logits of shape (n, 3)."""
    with np.errstate(over="ignore"):  # exp overflows to infinity, and the probability to 0: right
        return np.asarray(1 / (1 + np.exp(-pneumonia_logit(logits))))


def pneumonia_gradient(logits: np.ndarray) -> np.ndarray:
    """Return the gradient of `pneumonia_logit` in one film's logits, both of shape (3,)."""
    _, bacterial, viral = logits.astype(np.float64)
    share = np.exp(bacterial - np.logaddexp(bacterial, viral))  # of the bacterial kind in pneumonia
    return np.array([-1.0, share, 1 - share])
