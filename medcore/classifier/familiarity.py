"""Whether a picture is like the films that a network was trained on, in the network's own features.

Source: Lee et al., A Simple Unified Framework for Detecting Out-of-Distribution Samples, NeurIPS 2018 (Mahalanobis
distance of features); Wang et al., ViM, CVPR 2022 (what lies beside the principal subspace counts most). Features are
taken as roots of their shares of the sum (Hellinger), so that a film's sharpness, which scales them all, counts less.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medcore.classifier.subspace import Subspace, read_subspace, write_subspace

UNLIKE = (
    "This picture is unlike the films that the model was made from, so the model does not answer. Read it without the "
    "model."
)
SMALLEST = 1e-12  # sum of a picture's features, so that a picture without any is divided by something


@dataclass(frozen=True, eq=False)
class Familiarity:
    """The cloud of the training films' features; fitted by `medcore.training.fit_familiarity`."""

    subspace: Subspace
    limit: float  # distance above which a picture is refused

    def score(self, features: np.ndarray) -> np.ndarray:
        """Return how unfamiliar pictures are: their distance over the limit, so that above 1 is refused.

        Parameters
        ----------
        features : numpy.ndarray, shape (n, 1280)
            Not below 0: the mean over the cells of the last map before the logits.

        Returns
        -------
        numpy.ndarray, shape (n,), float64
        """
        return self.subspace.distance(hellinger(features)) / self.limit

    def refusal(self, features: np.ndarray) -> str:
        """Say why the model does not answer for one picture, by its features, shape (1280,); empty where it does."""
        return UNLIKE if self.score(features[None])[0] > 1 else ""

    @classmethod
    def read(cls, file: Path) -> "Familiarity":
        """Read a fit.

        Raises
        ------
        ModelError
            If the file is missing or not what it should be.
        """
        return cls(*read_subspace(file))

    def write(self, file: Path) -> None:
        """Write a fit."""
        write_subspace(file, self.subspace, self.limit)


def hellinger(features: np.ndarray) -> np.ndarray:
    """Return the roots of each picture's shares of features, shape (n, features), so that each row has length 1."""
    positive = np.maximum(np.asarray(features, np.float64), 0)
    total = np.maximum(positive.sum(axis=1, keepdims=True), SMALLEST)
    return np.asarray(np.sqrt(positive / total))
