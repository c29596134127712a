"""What came true of films whose probabilities are alike: the points of a reliability diagram.

Source: Guo et al., ICML 2017; Clopper and Pearson, Biometrika 1934 (bounds of each point).
"""

from dataclasses import dataclass

import numpy as np

from medcore.evaluation.calibration import BINS, probability_bins
from medcore.evaluation.intervals import LEVEL, proportion_interval


@dataclass(frozen=True)
class ReliabilityBin:
    """Films whose probability lies in one bin, and the share of them that are positive."""

    lower_edge: float
    upper_edge: float
    films: int
    positives: int
    mean_probability: float
    share: float  # of positive films
    share_low: float  # exact bounds
    share_high: float


@dataclass(frozen=True)
class Reliability:
    """The bins that hold a film, by rising probability."""

    bins: tuple[ReliabilityBin, ...]


def reliability(truth: np.ndarray, probability: np.ndarray, bins: int = BINS, level: float = LEVEL) -> Reliability:
    """Return the points of a reliability diagram.

    Parameters
    ----------
    truth : numpy.ndarray, shape (n,), bool
    probability : numpy.ndarray, shape (n,)
        From 0 to 1.
    bins : int
        Number of bins of equal width; those without a film are left out.
    level : float
        Of the exact bounds around each share.

    Raises
    ------
    ValueError
        If a probability is not from 0 to 1, or there is no bin.
    """
    bin_of = probability_bins(probability, bins)
    held = np.unique(bin_of)
    return Reliability(tuple(_bin(int(n), bins, truth[bin_of == n], probability[bin_of == n], level) for n in held))


def _bin(number: int, bins: int, truth: np.ndarray, probability: np.ndarray, level: float) -> ReliabilityBin:
    positives = int(np.count_nonzero(truth))
    low, high = proportion_interval(positives, truth.size, level)
    return ReliabilityBin(
        lower_edge=number / bins,
        upper_edge=(number + 1) / bins,
        films=truth.size,
        positives=positives,
        mean_probability=float(probability.mean()),
        share=positives / truth.size,
        share_low=low,
        share_high=high,
    )
