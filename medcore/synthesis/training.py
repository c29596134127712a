"""Train what draws films and what tells patients apart, on the default model's training films alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from medcore.classifier.decision import CLASSES
from medcore.classifier.runtime import import_keras
from medcore.synthesis.embedding import EmbeddingRecipe, train_embedding
from medcore.synthesis.gan import GanRecipe, OnProgress, train_gan
from medcore.training.films import divide, read_films, read_inputs, read_labels

if TYPE_CHECKING:
    import keras

SIDE = 128  # rows and columns that the generator draws
GENERATOR_FILE, EMBEDDING_FILE = "generator.keras", "embedding.keras"


@dataclass(frozen=True)
class SynthesisRecipe:
    """The choices of both trainings."""

    gan: GanRecipe = GanRecipe()
    embedding: EmbeddingRecipe = EmbeddingRecipe()


def train_synthesis(data: Path, work: Path, recipe: SynthesisRecipe, on_progress: OnProgress | None = None) -> None:
    """Train the embedding, then the generator; what is in `work` already is not trained again.

    The patients that calibrate and validate the default model are kept out of both: they say how near strangers come.

    Raises
    ------
    ModelError
        If the films or the weights to start from are missing, or training breaks down.
    """
    films = divide(read_films(data)).training
    labels = read_labels(films, CLASSES)
    work.mkdir(parents=True, exist_ok=True)
    if not (work / EMBEDDING_FILE).exists():
        small = read_inputs(films, (SIDE, SIDE))
        network = train_embedding(
            small, [film.patient for film in films], [film.label for film in films], recipe.embedding, on_progress
        )
        _keep(network, work / EMBEDDING_FILE)
    if not (work / GENERATOR_FILE).exists():
        generator = train_gan(
            read_inputs(films, (SIDE, SIDE)), np.asarray(labels), len(CLASSES), recipe.gan, work / "gan", on_progress
        )
        _keep(generator, work / GENERATOR_FILE)


def load_network(work: Path, name: str) -> Any:
    """Load a network that `train_synthesis` kept."""
    return import_keras().saving.load_model(work / name, compile=False, safe_mode=True)


def _keep(network: "keras.Model", file: Path) -> None:
    draft = file.with_name(f"new-{file.name}")
    network.save(draft)
    draft.replace(file)
