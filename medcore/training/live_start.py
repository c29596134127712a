"""The model that is live when a training begins: its weights to start from, and what is known of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medcore.classifier.card import ModelCard, read_model_card
from medcore.classifier.film_hash import SIDE
from medcore.classifier.model_folder import MODEL_FILE, check_files
from medcore.classifier.network import LOGITS_LAYER, build_network
from medcore.classifier.runtime import import_keras
from medcore.training.batches import Films
from medcore.training.labelled_films import LabelledFilms
from medcore.training.learning_curve import LearningCurve, learning_curve
from medcore.training.plan import TrainingPlan
from medcore.training.recipe import Phase, Recipe
from medcore.training.starting import pooled_features, start_pretrained
from medcore.training.targets import make_targets

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Live:
    """The model that is live while a candidate is made: where it may start from, and whose scope it may take over."""

    folder: Path
    card: ModelCard


def read_live(folder: Path) -> Live:
    """Read the card of the live model, and see that its files are those that it describes.

    Raises
    ------
    ModelError
        If one is missing or another one.
    """
    card = read_model_card(folder)
    check_files(folder, card)
    return Live(folder, card)


def start_from(live: Live, classes: Sequence[str]) -> Callable[..., Callable[["keras.Model"], None]]:
    """Return what fills a network with the live model's weights; a class that it lacks begins with drawn ones."""

    def prepare(films: Films, targets: np.ndarray, recipe: Recipe) -> Callable[["keras.Model"], None]:
        def start(network: "keras.Model") -> None:
            old = import_keras().saving.load_model(live.folder / MODEL_FILE, compile=False, safe_mode=True)
            for layer in old.layers:
                if layer.name != LOGITS_LAYER and layer.weights:
                    network.get_layer(layer.name).set_weights(layer.get_weights())
            kernel, bias = network.get_layer(LOGITS_LAYER).get_weights()
            old_kernel, old_bias = old.get_layer(LOGITS_LAYER).get_weights()
            for place, name in enumerate(classes):
                if name in live.card.answers:
                    known = live.card.answers.index(name)
                    kernel[:, place], bias[place] = old_kernel[:, known], old_bias[known]
            network.get_layer(LOGITS_LAYER).set_weights([kernel, bias])

        return start

    return prepare


def measure_learning_curve(data: LabelledFilms, plan: TrainingPlan, live: Live) -> LearningCurve:
    """Say, with the network that a training starts from, what more and more of its labels bring."""
    films, labels, patients = data.part("train")
    shown, expected, _ = data.part("validation")
    start = start_from(live, plan.answers) if plan.start == "live" else start_pretrained
    network = build_network(len(plan.answers))
    headless = replace(plan.recipe, head_first=False)
    start(films, make_targets(labels, plan.answers, headless), headless)(network)
    whole = replace(plan.recipe, phases=(Phase(SIDE, 1),))
    features = pooled_features(network, films, whole)
    return learning_curve(features, labels, patients, pooled_features(network, shown, whole), expected, plan.answers)
