"""What changes of a film that no reader would mind do to the answers, against limits set beforehand.

The gray values 0 to 255 of a film stand for stored values whose own window is their full range, so a window that is off
is one laid on them; what lies outside of 0 to 255 was cut when the film was made public and cannot come back. Windows,
bit depths and MONOCHROME1 go through the same display code as a DICOM file's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from medcore.classifier.report import RobustnessRow
from medcore.dicom import Frame, Window, display_values
from medcore.evaluation.roc import auc
from medcore.training.shift import (
    Change,
    bordered,
    changed,
    compressed,
    cropped,
    framed,
    gamma,
    noisy,
    reduced,
    rotated,
)

AUC_LIMIT = 0.01  # the area under the ROC curve may fall by this much
DECISION_LIMIT = 0.03  # share of the films whose decision may change
ROUNDING = 1e-9  # 0.99 - 1 is a little below -0.01
WHITE = 255.0
WHITE_12 = 4095
OFF = 0.2  # how far a window is off
DITHER_SEED = 12
PositiveProbability = Callable[[np.ndarray], np.ndarray]  # (n, rows, columns) float32, 0 to 255, in; (n,) out


def windowed(width: float = 1.0, center: float = 0.0) -> Change:
    """Lay a window on the film: its width in widths of the film's own, its center moved by a share of that width."""
    window = Window(WHITE * (0.5 + center), WHITE * width, function="LINEAR_EXACT")
    return lambda film: display_values(Frame(film, windows=(window,)), film.shape)


def twelve_bits(film: np.ndarray) -> np.ndarray:
    """Show the film as a file of 12 bits would: 0 to 255 spread to 0 to 4095, gaps filled as `spread` does."""
    window = Window(WHITE_12 / 2, WHITE_12, function="LINEAR_EXACT")
    return display_values(Frame(spread(film), windows=(window,), bits_stored=12), film.shape)


def eight_bits(film: np.ndarray) -> np.ndarray:
    """Show the film of `twelve_bits` as a file that kept only the upper 8 of its bits."""
    window = Window(WHITE / 2, WHITE, function="LINEAR_EXACT")
    return display_values(Frame((spread(film) >> 4).astype(np.uint8), windows=(window,)), film.shape)


def spread(film: np.ndarray) -> np.ndarray:
    """Spread 0 to 255 to 0 to 4095, uint16; noise, even over one gray value, fills the gaps between the steps."""
    dither = np.random.default_rng(DITHER_SEED).uniform(-0.5, 0.5, film.shape)
    return np.rint(np.clip((film + dither) / WHITE, 0, 1) * WHITE_12).astype(np.uint16)


def monochrome1(film: np.ndarray) -> np.ndarray:
    """Show the film as a file whose lowest value is white, and whose values are turned over accordingly."""
    window = Window(WHITE / 2, WHITE, function="LINEAR_EXACT")
    stored = (WHITE - np.rint(film)).astype(np.uint8)
    return display_values(Frame(stored, inverted=True, windows=(window,)), film.shape)


CHANGES: dict[str, Change] = {
    "turned 5 degrees to the left": rotated(5),
    "turned 5 degrees to the right": rotated(-5),
    "5 % cut off each side, enlarged again": cropped(0.05),
    "outer 5 % of each side black": bordered(0.05),
    "outer 10 % of each side black": bordered(0.1),
    "set in a black border of 5 % on each side": framed(0.9, 0.9),
    "set in a black border of 10 % on each side": framed(0.8, 0.8),
    "gamma 0.7": gamma(0.7),
    "gamma 1.4": gamma(1.4),
    "window 20 % narrower": windowed(width=1 - OFF),
    "window 20 % wider": windowed(width=1 + OFF),
    "window center lower by 20 % of the width": windowed(center=-OFF),
    "window center higher by 20 % of the width": windowed(center=OFF),
    "8 bits instead of 12": eight_bits,
    "JPEG of quality 70": compressed(70),
    "noise of 2 % of the range": noisy(0.02),
    "MONOCHROME1, values inverted": monochrome1,
    "reduced to half the rows and columns, enlarged again": reduced(0.5),
}
BEFORE: Mapping[str, Change] = {"8 bits instead of 12": twelve_bits}  # what a change is compared with, if not the film


@dataclass(frozen=True, eq=False)
class _Answers:
    """What is said of the films, under one condition."""

    probability: np.ndarray  # (n,)
    area: float


def measure_robustness(
    positive_probability_of: PositiveProbability, films: np.ndarray, truth: np.ndarray, threshold: float
) -> tuple[RobustnessRow, ...]:
    """Ask for every film as it is and after each of `CHANGES`.

    Parameters
    ----------
    positive_probability_of : callable
        Takes films, shape (n, rows, columns) float32, 0 (black) to 255 (white); returns probabilities, shape (n,).
    films : numpy.ndarray, shape (n, rows, columns)
        0 to 255.
    truth : numpy.ndarray, shape (n,), bool
    threshold : float
        Films at or above it are called positive.

    Returns
    -------
    tuple of RobustnessRow
        In the order of `CHANGES`.

    Raises
    ------
    ValueError
        If all films are positive or all negative.
    """

    def ask(shown: np.ndarray) -> _Answers:
        probability = positive_probability_of(shown)
        return _Answers(probability, auc(truth, probability))

    as_they_are = ask(films.astype(np.float32))
    before = {name: ask(changed(films, change)) for name, change in BEFORE.items()}
    return tuple(
        _row(name, before.get(name, as_they_are), ask(changed(films, change)), threshold)
        for name, change in CHANGES.items()
    )


def _row(name: str, before: _Answers, after: _Answers, threshold: float) -> RobustnessRow:
    decisions_changed = float(np.mean((before.probability >= threshold) != (after.probability >= threshold)))
    auc_change = after.area - before.area
    return RobustnessRow(
        change=name,
        auc=after.area,
        auc_change=auc_change,
        decisions_changed=decisions_changed,
        within_limits=auc_change >= -AUC_LIMIT - ROUNDING and decisions_changed <= DECISION_LIMIT + ROUNDING,
    )
