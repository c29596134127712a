"""Show finished models the test films, and write down that it happened: each meeting stands in the model's report.

The recipe must be committed before, so that nothing seen here can have chosen it.
"""

import subprocess  # nosec B404 # asks git, with fixed arguments
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from medcore.classifier import Classifier
from medcore.classifier.card import ModelCard, read_model_card
from medcore.classifier.certainty import Certainty
from medcore.classifier.forward import Forward
from medcore.classifier.model_folder import read_training_films
from medcore.classifier.network import INPUT_SIZE
from medcore.classifier.report import MEAN_OF_SEEDS, Report, TestMeeting, read_report, seed_name, write_report
from medcore.errors import ModelError
from medcore.evaluation.operating_point import OperatingPoint
from medcore.settings import REPOSITORY
from medcore.training.assemble import calibrated, choose_points, film_hashes
from medcore.training.card_text import write_card
from medcore.training.default_model import load_seed, mean_network
from medcore.training.films import TEST_SPLIT, Film, divide, read_films, read_inputs
from medcore.training.measurements import Answers, answer, measure_kind, measure_pneumonia, measure_sets
from medcore.training.recipe import Recipe

RECIPE_FOLDERS = ("medcore/training", "medcore/classifier", "medcore/evaluation")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A finished model, as it meets films."""

    seed: int
    name: str
    forward: Forward
    certainty: Certainty
    point: OperatingPoint


def meet_test(data: Path, folder: Path, work: Path) -> Report:
    """Evaluate every seed of the model in `folder` on the test films, and add figures and log to its report and card.

    Parameters
    ----------
    data : Path
        The folder with `labels.csv` and the films.
    folder : Path
        The model's folder.
    work : Path
        Where `medcore.training.train_default` kept its seeds.

    Raises
    ------
    ModelError
        If the recipe is not committed, or films or models are missing.
    """
    commit = committed(REPOSITORY)
    card, report = read_model_card(folder), read_report(folder)
    films = read_films(data, TEST_SPLIT)
    refuse_known(films, read_training_films(folder))
    meetings = list(report.meetings)
    for row in report.seeds:
        candidate = _shipped(folder, row.seed) if row.is_shipped else _kept_aside(row.seed, card, report, data, work)
        answers = answer(candidate.forward, candidate.certainty, films)
        meetings.append(_meeting(candidate, answers, commit, is_shipped=row.is_shipped))
        if row.is_shipped:
            report = _with_test(report, candidate, answers)
    report = replace(report, meetings=tuple(meetings))
    write_report(folder, report)
    write_card(folder)
    return report


def _shipped(folder: Path, seed: int) -> Candidate:
    """Return the model as it stands in its folder: what is published of it is what a user gets."""
    model = Classifier.load(folder)
    name = f"{model.card.name} {model.card.version}"
    return Candidate(seed, name, model.forward, model.certainty, model.card.operating_point)


def _kept_aside(seed: int, card: ModelCard, report: Report, data: Path, work: Path) -> Candidate:
    """Return a training that did not become the model, calibrated as the model was."""
    recipe = Recipe.from_json(card.recipe)
    parts = divide(read_films(data))
    trained = [row.seed for row in report.seeds if row.seed != MEAN_OF_SEEDS]
    seeds = trained if seed == MEAN_OF_SEEDS else [seed]
    networks = [load_seed(work, replace(recipe, seed=one)) for one in seeds]
    network = mean_network(networks) if seed == MEAN_OF_SEEDS else networks[0]
    forward, certainty = calibrated(network, parts, recipe)
    points = choose_points(forward, certainty, answer(forward, certainty, parts.validation))
    point = next(point for point in points if point.name == card.live_point)
    return Candidate(seed, f"recipe {recipe.digest}, {seed_name(seed)}", forward, certainty, point)


def refuse_known(films: Sequence[Film], known: frozenset[str]) -> None:
    """See that a model was trained on none of the films that are to test it.

    Parameters
    ----------
    films : sequence of Film
    known : frozenset of str
        SHA-256 of the pixels of its training films, as `read_training_films` gives them.

    Raises
    ------
    ModelError
        If it was; the message says on how many.
    """
    seen = sum(sha256 in known for sha256 in film_hashes(read_inputs(films, INPUT_SIZE)))
    if seen:
        raise ModelError(f"The model was trained on {seen} of these {len(films)} films. Leave them out of the test.")


def committed(repository: Path) -> str:
    """Return the commit that holds the recipe.

    Raises
    ------
    ModelError
        If git does not answer, or the recipe differs from what is committed.
    """
    changes = _git(repository, "status", "--porcelain", "--", *RECIPE_FOLDERS)
    if changes:
        raise ModelError("The recipe differs from what is committed. Commit it, then let models meet the test films.")
    return _git(repository, "rev-parse", "--short=12", "HEAD")


def _git(repository: Path, *arguments: str) -> str:
    try:
        command = ["git", "-C", str(repository), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # nosec B603
    except (OSError, subprocess.CalledProcessError) as error:
        raise ModelError(
            "git could not say which recipe is committed. Run this where MedCore was cloned, with git installed."
        ) from error


def _with_test(report: Report, candidate: Candidate, answers: Answers) -> Report:
    return replace(
        report,
        pneumonia={**report.pneumonia, "test": measure_pneumonia(answers, candidate.point.threshold)},
        bacterial_or_viral={**report.bacterial_or_viral, "test": measure_kind(answers)},
        sets={**report.sets, "test": measure_sets(answers, candidate.certainty)},
    )


def _meeting(candidate: Candidate, answers: Answers, commit: str, *, is_shipped: bool) -> TestMeeting:
    figures = measure_pneumonia(answers, candidate.point.threshold).binary
    kind = measure_kind(answers).binary.auc.value
    values = (figures.auc.value, figures.accuracy.value, figures.sensitivity.value, figures.specificity.value, kind)
    auc, accuracy, sensitivity, specificity, kind_auc = (float(value or 0) for value in values)
    return TestMeeting(
        date=datetime.now(UTC).date().isoformat(),
        commit=commit,
        model=candidate.name,
        seed=candidate.seed,
        is_shipped=is_shipped,
        auc=auc,
        accuracy=accuracy,
        sensitivity=sensitivity,
        specificity=specificity,
        bacterial_or_viral_auc=kind_auc,
    )
