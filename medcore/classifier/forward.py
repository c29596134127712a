"""Run a network on films, in batches, from many threads."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from medcore.classifier.network import FEATURES_LAYER, LOGITS_LAYER
from medcore.classifier.normalization import Normalization, normalize
from medcore.classifier.runtime import import_keras
from medcore.errors import ModelError

if TYPE_CHECKING:
    import keras

BATCH = 16  # films in one pass: more are no faster on a CPU, and take more memory
ROUNDING = 0.5  # gray values: a resize in float32 ends a little above white


@dataclass(frozen=True)
class Outputs:
    """What a network computes for n films."""

    logits: np.ndarray  # (n, classes) float32
    contributions: np.ndarray  # (n, 7, 7, classes) float32: what each cell adds to each logit, its bias left out
    features: np.ndarray  # (n, 1280) float32: the mean over the cells of what the logits are made from


class Forward:
    """A network as one graph with its weights as constants; safe to share between threads."""

    def __init__(self, network: "keras.Model", normalization: Normalization = "none") -> None:
        self._normalization: Normalization = normalization
        self._size = tuple(network.input.shape[1:])
        self._graph = _freeze(network)
        self._lock = threading.Lock()  # TensorFlow promises no thread safety

    def __call__(self, inputs: np.ndarray) -> Outputs:
        """Run the network.

        Parameters
        ----------
        inputs : numpy.ndarray, shape (n, 224, 224)
            Display values, 0 (black) to 255 (white).

        Raises
        ------
        ModelError
            If there is no film, or the shape or the values are none that the network takes.
        """
        self._check(inputs)
        parts = [self._run(inputs[first : first + BATCH]) for first in range(0, len(inputs), BATCH)]
        return Outputs(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    def _check(self, inputs: np.ndarray) -> None:
        if inputs.ndim != 3 or inputs.shape[1:] != self._size or not len(inputs):
            rows, columns = self._size
            raise ModelError(f"The network takes films of {rows} x {columns} values, got an array of {inputs.shape}.")
        if not (np.isfinite(inputs).all() and inputs.min() >= -ROUNDING and inputs.max() <= 255 + ROUNDING):
            raise ModelError("The network takes display values from 0 (black) to 255 (white); window the film first.")

    def _run(self, films: np.ndarray) -> tuple[np.ndarray, ...]:
        shown = np.ascontiguousarray(normalize(films, self._normalization))
        with self._lock:
            return self._graph(shown)


def _freeze(network: "keras.Model") -> Callable[[np.ndarray], tuple[np.ndarray, ...]]:
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    features = network.get_layer(FEATURES_LAYER).output
    both = import_keras().Model(network.input, [network.output, features])
    kernel = network.get_layer(LOGITS_LAYER).kernel

    def forward(films: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        logits, cells = both(films, training=False)
        contributions = tf.tensordot(cells, kernel, 1) / (cells.shape[1] * cells.shape[2])
        return logits, contributions, tf.reduce_mean(cells, axis=[1, 2])

    signature = tf.TensorSpec((None, *network.input.shape[1:]), tf.float32)
    frozen = convert_variables_to_constants_v2(tf.function(forward, jit_compile=False).get_concrete_function(signature))

    def run(films: np.ndarray) -> tuple[np.ndarray, ...]:
        return tuple(part.numpy() for part in frozen(tf.constant(films)))

    return run
