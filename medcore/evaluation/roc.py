"""Area under the ROC curve, and how sure it is.

Source: Hanley and McNeil, Radiology 1982 (the area is the Mann-Whitney statistic).
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from medcore.evaluation.intervals import LEVEL, RESAMPLES, bootstrap_interval


def auc(truth: np.ndarray, score: np.ndarray) -> float:
    """Return the probability that a positive film scores above a negative one; ties count half.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
        True for positive films.
    score : numpy.ndarray, shape (n,)
        Higher is more positive.

    Raises
    ------
    ValueError
        If all films are positive or all negative.
    """
    positives = int(np.count_nonzero(truth))
    negatives = truth.size - positives
    if not positives or not negatives:
        raise ValueError("The area under the ROC curve needs positive and negative films.")
    ranks = rankdata(score)[truth].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))


def auc_interval(
    truth: np.ndarray,
    score: np.ndarray,
    patients: Sequence[str],
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[float, float]:
    """Bound the area under the ROC curve by drawing patients with replacement.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    score : numpy.ndarray, shape (n,)
    patients : sequence of str, length n
        Whose film each is; films of one patient are drawn together.
    level : float
        Share of the draws between the bounds.
    resamples : int
        Number of draws; those without both kinds of films are drawn again.
    seed : int

    Returns
    -------
    float, float
        The percentile interval's lower and upper bound.

    Raises
    ------
    ValueError
        If all films are positive or all negative.
    """
    return bootstrap_interval(auc, (truth, score), patients, level=level, resamples=resamples, seed=seed)
