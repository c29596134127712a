"""An evaluation with all that belongs to it: of which model, on which films, what was left out, what was worst.

It holds neither names nor numbers of patients, nor those of files: a film is known by its place among the worst errors,
and by the first digits of its pixels' SHA-256.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

from medcore.errors import ModelError
from medcore.evaluation.evaluation import Evaluation
from medcore.evaluation.plain import read_plain

VERSION = 1  # of the file


@dataclass(frozen=True)
class Reason:
    """Why films were not answered, and how many these were."""

    said: str
    films: int


@dataclass(frozen=True)
class Cover:
    """What became of the labelled films; the figures are of those that were answered."""

    films: int
    answered: int
    refused: int  # out of the model's scope, or not good enough
    needs_age: int
    failed: int
    known: int  # not asked: of patients of whom the model was made from a film
    other_labels: int  # not asked: with a label that the model does not tell
    reasons: tuple[Reason, ...]  # the most frequent ones first


@dataclass(frozen=True)
class WorstFilm:
    """One of the films that the model has most wrong."""

    number: int  # from 1, the worst first
    film: str  # first digits of its pixels' SHA-256
    truth: str
    likeliest: str
    probabilities: tuple[float, ...]  # in the order of the classes
    called: bool  # the decision
    heatmap: tuple[tuple[float, ...], ...]  # raw, where the network saw what the decision is about


@dataclass(frozen=True)
class Assessment:
    """What was measured of a model on some labelled films."""

    version: int
    created: str  # ISO, UTC
    medcore_version: str
    model: str  # name and version
    model_sha256: str
    map_scale: float  # raw value of a heatmap's brightest colour
    data: str  # a label set's name, or a folder's
    split: str  # empty for all
    notes: tuple[str, ...]
    cover: Cover
    evaluation: Evaluation
    worst: tuple[WorstFilm, ...]

    def to_json(self) -> str:
        """Return the text of a JSON file; nothing in it is infinite or NaN."""
        return json.dumps(asdict(self), ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Assessment":
        """Read what `to_json` returned.

        Raises
        ------
        ModelError
            If it is nothing of the kind, or of another version.
        """
        try:
            entries: Any = json.loads(text)
            found = read_plain(cls, entries)
            Evaluation.from_json(entries["evaluation"])
        except (ValueError, TypeError) as error:
            raise ModelError("This evaluation cannot be read. Evaluate the model again.") from error
        if found.version != VERSION:
            raise ModelError("This evaluation was made by another MedCore. Evaluate the model again.")
        return found
