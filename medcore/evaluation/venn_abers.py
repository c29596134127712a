"""A lower and an upper probability for a score, right for one of the two truths: the inductive Venn-Abers predictor.

Source: Vovk and Petej, Venn-Abers predictors, UAI 2014; Nouretdinov et al., Inductive Venn-Abers predictive
distribution, COPA 2018. The film is added to the calibration films once as negative and once as positive, and each
time an isotonic regression says what its score is worth. Only the order of scores matters, so both answers are
constant on each calibration score and between neighbours: a table holds them all, and nothing is fitted afterwards.
"""

import numpy as np
from scipy.optimize import isotonic_regression

from medcore.evaluation.venn_abers_table import VennAbersTable

__all__ = ["VennAbersTable", "venn_abers_table"]

_SAME = 1e-12  # below this, two probabilities differ by the order in which floats were added


def venn_abers_table(score: np.ndarray, truth: np.ndarray) -> VennAbersTable:
    """Work out the lower and upper probability for each score that a film can have.

    Parameters
    ----------
    score : numpy.ndarray, shape (n,)
        Of calibration films, finite; higher is more positive.
    truth : numpy.ndarray, shape (n,), bool

    Returns
    -------
    VennAbersTable

    Raises
    ------
    ValueError
        If there is no film, the shapes differ, or a score is not finite.
    """
    if score.shape != truth.shape or not score.size or not np.isfinite(score).all():
        raise ValueError("Venn-Abers probabilities need films with a finite score and a truth each.")
    edges, edge_of = np.unique(score.astype(np.float64), return_inverse=True)
    films = np.bincount(edge_of).astype(np.float64)  # at each edge
    positives = np.bincount(edge_of, weights=truth)
    places = range(2 * edges.size + 1)
    low = np.array([_answer(films, positives, place, truth=0) for place in places])
    high = np.array([_answer(films, positives, place, truth=1) for place in places])
    return _without_idle_edges(edges, low, high)


def _answer(films: np.ndarray, positives: np.ndarray, place: int, *, truth: int) -> float:
    """Regress with one more film of this truth; odd places are on an edge, even ones between two."""
    at, on_edge = divmod(place, 2)
    if on_edge:
        films, positives = films.copy(), positives.copy()
    else:
        films, positives = np.insert(films, at, 0.0), np.insert(positives, at, 0.0)
    films[at] += 1
    positives[at] += truth
    fitted: np.ndarray = isotonic_regression(positives / films, weights=films).x
    return float(np.clip(fitted[at], 0, 1))  # a mean of ones may exceed 1 by a float's last bit


def _without_idle_edges(edges: np.ndarray, low: np.ndarray, high: np.ndarray) -> VennAbersTable:
    """Leave out the edges on and around which both probabilities stay the same."""
    steps = np.maximum(np.diff(low), np.diff(high)).reshape(-1, 2)  # onto each edge, and off it
    kept = np.flatnonzero((steps > _SAME).any(axis=1))
    places = np.append(0, np.stack([2 * kept + 1, 2 * kept + 2], axis=1))
    return VennAbersTable(edges[kept], low[places], high[places])
