"""Bring what other commands measured into a model's report: trials, scope, baselines, small tasks."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from medcore.classifier import Classifier
from medcore.classifier.film_hash import film_hash
from medcore.classifier.model_folder import read_quality, read_training_films
from medcore.classifier.report import (
    MEAN_OF_SEEDS,
    ComparisonRow,
    Report,
    TestMeeting,
    TrialRow,
    read_report,
    write_report,
)
from medcore.errors import ModelError
from medcore.evaluation.figures import Figures
from medcore.training.baselines import BaselineRow
from medcore.training.card_text import write_card
from medcore.training.films import read_films, read_inputs
from medcore.training.published import KIND, NATIVE, PNEUMONIA, PUBLISHED
from medcore.training.scope_report import report_scope
from medcore.training.trials import CHOSEN, read_results

OURS = "MedCore"
FILMS_FOLDER = "chest-xray-pediatric"  # in the folder of the data sets


@dataclass(frozen=True)
class Sources:
    """Where the other commands left what they measured; None for what is not to be brought in."""

    trials: Path | None = None  # of `medcore try-recipes`
    baselines: Path | None = None  # of `medcore baselines`
    tasks: Path | None = None  # of `medcore task`
    shared: Path | None = None  # folder of the data sets, for the scope checks
    notes: tuple[str, ...] = ()  # what was seen besides, a sentence each


def complete_report(folder: Path, sources: Sources) -> Report:
    """Add to a model's report what its own training could not measure, and write its card anew.

    Raises
    ------
    ModelError
        If a file is missing or not what its command writes.
    """
    report = read_report(folder)
    try:
        if sources.trials:
            report = replace(report, trials=tuple(_trials(sources.trials)))
        if sources.baselines or sources.tasks:
            report = replace(report, comparison=tuple(_comparison(report, sources)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"A file to complete the report from cannot be read ({error}). Make it again.") from error
    if sources.shared:
        report = _with_scope(report, folder, sources.shared)
    report = replace(report, notes=(*report.notes, *(note for note in sources.notes if note not in report.notes)))
    write_report(folder, report)
    write_card(folder)
    return report


def _trials(file: Path) -> Iterator[TrialRow]:
    for result in sorted(read_results(file).values(), key=lambda result: -result.score):
        yield TrialRow(
            name=result.name,
            validation_auc=result.validation["as they are"],
            shifted_auc=_shifted(result.validation),
            first_block_auc=result.first_block["as they are"],
            first_block_shifted_auc=_shifted(result.first_block),
            log_loss=result.log_loss,
            bacterial_or_viral_auc=result.bacterial_or_viral,
            chosen=result.name == CHOSEN,
        )


def _shifted(areas: dict[str, float]) -> float:
    return float(np.mean([area for name, area in areas.items() if name != "as they are"]))


def _comparison(report: Report, sources: Sources) -> Iterator[ComparisonRow]:
    baselines = json.loads(sources.baselines.read_text(encoding="utf-8")) if sources.baselines else []
    tested = [row for row in (BaselineRow(**entry) for entry in baselines) if row.part == "test"]
    yield from (row for row in PUBLISHED if row.task == PNEUMONIA)
    yield from (ComparisonRow(PNEUMONIA, row.model, OURS, NATIVE, row.auc, row.accuracy) for row in tested)
    yield from _ours(report, PNEUMONIA)
    yield from (row for row in PUBLISHED if row.task == KIND)
    yield from (ComparisonRow(KIND, row.model, OURS, NATIVE, row.bacterial_or_viral_auc, None) for row in tested)
    yield from _ours(report, KIND)
    if sources.tasks:
        yield from (ComparisonRow(**row) for row in json.loads(sources.tasks.read_text(encoding="utf-8"))["comparison"])


def _ours(report: Report, task: str) -> Iterator[ComparisonRow]:
    seeds = [meeting for meeting in report.meetings if meeting.seed != MEAN_OF_SEEDS]
    if len(seeds) > 1:
        yield _mean_of_seeds(seeds, task)
    figures = (report.pneumonia if task == PNEUMONIA else report.bacterial_or_viral).get("test")
    if figures:
        yield _shipped(figures, task)


def _mean_of_seeds(seeds: Sequence[TestMeeting], task: str) -> ComparisonRow:
    aucs = [one.auc if task == PNEUMONIA else one.bacterial_or_viral_auc for one in seeds]
    accuracies = [one.accuracy for one in seeds] if task == PNEUMONIA else []
    spread = f"AUC {min(aucs):.3f} to {max(aucs):.3f}"
    if accuracies:
        spread += f", accuracy {min(accuracies):.3f} to {max(accuracies):.3f}"
    accuracy = float(np.mean(accuracies)) if accuracies else None
    return ComparisonRow(
        task, f"EfficientNet-Lite0, mean of {len(seeds)} seeds", OURS, NATIVE, float(np.mean(aucs)), accuracy, spread
    )


def _shipped(figures: Figures, task: str) -> ComparisonRow:
    auc, accuracy = figures.binary.auc, figures.binary.accuracy
    spread = f"95 %: AUC {auc.low:.3f} to {auc.high:.3f}, accuracy {accuracy.low:.3f} to {accuracy.high:.3f}"
    return ComparisonRow(task, "the model that ships", OURS, NATIVE, auc.value, accuracy.value, spread)


def _with_scope(report: Report, folder: Path, shared: Path) -> Report:
    classifier = Classifier.load(folder)
    quality, familiarity = read_quality(folder, classifier.card), classifier.familiarity
    if quality is None or familiarity is None:
        raise ModelError(f"The model {folder.name} has no scope checks to report on. Train it again.")
    films = read_inputs(read_films(shared / FILMS_FOLDER), classifier.card.input_size)
    known = read_training_films(folder)
    held_out = films[[film_hash(film) not in known for film in films]]
    rows, left_out = report_scope(
        lambda shown: classifier.forward(shown).features, quality, familiarity, held_out, shared
    )
    notes = tuple(note for note in report.notes if note not in left_out)
    return replace(report, scope=rows, notes=(*notes, *left_out))
