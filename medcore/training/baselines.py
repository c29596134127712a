"""Two plain ways to the default model's task, to see what its own way brings.

A small CNN from drawn weights, as textbooks show it (LeCun et al., Gradient-Based Learning, Proceedings of the IEEE
1998, with the rectifiers, pooling and dropout of today), and softmax regression on what the published network makes of
a film without ever having been trained on films.
"""

import dataclasses
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medcore.classifier.decision import CLASSES, positive_logit
from medcore.classifier.network import INPUT_SIZE, LOGITS_LAYER, build_network
from medcore.classifier.normalization import normalize
from medcore.classifier.runtime import import_keras
from medcore.evaluation.roc import auc
from medcore.training.asking import outputs_of
from medcore.training.augmentation import Augmentation
from medcore.training.films import Film, divide, read_films, read_inputs, read_labels
from medcore.training.fit import OnProgress, fit
from medcore.training.linear_head import fit_linear_head
from medcore.training.pretrained import find_pretrained_weights, load_pretrained
from medcore.training.recipe import Phase, Recipe
from medcore.training.starting import pooled_features

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)

ROWS_FILE = "baselines.json"
CNN_FILE = "small-cnn.keras"
HEAD_FILE = "linear-head.npz"
SMALL_CNN = "small CNN from drawn weights"
LINEAR_HEAD = "EfficientNet-Lite0 as published, with a linear head"
CNN_RECIPE = Recipe(
    phases=(Phase(112, 6),),
    learning_rate=1e-3,
    weight_decay=0.0,
    dropout=0.5,
    augmentation=Augmentation(
        rotation_degrees=10,
        shift=0.1,
        zoom=0.1,
        gamma=0,
        contrast=0.1,
        brightness=10,
        detail=0,
        noise=0,
        jpeg_quality=100,
    ),
)
HEAD_RECIPE = Recipe(phases=(Phase(INPUT_SIZE[0], 1),))


@dataclass(frozen=True)
class BaselineRow:
    """How good a baseline is on one part of the films."""

    model: str
    part: str  # validation, or test
    films: int
    auc: float  # pneumonia against normal
    accuracy: float  # pneumonia against normal, at probability 0.5
    class_accuracy: float  # of the three labels, the likeliest one
    bacterial_or_viral_auc: float


def small_cnn(classes: int, shape: tuple[int | None, ...], dropout: float = 0.5) -> "keras.Model":
    """Build two stages of convolution and pooling and a dense layer, for films of a fixed shape; logits out."""
    layers = import_keras().layers
    film = layers.Input(shape, name="film")
    x = layers.Rescaling(1 / 255)(film)
    if len(shape) == 2:
        x = layers.Reshape((*shape, 1))(x)
    for filters in (32, 64):
        x = layers.MaxPooling2D()(layers.Conv2D(filters, 3, activation="relu")(x))
    x = layers.Dropout(dropout)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
    return import_keras().Model(film, layers.Dense(classes, dtype="float32", name=LOGITS_LAYER)(x))


def run_baselines(
    data: Path,
    out: Path,
    *,
    with_test: bool = False,
    cnn_recipe: Recipe = CNN_RECIPE,
    head_recipe: Recipe = HEAD_RECIPE,
    on_progress: OnProgress | None = None,
) -> list[BaselineRow]:
    """Train both baselines on the default model's training films and measure them on its validation films.

    Parameters
    ----------
    data : Path
        The folder with `labels.csv` and the films.
    out : Path
        Folder for weights and figures; what is there already is not made again.
    with_test : bool
        Measure on the test films too, once.
    cnn_recipe, head_recipe : Recipe
        How the CNN is trained, and at which size films are shown to the published network.
    on_progress : callable, optional
        Called with the CNN's training steps done and steps in all.

    Returns
    -------
    list of BaselineRow

    Raises
    ------
    ModelError
        If the films or the published weights are missing.
    """
    out.mkdir(parents=True, exist_ok=True)
    file = out / ROWS_FILE
    entries = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    rows = [BaselineRow(**entry) for entry in entries]
    for part in ("validation", "test") if with_test else ("validation",):
        if not any(row.part == part for row in rows):
            parts = divide(read_films(data))
            cnn = _small_cnn(parts.training, out, cnn_recipe, on_progress)
            whole = _with_linear_head(parts.training, out, head_recipe)
            shown = parts.validation if part == "validation" else read_films(data, "test")
            rows += [
                _measure(SMALL_CNN, part, shown, _logits(cnn, shown, cnn_recipe)),
                _measure(LINEAR_HEAD, part, shown, _logits(whole, shown, head_recipe)),
            ]
            draft = file.with_suffix(".new")
            draft.write_text(json.dumps([dataclasses.asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
            draft.replace(file)
    return rows


def _small_cnn(films: tuple[Film, ...], out: Path, recipe: Recipe, on_progress: OnProgress | None) -> "keras.Model":
    if (out / CNN_FILE).exists():
        return import_keras().saving.load_model(out / CNN_FILE, compile=False, safe_mode=True)
    size = recipe.phases[-1].size
    network = fit(
        read_inputs(films, (size, size)),
        read_labels(films, CLASSES),
        CLASSES,
        recipe,
        build=lambda shape, dropout: small_cnn(len(CLASSES), (size, size, *shape[2:]), dropout),
        work=out / "small-cnn",
        on_progress=on_progress,
    )
    network.save(out / CNN_FILE)
    return network


def _with_linear_head(films: tuple[Film, ...], out: Path, recipe: Recipe) -> "keras.Model":
    """Return the published network with a head fitted to the films; only the head is kept on disk."""
    size = recipe.phases[-1].size
    network = build_network(len(CLASSES), shape=(size, size))
    load_pretrained(network, find_pretrained_weights())
    if not (out / HEAD_FILE).exists():
        log.info("the published network looks at %d films", len(films))
        features = pooled_features(network, read_inputs(films, (size, size)), recipe)
        kernel, bias = fit_linear_head(features, np.eye(len(CLASSES))[read_labels(films, CLASSES)])
        np.savez(out / HEAD_FILE, kernel=kernel, bias=bias)
    with np.load(out / HEAD_FILE, allow_pickle=False) as head:
        network.get_layer(LOGITS_LAYER).set_weights([head["kernel"], head["bias"]])
    return network


def _logits(network: "keras.Model", films: tuple[Film, ...], recipe: Recipe) -> np.ndarray:
    size = recipe.phases[-1].size
    shown = normalize(read_inputs(films, (size, size)), recipe.normalization)
    return outputs_of(network, shown)


def _measure(model: str, part: str, films: tuple[Film, ...], logits: np.ndarray) -> BaselineRow:
    labels = read_labels(films, CLASSES)
    sick = labels != CLASSES.index("normal")
    bacterial, viral = CLASSES.index("bacterial"), CLASSES.index("viral")
    row = BaselineRow(
        model=model,
        part=part,
        films=len(films),
        auc=auc(sick, positive_logit(logits)),
        accuracy=float(((positive_logit(logits) >= 0) == sick).mean()),
        class_accuracy=float((logits.argmax(axis=1) == labels).mean()),
        bacterial_or_viral_auc=auc(labels[sick] == bacterial, logits[sick, bacterial] - logits[sick, viral]),
    )
    log.info("%s", row)
    return row
