"""Tell whether two films are of one patient: films become points, and those of one patient lie close together.

Source: Khosla et al., Supervised Contrastive Learning, NeurIPS 2020. A batch holds films of one class alone, so that
the kind of illness cannot stand in for the patient.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from medcore.classifier.network import build_network
from medcore.classifier.runtime import import_keras
from medcore.training.asking import outputs_of
from medcore.training.augmentation import Augmentation, augment
from medcore.training.batches import resize_films
from medcore.training.pretrained import find_pretrained_weights, load_pretrained

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)

OnProgress = Callable[[int, int | None], None]
DIMENSIONS = 128
TEMPERATURE = 0.1
# A film that a generator moved, cropped, mirrored or exposed anew must still lie near the one that it was taken from.
VARIED = Augmentation(rotation_degrees=8, shift=0.06, zoom=0.12, aspect=0.08, gamma=0.4, contrast=0.3, brightness=25)


@dataclass(frozen=True)
class EmbeddingRecipe:
    """The choices of one training run."""

    seed: int = 1
    steps: int = 1500
    patients: int = 24  # in a batch, two films of each
    size: int = 112  # rows and columns of what is looked at
    learning_rate: float = 3e-4
    augmentation: Augmentation = field(default_factory=lambda: VARIED)


def train_embedding(
    films: np.ndarray,
    patients: Sequence[str],
    labels: Sequence[str],
    recipe: EmbeddingRecipe,
    on_progress: OnProgress | None = None,
) -> "keras.Model":
    """Train on films, shape (n, rows, columns), uint8, of named patients; return the network for `embed`.

    A patient with one film stands beside a variation of that film, so that a copy counts as the same patient.

    Raises
    ------
    ModelError
        If the weights to start from are missing.
    """
    keras = import_keras()
    keras.utils.set_random_seed(recipe.seed)
    network = build_network(DIMENSIONS, shape=(recipe.size, recipe.size), dropout=0.0)
    load_pretrained(network, find_pretrained_weights())
    for layer in network.layers:  # as the default recipe does: see `Recipe.frozen_blocks` and `normalizations_kept`
        if layer.name.startswith(("stem", "block0_", "block1_", "block2_")) or isinstance(
            layer, keras.layers.BatchNormalization
        ):
            layer.trainable = False
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, recipe.steps - 50, warmup_target=recipe.learning_rate, warmup_steps=50
    )
    network.compile(keras.optimizers.AdamW(schedule, weight_decay=0.01), loss=contrastive_loss, jit_compile=False)
    small = resize_films(films, recipe.size)
    places_of = _places_by_class(patients, labels)
    for step in range(recipe.steps):
        generator = np.random.default_rng((recipe.seed, step))
        places, owner = _draw(places_of, recipe.patients, generator)
        varied = np.stack([augment(small[place], recipe.augmentation, generator) for place in places])
        loss = float(network.train_on_batch(varied, owner[:, None].astype(np.float32)))
        if on_progress is not None:
            on_progress(step + 1, recipe.steps)
        if (step + 1) % 100 == 0:
            network.reset_metrics()
            log.info("step %d, loss %.3f", step + 1, loss)
    return network


def contrastive_loss(owner: Any, points: Any) -> Any:
    """Return how much nearer films of other owners lie than those of one; owner (n, 1), points (n, dimensions)."""
    ops = import_keras().ops
    points = ops.normalize(points, axis=-1)
    likeness = points @ ops.transpose(points) / TEMPERATURE - 1e9 * ops.eye(ops.shape(points)[0])
    same = ops.cast(owner == ops.transpose(owner), "float32") * (1 - ops.eye(ops.shape(points)[0]))
    chance = likeness - ops.logsumexp(likeness, axis=1, keepdims=True)
    return -ops.sum(same * chance, axis=1) / ops.sum(same, axis=1)


def embed(network: "keras.Model", films: np.ndarray) -> np.ndarray:
    """Return films, shape (n, rows, columns), uint8, as points of length 1, shape (n, 128), float64."""
    points = outputs_of(network, resize_films(films, network.input_shape[1]).astype(np.float32)).astype(np.float64)
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


def _places_by_class(patients: Sequence[str], labels: Sequence[str]) -> list[list[np.ndarray]]:
    """Return, for each class, the places of each patient's films."""
    owners, classes = np.asarray(patients), np.asarray(labels)
    return [
        [np.flatnonzero(owners == patient) for patient in np.unique(owners[classes == one])]
        for one in np.unique(classes)
    ]


def _draw(
    places_of: list[list[np.ndarray]], count: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw patients of one class, half of them with several films where there are enough, and two films of each."""
    one_class = places_of[generator.integers(len(places_of))]
    several = [places for places in one_class if len(places) > 1]
    single = [places for places in one_class if len(places) == 1]
    wanted = min(len(several), count // 2) if single else min(len(several), count)
    drawn = [several[place] for place in generator.choice(len(several), wanted, replace=False)]
    rest = min(len(single), count - wanted)
    drawn += [single[place] for place in generator.choice(len(single), rest, replace=False)] if rest else []
    films = [generator.choice(places, 2, replace=len(places) < 2) for places in drawn]
    return np.concatenate(films), np.repeat(np.arange(len(drawn)), 2)
