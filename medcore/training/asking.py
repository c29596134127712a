"""Ask a network in batches while it is being made: whatever Keras runs on, arrays in and arrays out."""

from typing import TYPE_CHECKING

import numpy as np

from medcore.classifier.runtime import import_keras

if TYPE_CHECKING:
    import keras

BATCH = 64  # films in one pass


def outputs_of(network: "keras.Model", shown: np.ndarray) -> np.ndarray:
    """Return what a network computes, shape (n, outputs), for normalized films of the shape that it takes."""
    to_numpy = import_keras().ops.convert_to_numpy
    batches = (shown[first : first + BATCH] for first in range(0, len(shown), BATCH))
    return np.concatenate([to_numpy(network(batch, training=False)) for batch in batches])
