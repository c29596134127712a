"""Whether a picture is like the films that a network was trained on, in the network's own features."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True, eq=False)
class Familiarity:
    """To be fitted by `medcore.training.fit_familiarity`."""

    threshold: float

    def refusal(self, features: np.ndarray) -> str:
        """Say why the model does not answer for one picture; empty where it does."""
        return ""

    @classmethod
    def read(cls, file: Path) -> "Familiarity":
        """Read a fit."""
        return cls(0.0)
