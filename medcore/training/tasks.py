"""Small public tasks with published results, so that the recipe's quality can be compared with others'.

Source: Yang et al., MedMNIST v2, Scientific Data 2023: BreastMNIST (ultrasound) and RetinaMNIST (fundus in colour, five
grades of diabetic retinopathy), 28 x 28 pixels, CC BY 4.0, with the official split.

A task's recipe is chosen by `try_task` on the validation part alone. `run_task` shows the test part to each seed once,
and logs that; a recipe that was changed afterwards is refused.
"""

import dataclasses
import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from medcore.classifier.report import ComparisonRow
from medcore.errors import ModelError
from medcore.training.fit import OnProgress
from medcore.training.labelled_fit import measure, predict, train_classifier
from medcore.training.labelled_set import LabelledSet, read_npz
from medcore.training.recipe import Recipe
from medcore.training.set_figures import SetFigures
from medcore.training.task_recipes import TASKS, Task

log = logging.getLogger(__name__)

ENLARGED = "28 x 28 pixels, enlarged"


@dataclass(frozen=True)
class TaskMeeting:
    """One seed's only look at a task's test part."""

    task: str
    seed: int
    date: str  # ISO
    recipe: str  # digest
    auc: float
    accuracy: float
    turned_auc: float  # of the mean over mirror images
    turned_accuracy: float
    answers: list[list[float]]  # probabilities, mean over mirror images


@dataclass(frozen=True)
class TaskTrial:
    """What a recipe brought on a task's validation part."""

    task: str
    name: str
    seed: int
    recipe: str  # digest
    validation: SetFigures
    turned: SetFigures  # of the mean over mirror images


def run_task(
    name: str, data: Path, out: Path, seeds: Sequence[int] = (1, 2, 3), on_progress: OnProgress | None = None
) -> list[ComparisonRow]:
    """Train a task's recipe with each seed, meet the test part once with each, and compare with published results.

    Parameters
    ----------
    name : str
        Of the task: breast or retina.
    data : Path
        The task's file in MedMNIST's layout.
    out : Path
        JSON file that logs the meetings of all tasks; a seed in it is not trained again. An interrupted training goes
        on from the folder beside it.
    seeds : sequence of int
    on_progress : callable, optional
        Called with training steps done and steps in all, for each seed anew.

    Returns
    -------
    list of ComparisonRow
        Published results, then the mean of the seeds: of plain answers, of mirror images, of all seeds together.

    Raises
    ------
    ModelError
        If there is no such task, its file cannot be read, or its test part was met with another recipe.
    """
    task, labelled = _find(name), read_npz(data, _find(name).classes)
    entries = _read(out)
    meetings = {entry["seed"]: TaskMeeting(**entry) for entry in entries["meetings"] if entry["task"] == name}
    if any(meeting.recipe != task.recipe.digest for meeting in meetings.values()):
        raise ModelError(
            f"{out.name} logs meetings with the test part of {task.title} with another recipe. A recipe is chosen "
            "before the test part is met: bring that recipe back."
        )
    for seed in seeds:
        if seed not in meetings:
            recipe = replace(task.recipe, seed=seed)
            work = _work(out, name, recipe)
            network, _ = train_classifier(labelled.part("train", "validation"), recipe, work, on_progress)
            meetings[seed] = _meet(name, network, labelled.part("test"), recipe)
            log.info("%s, seed %d: %s", task.title, seed, replace(meetings[seed], answers=[]))
            entries["meetings"].append(dataclasses.asdict(meetings[seed]))
            _write(out, entries)
            shutil.rmtree(work, ignore_errors=True)
    rows = compare(task, labelled.part("test"), [meetings[seed] for seed in seeds])
    entries["comparison"] = [row for row in entries["comparison"] if row["task"] != task.title]
    entries["comparison"] += [dataclasses.asdict(row) for row in rows]
    _write(out, entries)
    return rows


def try_task(
    name: str, data: Path, out: Path, seeds: Sequence[int] = (11, 12), on_progress: OnProgress | None = None
) -> list[TaskTrial]:
    """Train each recipe that was thought of for a task, and measure it on the validation part; the test part is left.

    Parameters
    ----------
    name, data, seeds, on_progress
        As for `run_task`.
    out : Path
        JSON file that keeps the trials of all tasks; what stands in it is not tried again.

    Raises
    ------
    ModelError
        If there is no such task or its file cannot be read.
    """
    task = _find(name)
    labelled = read_npz(data, task.classes).part("train", "validation")
    entries = _read(out)
    trials = [_trial(entry) for entry in entries["trials"]]
    for seed in seeds:
        for tried, recipe in task.tried.items():
            if not any((it.task, it.recipe, it.seed) == (name, recipe.digest, seed) for it in trials):
                seeded = replace(recipe, seed=seed)
                work = _work(out, name, seeded)
                network, figures = train_classifier(labelled, seeded, work, on_progress)
                validation = labelled.part("validation")
                turned = measure(validation, predict(network, validation, seeded, turned=True))
                trials.append(TaskTrial(name, tried, seed, recipe.digest, figures, turned))
                log.info("%s, %s, seed %d: %s", task.title, tried, seed, turned)
                entries["trials"] = [dataclasses.asdict(trial) for trial in trials]
                _write(out, entries)
                shutil.rmtree(work, ignore_errors=True)
    return [trial for trial in trials if trial.task == name]


def compare(task: Task, test: LabelledSet, meetings: Sequence[TaskMeeting]) -> list[ComparisonRow]:
    """Return the published results and those of the seeds' meetings with the test part."""
    together = measure(test, np.mean([meeting.answers for meeting in meetings], axis=0))

    def row(model: str, auc: float, accuracy: float, spread: str) -> ComparisonRow:
        return ComparisonRow(task.title, model, "MedCore", ENLARGED, auc, accuracy, spread)

    def mean_row(model: str, aucs: list[float], accuracies: list[float]) -> ComparisonRow:
        spread = f"{_deviation(aucs):.3f} and {_deviation(accuracies):.3f}, standard deviation of {len(aucs)} seeds"
        return row(model, float(np.mean(aucs)), float(np.mean(accuracies)), spread)

    network = "EfficientNet-Lite0 from ImageNet weights"
    return [
        *task.published,
        mean_row(network, [it.auc for it in meetings], [it.accuracy for it in meetings]),
        mean_row(
            f"{network}, mean of mirror images",
            [it.turned_auc for it in meetings],
            [it.turned_accuracy for it in meetings],
        ),
        row(
            f"{network}, mean of mirror images and of {len(meetings)} seeds",
            together.auc,
            together.accuracy,
            "one result",
        ),
    ]


def _meet(name: str, network: Any, test: LabelledSet, recipe: Recipe) -> TaskMeeting:
    plain = measure(test, predict(network, test, recipe))
    answers = predict(network, test, recipe, turned=True)
    turned = measure(test, answers)
    date = datetime.now(UTC).date().isoformat()
    figures = (plain.auc, plain.accuracy, turned.auc, turned.accuracy)
    return TaskMeeting(name, recipe.seed, date, recipe.digest, *figures, answers.round(6).tolist())


def _find(name: str) -> Task:
    if name not in TASKS:
        raise ModelError(f"There is no task {name!r}. Choose one of: {', '.join(TASKS)}.")
    return TASKS[name]


def _deviation(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def _work(out: Path, name: str, recipe: Recipe) -> Path:
    return out.parent / f"{out.stem}-work" / f"{name}-{recipe.digest}-{recipe.seed}"


def _read(out: Path) -> dict[str, Any]:
    empty: dict[str, Any] = {"meetings": [], "trials": [], "comparison": []}
    return {**empty, **json.loads(out.read_text(encoding="utf-8"))} if out.exists() else empty


def _trial(entry: dict[str, Any]) -> TaskTrial:
    return TaskTrial(
        **{**entry, "validation": SetFigures(**entry["validation"]), "turned": SetFigures(**entry["turned"])}
    )


def _write(out: Path, entries: dict[str, Any]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f"{out.name}.new")
    draft.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(out)
