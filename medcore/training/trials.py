"""Try what might help, on validation films made harder, and keep a table of it: the recipe is chosen from this table.

Each trial trains a short, small run without two groups of patients: a random draw, and the block of patients whose
films were collected first. Both are then looked at as they are and under every simulated shift. The score is the mean
area under the ROC curve, pneumonia against normal, over both groups and all shifts. The test films have no part in it.
"""

import dataclasses
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from medcore.classifier.decision import CLASSES, positive_logit
from medcore.classifier.network import INPUT_SIZE
from medcore.classifier.normalization import normalize
from medcore.evaluation.roc import auc
from medcore.training.asking import outputs_of
from medcore.training.augmentation import Augmentation
from medcore.training.films import (
    SPLIT_SEED,
    Film,
    first_patients,
    read_films,
    read_inputs,
    read_labels,
    split_by_patient,
)
from medcore.training.fit import OnProgress
from medcore.training.recipe import Phase, Recipe
from medcore.training.shift import SHIFTS, changed
from medcore.training.starting import train_network

log = logging.getLogger(__name__)

HELD_OUT = 0.1  # share of the patients in each of the two groups
MILD = Recipe(phases=(Phase(112, 4),))
EXPOSED = Augmentation(gamma=0.5, contrast=0.35, brightness=30, shading=25)
FRAMED = Augmentation(rotation_degrees=12, shift=0.1, zoom=0.2, aspect=0.2)
STRONG_AUGMENTATION = replace(
    FRAMED, gamma=EXPOSED.gamma, contrast=EXPOSED.contrast, brightness=EXPOSED.brightness, shading=EXPOSED.shading
)
MILDER: dict[str, Any] = {"rotation_degrees": 10, "shift": 0.08, "zoom": 0.15, "aspect": 0.15, "coarsest": 0.4}
MILDER_AUGMENTATION = replace(STRONG_AUGMENTATION, **MILDER)
STRONG = replace(MILD, augmentation=STRONG_AUGMENTATION)
MILDER_FROZEN = replace(MILD, augmentation=MILDER_AUGMENTATION, frozen_blocks=3)
ENDING_MILD = replace(MILDER_FROZEN, phases=(Phase(112, 3), Phase(112, 1, strength=0.25)))
KEPT = replace(ENDING_MILD, normalizations_kept=True)
LONGER = replace(KEPT, phases=(Phase(112, 6), Phase(112, 2, strength=0.25)))
LONGEST = replace(KEPT, phases=(Phase(112, 12), Phase(112, 4, strength=0.25)))
CHOSEN = "normalizations kept, for 16 epochs"  # shapes `medcore.training.recipe.DEFAULT_RECIPE`
TRIALS: dict[str, Recipe] = {
    "mild augmentation": MILD,
    "exposure": replace(MILD, augmentation=EXPOSED),
    "exposure and framing": STRONG,
    "exposure and framing, resolution": replace(STRONG, augmentation=replace(STRONG_AUGMENTATION, coarsest=0.25)),
    "exposure and framing, histogram equalized": replace(STRONG, normalization="equalized"),
    "exposure and framing, half equalized": replace(STRONG, normalization="half equalized"),
    "exposure and framing, weight averaging": replace(STRONG, weight_average=0.99),
    "exposure and framing, three blocks frozen": replace(STRONG, frozen_blocks=3),
    "milder, resolution too, three blocks frozen": MILDER_FROZEN,
    "milder and frozen, ending mild": ENDING_MILD,
    "ending mild, head first": replace(ENDING_MILD, head_first=True),
    "normalizations kept": KEPT,
    "normalizations kept, head first": replace(KEPT, head_first=True),
    "normalizations kept, head first, weight averaging": replace(KEPT, head_first=True, weight_average=0.99),
    "milder and frozen, erasing": replace(MILDER_FROZEN, augmentation=replace(MILDER_AUGMENTATION, erased=0.4)),
    "normalizations kept, weight averaging": replace(KEPT, weight_average=0.99),
    "normalizations kept, for 8 epochs": LONGER,
    CHOSEN: LONGEST,
    "normalizations kept, no block frozen": replace(KEPT, frozen_blocks=0),
    "normalizations kept, mild augmentation": replace(KEPT, augmentation=Augmentation()),
    "normalizations kept, mild augmentation, for 8 epochs": replace(LONGER, augmentation=Augmentation()),
    "normalizations kept, mild augmentation, for 16 epochs": replace(LONGEST, augmentation=Augmentation()),
    "normalizations kept, at 160 pixels": replace(KEPT, phases=(Phase(160, 3), Phase(160, 1, strength=0.25))),
    "normalizations kept, doubt about bacterial and viral": replace(
        KEPT, doubtful=(("bacterial", "viral"),), doubt=0.3
    ),
    "normalizations kept, a third of the rate": replace(KEPT, learning_rate=1e-4),
    "normalizations kept, three times the rate": replace(KEPT, learning_rate=1e-3),
}


@dataclass(frozen=True)
class TrialResult:
    """What a trial brought; areas under the ROC curve by condition."""

    name: str
    validation: dict[str, float]
    first_block: dict[str, float]
    bacterial_or_viral: float  # on both groups' pneumonia films as they are
    log_loss: float  # of pneumonia, in nats, mean over both groups and all shifts
    seconds: float

    @property
    def score(self) -> float:
        """The mean over both groups and all shifts, the films as they are included."""
        return float(np.mean([*self.validation.values(), *self.first_block.values()]))


def try_recipes(
    data: Path, out: Path, trials: Mapping[str, Recipe] = TRIALS, on_progress: OnProgress | None = None
) -> list[TrialResult]:
    """Run the trials that `out`, a JSON file, does not hold yet, and return all results, the best first.

    Raises
    ------
    ModelError
        If the films or the weights to start from are missing.
    """
    results = read_results(out)
    films = read_films(data)
    first = first_patients(films, HELD_OUT)
    first_block = [film for film in films if film.patient in first]
    rest = [film for film in films if film.patient not in first]
    validation, training = split_by_patient(rest, [HELD_OUT], SPLIT_SEED)
    for name, recipe in trials.items():
        if name not in results:
            results[name] = _try(name, recipe, training, (validation, first_block), on_progress)
            log.info("%s: %.4f, log loss %.4f", name, results[name].score, results[name].log_loss)
            out.write_text(json.dumps([dataclasses.asdict(result) for result in results.values()], indent=1) + "\n")
    return sorted(results.values(), key=lambda result: -result.score)


def read_results(file: Path) -> dict[str, TrialResult]:
    """Read the results of earlier trials by name; none where there is no file."""
    if not file.exists():
        return {}
    return {entry["name"]: TrialResult(**entry) for entry in json.loads(file.read_text())}


def _try(
    name: str,
    recipe: Recipe,
    training: list[Film] | tuple[Film, ...],
    groups: tuple[tuple[Film, ...] | list[Film], ...],
    on_progress: OnProgress | None,
) -> TrialResult:
    began = time.monotonic()
    films, labels = read_inputs(training, INPUT_SIZE), read_labels(training, CLASSES)
    network = train_network(films, labels, CLASSES, recipe, on_progress=on_progress)
    areas: list[dict[str, float]] = []
    losses: list[float] = []
    kinds: list[tuple[np.ndarray, np.ndarray]] = []
    for group in groups:
        size = recipe.phases[-1].size
        films, labels = read_inputs(group, (size, size)), read_labels(group, CLASSES)
        logits = {"as they are": outputs_of(network, normalize(films, recipe.normalization))}
        kinds.append((labels, logits["as they are"]))
        logits |= {
            shift: outputs_of(network, normalize(changed(films, change), recipe.normalization))
            for shift, change in SHIFTS.items()
        }
        truth = labels != CLASSES.index("normal")
        areas.append({shift: auc(truth, positive_logit(its)) for shift, its in logits.items()})
        signs = np.where(truth, 1, -1)
        losses += [float(np.logaddexp(0, -signs * positive_logit(its)).mean()) for its in logits.values()]
    labels, its = (np.concatenate(parts) for parts in zip(*kinds, strict=True))
    sick = labels != CLASSES.index("normal")
    bacterial, viral = CLASSES.index("bacterial"), CLASSES.index("viral")
    kind = auc(labels[sick] == bacterial, its[sick, bacterial] - its[sick, viral])
    return TrialResult(name, areas[0], areas[1], kind, float(np.mean(losses)), time.monotonic() - began)
