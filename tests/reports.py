"""A model folder whose figures are made up, and plainly so; nothing of it is about a real model."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from medcore.classifier import ModelCard, default_model_folder, read_model_card
from medcore.classifier.card import write_model_card
from medcore.classifier.model_folder import MODEL_FILE, TRAINING_FILMS_FILE
from medcore.classifier.report import (
    ComparisonRow,
    Report,
    RobustnessRow,
    ScopeRow,
    SeedRow,
    ShortcutRow,
    Subgroup,
    TestMeeting,
    TrialRow,
    write_report,
)
from medcore.classifier.scope import Scope
from medcore.evaluation.conformal import class_quantiles, coverage, prediction_sets
from medcore.evaluation.figures import Figures
from medcore.evaluation.measure import measure
from medcore.evaluation.operating_point import choose_operating_points
from medcore.library import Dataset, DatasetImage
from medcore.training.candidate_card import candidate_card
from medcore.training.labelled_films import LabelledFilms
from medcore.training.live_start import Live
from medcore.training.plan import TrainingPlan, make_recipe
from medcore.training.stored_films import StoredFilms

FILMS = 300
PARTS = ("train", "calibration", "validation", "test")


def make_films(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Invent probabilities, shape (300, 3), and labels of three classes."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 3, FILMS)
    logits = 2.2 * np.eye(3)[labels] + generator.normal(size=(FILMS, 3))
    shares = np.exp(logits)
    return shares / shares.sum(axis=1, keepdims=True), labels


def make_figures(seed: int) -> Figures:
    """Measure invented films."""
    shares, labels = make_films(seed)
    patients = [str(film // 2) for film in range(FILMS)]
    threshold = make_card().operating_point.threshold
    return measure(shares, labels, labels > 0, 1 - shares[:, 0], patients, threshold, resamples=50)


def make_report() -> Report:
    """Make a report that holds one or more of everything."""
    shares, labels = make_films(1)
    sets = coverage(prediction_sets(shares, class_quantiles(shares, labels)), labels)
    figures = {"validation": make_figures(1), "test": make_figures(2)}
    return Report(
        pneumonia=figures,
        bacterial_or_viral=figures,
        sets={"validation": sets, "test": sets},
        seeds=(SeedRow(1, 0.987, 0.951, 0.972, 0.151, True), SeedRow(2, 0.985, 0.949, 0.970, 0.155, False)),
        meetings=(
            TestMeeting("2026-01-02", "0123abc", "made-up 1", 1, True, 0.971, 0.921, 0.943, 0.887, 0.891, "first"),
            TestMeeting("2026-01-02", "0123abc", "made-up 2", 2, False, 0.969, 0.919, 0.941, 0.885, 0.889),
        ),
        subgroups=(
            Subgroup("label", "normal", 122, 107, None, None, None, 0.05, 0.95, 0.90, 0.98),
            Subgroup("brightness", "darkest third", 150, 111, 0.981, 0.962, 0.993, 0.71, 0.94, 0.89, 0.97),
        ),
        robustness=(
            RobustnessRow("JPEG, quality 30", 0.986, -0.001, 0.011, True),
            RobustnessRow("Noise, 12 gray values", 0.955, -0.032, 0.061, False),
        ),
        shortcut=(
            ShortcutRow("The film as it is", 0.987, 0.975, 0.995),
            ShortcutRow("Only what lies outside of the lungs", 0.812, 0.772, 0.851),
        ),
        scope=(
            ScopeRow("Validation films", 449, True, None, 0.0, 0.02, 0.02),
            ScopeRow("Hands", 200, False, 0.999, 0.1, 0.985, 0.99),
        ),
        comparison=(
            ComparisonRow("Pneumonia", "ResNet-18", "published (Yang et al. 2023)", "28 x 28 enlarged", 0.956, 0.864),
            ComparisonRow("Pneumonia", "EfficientNet-Lite0", "MedCore", "native 224 px", 0.971, 0.921, "3 seeds"),
        ),
        trials=(
            TrialRow("Base", 0.985, 0.962, 0.951, 0.931, 0.161, 0.881, False),
            TrialRow("More augmentation", 0.987, 0.972, 0.955, 0.944, 0.151, 0.884, True),
        ),
        notes=("A larger network brought nothing.",),
    )


def make_card() -> ModelCard:
    """Make the shipped model's card with operating points of invented films."""
    shares, labels = make_films(1)
    card = read_model_card(default_model_folder())
    points = choose_operating_points(labels > 0, 1 - shares[:, 0])
    return replace(card, operating_points=points, live_point=points[1].name)


def make_model_folder(models: Path, *, report: bool = True) -> Path:
    """Write a card with made-up figures into a folder of models; there is no network in it."""
    folder = models / default_model_folder().name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_model_card(folder, make_card())
    if report:
        write_report(folder, make_report())
    return folder


def make_trained_folder(
    folder: Path, *, classes: tuple[str, ...], finding: str, scope: Scope, several: bool = False
) -> Path:
    """Write the folder of a model that was trained here, from 300 made-up films of each part; no network is in it."""
    folder.mkdir(parents=True)
    (folder / MODEL_FILE).write_text(folder.name)
    places, kinds = range(4 * FILMS), len(classes)
    images = tuple(
        DatasetImage(place, place, place // 2, f"{place:064x}", (classes[place // 4 % kinds],), PARTS[place % 4])
        for place in places
    )
    known = [image.pixels_sha256 for image in images if image.part == "train"]
    (folder / TRAINING_FILMS_FILE).write_text("\n".join(known))
    made = Dataset(7, 1, 1, "d" * 64, "A. Modeller", datetime(2026, 1, 2, tzinfo=UTC), images)
    data = LabelledFilms(made, classes, StoredFilms(folder / "films.bin", (8, 8), tuple(places), ""), several)
    plan = TrainingPlan("ours", classes, finding, "imagenet", "quick", make_recipe("quick", FILMS), several)
    shares, labels = make_films(3)
    kinds = 2 if several else kinds  # of its figures
    shares, labels = shares[:, :kinds] / shares[:, :kinds].sum(axis=1, keepdims=True), labels % kinds
    points = choose_operating_points(labels > 0, 1 - shares[:, 0])
    patients = [str(film // 2) for film in range(FILMS)]
    figures = measure(shares, labels, labels > 0, 1 - shares[:, 0], patients, points[1].threshold, resamples=50)
    write_report(folder, Report({"validation": figures}, {}, {}))
    live = Live(default_model_folder(), read_model_card(default_model_folder()))
    write_model_card(folder, candidate_card(folder, data, plan, live, scope, points, 1.0))
    return folder
