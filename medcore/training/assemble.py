"""Make a model's folder from a trained network: calibrate, choose, measure, write, put in place in one step."""

import dataclasses
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medcore import __version__
from medcore.classifier.card import DEFAULT_MODEL, ModelCard, TrainingData, write_model_card
from medcore.classifier.certainty import Certainty
from medcore.classifier.decision import CLASSES, positive_probability
from medcore.classifier.film_hash import film_hash
from medcore.classifier.forward import Forward, Outputs
from medcore.classifier.model_folder import (
    CERTAINTY_FILE,
    FAMILIARITY_FILE,
    MODEL_FILE,
    PARTS,
    QUALITY_FILE,
    TRAINING_FILMS_FILE,
    file_sha256,
)
from medcore.classifier.network import ARCHITECTURE, INPUT_SIZE
from medcore.classifier.report import Report, SeedRow, write_report
from medcore.classifier.scope import Scope
from medcore.errors import ModelError
from medcore.evaluation.operating_point import (
    BALANCED,
    OperatingPoint,
    choose_operating_points,
)
from medcore.explanation.maps import raw_maps
from medcore.training import pretrained
from medcore.training.card_text import write_card
from medcore.training.certify import certify
from medcore.training.copies import with_copies
from medcore.training.films import Film, Parts, read_inputs, read_labels
from medcore.training.fit_familiarity import fit_familiarity
from medcore.training.fit_quality import fit_quality
from medcore.training.measurements import Answers, answer, measure_kind, measure_pneumonia, measure_sets
from medcore.training.recipe import Recipe
from medcore.training.robustness import measure_robustness
from medcore.training.shift import SHIFTS, changed
from medcore.training.shortcut import measure_shortcut
from medcore.training.subgroups import measure_subgroups

if TYPE_CHECKING:
    import keras

MAP_SCALE_SHARE = 0.95  # of the validation films keep below the brightest colour
SCOPE = Scope(
    modalities=("CR", "DX"),
    body_parts=("CHEST", "THORAX", "LUNG", "LUNGS", "CHEST PA", "CHEST AP"),
    views=("AP", "PA"),
    min_age_years=1,
    max_age_years=5,
)


def assemble(network: "keras.Model", parts: Parts, recipe: Recipe, seeds: Sequence[SeedRow], out: Path) -> Path:
    """Write the folder of a trained network beside `out`, then put it there in one step.

    Raises
    ------
    ModelError
        If the folder cannot be written.
    """
    forward, certainty = calibrated(network, parts, recipe)
    answers = answer(forward, certainty, parts.validation)
    points = choose_points(forward, certainty, answers)
    training_films = read_inputs(parts.training, INPUT_SIZE)
    report = _report(answers, forward, certainty, points, parts, seeds)

    def write(folder: Path) -> None:
        network.save(folder / MODEL_FILE)
        (folder / CERTAINTY_FILE).write_text(json.dumps(certainty.to_json(), indent=1, allow_nan=False) + "\n")
        known = forward(with_copies(training_films)).features
        held_out = forward(with_copies(answers.films, seed=1)).features
        fit_familiarity(known, held_out).write(folder / FAMILIARITY_FILE)
        fit_quality(training_films, answers.films).write(folder / QUALITY_FILE)
        (folder / TRAINING_FILMS_FILE).write_text("".join(f"{sha256}\n" for sha256 in film_hashes(training_films)))
        write_report(folder, report)
        write_model_card(folder, _card(folder, parts, points, map_scale(answers.outputs), recipe))
        write_card(folder)

    return put_in_place(write, out)


def calibrated(network: "keras.Model", parts: Parts, recipe: Recipe) -> tuple[Forward, Certainty]:
    """Return a network ready to run, and what its logits are worth."""
    forward = Forward(network, recipe.normalization)
    films = read_inputs(parts.calibration, INPUT_SIZE)
    return forward, certify(forward(films).logits, read_labels(parts.calibration, CLASSES))


def choose_points(forward: Forward, certainty: Certainty, answers: Answers) -> tuple[OperatingPoint, ...]:
    """Choose the three operating points on validation films, as they are and under simulated shift."""
    shifted = [forward(changed(answers.films, change)).logits for change in SHIFTS.values()]
    probabilities = [positive_probability(certainty.calibrated(logits)) for logits in shifted]
    return choose_operating_points(answers.truth, answers.pneumonia, probabilities)


def film_hashes(films: np.ndarray) -> list[str]:
    """Return the SHA-256 of each film's pixels, shape (n, rows, columns), uint8; sorted."""
    return sorted(map(film_hash, films))


def put_in_place(write: Callable[[Path], None], out: Path) -> Path:
    """Let a folder be written beside `out`, then swap it in.

    Raises
    ------
    ModelError
        If the disk refuses; what was there stays.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".training-", dir=out.parent) as work:
        new, old = Path(work, out.name), Path(work, "old")
        try:
            new.mkdir()
            write(new)
            if out.exists():
                shutil.move(out, old)
            new.rename(out)
        except OSError as error:
            raise ModelError(
                f"The model could not be written beside {out}: {error.strerror}. Make room there."
            ) from error
    return out


def _report(
    answers: Answers,
    forward: Forward,
    certainty: Certainty,
    points: Sequence[OperatingPoint],
    parts: Parts,
    seeds: Sequence[SeedRow],
) -> Report:
    def probability_of(films: np.ndarray) -> np.ndarray:
        return positive_probability(certainty.calibrated(forward(films).logits))

    threshold = next(point.threshold for point in points if point.name == BALANCED)
    films = answers.films.astype(np.float32)
    training = read_inputs(parts.training, INPUT_SIZE)
    return Report(
        pneumonia={"validation": measure_pneumonia(answers, threshold)},
        bacterial_or_viral={"validation": measure_kind(answers)},
        sets={"validation": measure_sets(answers, certainty)},
        seeds=tuple(seeds),
        subgroups=measure_subgroups(answers, training, threshold),
        robustness=measure_robustness(probability_of, films, answers.truth, threshold),
        shortcut=measure_shortcut(probability_of, films, answers.truth, answers.patients),
    )


def map_scale(outputs: Outputs) -> float:
    """Return the raw value of the brightest colour of a model's heatmaps: hardly a validation film exceeds it."""
    named = tuple(map(str, range(1 + outputs.logits.shape[1])))
    films = zip(outputs.logits, outputs.contributions, strict=True)
    highest = [max(raw_map.max() for raw_map in raw_maps(*film, named).values()) for film in films]
    return float(np.quantile(highest, MAP_SCALE_SHARE))


def _count(films: Sequence[Film]) -> tuple[dict[str, int], dict[str, int]]:
    counted = Counter(film.label for film in films)
    patients = Counter(label for label, _ in {(film.label, film.patient) for film in films})
    return {name: counted[name] for name in CLASSES}, {name: patients[name] for name in CLASSES}


def _card(
    folder: Path, parts: Parts, points: tuple[OperatingPoint, ...], map_scale: float, recipe: Recipe
) -> ModelCard:
    today = datetime.now(UTC).date().isoformat()
    counts = {name: _count(films) for name, films in vars(parts).items()}
    sha256 = file_sha256(folder / MODEL_FILE)
    return ModelCard(
        name=DEFAULT_MODEL,
        version=f"{today}-{sha256[:8]}",
        purpose=f"Pneumonia, bacterial or viral, on frontal chest films of {SCOPE.made_for}",
        classes=CLASSES,
        input_size=INPUT_SIZE,
        normalization=recipe.normalization,
        preprocessing=recipe.preprocessing,
        architecture=ARCHITECTURE,
        operating_points=points,
        live_point=BALANCED,
        map_scale=map_scale,
        scope=SCOPE,
        training_data=TrainingData(
            name="Labeled Optical Coherence Tomography (OCT) and Chest X-Ray Images for Classification",
            source="Mendeley Data, doi 10.17632/rscbjbr9sj",
            licence="CC BY 4.0",
            attribution="Daniel Kermany, Kang Zhang, Michael Goldbaum",
            films={name: films for name, (films, _) in counts.items()},
            patients={name: patients for name, (_, patients) in counts.items()},
        ),
        starting_weights=pretrained.STARTING_WEIGHTS,
        recipe=dataclasses.asdict(recipe),
        medcore_version=__version__,
        created=today,
        sha256=sha256,
        parts={name: file_sha256(folder / name) for name in PARTS},
    )
