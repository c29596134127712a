"""Make the model that ships with MedCore, from the public films of children: one command, that can be run again.

Each seed is trained by itself and kept in a work folder, so that what was interrupted goes on. The mean of the seeds'
weights is a candidate too (Wortsman et al., Model soups, ICML 2022): it costs no more to ask than one network. The
candidate that does best on validation films, as they are and under simulated shift, becomes the model. The test films
have no part in it: `medcore.training.test_meeting` shows them the finished models, once.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medcore.classifier.decision import CLASSES, positive_logit, positive_probability
from medcore.classifier.forward import Forward
from medcore.classifier.network import INPUT_SIZE
from medcore.classifier.report import MEAN_OF_SEEDS, SeedRow
from medcore.classifier.runtime import import_keras
from medcore.errors import ModelError
from medcore.evaluation.calibration import log_loss
from medcore.evaluation.roc import auc
from medcore.evaluation.thresholds import balanced_threshold
from medcore.training.assemble import assemble
from medcore.training.certify import certify
from medcore.training.films import Parts, divide, read_films, read_inputs, read_labels
from medcore.training.fit import OnProgress
from medcore.training.recipe import DEFAULT_RECIPE, Recipe
from medcore.training.shift import SHIFTS, changed
from medcore.training.starting import train_network

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)

NETWORK_FILE = "network.keras"


def train_default(
    data: Path,
    out: Path,
    work: Path,
    *,
    seeds: Sequence[int] = (1,),
    recipe: Recipe = DEFAULT_RECIPE,
    on_progress: OnProgress | None = None,
) -> Path:
    """Train the default model and put its folder in place in one step; an interrupted run leaves the old one.

    Parameters
    ----------
    data : Path
        The folder with `labels.csv` and the films; only rows whose split is "train" are read.
    out : Path
        The model folder to make or replace.
    work : Path
        Where each seed's network is kept; a seed that is there already is not trained again.
    seeds : sequence of int
    recipe : Recipe
        The choices of the run; its seed is replaced.
    on_progress : callable, optional
        Called with training steps done and steps in all, for each seed anew.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    ModelError
        If the films or the weights to start from are missing, or the folder cannot be written.
    """
    parts = divide(read_films(data))
    networks = train_networks(parts, recipe, work, seeds, on_progress)
    rows = [judge_seed(network, parts, replace(recipe, seed=seed)) for seed, network in networks.items()]
    best = max(rows, key=lambda row: (row.shifted_auc + row.auc, -row.log_loss))
    log.info("%s ships: validation AUC %.4f, under shift %.4f", best.name, best.auc, best.shifted_auc)
    rows = [replace(row, is_shipped=row is best) for row in rows]
    return assemble(networks[best.seed], parts, replace(recipe, seed=best.seed), rows, out)


def train_networks(
    parts: Parts, recipe: Recipe, work: Path, seeds: Sequence[int], on_progress: OnProgress | None = None
) -> dict[int, "keras.Model"]:
    """Train each seed, or load it where that was done before; of several, the mean of their weights is added."""
    networks = {seed: train_seed(parts, replace(recipe, seed=seed), work, on_progress) for seed in seeds}
    if len(networks) > 1:
        networks[MEAN_OF_SEEDS] = mean_network(list(networks.values()))
    return networks


def mean_network(networks: Sequence["keras.Model"]) -> "keras.Model":
    """Return a network whose weights are the mean of those of networks with the same layers."""
    mean = import_keras().models.clone_model(networks[0])
    each = zip(*(network.get_weights() for network in networks), strict=True)
    mean.set_weights([np.mean(weights, axis=0) for weights in each])
    return mean


def train_seed(parts: Parts, recipe: Recipe, work: Path, on_progress: OnProgress | None = None) -> "keras.Model":
    """Train the recipe's seed, or load it where that was done before."""
    folder = seed_folder(work, recipe)
    if (folder / NETWORK_FILE).exists():
        return load_seed(work, recipe)
    films, labels = read_inputs(parts.training, INPUT_SIZE), read_labels(parts.training, CLASSES)
    log.info("seed %d: %d films train", recipe.seed, len(parts.training))
    network = train_network(films, labels, CLASSES, recipe, work=folder, on_progress=on_progress)
    draft = folder / f"new-{NETWORK_FILE}"
    network.save(draft)
    draft.replace(folder / NETWORK_FILE)
    return network


def load_seed(work: Path, recipe: Recipe) -> "keras.Model":
    """Load a seed that was trained before.

    Raises
    ------
    ModelError
        If it was not trained in this work folder.
    """
    file = seed_folder(work, recipe) / NETWORK_FILE
    if not file.exists():
        raise ModelError(
            f"Seed {recipe.seed} of this recipe is not in {work}. Name the folder that train-default used."
        )
    return import_keras().saving.load_model(file, compile=False, safe_mode=True)


def seed_folder(work: Path, recipe: Recipe) -> Path:
    """Return where a recipe's seed is kept; another recipe has another folder."""
    return work / f"{recipe.digest}-seed-{recipe.seed}"


def judge_seed(network: "keras.Model", parts: Parts, recipe: Recipe) -> SeedRow:
    """Measure a seed on the validation films, as they are and under every simulated shift."""
    forward = Forward(network, recipe.normalization)
    films, labels = read_inputs(parts.validation, INPUT_SIZE), read_labels(parts.validation, CLASSES)
    truth = labels != CLASSES.index("normal")
    logits = forward(films).logits
    shifted = [forward(changed(films, change)).logits for change in SHIFTS.values()]
    calibration = forward(read_inputs(parts.calibration, INPUT_SIZE)).logits
    certainty = certify(calibration, read_labels(parts.calibration, CLASSES))
    probability = positive_probability(certainty.calibrated(logits))
    called = probability >= balanced_threshold(truth, probability)
    return SeedRow(
        seed=recipe.seed,
        auc=auc(truth, positive_logit(logits)),
        accuracy=float((called == truth).mean()),
        shifted_auc=float(np.mean([auc(truth, positive_logit(its)) for its in shifted])),
        log_loss=log_loss(truth, probability),
        is_shipped=False,
    )
