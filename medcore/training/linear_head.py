"""Fit the last layer alone, on features that stay as they are.

Source: softmax regression with a quadratic penalty, by L-BFGS. A network that starts from such a head and is then
trained gently keeps more of its features (Kumar et al., Fine-Tuning can Distort Pretrained Features, ICLR 2022).
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax


def fit_linear_head(features: np.ndarray, targets: np.ndarray, penalty: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Return the kernel, shape (features, classes), and the bias, shape (classes,), of the best softmax regression.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, features)
    targets : numpy.ndarray, shape (n, classes)
        Share of each class; rows sum to 1.
    penalty : float
        Half of the weight of the squared kernel, for features brought to a standard deviation of 1.
    """
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    scaled = np.hstack([(features - mean) / spread, np.ones((len(features), 1))])
    shape = (scaled.shape[1], targets.shape[1])

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        kernel = flat.reshape(shape)
        logits = scaled @ kernel
        unpenalized = kernel.copy()
        unpenalized[-1] = 0
        gradient = scaled.T @ (softmax(logits, axis=1) - targets) / len(scaled) + penalty * unpenalized
        value = -(targets * log_softmax(logits, axis=1)).sum() / len(scaled) + penalty / 2 * (unpenalized**2).sum()
        return float(value), gradient.ravel()

    fitted = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x.reshape(
        shape
    )
    kernel = fitted[:-1] / spread[:, None]
    return kernel, fitted[-1] - mean @ kernel
