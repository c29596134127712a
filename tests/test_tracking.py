"""Trainings are tracked with MLflow, without a word to anybody else."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from medcore.library import EpochRow, Library, NewModel, TrainingRun
from medcore.settings import REPOSITORY, Settings
from medcore.training.plan import TrainingPlan, make_recipe
from medcore.worker.tracking import Tracker, mirror_live, open_client

RUN = TrainingRun(7, 3, 1, {}, "A. Modeller", datetime(2026, 1, 1, tzinfo=UTC))
PLAN = TrainingPlan("squares", ("normal", "square"), "square", "imagenet", "quick", make_recipe("quick", 100))
ASK_NOBODY = """
import json, socket, sys
from pathlib import Path
asked = []
def refuse(*address, **more):
    asked.append(repr(address))
    raise OSError("nobody is asked")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from tests.test_tracking import PLAN, RUN
from medcore.library import EpochRow
from medcore.settings import Settings
from medcore.worker.tracking import Tracker
tracker = Tracker(Settings(Path(sys.argv[1]), Path(sys.argv[1])), RUN, PLAN)
tracker.note_epoch(EpochRow(1, 0.5, 0.4, 0.9))
tracker.end("done")
import time; time.sleep(2)  # telemetry comes from a thread of its own
print(json.dumps(asked))
"""
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")


def test_a_training_is_one_run_with_its_choices_curves_and_end(library: Library, settings: Settings) -> None:
    tracker = Tracker(settings, RUN, PLAN)
    tracker.note_epoch(EpochRow(1, 0.7, 0.6, 0.8))
    tracker = Tracker(settings, RUN, PLAN)  # it goes on after an interruption
    tracker.note_epoch(EpochRow(2, 0.5, 0.4, None))
    tracker.end("failed", "The disk is full.")
    client = open_client(settings)
    (found,) = client.search_runs([client.get_experiment_by_name("MedCore").experiment_id])
    assert found.info.status == "FAILED"
    assert found.data.params["preset"] == "quick" and found.data.params["recipe.optimizer"] == "adamw"
    assert found.data.tags["medcore.said"] == "The disk is full."
    history = client.get_metric_history(found.info.run_id, "loss")
    assert [(one.step, one.value) for one in history] == [(1, 0.7), (2, 0.5)]
    assert found.data.metrics["validation_auc"] == 0.8


def test_the_alias_follows_the_library(library: Library, settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.json").write_text("{}")
    tracker = Tracker(settings, RUN, PLAN)
    models = [
        library.models.add(NewModel(f"squares {number}", "x", f"{number}" * 64, "A. Modeller")) for number in (1, 2)
    ]
    for model in models:
        tracker.note_model(model, folder)
    client = open_client(settings)
    library.models.make_first_live(models[0], "It ships.")
    for live, version in ((models[0], "1"), (models[1], "2")):
        if live != models[0]:
            library.models.promote(live.id, "A. Modeller", "better", override=True)
        mirror_live(library, settings)
        assert str(client.get_model_version_by_alias("squares", "live").version) == version


def test_a_tracking_server_that_does_not_answer_costs_nothing_but_a_warning(
    library: Library, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(tmp_path, tmp_path, mlflow_address="http://127.0.0.1:9")
    tracker = Tracker(settings, RUN, PLAN)
    tracker.note_epoch(EpochRow(1, 0.7))
    tracker.end("done")
    assert "could not be told" in caplog.text


def test_nobody_on_the_network_is_told(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK_NOBODY, str(tmp_path)], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []
