"""What was measured on some films, as values that go into JSON and come back.

`dataclasses.asdict` writes them; nothing in them is infinite or NaN: what is undefined is None.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

from medcore.evaluation.confusion import Counts
from medcore.evaluation.curves import Curve
from medcore.evaluation.reliability import Reliability, ReliabilityBin


@dataclass(frozen=True)
class Figure:
    """A figure and the bounds of its interval; None where the films leave it undefined."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class BinaryFigures:
    """How well positive films are told from negative ones; the decision is taken at the threshold."""

    auc: Figure
    average_precision: Figure
    accuracy: Figure
    balanced_accuracy: Figure
    sensitivity: Figure
    specificity: Figure
    precision: Figure
    negative_predictive_value: Figure
    f1: Figure
    brier_score: Figure
    log_loss: Figure
    expected_calibration_error: Figure


@dataclass(frozen=True)
class ClassFigures:
    """How well one class is told from the rest; a film is of the class that is likeliest."""

    auc: Figure
    recall: Figure
    precision: Figure
    f1: Figure


@dataclass(frozen=True)
class MulticlassFigures:
    """How well the classes are told apart; macro is the plain mean over classes."""

    accuracy: Figure
    balanced_accuracy: Figure
    macro_auc: Figure
    macro_f1: Figure
    log_loss: Figure
    expected_calibration_error: Figure  # of the likeliest class
    classes: tuple[ClassFigures, ...]


@dataclass(frozen=True)
class Figures:
    """Everything that is measured of a model on some films."""

    films: int
    patients: int
    positives: int
    class_films: tuple[int, ...]
    threshold: float  # probability at or above which a film is positive
    interval: str  # what the bounds are
    binary: BinaryFigures
    multiclass: MulticlassFigures
    roc: Curve
    precision_recall: Curve
    reliability: Reliability
    confusion: Counts
    class_confusion: tuple[tuple[int, ...], ...]  # true classes in rows, predicted ones in columns

    def to_json(self) -> dict[str, Any]:
        """Return plain entries, from which `from_json` makes the same."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, entries: dict[str, Any]) -> "Figures":
        """Read what `to_json` returned, also after its way through a file.

        Raises
        ------
        KeyError, TypeError
            If an entry is missing, or one is unknown.
        """
        multiclass = entries["multiclass"]
        classes = tuple(ClassFigures(**_figures(one)) for one in multiclass["classes"])
        plain = {name: value for name, value in multiclass.items() if name != "classes"}
        parts: dict[str, Any] = {
            "class_films": tuple(entries["class_films"]),
            "binary": BinaryFigures(**_figures(entries["binary"])),
            "multiclass": MulticlassFigures(**_figures(plain), classes=classes),
            "roc": _curve(entries["roc"]),
            "precision_recall": _curve(entries["precision_recall"]),
            "reliability": Reliability(tuple(ReliabilityBin(**one) for one in entries["reliability"]["bins"])),
            "confusion": Counts(**entries["confusion"]),
            "class_confusion": tuple(tuple(row) for row in entries["class_confusion"]),
        }
        return cls(**{**entries, **parts})


def _figures(entries: dict[str, Any]) -> dict[str, Figure]:
    return {name: Figure(**figure) for name, figure in entries.items()}


def _curve(entries: dict[str, Any]) -> Curve:
    return Curve(tuple(entries["x"]), tuple(entries["y"]))
