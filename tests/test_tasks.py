"""A task's recipe is chosen without its test part, and each seed meets that part once."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medcore.classifier.report import ComparisonRow
from medcore.errors import ModelError
from medcore.training import tasks
from medcore.training.labelled_fit import measure
from medcore.training.labelled_set import LabelledSet
from medcore.training.recipe import Recipe
from medcore.training.task_recipes import TASKS
from medcore.training.tasks import run_task, try_task


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Pictures in two classes; every picture of the test part holds 200 and more."""
    arrays: dict[str, np.ndarray] = {}
    for name, count, value in (("train", 12, 0), ("val", 6, 100), ("test", 8, 200)):
        pictures = value + np.arange(count, dtype=np.uint8)[:, None, None] * np.ones((28, 28), np.uint8)
        arrays |= {f"{name}_images": pictures, f"{name}_labels": (np.arange(count) % 2)[:, None]}
    np.savez(tmp_path / "breast.npz", **arrays)
    return tmp_path / "breast.npz"


class Trainer:
    """Stands for the training, which other tests are about: answers with draws of the recipe's seed."""

    def __init__(self) -> None:
        self.trained: list[Recipe] = []
        self.asked: list[str] = []

    def train(self, labelled: LabelledSet, recipe: Recipe, work: Path, on_progress: object) -> tuple[Any, Any]:
        work.mkdir(parents=True)  # no other fit was here
        assert set(labelled.parts) == {"train", "validation"}
        assert labelled.inputs.max() < 200
        self.trained.append(recipe)
        validation = labelled.part("validation")
        return "network", measure(validation, self.predict("network", validation, recipe))

    def predict(self, network: str, pictures: LabelledSet, recipe: Recipe, *, turned: bool = False) -> np.ndarray:
        self.asked += [part for part in pictures.parts[:1] if not turned]
        positive = np.random.default_rng((recipe.seed, turned)).random(len(pictures.patients)).round(6)
        return np.stack([1 - positive, positive], axis=1)


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    trainer = Trainer()
    monkeypatch.setattr(tasks, "train_classifier", trainer.train)
    monkeypatch.setattr(tasks, "predict", trainer.predict)
    return trainer


def test_each_seed_meets_the_test_part_once_and_is_logged(data: Path, tmp_path: Path, trainer: Trainer) -> None:
    out = tmp_path / "results" / "tasks.json"
    rows = run_task("breast", data, out)
    assert [recipe.seed for recipe in trainer.trained] == [1, 2, 3]
    assert trainer.asked.count("test") == 3
    meetings = json.loads(out.read_text())["meetings"]
    assert [meeting["seed"] for meeting in meetings] == [1, 2, 3]
    assert {meeting["recipe"] for meeting in meetings} == {TASKS["breast"].recipe.digest}
    assert run_task("breast", data, out) == rows
    assert len(trainer.trained) == 3
    assert trainer.asked.count("test") == 3


def test_an_interrupted_run_goes_on_with_the_next_seed(data: Path, tmp_path: Path, trainer: Trainer) -> None:
    whole = run_task("breast", data, tmp_path / "whole.json")
    out = tmp_path / "tasks.json"
    run_task("breast", data, out, seeds=(1,))
    trainer.trained.clear()
    assert run_task("breast", data, out) == whole
    assert [recipe.seed for recipe in trainer.trained] == [2, 3]


def test_rows_hold_the_published_results_and_mean_and_spread_of_the_seeds(
    data: Path, tmp_path: Path, trainer: Trainer
) -> None:
    out = tmp_path / "tasks.json"
    rows = run_task("breast", data, out)
    assert rows[:4] == list(TASKS["breast"].published)
    plain, turned, together = rows[4:]
    meetings = json.loads(out.read_text())["meetings"]
    assert plain.auc == pytest.approx(np.mean([meeting["auc"] for meeting in meetings]))
    assert plain.accuracy == pytest.approx(np.mean([meeting["accuracy"] for meeting in meetings]))
    assert plain.spread.startswith(f"{np.std([meeting['auc'] for meeting in meetings], ddof=1):.3f} and ")
    assert turned.auc == pytest.approx(np.mean([meeting["turned_auc"] for meeting in meetings]))
    mean = np.mean([trainer.predict("network", _test_part(8), Recipe(seed=s), turned=True) for s in (1, 2, 3)], axis=0)
    figures = measure(_test_part(8), mean)
    assert (together.auc, together.accuracy) == (pytest.approx(figures.auc), pytest.approx(figures.accuracy))
    kept = json.loads(out.read_text())["comparison"]
    assert [ComparisonRow(**row) for row in kept] == rows


def _test_part(count: int) -> LabelledSet:
    labels = (np.arange(count) % 2).astype(np.int32)
    inputs = np.zeros((count, 28, 28), np.uint8)
    return LabelledSet(inputs, labels, ("a", "b"), tuple(map(str, range(count))), ("test",) * count)


@pytest.mark.usefixtures("trainer")
def test_a_recipe_changed_after_the_test_part_was_met_is_refused(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "tasks.json"
    run_task("breast", data, out, seeds=(1,))
    task = TASKS["breast"]
    other = replace(task, recipe=replace(task.recipe, learning_rate=1e-5))
    monkeypatch.setitem(TASKS, "breast", other)
    with pytest.raises(ModelError, match="BreastMNIST with another recipe"):
        run_task("breast", data, out)


def test_recipes_are_tried_on_the_validation_part_alone(data: Path, tmp_path: Path, trainer: Trainer) -> None:
    out = tmp_path / "trials.json"
    trials = try_task("breast", data, out, seeds=(11, 12))
    tried = TASKS["breast"].tried
    assert [(trial.name, trial.seed) for trial in trials] == [(name, seed) for seed in (11, 12) for name in tried]
    assert "test" not in trainer.asked
    assert try_task("breast", data, out, seeds=(11, 12)) == trials
    assert len(trainer.trained) == 2 * len(tried)


def test_the_chosen_recipe_is_one_of_those_tried() -> None:
    for task in TASKS.values():
        assert task.recipe in task.tried.values()
        assert len({recipe.digest for recipe in task.tried.values()}) == len(task.tried)
        assert {row.task for row in task.published} == {task.title}


@pytest.mark.parametrize("call", [run_task, try_task])
def test_a_task_that_there_is_not_is_refused_by_name(call: Any, data: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no task 'brain'. Choose one of: breast, retina"):
        call("brain", data, tmp_path / "tasks.json")


def test_the_official_split_is_read(shared_data: Path) -> None:
    for name, counts in (("breast", (546, 78, 156)), ("retina", (1080, 120, 400))):
        labelled = tasks.read_npz(shared_data / "medmnist28" / f"{name}mnist.npz", TASKS[name].classes)
        assert tuple(labelled.parts.count(part) for part in ("train", "validation", "test")) == counts
        assert len(labelled.classes) == len(TASKS[name].classes)
        assert labelled.inputs.shape[1:] == ((28, 28) if name == "breast" else (28, 28, 3))
