"""Fit what tells films like the training films from other pictures, in a network's features."""

import numpy as np

from medcore.classifier.familiarity import Familiarity, hellinger
from medcore.classifier.subspace import Subspace

AXES = 64
KEPT = 0.99  # share of the validation films that is not refused


def fit_familiarity(training: np.ndarray, validation: np.ndarray) -> Familiarity:
    """Fit the cloud of the training films, and choose its limit on the validation films.

    Give it the features of films and of their changed copies (`medcore.training.copies.with_copies`), both times: a
    film that is a little coarser or noisier is not unfamiliar.

    Parameters
    ----------
    training, validation : numpy.ndarray, shape (n, features)
        Not below 0.
    """
    axes = min(AXES, training.shape[1] - 1)
    subspace = Subspace.fit(hellinger(training), axes)
    return Familiarity(subspace, float(np.quantile(subspace.distance(hellinger(validation)), KEPT)))
