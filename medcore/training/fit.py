"""Fine-tune the network on labelled films."""

import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from medcore.classifier.network import build_network
from medcore.training.augmentation import Augmentation, augment

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)

OnProgress = Callable[[int, int | None], None]  # steps done, steps in all


@dataclass(frozen=True)
class Recipe:
    """The choices of one training run, saved with the model."""

    seed: int = 20261121
    epochs: int = 4
    batch_size: int = 32
    learning_rate: float = 3e-4  # falls to zero along a cosine after the warm-up
    warm_up_steps: int = 50
    weight_decay: float = 0.01
    dropout: float = 0.2
    validation_share: float = 0.1  # of each class' patients
    augmentation: Augmentation = field(default_factory=Augmentation)


def fit(
    films: np.ndarray,
    labels: np.ndarray,
    classes: int,
    recipe: Recipe,
    *,
    start: Callable[["keras.Model"], None],
    on_progress: OnProgress | None = None,
) -> "keras.Model":
    """Fine-tune every layer and return the network, without the dropout that only training needs.

    Parameters
    ----------
    films : numpy.ndarray, shape (n, 224, 224), uint8
    labels : numpy.ndarray, shape (n,), int32
        Place of each film's class.
    classes : int
        Number of classes.
    recipe : Recipe
    start : callable
        Fills the network that it is given with the weights to start from.
    on_progress : callable, optional
        Called after each step with steps done and steps in all.
    """
    import keras

    keras.utils.set_random_seed(recipe.seed)
    network = build_network(classes, dropout=recipe.dropout)
    start(network)
    steps = math.ceil(len(films) / recipe.batch_size)
    total = steps * recipe.epochs
    warm_up = min(recipe.warm_up_steps, total // 2)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, total - warm_up, warmup_target=recipe.learning_rate, warmup_steps=warm_up
    )
    network.compile(
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=recipe.weight_decay),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,  # XLA is many times slower on a CPU
    )
    batches = _batches(films, labels, recipe)
    for step in range(total):
        loss = network.train_on_batch(*next(batches))
        if step % 20 == 0:
            log.info("step %d of %d, loss %.4f", step, total, float(loss))
        if on_progress is not None:
            on_progress(step + 1, total)
    finished = build_network(classes)
    finished.set_weights(network.get_weights())
    return finished


def _batches(films: np.ndarray, labels: np.ndarray, recipe: Recipe) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    generator = np.random.default_rng(recipe.seed)
    while True:
        order = generator.permutation(len(films))
        for first in range(0, len(order), recipe.batch_size):
            places = order[first : first + recipe.batch_size]
            varied = [augment(films[place], recipe.augmentation, generator) for place in places]
            yield np.stack(varied), labels[places]
