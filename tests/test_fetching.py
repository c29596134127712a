"""Published films come from their publisher's servers alone, after a yes, and whole or not at all."""

import logging
import os
import pty
import resource
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pooch
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from medcore.cli import main
from medcore.errors import MedcoreError
from medcore.fetching import CHEST_FILMS, Publication, download, write_films
from medcore.settings import REPOSITORY
from medcore.training.films import read_films, read_inputs
from tests.film_servers import FILMS, NAME, Answer, Publisher, archive, jpeg, kept, publish, publisher

Fetch = Callable[..., Result]


@pytest.fixture
def site() -> Iterator[Publisher]:
    with publisher() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "chest-films"


@pytest.fixture
def fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetch:
    """Run the command against a publication; `typed` is what is typed on the terminal, None for no terminal."""
    monkeypatch.setenv("MEDCORE_DATA_DIR", str(tmp_path / "data"))

    def fetch(publication: Publication, *arguments: str, typed: str | None = None) -> Result:
        monkeypatch.setattr("medcore.fetching.published.CHEST_FILMS", publication)
        if typed is not None:
            monkeypatch.setattr("medcore.fetch_command._is_terminal", lambda: True)
        return CliRunner().invoke(main, ["demo", "fetch", *arguments], input=typed)

    return fetch


def said(result: Result) -> str:
    """What a failed command said, which must be sentences of ours."""
    assert result.exit_code == 1 and isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    return result.output.splitlines()[-1]


def silent(done: int, total: int) -> None:
    pass


def test_after_a_yes_the_films_are_there_as_training_reads_them(fetch: Fetch, site: Publisher, folder: Path) -> None:
    result = fetch(publish(site, archive()), typed="y\n")
    assert result.exit_code == 0, result.output
    films = folder / "films"
    assert [(film.path.name, film.label, film.patient) for film in read_films(films)] == [
        ("IM-0115-0001.jpeg", "normal", "IM-0115"),
        ("NORMAL2-IM-0395-0001-0001.jpeg", "normal", "NORMAL2-IM-0395"),
        ("person5_bacteria_19.jpeg", "bacterial", "person5_bacteria"),
        ("person5_virus_21.jpeg", "viral", "person5_virus"),
    ]
    (test,) = read_films(films, "test")
    assert (test.path, test.label, test.patient) == (
        films / "test" / "person447_virus_921_1.jpeg",
        "viral",
        "person447_virus",
    )
    assert len(kept(folder)) == len(FILMS) + 2  # the table, and the archive, which is kept
    for name, (_, _, brightness) in FILMS.items():
        with Image.open(films / name.split("/")[1] / name.split("/")[-1]) as film:
            assert (film.format, film.mode, film.size) == ("JPEG", "L", (224, 224))
            assert np.abs(np.asarray(film, int) - brightness).max() <= 1


def test_host_size_and_licence_are_shown_before_anything_is_sent(fetch: Fetch, site: Publisher, folder: Path) -> None:
    body = archive()
    result = fetch(publish(site, body), typed="n\n")
    assert result.exit_code == 1
    shown, answer = result.output.split("Download it? [y/N]")
    assert site.origin.removeprefix("http://") in shown and f"{len(body):,} bytes" in shown
    assert "CC BY 4.0" in shown and NAME in shown and str(folder) in shown
    assert "Nothing was downloaded." in answer
    assert site.asked == [] and not folder.exists()


def test_no_answer_is_a_no(fetch: Fetch, site: Publisher) -> None:
    assert fetch(publish(site, archive()), typed="\n").exit_code == 1
    assert fetch(publish(site, archive()), typed="").exit_code == 1
    assert site.asked == []


def test_without_a_terminal_it_needs_yes(fetch: Fetch, site: Publisher, folder: Path) -> None:
    publication = publish(site, archive())
    assert "--yes" in said(fetch(publication))
    assert site.asked == []
    result = fetch(publication, "--yes", str(folder.parent / "elsewhere"))
    assert result.exit_code == 0 and "CC BY 4.0" in result.output
    assert NAME in kept(folder.parent / "elsewhere")


def test_on_a_real_terminal_it_asks(site: Publisher, tmp_path: Path) -> None:
    publish(site, archive())
    master, terminal = pty.openpty()
    driver = (
        "import dataclasses, sys\n"
        "from medcore.cli import main\n"
        "assert not {'requests', 'pooch'} & sys.modules.keys()\n"
        "from medcore.fetching import published\n"
        f"published.CHEST_FILMS = dataclasses.replace(published.CHEST_FILMS, url={site.origin + '/film'!r}, size=9)\n"
        f"main(['demo', 'fetch', {str(tmp_path / 'films')!r}])\n"
    )
    command = [sys.executable, "-c", driver]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.write(master, b"n\n")
    output, errors = process.communicate(timeout=60)
    os.close(terminal)
    os.close(master)
    assert (process.returncode, errors) == (1, b"")
    assert b"Download it? [y/N]" in output and output.endswith(b"Nothing was downloaded.\n")
    assert site.asked == []


def test_what_is_there_is_not_fetched_again(fetch: Fetch, site: Publisher, folder: Path) -> None:
    body = archive()
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(body)  # as a browser left it
    assert fetch(publish(site, body)).exit_code == 0  # without a terminal, for there is nothing to ask
    assert fetch(publish(site, body)).exit_code == 0
    assert site.asked == [] and "films/labels.csv" in kept(folder)


def test_nobody_is_named_on_the_terminal(fetch: Fetch, site: Publisher) -> None:
    log = StringIO()
    pooch.get_logger().addHandler(handler := logging.StreamHandler(log))
    output = fetch(publish(site, archive()), "--yes").output
    pooch.get_logger().removeHandler(handler)
    assert "person" not in output and "IM-" not in output
    assert log.getvalue() == ""


def test_a_file_of_another_hash_is_deleted_and_said(fetch: Fetch, site: Publisher, folder: Path) -> None:
    publication = publish(site, archive())
    body = bytes(reversed(archive()))
    site.answers["/film"] = Answer(body, length=len(body))
    sentence = said(fetch(publication, "--yes"))
    assert NAME in sentence and "SHA-256" in sentence and "deleted" in sentence
    assert kept(folder) == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(status=404, length=0), "404"),
        (Answer(status=503, length=0), "503"),
        (Answer(b"x" * 50, length=50), "50 bytes"),
        (Answer(archive() + b"more"), "longer"),
        (Answer(archive()[:500]), "SHA-256"),
        (Answer(archive()[:500], length=len(archive())), "broke off"),
        (Answer(status=302, headers={"Location": "/film"}, length=0), "does not answer"),
    ],
    ids=["absent", "overloaded", "short", "endless", "cut", "truncated", "circle"],
)
def test_what_a_server_may_do_instead_ends_in_a_sentence(
    fetch: Fetch, site: Publisher, folder: Path, answer: Answer, words: str
) -> None:
    publication = publish(site, archive())
    site.answers["/film"] = answer
    assert words in said(fetch(publication, "--yes"))
    assert kept(folder) == []


def test_a_server_that_is_not_there_ends_in_a_sentence(fetch: Fetch, folder: Path) -> None:
    with publisher() as gone:
        publication = publish(gone, archive())
    assert "does not answer" in said(fetch(publication, "--yes"))
    assert kept(folder) == []


def test_the_publisher_may_send_on_to_its_store(fetch: Fetch, site: Publisher, folder: Path) -> None:
    with publisher() as store:
        publish(store, archive())
        publication = publish(site, archive(), store=store)
        site.answers["/film"] = Answer(status=302, headers={"Location": f"{store.origin}/film"}, length=0)
        assert fetch(publication, "--yes").exit_code == 0
    assert site.asked == store.asked == ["/film"] and NAME in kept(folder)


def test_a_redirect_elsewhere_is_not_followed(fetch: Fetch, site: Publisher, folder: Path) -> None:
    with publisher() as elsewhere:
        publish(elsewhere, archive())
        publication = publish(site, archive())
        host = elsewhere.origin.removeprefix("http:")
        known = site.origin.removeprefix("http://")
        for location in (
            f"http:{host}/film",
            f"{host}/film",
            f"http://{known}@{host[2:]}/film",
            f"https://{known}/film",
        ):
            site.answers["/film"] = Answer(status=302, headers={"Location": location}, length=0)
            assert "not followed" in said(fetch(publication, "--yes"))
    assert elsewhere.asked == [] and site.asked == ["/film"] * 4 and kept(folder) == []


def test_the_published_set_is_asked_for_over_https_alone() -> None:
    assert all(origin.startswith("https://") for origin in CHEST_FILMS.origins)
    assert CHEST_FILMS.url.startswith(CHEST_FILMS.origins[0] + "/")


def test_a_disk_without_room_is_said_before_the_question(
    fetch: Fetch, site: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=300 * 2**20))
    assert "Make room" in said(fetch(publish(site, archive()), typed="y\n"))
    assert site.asked == []


def test_a_disk_that_refuses_on_the_way_ends_in_a_sentence(site: Publisher, folder: Path) -> None:
    publication = publish(site, archive())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(MedcoreError, match=r"cannot be written to the folder \(file too large\)"):
            download(publication, folder, silent)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert kept(folder) == []


def test_a_folder_that_is_none_ends_in_a_sentence(fetch: Fetch, site: Publisher, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in said(fetch(publish(site, archive()), "--yes", str(tmp_path / "file" / "films")))


def test_an_interrupted_download_leaves_nothing(site: Publisher, folder: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(MedcoreError, match="interrupted"):
        download(publish(site, archive()), folder, interrupt)
    assert kept(folder) == []


def test_the_folders_are_their_owners_alone(site: Publisher, folder: Path) -> None:
    download(publish(site, archive()), folder, silent)
    assert folder.stat().st_mode & 0o77 == folder.parent.stat().st_mode & 0o77 == 0


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("../../climbed.jpeg", b"", "leads out"),
        ("chest_xray/train/NORMAL/../../../../IM-0001-0001.jpeg", b"", "leads out"),
        ("/chest_xray/train/NORMAL/IM-0001-0001.jpeg", b"", "leads out"),
        ("bomb", bytes(80 * 2**20), "cannot be read"),
        ("chest_xray/train/NORMAL/IM-0001-0001.jpeg", jpeg(9, 9, 9), "6 films of known names and not 5"),
    ],
    ids=["climbs", "climbs from a known folder", "absolute", "bomb", "one film more"],
)
def test_an_archive_that_is_not_the_published_one_is_refused(
    tmp_path: Path, name: str, body: bytes, words: str
) -> None:
    path = tmp_path / "inner" / NAME
    path.parent.mkdir()
    path.write_bytes(archive({name: body}))
    with pytest.raises(MedcoreError, match=words):
        write_films(path, tmp_path / "inner" / "films", len(FILMS), silent)
    assert kept(tmp_path) == [f"inner/{NAME}"]


@pytest.mark.parametrize("body", [b"no film", jpeg(50, 50, 9)[:300], jpeg(9000, 9000, 9)], ids=["text", "cut", "vast"])
def test_a_film_that_cannot_be_read_leaves_no_table(tmp_path: Path, body: bytes) -> None:
    (tmp_path / NAME).write_bytes(archive({"chest_xray/test/NORMAL/IM-0001-0001.jpeg": body}))
    with pytest.raises(MedcoreError, match="A film in ChestXRay2017.zip cannot be read"):
        write_films(tmp_path / NAME, tmp_path / "films", len(FILMS) + 1, silent)
    assert "films/labels.csv" not in kept(tmp_path)


def test_real_films_come_out_as_those_that_the_model_was_trained_on_but_for_compression(
    tmp_path: Path, shared_data: Path
) -> None:
    known = {film.path.name: film for film in read_films(shared_data / "chest-xray-pediatric")}
    full = read_films(shared_data / "chest-xray-fullsize")
    with zipfile.ZipFile(tmp_path / NAME, "w") as packed:
        for film in full:
            folder = "NORMAL" if film.label == "normal" else "PNEUMONIA"
            packed.write(film.path, f"chest_xray/train/{folder}/{film.path.name}")
    write_films(tmp_path / NAME, tmp_path / "films", len(full), silent)
    films = read_films(tmp_path / "films")
    trained_on = [known[film.path.name] for film in films]
    assert [(film.label, film.patient) for film in films] == [(film.label, film.patient) for film in trained_on]
    difference = read_inputs(films, (224, 224)).astype(int) - read_inputs(trained_on, (224, 224))
    assert np.abs(difference).mean() < 2.5  # of 255; theirs are JPEG of quality 75


def test_no_zip_at_all_ends_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(MedcoreError, match="cannot be read"):
        write_films(tmp_path / NAME, tmp_path / "films", len(FILMS), silent)


def test_what_is_shown_names_publisher_store_and_version() -> None:
    shown = CHEST_FILMS.describe()
    for words in ("data.mendeley.com", "amazonaws.com", "1,235,512,464 bytes (1.24 GB)", "10.17632/rscbjbr9sj.2"):
        assert words in shown
