"""The command line does what the pages do, and says in its exit code whether it could."""

import csv
import dataclasses
import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import medcore
from medcore.classifier import default_model_folder, read_model_card
from medcore.classifier.card import write_model_card
from medcore.classifier.model_folder import FAMILIARITY_FILE, QUALITY_FILE
from medcore.cli import main
from medcore.settings import REPOSITORY
from medcore.worker.classify import Row, write_table
from tests.films import write_film
from tests.servers import free_port, wait_until


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # noqa: ANN201
    monkeypatch.setenv("MEDCORE_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return run


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_it_says_its_version(run) -> None:  # noqa: ANN001
    assert medcore.__version__ in run("--version").output


def test_a_file_added_twice_is_there_once(run, tmp_path: Path) -> None:  # noqa: ANN001
    film = write_film(tmp_path / "film")
    assert "Images added: 1, in studies: 1, there already: 0" in run("add", film).output
    assert "Images added: 0, in studies: 0, there already: 1" in run("add", film).output


def test_adding_names_what_was_not_taken_and_why_and_fails(run, tmp_path: Path) -> None:  # noqa: ANN001
    write_film(tmp_path / "films" / "good")
    (tmp_path / "films" / "notes.txt").write_text("not an image")
    result = run("add", tmp_path / "films")
    assert result.exit_code == 1
    assert "Images added: 1, in studies: 1" in result.output
    assert re.search(r"notes\.txt: \S+", result.output)


@pytest.fixture
def any_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the shipped model answer for made-up films: its checks of the picture would refuse them."""
    folder = shutil.copytree(default_model_folder(), tmp_path / "model")
    card = read_model_card(folder)
    kept = {name: sha256 for name, sha256 in card.parts.items() if name not in (QUALITY_FILE, FAMILIARITY_FILE)}
    write_model_card(folder, dataclasses.replace(card, parts=kept))
    monkeypatch.setattr("medcore.worker.classify.live_model_folder", lambda _: folder)


@pytest.mark.usefixtures("any_picture")
def test_every_image_and_every_failure_is_a_row_and_the_exit_code_says_so(run, tmp_path: Path) -> None:  # noqa: ANN001
    write_film(tmp_path / "films" / "a_child", PatientAge="003Y")
    write_film(tmp_path / "films" / "b_adult", PatientAge="061Y", PatientBirthDate=None)
    write_film(tmp_path / "films" / "c_ageless", PatientAge=None, PatientBirthDate=None)
    (tmp_path / "films" / "d_broken").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 40)
    result = run("classify", tmp_path / "films", "--csv", tmp_path / "out.csv")
    assert result.exit_code == 1
    child, adult, ageless, broken = read_table(tmp_path / "out.csv")
    assert child["scope"] == "answered" and child["model"]
    shares = [float(child[name]) for name in ("normal", "bacterial", "viral")]
    assert sum(shares) == pytest.approx(1)
    assert float(child["pneumonia"]) == pytest.approx(shares[1] + shares[2])
    assert adult["scope"] == "refused" and "61 years" in adult["reason"] and adult["pneumonia"] == ""
    assert ageless["scope"] == "needs age"
    assert broken["scope"] == "not taken" and broken["reason"] and broken["sop_instance_uid"] == ""


def test_a_picture_unlike_the_training_films_is_refused(run, tmp_path: Path) -> None:  # noqa: ANN001
    film = write_film(tmp_path / "film", PatientAge="003Y")
    assert run("classify", film, "--csv", tmp_path / "out.csv").exit_code == 0
    (row,) = read_table(tmp_path / "out.csv")
    assert row["scope"] == "refused" and row["reason"] and row["pneumonia"] == ""


@pytest.mark.usefixtures("any_picture")
def test_a_stated_age_lets_the_model_answer(run, tmp_path: Path) -> None:  # noqa: ANN001
    film = write_film(tmp_path / "film", PatientAge=None, PatientBirthDate=None)
    assert run("classify", film, "--csv", tmp_path / "out.csv", "--age", 3).exit_code == 0
    assert read_table(tmp_path / "out.csv")[0]["scope"] == "answered"


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(tmp_path: Path) -> None:
    write_table([Row("=HYPERLINK(1)"), Row("@SUM(1)", reason="-1+2"), Row("plain", pneumonia=0.5)], tmp_path / "t.csv")
    first, second, third = read_table(tmp_path / "t.csv")
    assert (first["path"], second["path"], second["reason"]) == ("'=HYPERLINK(1)", "'@SUM(1)", "'-1+2")
    assert (third["path"], third["pneumonia"]) == ("plain", "0.5")


def test_a_backup_brings_the_library_back(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN001
    film = write_film(tmp_path / "film")
    run("add", film)
    assert run("backup", tmp_path / "backup").exit_code == 0
    monkeypatch.setenv("MEDCORE_DATA_DIR", str(tmp_path / "elsewhere"))
    assert run("restore", tmp_path / "backup").exit_code == 0
    assert "there already: 1" in run("add", film).output


def test_what_goes_wrong_is_one_sentence(run, tmp_path: Path) -> None:  # noqa: ANN001
    (tmp_path / "no-backup").write_bytes(b"not one")
    result = run("restore", tmp_path / "no-backup")
    assert result.exit_code == 1
    assert result.output.startswith("Error: ") and "Traceback" not in result.output


def test_the_demonstration_studies_come_in_whole(run) -> None:  # noqa: ANN001
    result = run("demo")
    assert result.exit_code == 0
    assert "Images added: 29, in studies: 29, there already: 0, files not taken: 0" in result.output


def test_the_worker_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with started(tmp_path, "worker") as worker:
        wait_until(lambda: "The worker is ready" in log_of(tmp_path), 60, "The worker did not start.")
        worker.terminate()
        assert worker.wait(30) == 0


def test_serve_serves_on_this_machine(tmp_path: Path) -> None:
    port = free_port()
    with started(tmp_path, "serve", "--port", str(port)) as server:
        wait_until(lambda: f"http://127.0.0.1:{port}" in log_of(tmp_path), 60, "The server did not start.")
        wait_until(lambda: is_healthy(port), 60, "The server did not answer.")
        server.terminate()
        assert server.wait(60) in (0, -signal.SIGTERM)  # uvicorn ends, then passes the signal on


@contextmanager
def started(tmp_path: Path, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    environment = os.environ | {"MEDCORE_DATA_DIR": str(tmp_path / "data")}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "medcore", *arguments], env=environment, cwd=REPOSITORY, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def log_of(tmp_path: Path) -> str:
    return (tmp_path / "log").read_text()


def is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
