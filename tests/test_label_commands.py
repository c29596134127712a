"""Labels come in through the command line: checked first, taken after a yes, and what is refused can be read."""

import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from medcore.cli import main
from medcore.library import Library
from medcore.settings import Settings

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("MEDCORE_DATA_DIR", str(settings.data_dir))

    def run(*arguments: object, answer: str = "") -> Result:
        return CliRunner().invoke(main, ["labels", *map(str, arguments)], input=answer)

    return run


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """Six pictures of two classes, and one of a class that the set lacks."""
    for number, label in enumerate(["normal"] * 4 + ["viral"] * 2 + ["fungal"]):
        path = tmp_path / "films" / label / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.random.default_rng(number).integers(0, 256, (64, 64), np.uint8))
    return tmp_path / "films"


def test_what_an_upload_would_do_is_said_before_anything_is_taken(run: Run, films: Path, settings: Settings) -> None:
    result = run("add", films, "--who", "A. Reader", answer="n\n")
    assert "normal: 4 images of 4 patients, too few" in result.output
    assert "viral: 2 images of 2 patients" in result.output
    assert "bacterial: 0 images of 0 patients.\n" in result.output
    assert "The files name no patients: each image counts as one.\n" in result.output
    assert "Not taken: 1." in result.output
    assert "Take 6 images" in result.output and "added" not in result.output
    library = Library.open(settings)
    assert library.studies().total == 0
    library.close()


def test_after_a_yes_the_sound_ones_are_taken_and_the_others_written_down(
    run: Run, films: Path, tmp_path: Path
) -> None:
    result = run("add", films, "--who", "A. Reader", "--refused", tmp_path / "refused.csv", answer="y\n")
    assert result.exit_code == 1  # not everything was taken
    assert "Images added: 6, there already: 0, labels saved: 6." in result.output
    rows = list(csv.DictReader((tmp_path / "refused.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["file"], "no folder" in row["reason"]) for row in rows] == [("films/fungal/6.png", True)]
    assert "normal 4, bacterial 0, viral 2" in run("list").output


def test_a_new_set_is_made_with_its_classes(run: Run, films: Path) -> None:
    options = ("--set", "Lungs", "--classes", "normal,viral,fungal", "--who", "A. Reader", "--yes")
    result = run("add", films, *options)
    assert result.exit_code == 0
    assert "Lungs: normal 4, viral 2, fungal 1; open disagreements: 0." in run("list").output


def test_a_set_that_is_not_there_is_one_sentence(run: Run, films: Path) -> None:
    result = run("add", films, "--set", "Lungs", "--who", "A. Reader")
    assert result.exit_code == 1
    assert result.output == "Error: There is no label set of this name. Name its classes with --classes to make it.\n"


def test_a_table_names_files_and_patients(run: Run, films: Path, tmp_path: Path, settings: Settings) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("file,label,patient\n0.png,viral,P1\nviral/4.png,normal,P1\n99.png,normal,P2\n")
    result = run("add", films, "--table", table, "--who", "A. Reader", "--modality", "CR", "--yes")
    assert "labels saved: 2." in result.output
    assert "Row 4, 99.png: No file of this name was given" in result.output
    library = Library.open(settings)
    found = [library.instance(label.instance_id or 0).attributes for label in library.labels.read(1)]
    assert [(one.patient_id, one.modality) for one in found] == [("P1", "CR")] * 2
    library.close()
