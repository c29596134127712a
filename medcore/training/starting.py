"""Train from the published weights, and on top a head drawn at random or fitted to the films first."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medcore.classifier.network import LOGITS_LAYER, build_network
from medcore.classifier.normalization import normalize
from medcore.classifier.runtime import import_keras
from medcore.training.asking import outputs_of
from medcore.training.batches import Films, resize_films
from medcore.training.fit import OnProgress, fit
from medcore.training.linear_head import fit_linear_head
from medcore.training.pretrained import find_pretrained_weights, load_pretrained
from medcore.training.recipe import Recipe
from medcore.training.stored_films import AT_ONCE, StoredFilms
from medcore.training.targets import make_targets
from medcore.training.watching import UNWATCHED, Watch

if TYPE_CHECKING:
    import keras

POOLED_LAYER = "average"
Start = Callable[[Films, np.ndarray, Recipe], Callable[["keras.Model"], None]]


def start_pretrained(films: Films, targets: np.ndarray, recipe: Recipe) -> Callable[["keras.Model"], None]:
    """Return what fills a network before it is trained on films, as `fit` takes it.

    Parameters
    ----------
    films : numpy.ndarray or StoredFilms, shape (n, rows, columns) or (n, rows, columns, channels), uint8
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


def pooled_features(network: "keras.Model", films: Films, recipe: Recipe) -> np.ndarray:
    """Return what the head is fitted to, shape (n, 1280), at the size of the recipe's first phase."""
    headless = import_keras().Model(network.input, network.get_layer(POOLED_LAYER).output)
    size = recipe.phases[0].size
    pieces = []
    for start in range(0, len(films), AT_ONCE):
        some = range(start, min(start + AT_ONCE, len(films)))
        piece = films.read(some) if isinstance(films, StoredFilms) else films[some.start : some.stop]
        shown = normalize(resize_films(piece, size), recipe.normalization)
        pieces.append(outputs_of(headless, shown if shown.ndim == 4 else shown[..., None]))
    return np.concatenate(pieces)


def train_network(
    films: Films,
    labels: np.ndarray,
    classes: Sequence[str],
    recipe: Recipe,
    *,
    build: Callable[..., "keras.Model"] = build_network,
    start: Start | None = start_pretrained,
    work: Path | None = None,
    on_progress: OnProgress | None = None,
    watch: Watch = UNWATCHED,
) -> "keras.Model":
    """Train a network with a logit for each class, as `medcore.training.fit.fit` does.

    Parameters
    ----------
    build : callable
        Number of classes, `shape` and `dropout` in, a network that answers with logits out.
    start : callable, optional
        Films, their targets and the recipe in, what fills the network with the weights to start from out; None to
        draw the weights.
    """
    targets = make_targets(labels, classes, recipe)
    return fit(
        films,
        labels,
        classes,
        recipe,
        build=lambda shape, dropout: build(len(classes), shape=shape, dropout=dropout),
        start=start(films, targets, recipe) if start else None,
        work=work,
        on_progress=on_progress,
        watch=watch,
    )
