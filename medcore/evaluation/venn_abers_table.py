"""Look up a score's lower and upper probability; needs NumPy alone."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class VennAbersTable:
    """Both probabilities for each score: m edges, with 2 m + 1 places below, on, between and above them.

    Place 2 i is between edges i - 1 and i, place 2 i + 1 is on edge i.
    """

    edges: np.ndarray  # (m,) rising scores
    low: np.ndarray  # (2 m + 1,) probability if the film is held to be negative
    high: np.ndarray  # (2 m + 1,) if it is held to be positive

    def interval(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the lower and upper probability of positive for scores, both of their shape, float64."""
        below = np.searchsorted(self.edges, score, side="left")
        place = below + np.searchsorted(self.edges, score, side="right")  # one more on an edge
        return self.low[place], self.high[place]

    def to_json(self) -> dict[str, Any]:
        """Return plain lists, from which `from_json` makes the same table, to the last bit."""
        return {"edges": self.edges.tolist(), "low": self.low.tolist(), "high": self.high.tolist()}

    @classmethod
    def from_json(cls, entries: dict[str, Any]) -> "VennAbersTable":
        """Read a table.

        Raises
        ------
        KeyError
            If a list is missing.
        ValueError
            If the lists are no table: of other lengths, edges that do not rise, or probabilities out of order.
        """
        edges, low, high = (np.array(entries[name], dtype=np.float64) for name in ("edges", "low", "high"))
        if low.shape != high.shape or low.shape != (2 * edges.size + 1,):
            raise ValueError("A Venn-Abers table of m edges has 2 m + 1 low and as many high probabilities.")
        if not ((np.diff(edges) > 0).all() and np.isfinite(edges).all()):
            raise ValueError("The edges of a Venn-Abers table must be finite and rise.")
        if not ((low >= 0) & (low <= high) & (high <= 1)).all():
            raise ValueError("The probabilities of a Venn-Abers table must be from 0 to 1, low up to high.")
        return cls(edges, low, high)


def one_probability(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Join both into the probability whose log-loss is least in the worse case, high / (1 - low + high).

    Source: Vovk and Petej 2014, section 4. It lies between both; shapes (n,).
    """
    return np.asarray(high / (1 - low + high))
