"""What an order of labelling brings over none: fewer labels for the same model, or not.

The published network's features stay as they are; a linear head is fitted to the labels that there are so far, says
which films come next in each order, and is measured on validation films of other patients.
"""

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import softmax

from medcore.classifier.decision import CLASSES
from medcore.classifier.network import INPUT_SIZE, build_network
from medcore.evaluation.roc import auc
from medcore.labelling.queue_order import Pool, order_queue
from medcore.training.films import Film, divide, read_films, read_inputs, read_labels
from medcore.training.linear_head import fit_linear_head
from medcore.training.pretrained import find_pretrained_weights, load_pretrained
from medcore.training.recipe import Phase, Recipe
from medcore.training.starting import pooled_features

ORDERS = ("random", "uncertainty", "diversity")  # all films are in scope, so that order has nothing to do here
STEPS = (30, 60, 120, 240, 480)  # films with a label
SHOWN = Recipe(phases=(Phase(INPUT_SIZE[0], 1),))  # at which size the published network is shown films


@dataclass(frozen=True)
class OrderRow:
    """How good a head of so many labels is."""

    order: str
    seed: int
    labels: int
    auc: float  # mean over the classes, each against the rest


def compare_orders(
    data: Path,
    out: Path,
    seeds: Sequence[int] = (1, 2, 3),
    on_progress: Callable[[int, int | None], None] | None = None,
) -> list[OrderRow]:
    """Label the default model's training films in each order, and write down how good the head is on the way.

    Parameters
    ----------
    data : Path
        The folder with `labels.csv` and the films.
    out : Path
        JSON file for the rows.
    seeds : sequence of int
        Each draws other first films.
    on_progress : callable, optional
        Called with runs done and runs in all.

    Raises
    ------
    ModelError
        If the films or the published weights are missing.
    """
    parts = divide(read_films(data))
    network = build_network(len(CLASSES))
    load_pretrained(network, find_pretrained_weights())

    def features(films: Sequence[Film]) -> np.ndarray:
        return pooled_features(network, read_inputs(films, INPUT_SIZE), SHOWN)

    pool, held_out = features(parts.training), features(parts.validation)
    truth = np.eye(len(CLASSES))[read_labels(parts.training, CLASSES)]
    expected = np.eye(len(CLASSES), dtype=bool)[read_labels(parts.validation, CLASSES)]
    rows: list[OrderRow] = []
    for seed in seeds:
        for order in ORDERS:
            rows += label_in_order(pool, truth, held_out, expected, order, seed)
            if on_progress is not None:
                on_progress(len(rows) // len(STEPS), len(seeds) * len(ORDERS))
    out.write_text(json.dumps([dataclasses.asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    return rows


def label_in_order(
    pool: np.ndarray, truth: np.ndarray, held_out: np.ndarray, expected: np.ndarray, order: str, seed: int
) -> list[OrderRow]:
    """Label films step by step; the first ones are drawn, the same in every order.

    Parameters
    ----------
    pool : numpy.ndarray, shape (n, features)
    truth : numpy.ndarray, shape (n, classes)
    held_out : numpy.ndarray, shape (m, features)
    expected : numpy.ndarray, shape (m, classes), bool
    order : str
        One of `medcore.labelling.queue_order.ORDERS`.
    seed : int
    """
    labelled = np.random.default_rng(seed).permutation(len(pool))[: STEPS[0]]
    rows = []
    for following in (*STEPS[1:], len(labelled)):
        kernel, bias = fit_linear_head(pool[labelled], truth[labelled])
        logits = held_out @ kernel + bias
        areas = [auc(expected[:, one], logits[:, one]) for one in range(expected.shape[1])]
        rows.append(OrderRow(order, seed, len(labelled), float(np.mean(areas))))
        waiting = np.setdiff1d(np.arange(len(pool)), labelled)
        shares = softmax(pool[waiting] @ kernel + bias, axis=1)
        known = Pool(shares, pool[waiting], np.zeros(len(waiting), bool), pool[labelled])
        chosen = order_queue(known, order, seed)[: max(following - len(labelled), 0)]
        labelled = np.concatenate([labelled, waiting[chosen]])
    return rows
