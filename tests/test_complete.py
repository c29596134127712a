"""A model's report is completed from what other commands left on disk."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from medcore.classifier import default_model_folder
from medcore.classifier.report import TestMeeting, read_report, write_report
from medcore.errors import ModelError
from medcore.training.baselines import BaselineRow
from medcore.training.complete import Sources, complete_report
from medcore.training.published import PNEUMONIA, PUBLISHED
from medcore.training.trials import CHOSEN, TRIALS, TrialResult

AREAS = {"as they are": 0.9, "darker": 0.8, "lighter": 0.6}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped model's folder."""
    return shutil.copytree(default_model_folder(), tmp_path / "model")


def test_trials_come_best_first_and_the_chosen_one_is_marked(folder: Path, tmp_path: Path) -> None:
    better = {name: area + 0.1 for name, area in AREAS.items()}
    results = [TrialResult("worse", AREAS, AREAS, 0.7, 0.2, 10.0), TrialResult(CHOSEN, better, AREAS, 0.7, 0.2, 10.0)]
    file = tmp_path / "trials.json"
    file.write_text(json.dumps([dataclasses.asdict(result) for result in results]))
    chosen, worse = complete_report(folder, Sources(trials=file)).trials
    assert (chosen.name, chosen.chosen, worse.name, worse.chosen) == (CHOSEN, True, "worse", False)
    assert worse.validation_auc == 0.9
    assert worse.shifted_auc == pytest.approx(0.7)  # the mean of 0.8 and 0.6
    assert chosen.shifted_auc == pytest.approx(0.8)
    assert "worse" in (folder / "CARD.md").read_text()


def test_own_results_stand_beside_published_ones(folder: Path, tmp_path: Path) -> None:
    meetings = tuple(
        TestMeeting("2026-01-01", "abc", "m", seed, seed == 2, auc, 0.9, 0.9, 0.9, 0.8)
        for seed, auc in ((1, 0.96), (2, 0.98), (0, 0.1))
    )
    report = read_report(folder)
    figures = {"test": report.pneumonia["validation"]}
    write_report(folder, dataclasses.replace(report, meetings=meetings, pneumonia={**report.pneumonia, **figures}))
    baseline = BaselineRow("plain", "test", 624, 0.95, 0.85, 0.7, 0.75)
    unseen = dataclasses.replace(baseline, model="never tested", part="validation")
    file = tmp_path / "baselines.json"
    file.write_text(json.dumps([dataclasses.asdict(row) for row in (baseline, unseen)]))
    rows = [row for row in complete_report(folder, Sources(baselines=file)).comparison if row.task == PNEUMONIA]
    assert rows[: len(rows) - 3] == [row for row in PUBLISHED if row.task == PNEUMONIA]
    plain, seeds, shipped = rows[-3:]
    assert (plain.model, plain.auc, plain.accuracy) == ("plain", 0.95, 0.85)
    assert seeds.auc == pytest.approx(0.97)  # the mean of the seeds' weights is no seed
    assert seeds.spread == "AUC 0.960 to 0.980, accuracy 0.900 to 0.900"
    assert shipped.auc == read_report(folder).pneumonia["test"].binary.auc.value


def test_a_note_is_kept_once(folder: Path) -> None:
    before = read_report(folder).notes
    for _ in range(2):
        complete_report(folder, Sources(notes=("Films were seen.",)))
    assert read_report(folder).notes == (*before, "Films were seen.")


def test_a_file_that_no_command_wrote_is_a_clear_error(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "trials.json"
    file.write_text("[{}]")
    before = read_report(folder)
    with pytest.raises(ModelError, match="Make it again"):
        complete_report(folder, Sources(trials=file))
    assert read_report(folder) == before


def test_the_chosen_trial_is_one_that_was_tried() -> None:
    assert CHOSEN in TRIALS
