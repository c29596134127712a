"""Train the generator and the discriminator against each other; an interrupted training goes on.

Source: the hinge loss of Lim and Ye, Geometric GAN, 2017, softened as FastGAN does; the kept generator is the moving
average of the trained one (Yazici et al., ICLR 2019).
"""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from medcore.classifier.runtime import import_keras
from medcore.errors import ModelError
from medcore.synthesis.networks import DRAWN, NOISE, build_discriminator, build_generator
from medcore.synthesis.variation import vary
from medcore.training.fit import computed_in
from medcore.training.recipe import Precision

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)

OnProgress = Callable[[int, int | None], None]
NETWORKS = ("generator", "discriminator", "average")
PLACE = "gan.json"


@dataclass(frozen=True)
class GanRecipe:
    """The choices of one training run."""

    seed: int = 1
    steps: int = 14_000
    batch_size: int = 8
    learning_rate: float = 2e-4
    average: float = 0.999  # momentum of the kept generator
    redraw: float = 1.0  # weight of drawing the film again
    precision: Precision = "mixed_bfloat16"  # on a processor that knows it a third less time than float32
    save_every: int = 250  # steps


class Gan:
    """A generator, its moving average and a discriminator, with their optimizers."""

    def __init__(self, classes: int, recipe: GanRecipe) -> None:
        """Build the networks with weights drawn by the recipe's seed."""
        keras = import_keras()
        keras.utils.set_random_seed(recipe.seed)
        self.recipe = recipe
        with computed_in(recipe.precision):
            self.generator, self.discriminator = build_generator(classes), build_discriminator(classes)
            self.average = build_generator(classes)
        self.average.set_weights(self.generator.get_weights())
        self._optimizers = {
            network.name: keras.optimizers.Adam(recipe.learning_rate, beta_1=0.5, beta_2=0.99)
            for network in (self.generator, self.discriminator)
        }
        for network in (self.generator, self.discriminator):
            self._optimizers[network.name].build(network.trainable_variables)
        self._step = self._traced()

    def step(self, films: np.ndarray, kinds: np.ndarray) -> tuple[float, float]:
        """Train both once on films, shape (n, 128, 128, 1) float32, -1 to 1, and classes; return their losses."""
        losses = self._step(films, kinds)
        return float(losses[0]), float(losses[1])

    def save(self, folder: Path, done: int) -> None:
        """Keep the networks and optimizers after so many steps; the last state stays until this one is whole."""
        folder.mkdir(parents=True, exist_ok=True)
        state = folder / f"gan-{done}.npz"
        values: dict[str, Any] = {name: np.asarray(value) for name, value in self._variables()}
        with state.open("wb") as file:
            np.savez(file, **values)
        draft = folder / f"{PLACE}.new"
        draft.write_text(json.dumps({"steps": done, "state": state.name}), encoding="utf-8")
        draft.replace(folder / PLACE)
        for old in folder.glob("gan-*.npz"):
            if old.name != state.name:
                old.unlink()

    def load(self, folder: Path) -> int:
        """Take up what was kept and return the steps done; 0 where nothing was kept."""
        try:
            place = json.loads((folder / PLACE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return 0
        with np.load(folder / place["state"], allow_pickle=False) as values:
            for name, variable in self._variables():
                variable.assign(values[name])
        return int(place["steps"])

    def _variables(self) -> Iterator[tuple[str, Any]]:
        for network in NETWORKS:
            for number, variable in enumerate(getattr(self, network).weights):
                yield f"{network}-{number}", variable
        for name, optimizer in self._optimizers.items():
            for number, variable in enumerate(optimizer.variables):
                yield f"{name}-optimizer-{number}", variable

    def _traced(self) -> Any:
        import tensorflow as tf

        def step(films: Any, kinds: Any) -> Any:
            with tf.GradientTape() as tape:
                drawn = self.generator([tf.random.normal((tf.shape(films)[0], NOISE)), kinds], training=True)
                with tape.stop_recording():
                    critic = self._train_discriminator(films, drawn, kinds)
                score, _ = self.discriminator([vary(drawn), kinds], training=True)
                loss = -tf.reduce_mean(score)
            self._apply(self.generator, tape, loss)
            done = tf.cast(self._optimizers["generator"].iterations, tf.float32)
            keep = tf.minimum(self.recipe.average, done / (done + 10))  # early on the average must forget how it began
            for kept, weight in zip(self.average.weights, self.generator.weights, strict=True):
                kept.assign(keep * kept + (1 - keep) * weight if "float" in kept.dtype else weight)
            return critic, loss

        films = tf.TensorSpec((None, *self.discriminator.input_shape[0][1:]), tf.float32)
        return tf.function(step, input_signature=[films, tf.TensorSpec((None,), tf.int32)])

    def _train_discriminator(self, films: Any, drawn: Any, kinds: Any) -> Any:
        import tensorflow as tf

        def softened() -> Any:
            return tf.random.uniform(tf.shape(kinds), 0.8, 1.0)

        shown = vary(films)
        with tf.GradientTape() as tape:
            real, again = self.discriminator([shown, kinds], training=True)
            fake, _ = self.discriminator([vary(drawn), kinds], training=True)
            redrawn = tf.reduce_mean(tf.abs(tf.image.resize(shown, (DRAWN, DRAWN), antialias=True) - again))
            hinge = tf.nn.relu(softened() - real[:, 0]) + tf.nn.relu(softened() + fake[:, 0])
            loss = tf.reduce_mean(hinge) + self.recipe.redraw * redrawn
        self._apply(self.discriminator, tape, loss)
        return loss

    def _apply(self, network: "keras.Model", tape: Any, loss: Any) -> None:
        variables = network.trainable_variables
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        self._optimizers[network.name].apply(gradients, variables)


def train_gan(
    films: np.ndarray,
    kinds: np.ndarray,
    classes: int,
    recipe: GanRecipe,
    work: Path,
    on_progress: OnProgress | None = None,
) -> "keras.Model":
    """Train on films and return the generator.

    Parameters
    ----------
    films : numpy.ndarray, shape (n, 128, 128), uint8
    kinds : numpy.ndarray, shape (n,), int
        Each film's class.
    classes : int
    recipe : GanRecipe
    work : Path
        Remembers the networks; an interrupted training goes on from there.
    on_progress : callable, optional
        Called after each step with steps done and steps in all.

    Raises
    ------
    ModelError
        If a loss is no number any more.
    """
    gan = Gan(classes, recipe)
    done = gan.load(work)
    for step in range(done, recipe.steps):
        generator = np.random.default_rng((recipe.seed, step))
        kind = generator.integers(0, classes, recipe.batch_size)  # every class as often as any other
        places = np.array([generator.choice(np.flatnonzero(kinds == one)) for one in kind])
        batch = films[places].astype(np.float32)[..., None] / 127.5 - 1
        losses = gan.step(batch, kind.astype(np.int32))
        if not np.isfinite(losses).all():
            raise ModelError(f"The generator's training broke down at step {step}. Start it with another seed.")
        if on_progress is not None:
            on_progress(step + 1, recipe.steps)
        if (step + 1) % recipe.save_every == 0 or step + 1 == recipe.steps:
            gan.save(work, step + 1)
            log.info("step %d, losses %.3f and %.3f", step + 1, *losses)
    return gan.average
