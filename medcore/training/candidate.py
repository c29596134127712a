"""Make a candidate from labelled films: train it, learn what its answers are worth, and write its folder."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medcore.classifier.card import write_model_card
from medcore.classifier.decision import positive_probability
from medcore.classifier.film_hash import film_hash
from medcore.classifier.forward import Forward
from medcore.classifier.model_folder import (
    CERTAINTY_FILE,
    FAMILIARITY_FILE,
    MODEL_FILE,
    QUALITY_FILE,
    TRAINING_FILMS_FILE,
    read_training_films,
)
from medcore.classifier.normalization import normalize
from medcore.classifier.report import Report, write_report
from medcore.classifier.scope import Scope
from medcore.errors import ModelError
from medcore.evaluation.operating_point import BALANCED, choose_operating_points
from medcore.training.asking import outputs_of
from medcore.training.assemble import map_scale, put_in_place
from medcore.training.batches import resize_films
from medcore.training.candidate_card import NEEDED, candidate_card
from medcore.training.certify import certify, is_positive
from medcore.training.copies import with_copies
from medcore.training.fit import OnProgress
from medcore.training.fit_familiarity import fit_familiarity
from medcore.training.fit_quality import fit_quality
from medcore.training.labelled_films import LabelledFilms
from medcore.training.live_start import Live, start_from
from medcore.training.measurements import measure_positive
from medcore.training.plan import TrainingPlan
from medcore.training.set_figures import measure_answers, to_probabilities
from medcore.training.starting import start_pretrained, train_network
from medcore.training.stored_films import StoredFilms
from medcore.training.targets import truth_of
from medcore.training.watching import UNWATCHED, Judgement, Watch

if TYPE_CHECKING:
    import keras

FEWEST_PATIENTS = 2  # of each class, in each part that a training needs
ENOUGH_TO_LOOK_AT = 4000  # of them, at most
ENOUGH_FOR_LOOKS = 100  # training films, for a model of its own of how its films look


def check_enough(data: LabelledFilms) -> None:
    """See that every class has patients in every part that a training needs.

    Raises
    ------
    ModelError
        With the class that has too few.
    """
    if len(data.classes) < 2:
        raise ModelError("A model tells classes apart, and only one is chosen. Choose at least two.")
    for part in NEEDED:
        _, labels, patients = data.part(part)
        for name, has in zip(data.classes, truth_of(labels, len(data.classes)).T, strict=True):
            having = {patient for patient, one in zip(patients, has, strict=True) if one}
            if len(having) < FEWEST_PATIENTS:
                raise ModelError(
                    f"Too few patients have {name}: {len(having)} in the {part} part of the films, and "
                    f"{FEWEST_PATIENTS} are needed. Label films of more patients, or leave this class out."
                )


def train_candidate(
    data: LabelledFilms,
    plan: TrainingPlan,
    live: Live,
    work: Path,
    *,
    on_progress: OnProgress | None = None,
    watch: Watch = UNWATCHED,
) -> "keras.Model":
    """Train a network as a plan says, each epoch judged on the validation part.

    Raises
    ------
    ModelError
        If training fails or too few patients have a class.
    FitInterruptedError
        If `watch` broke it off.
    """
    check_enough(data)
    films, labels, _ = data.part("train")
    shown, truth, _ = data.part("validation")
    judge = _judge(shown, truth, plan)
    return train_network(
        films,
        labels,
        plan.answers,
        plan.recipe,
        start=start_from(live, plan.answers) if plan.start == "live" else start_pretrained,
        work=work,
        on_progress=on_progress,
        watch=replace(watch, judge=judge),
    )


def assemble_candidate(
    network: "keras.Model", data: LabelledFilms, plan: TrainingPlan, live: Live, scope: Scope, out: Path
) -> Path:
    """Write a trained network's folder: what it needs to answer, and what was measured on validation films.

    Parameters
    ----------
    network : keras.Model
    data : LabelledFilms
    plan : TrainingPlan
    live : Live
    scope : Scope
        Of the films that it was made from.
    out : Path
        The new folder.

    Raises
    ------
    ModelError
        If the disk is full.
    """
    forward = Forward(network, plan.recipe.normalization)
    size = plan.recipe.phases[-1].size
    calibration, calibration_labels, _ = data.part("calibration")
    certainty = certify(forward(_shown(calibration, size)).logits, calibration_labels)
    validation, labels, patients = data.part("validation")
    outputs = forward(_shown(validation, size))
    by_class = certainty.calibrated(outputs.logits)
    points = choose_operating_points(is_positive(labels), positive_probability(by_class, several=plan.several))
    balanced = next(point for point in points if point.name == BALANCED)
    figures = measure_positive(by_class, labels, patients, balanced.threshold)

    def write(folder: Path) -> None:
        network.save(folder / MODEL_FILE)
        (folder / CERTAINTY_FILE).write_text(json.dumps(certainty.to_json(), indent=1, allow_nan=False) + "\n")
        # Those that it was calibrated and chosen on flatter it too, if less than those that trained it.
        hashes = {film_hash(film) for part in NEEDED for film in data.part(part)[0].each()}
        if plan.start == "live":
            hashes |= read_training_films(live.folder)  # what it learnt from them is still in it
        (folder / TRAINING_FILMS_FILE).write_text("".join(f"{sha256}\n" for sha256 in sorted(hashes)))
        _write_looks(folder, forward, data, size)
        write_report(folder, Report({"validation": figures}, {}, {}))
        write_model_card(folder, candidate_card(folder, data, plan, live, scope, points, map_scale(outputs)))

    return put_in_place(write, out)


def _judge(films: StoredFilms, labels: np.ndarray, plan: TrainingPlan) -> Callable[["keras.Model"], Judgement]:
    shown = normalize(_shown(films, plan.recipe.phases[-1].size), plan.recipe.normalization)[..., None]

    def judge(network: "keras.Model") -> Judgement:
        answers = to_probabilities(outputs_of(network, shown), several=plan.several)
        figures = measure_answers(labels, answers, plan.answers)
        return Judgement(figures.log_loss, figures.auc)

    return judge


def _shown(films: StoredFilms, size: int) -> np.ndarray:
    return resize_films(films.read(range(len(films))), size)


def _write_looks(folder: Path, forward: Forward, data: LabelledFilms, size: int) -> None:
    """Write what tells films like these from other pictures, where there are enough to learn it from."""
    training, validation = data.part("train")[0], data.part("validation")[0]
    if len(training) < ENOUGH_FOR_LOOKS:
        return
    some = np.random.default_rng(0).permutation(len(training))[:ENOUGH_TO_LOOK_AT]
    own, held_out = _shown(training.part(some.tolist()), size), _shown(validation, size)
    known, aside = forward(with_copies(own)).features, forward(with_copies(held_out, seed=1)).features
    fit_familiarity(known, aside).write(folder / FAMILIARITY_FILE)
    fit_quality(own, held_out).write(folder / QUALITY_FILE)
