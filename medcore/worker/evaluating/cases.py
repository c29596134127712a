"""Labelled films that a model is asked about, wherever they come from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from medcore.classifier import ModelCard
from medcore.classifier.quality import QualityModel
from medcore.library import StoredPrediction
from medcore.library.folding import fold

PICTURE_SIDE = 448  # pixels of the longer side of a film that is shown as an error


class Case(Protocol):
    """One labelled film."""

    @property
    def key(self) -> str:
        """The same each time, so that a run that was cut short goes on; it stays on this machine."""

    @property
    def patient(self) -> str:
        """Whose film it is; it stays on this machine."""

    @property
    def classes(self) -> frozenset[str]:
        """What the film shows, names folded as `medcore.library.folding.fold` does."""

    @property
    def groups(self) -> Mapping[str, str]:
        """The part that it belongs to, by kind; empty where that is not known."""

    @property
    def sop_instance_uid(self) -> str:
        """Of an image of the library; empty elsewhere."""

    def look(self, card: ModelCard, quality: QualityModel | None) -> StoredPrediction | np.ndarray:
        """Return the network's input, shape (rows, columns), or why there is none."""

    def picture(self) -> np.ndarray:
        """Return the film as it is shown, shape (rows, columns), uint8, the longer side at most 448 pixels."""


@dataclass(frozen=True, eq=False)
class Cases:
    """Labelled films, what they are called, and which of them are left out."""

    name: str
    films: tuple[Case, ...]
    classes: tuple[str, ...]  # that the labels name, folded
    several: bool  # a film can have several findings, or none
    other_labels: int = 0  # films left out, for their label is none that the model tells
    notes: tuple[str, ...] = field(default=())


def folded(names: Iterable[str]) -> frozenset[str]:
    """Return names so that those of labels and those of a model are the same whatever their case."""
    return frozenset(map(fold, names))


def told_classes(card: ModelCard, named: Iterable[str]) -> tuple[str, ...]:
    """Return the classes that a model is measured on: its own, or its decision alone.

    Labels that say the finding, pneumonia, and not of which kind, ask for the decision.
    """
    kinds = folded(named)
    if not card.several and fold(card.finding) in kinds and not kinds & folded(card.classes[1:]):
        return card.classes[0], card.finding
    return card.classes


def picture_size(rows: int, columns: int, pixel_aspect: float = 1.0) -> tuple[int, int]:
    """Return the rows and columns of a film's picture, its pixels square."""
    share = min(1.0, PICTURE_SIDE / max(rows * pixel_aspect, columns))  # enlarging adds nothing
    return max(1, round(rows * pixel_aspect * share)), max(1, round(columns * share))
