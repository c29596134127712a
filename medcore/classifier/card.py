"""What stands beside a model: whom it is for, how good it is, where it comes from, and its file's SHA-256."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medcore.classifier.decision import PNEUMONIA
from medcore.classifier.normalization import Normalization
from medcore.classifier.scope import Scope
from medcore.errors import ModelError
from medcore.evaluation.operating_point import OperatingPoint
from medcore.settings import REPOSITORY

CARD_FILE = "model.json"
DEFAULT_MODEL = "pediatric-chest"
HERE = "this installation"  # the source of a model's films, or of its first weights, where it is no other place


@dataclass(frozen=True)
class TrainingData:
    """The films that a model was made from: those that trained it, calibrated it and validated it."""

    name: str
    source: str
    licence: str
    attribution: str
    films: dict[str, dict[str, int]]  # by part and class
    patients: dict[str, dict[str, int]]


@dataclass(frozen=True)
class StartingWeights:
    """The weights that training started from."""

    name: str
    source: str
    licence: str
    sha256: str


@dataclass(frozen=True)
class ModelCard:
    """Everything about a model that is not its weights."""

    name: str
    version: str
    purpose: str
    classes: tuple[str, ...]
    input_size: tuple[int, int]  # rows, columns
    normalization: Normalization
    preprocessing: str
    architecture: str
    operating_points: tuple[OperatingPoint, ...]
    live_point: str  # name of the operating point that decides
    map_scale: float  # raw value of a heatmap's brightest colour, in logits a cell
    scope: Scope
    training_data: TrainingData
    starting_weights: StartingWeights
    recipe: dict[str, Any]
    medcore_version: str
    created: str  # ISO date
    sha256: str  # of the model's file
    parts: dict[str, str]  # SHA-256 of each other file that a prediction needs, by name
    finding: str = PNEUMONIA  # what all classes but the first mean together
    several: bool = False  # a film can have several of the classes but the first; that one is to have none of them

    @property
    def answers(self) -> tuple[str, ...]:
        """The classes that the network has a logit for."""
        return answers_of(self.classes, several=self.several)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The classes of the finding."""
        return self.classes[1:]

    @property
    def measured(self) -> tuple[str, ...]:
        """The classes of its figures: none and any finding, where a film can have several."""
        return (self.classes[0], self.finding) if self.several else self.classes

    @property
    def trained_here(self) -> bool:
        """Whether it was made from labels that were given in this installation."""
        return self.training_data.source == HERE

    @property
    def operating_point(self) -> OperatingPoint:
        """The operating point that decides."""
        return next(point for point in self.operating_points if point.name == self.live_point)


def answers_of(classes: tuple[str, ...], *, several: bool) -> tuple[str, ...]:
    """Return the classes that a network has a logit for: all, or where a film can have several all but the first."""
    return classes[1:] if several else classes


def default_model_folder() -> Path:
    """Return the folder of the model that ships with MedCore."""
    return REPOSITORY / "assets" / "models" / DEFAULT_MODEL


def read_model_card(folder: Path) -> ModelCard:
    """Read a model folder's card; TensorFlow is not needed for it.

    Raises
    ------
    ModelError
        If the card is missing or lacks an entry.
    """
    try:
        return _from_json(json.loads((folder / CARD_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"The model {folder.name} has no readable {CARD_FILE}. Restore the folder from MedCore's own files or "
            "a backup."
        ) from error


def write_model_card(folder: Path, card: ModelCard) -> None:
    """Write a card beside its model."""
    text = json.dumps(dataclasses.asdict(card), indent=2, ensure_ascii=False)
    (folder / CARD_FILE).write_text(text + "\n", encoding="utf-8")


def _from_json(entries: dict[str, Any]) -> ModelCard:
    parts: dict[str, Any] = {
        "classes": tuple(entries["classes"]),
        "input_size": tuple(entries["input_size"]),
        "operating_points": tuple(OperatingPoint(**point) for point in entries["operating_points"]),
        "scope": Scope.from_json(entries["scope"]),
        "training_data": TrainingData(**entries["training_data"]),
        "starting_weights": StartingWeights(**entries["starting_weights"]),
    }
    return ModelCard(**{**entries, **parts})
