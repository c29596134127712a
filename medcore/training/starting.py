"""Where a fit starts: the published weights, and on top a head drawn at random or fitted to the films first."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from medcore.classifier.network import LOGITS_LAYER
from medcore.classifier.normalization import normalize
from medcore.classifier.runtime import import_keras
from medcore.training.asking import outputs_of
from medcore.training.batches import resize_films
from medcore.training.linear_head import fit_linear_head
from medcore.training.pretrained import find_pretrained_weights, load_pretrained
from medcore.training.recipe import Recipe

if TYPE_CHECKING:
    import keras

POOLED_LAYER = "average"


def start_pretrained(films: np.ndarray, targets: np.ndarray, recipe: Recipe) -> Callable[["keras.Model"], None]:
    """Return what fills a network before it is trained on films, as `fit` takes it.

    Parameters
    ----------
    films : numpy.ndarray, shape (n, rows, columns) or (n, rows, columns, channels), uint8
    targets : numpy.ndarray, shape (n, classes)
    recipe : Recipe
        Its `head_first`, and the size and normalization at which features are computed for it.

    Raises
    ------
    ModelError
        If the weights are not installed.
    """
    weights = find_pretrained_weights()

    def start(network: "keras.Model") -> None:
        load_pretrained(network, weights)
        if recipe.head_first:
            kernel, bias = fit_linear_head(pooled_features(network, films, recipe), targets)
            network.get_layer(LOGITS_LAYER).set_weights([kernel, bias])

    return start


def pooled_features(network: "keras.Model", films: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Return what the head is fitted to, shape (n, 1280), at the size of the recipe's first phase."""
    headless = import_keras().Model(network.input, network.get_layer(POOLED_LAYER).output)
    size = recipe.phases[0].size
    shown = normalize(resize_films(films, size), recipe.normalization)
    return outputs_of(headless, shown if shown.ndim == 4 else shown[..., None])
