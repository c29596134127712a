"""A model before labelled films, as a value that goes into JSON and comes back; what is undefined in it is None.

Each class is a question of yes or no, one class against the rest. "Any of the classes but the first", or any of several
findings, is a question too: the decision, such as pneumonia against normal.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

from medcore.evaluation.confusion import Counts
from medcore.evaluation.curves import Curve
from medcore.evaluation.figures import BinaryFigures, Figure
from medcore.evaluation.plain import read_plain
from medcore.evaluation.reliability import Reliability
from medcore.evaluation.threshold_table import ThresholdTable

VERSION = 1  # of what `to_json` returns


@dataclass(frozen=True)
class GroupFigures:
    """How a question is answered for a part of the films."""

    kind: str  # what the films were divided by
    value: str
    films: int
    patients: int
    positives: int
    is_small: bool  # too few patients to say much
    figures: BinaryFigures


@dataclass(frozen=True)
class QuestionFigures:
    """How one question of yes or no is answered."""

    name: str
    positives: int
    threshold: float | None  # from which on a film is called; None: called where it is the likeliest class
    figures: BinaryFigures
    counts: Counts
    roc: Curve | None  # None where all films have one truth
    precision_recall: Curve | None  # None where no film is positive
    reliability: Reliability
    thresholds: ThresholdTable
    groups: tuple[GroupFigures, ...]


@dataclass(frozen=True)
class Likeliest:
    """How often the likeliest class is the right one, where a film has one label."""

    accuracy: Figure
    expected_calibration_error: Figure
    confusion: tuple[tuple[int, ...], ...]  # true classes in rows, likeliest ones in columns


@dataclass(frozen=True)
class Evaluation:
    """Everything that is measured of a model on some labelled films."""

    version: int
    classes: tuple[str, ...]
    films: int
    patients: int
    interval: str  # what the bounds are
    decision: QuestionFigures | None  # None where nobody said how likely any of several findings is
    questions: tuple[QuestionFigures, ...]  # a class each
    macro: BinaryFigures  # the plain mean over classes; its recall is the balanced accuracy of all classes
    likeliest: Likeliest | None  # None where a film can have several findings

    @property
    def all_questions(self) -> tuple[QuestionFigures, ...]:
        """The decision, where there is one, then each class."""
        return (self.decision, *self.questions) if self.decision else self.questions

    def to_json(self) -> dict[str, Any]:
        """Return plain entries, from which `from_json` makes the same."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, entries: Any) -> "Evaluation":
        """Read what `to_json` returned, also after its way through a file.

        Raises
        ------
        TypeError
            If an entry is missing, unknown or of another type, or the version is another.
        """
        found = read_plain(cls, entries)
        if found.version != VERSION:
            raise TypeError(f"The evaluation is of version {found.version}, and this MedCore reads {VERSION}.")
        return found
