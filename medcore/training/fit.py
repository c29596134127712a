"""Fit a network to labelled films, epoch by epoch; an interrupted fit goes on after its last whole epoch."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from medcore.classifier.runtime import import_keras
from medcore.errors import ModelError
from medcore.training.batches import Batches
from medcore.training.recipe import Precision, Recipe
from medcore.training.targets import film_weights, make_targets

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)

OnProgress = Callable[[int, int | None], None]  # steps done, steps in all
Build = Callable[[tuple[int | None, ...], float], "keras.Model"]  # shape of a film and dropout in, network out
STATE = "fit.keras"  # the network with its optimizer
PLACE = "fit.json"  # which epoch that is, and of which fit


def fit(
    films: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    recipe: Recipe,
    *,
    build: Build,
    start: Callable[["keras.Model"], None] | None = None,
    work: Path | None = None,
    on_progress: OnProgress | None = None,
) -> "keras.Model":
    """Train every layer and return the network at the last phase's size, without dropout.

    Parameters
    ----------
    films : numpy.ndarray, shape (n, rows, columns) or (n, rows, columns, channels), uint8
    labels : numpy.ndarray, shape (n,) int or (n, classes) bool
        Each film's place in `classes`, or which findings it has.
    classes : sequence of str
    recipe : Recipe
    build : callable
        Builds the network for the shape of a film (rows and columns None where they vary) and a dropout.
    start : callable, optional
        Fills the network that it is given with the weights to start from; else they are drawn.
    work : Path, optional
        Folder that remembers the last whole epoch; a fit of the same films and recipe goes on from there.
    on_progress : callable, optional
        Called after each step with steps done and steps in all.

    Raises
    ------
    ModelError
        If the loss is no number any more.
    """
    keras = import_keras()
    keras.utils.set_random_seed(recipe.seed)
    targets = make_targets(labels, classes, recipe)
    weights = film_weights(labels, len(classes), recipe.balanced)
    identity = _identity(films, targets, weights, recipe)
    channels = 1 if films.ndim == 3 else films.shape[3]
    with computed_in(recipe.precision):
        network, first = _resume(work, identity)
        if network is None:
            network = build((None, None, channels), recipe.dropout)
            if start is not None:
                start(network)
            _freeze(network, recipe)
            _compile(network, -(-len(films) // recipe.batch_size), recipe, one_label=labels.ndim == 1)
    steps = _Steps(recipe.epochs * -(-len(films) // recipe.batch_size), on_progress)
    for batches, epoch in _epochs(films, targets, weights, recipe):
        if epoch >= first:
            steps.done = epoch * len(batches)
            _train_epoch(network, batches, epoch, steps)
            _remember(network, work, identity, epoch + 1)
    if recipe.weight_average is not None:
        network.optimizer.finalize_variable_values(network.trainable_variables)
    size = recipe.phases[-1].size
    finished = build((size, size) if films.ndim == 3 else (size, size, channels), 0.0)
    finished.set_weights(network.get_weights())
    return finished


class _Steps:
    def __init__(self, total: int, on_progress: OnProgress | None) -> None:
        self.done, self.total, self._on_progress = 0, total, on_progress

    def count(self) -> None:
        self.done += 1
        if self._on_progress is not None:
            self._on_progress(self.done, self.total)


def _epochs(
    films: np.ndarray, targets: np.ndarray, weights: np.ndarray, recipe: Recipe
) -> Iterator[tuple[Batches, int]]:
    epoch = 0
    for phase in recipe.phases:
        batches = Batches(films, targets, weights, phase, recipe)
        for _ in range(phase.epochs):
            yield batches, epoch
            epoch += 1


def _train_epoch(network: "keras.Model", batches: Batches, epoch: int, steps: _Steps) -> None:
    loss = 0.0
    for batch in batches.epoch(epoch):
        loss = float(network.train_on_batch(batch.films, batch.targets, sample_weight=batch.weights))
        if not np.isfinite(loss):
            raise ModelError(
                "Training stopped: the loss is no number any more. "
                "Take a smaller learning rate, or set a gradient norm."
            )
        steps.count()
    network.reset_metrics()
    log.info("epoch %d, loss %.4f", epoch + 1, loss)


@contextmanager
def computed_in(precision: Precision) -> Iterator[None]:
    """Build layers in a precision; on a processor, mixed precision was measured to be slower for the classifier."""
    keras = import_keras()
    before = keras.config.dtype_policy()
    wanted: str = precision
    if wanted == "auto":
        wanted = "mixed_float16" if keras.distribution.list_devices("gpu") else "float32"
    keras.config.set_dtype_policy(wanted)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _freeze(network: "keras.Model", recipe: Recipe) -> None:
    """Let the stem, the first blocks and the normalizations stay as they are where the recipe says so."""
    normalization = import_keras().layers.BatchNormalization
    frozen = ("stem", *(f"block{number}_" for number in range(recipe.frozen_blocks))) if recipe.frozen_blocks else ()
    for layer in network.layers:
        if frozen and layer.name.startswith(frozen):
            layer.trainable = False
        if recipe.normalizations_kept and isinstance(layer, normalization):
            layer.trainable = False


def _compile(network: "keras.Model", steps_per_epoch: int, recipe: Recipe, *, one_label: bool) -> None:
    network.compile(
        optimizer=_optimizer(steps_per_epoch * recipe.epochs, recipe),
        loss=_loss(recipe, one_label=one_label),
        jit_compile=False,  # XLA is many times slower on a CPU
    )


def _optimizer(steps: int, recipe: Recipe) -> Any:
    optimizers = import_keras().optimizers
    kinds = {"adamw": optimizers.AdamW, "lion": optimizers.Lion, "sgd": optimizers.SGD}
    settings: dict[str, Any] = {
        "weight_decay": recipe.weight_decay,
        "global_clipnorm": recipe.gradient_norm,
        "use_ema": recipe.weight_average is not None,
        "ema_momentum": recipe.weight_average or 0.99,
    }
    if recipe.optimizer == "sgd":
        settings |= {"momentum": 0.9, "nesterov": True}
    return kinds[recipe.optimizer](_schedule(steps, recipe), **settings)


def _schedule(steps: int, recipe: Recipe) -> Any:
    schedules = import_keras().optimizers.schedules
    if recipe.schedule == "constant":
        return recipe.learning_rate
    warm_up = min(recipe.warm_up_steps, steps // 2)
    if recipe.schedule == "linear":
        return schedules.PolynomialDecay(recipe.learning_rate, steps, end_learning_rate=0.0)
    return schedules.CosineDecay(0.0, steps - warm_up, warmup_target=recipe.learning_rate, warmup_steps=warm_up)


def _loss(recipe: Recipe, *, one_label: bool) -> Any:
    losses = import_keras().losses
    if recipe.loss == "focal":
        kind = losses.CategoricalFocalCrossentropy if one_label else losses.BinaryFocalCrossentropy
    else:
        kind = losses.CategoricalCrossentropy if one_label else losses.BinaryCrossentropy
    return kind(from_logits=True)


def _identity(films: np.ndarray, targets: np.ndarray, weights: np.ndarray, recipe: Recipe) -> str:
    digest = hashlib.sha256(json.dumps(recipe.to_json(), sort_keys=True).encode())
    for part in (films, targets, weights):
        digest.update(str(part.shape).encode())
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def _resume(work: Path | None, identity: str) -> tuple[Any, int]:
    """Return the network after its last whole epoch and the epoch that follows; None and 0 where there is none."""
    try:
        place = json.loads((work / PLACE).read_text()) if work else {}
    except FileNotFoundError:
        place = {}
    if work is None or place.get("identity") != identity:
        return None, 0
    log.info("resuming after epoch %d", place["epochs"])
    network = import_keras().saving.load_model(work / place["state"], safe_mode=True)
    for state, value in zip(_random_states(network), place["random"], strict=True):
        state.assign(value)
    return network, int(place["epochs"])


def _random_states(network: "keras.Model") -> list[Any]:
    """Return what dropout draws from; Keras leaves it out of its files."""
    weights = {id(weight) for weight in network.weights}
    return [variable for variable in network.variables if id(variable) not in weights]


def _remember(network: "keras.Model", work: Path | None, identity: str, epochs: int) -> None:
    """Write the network beside the last one, then in one step say that it counts."""
    if work is None:
        return
    work.mkdir(parents=True, exist_ok=True)
    state = f"{identity[:16]}-{epochs}-{STATE}"  # never over the last one, not even another fit's
    network.save(work / state)
    draft = work / f"{PLACE}.new"
    random = [np.asarray(state).tolist() for state in _random_states(network)]
    draft.write_text(json.dumps({"identity": identity, "epochs": epochs, "state": state, "random": random}))
    draft.replace(work / PLACE)
    for old in work.glob(f"*-{STATE}"):
        if old.name != state:
            old.unlink()
