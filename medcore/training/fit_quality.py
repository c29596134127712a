"""Fit what tells upright chest films from inverted and turned ones, and from other pictures."""

import numpy as np

from medcore.classifier.quality import QualityModel, at_a_glance
from medcore.classifier.subspace import Subspace
from medcore.training.copies import with_copies

AXES = 16
KEPT = 0.99  # share of the validation films that is not refused


def fit_quality(training: np.ndarray, validation: np.ndarray) -> QualityModel:
    """Fit the cloud of the training films at a glance, and choose its limit on the validation films as they are.

    Changed copies and mirror images of the training films belong to the cloud.

    Parameters
    ----------
    training, validation : numpy.ndarray, shape (n, rows, columns)
        0 (black) to 255 (white).
    """
    glances = np.stack([at_a_glance(film) for film in with_copies(training)])
    mirrored = np.concatenate([glances, glances[:, :, ::-1]])
    subspace = Subspace.fit(mirrored.reshape(len(mirrored), -1), AXES)
    own = np.stack([at_a_glance(film).ravel() for film in validation])
    return QualityModel(subspace, float(np.quantile(subspace.distance(own), KEPT)))
