"""Whether the answer comes from the lungs or from what lies around them: films with one of the two blanked.

There are no outlines of the lungs for these films, so one fixed region stands for them. A model that looks at the lungs
loses most of its area under the ROC curve without the region, and keeps most of it with nothing else; what is left
without the region tells how much the surroundings give away (markers, collimation, exposure, the arms' position).
Source: Zech et al., PLoS Medicine 2018; DeGrave et al., Nature Machine Intelligence 2021 (shortcuts in chest films).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medcore.classifier.report import ShortcutRow
from medcore.evaluation.intervals import RESAMPLES
from medcore.evaluation.roc import auc, auc_interval
from medcore.training.robustness import PositiveProbability


@dataclass(frozen=True)
class Region:
    """A rectangle, its edges as shares of a film's rows and columns."""

    top: float
    bottom: float
    left: float
    right: float

    def mask(self, rows: int, columns: int) -> np.ndarray:
        """Return where the region lies in a film, shape (rows, columns), bool."""
        inside = np.zeros((rows, columns), bool)
        down = slice(round(self.top * rows), round(self.bottom * rows))
        across = slice(round(self.left * columns), round(self.right * columns))
        inside[down, across] = True
        return inside

    def __str__(self) -> str:
        top, bottom, left, right = (f"{100 * edge:.0f}" for edge in (self.top, self.bottom, self.left, self.right))
        return f"{left} to {right} % of the width, {top} to {bottom} % of the height"


LUNG_REGION = Region(top=0.15, bottom=0.8, left=0.15, right=0.85)
AS_THEY_ARE = "the films as they are"
SHOWN = {  # whether the region is blanked, or all but the region; with the film's mean gray, or black
    "all but the lung region; it is filled with the film's mean gray": (True, True),
    "all but the lung region; it is black": (True, False),
    "the lung region alone; the rest is filled with the film's mean gray": (False, True),
    "the lung region alone; the rest is black": (False, False),
}
WITHOUT_REGION = tuple(shown for shown, (blanks_region, _) in SHOWN.items() if blanks_region)


def measure_shortcut(
    positive_probability_of: PositiveProbability,
    films: np.ndarray,
    truth: np.ndarray,
    patients: Sequence[str],
    *,
    region: Region = LUNG_REGION,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> tuple[ShortcutRow, ...]:
    """Ask for every film as it is, without the region, and with nothing but the region.

    Parameters
    ----------
    positive_probability_of : callable
        Takes films, shape (n, rows, columns) float32, 0 (black) to 255 (white); returns probabilities, shape (n,).
    films : numpy.ndarray, shape (n, rows, columns)
        0 to 255.
    truth : numpy.ndarray, shape (n,), bool
    patients : sequence of str, length n
        Whose film each is; the bounds are drawn over patients.
    region : Region
    seed, resamples : int
        Of the draws.

    Returns
    -------
    tuple of ShortcutRow
        The films as they are first, then those of `SHOWN`.

    Raises
    ------
    ValueError
        If all films are positive or all negative.
    """

    def row(shown: str, pictures: np.ndarray) -> ShortcutRow:
        probability = positive_probability_of(pictures)
        low, high = auc_interval(truth, probability, patients, resamples=resamples, seed=seed)
        return ShortcutRow(shown, auc(truth, probability), low, high)

    rows = [row(AS_THEY_ARE, films.astype(np.float32))]
    for shown, (blanks_region, with_mean) in SHOWN.items():
        inside = region.mask(*films.shape[1:])
        rows.append(row(shown, blank(films, inside if blanks_region else ~inside, with_mean=with_mean)))
    return tuple(rows)


def blank(films: np.ndarray, where: np.ndarray, *, with_mean: bool) -> np.ndarray:
    """Fill a part of each film with the film's own mean gray, or with black.

    Parameters
    ----------
    films : numpy.ndarray, shape (n, rows, columns)
    where : numpy.ndarray, shape (rows, columns), bool
    with_mean : bool
        Else black. The mean is the whole film's, so that a blanked film keeps some of its brightness.

    Returns
    -------
    numpy.ndarray, shape (n, rows, columns), float32
    """
    blanked = films.astype(np.float32)
    fill = blanked.mean(axis=(1, 2)) if with_mean else np.zeros(len(films), np.float32)
    blanked[:, where] = fill[:, None]
    return blanked
