"""The command that evaluates a model: a readable table, JSON and HTML, and plain words where it cannot."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from medcore.cli import main
from medcore.library import Library
from medcore.settings import Settings
from medcore.worker.evaluating.assessment import Assessment
from medcore.worker.evaluating.store import KeptEvaluations
from tests.evaluations import GrayModel, twelve_films, write_folder

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("MEDCORE_DATA_DIR", str(settings.data_dir))
    monkeypatch.setattr("medcore.worker.answers.Model", lambda folder: GrayModel())
    return lambda *arguments: CliRunner().invoke(main, ["evaluate", *map(str, arguments)])


def test_it_prints_the_figures_and_keeps_json_html_and_the_evaluation(
    run: Run, tmp_path: Path, settings: Settings
) -> None:
    folder = write_folder(tmp_path / "films", twelve_films())
    done = run("live", folder, "--json", tmp_path / "out.json", "--html", tmp_path / "out.html")
    assert done.exit_code == 0, done.output
    assert "12 of 12 films (100.0 %), of 12 patients" in done.output
    assert "Pneumonia (called from 50.0 %)" in done.output
    assert "66.7 % (22.3 to 95.7)" in done.output  # 4 of 6, exact
    assert "bacterial" in done.output
    made = Assessment.from_json((tmp_path / "out.json").read_text())
    assert json.loads((tmp_path / "out.json").read_text())["evaluation"]["films"] == 12
    assert "</html>" in (tmp_path / "out.html").read_text()
    (name,) = KeptEvaluations(settings).names()
    assert KeptEvaluations(settings).read(name) == made


def test_a_file_that_is_there_is_not_overwritten_and_nothing_is_asked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out.json").write_text("mine")
    done = run("live", write_folder(tmp_path / "films", twelve_films()), "--json", tmp_path / "out.json")
    assert done.exit_code == 1
    assert "There is a file of this name already" in done.output
    assert (tmp_path / "out.json").read_text() == "mine"


@pytest.mark.parametrize("arguments", [["live"], ["live", ".", "--label-set", "Trial"]])
def test_data_or_a_label_set_must_be_given_and_not_both(arguments: list[str], run: Run) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert "Give either DATA or --label-set." in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["nowhere", "."], "There is no model 'nowhere'"), (["live", "."], "labels.csv with the columns")],
)
def test_what_is_missing_is_a_sentence(
    arguments: list[str], said: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.exit_code == 1
    assert said in done.output
    assert "Traceback" not in done.output


def test_a_label_set_without_labels_is_a_sentence(run: Run, settings: Settings) -> None:
    Library.open(settings).close()
    done = run("live", "--label-set", "Findings in Review")
    assert done.exit_code == 1
    assert "Label some images first" in done.output
