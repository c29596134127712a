"""The table of classified files: whole or not there, in nobody's place, and harmless in a spreadsheet."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from medcore.classifier import default_model_folder
from medcore.errors import LibraryError
from medcore.worker.classify import Columns, Row, classify_files, write_table
from tests.films import ramp, write_film
from tests.test_predict import BrightnessModel


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def asked_too_early() -> Iterator[Row]:
    raise AssertionError("a film was classified before the table's place was looked at")
    yield Row("never")


@pytest.mark.parametrize("name", ["film.dcm", "link", "missing/table.csv"])
def test_a_table_takes_no_files_place_and_needs_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "film.dcm").write_bytes(b"a film")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(LibraryError, match="table"):
        write_table(asked_too_early(), tmp_path / name)
    assert (tmp_path / "film.dcm").read_bytes() == b"a film"
    assert not (tmp_path / "nowhere").exists()


def test_a_table_that_is_not_finished_is_not_there(tmp_path: Path) -> None:
    def broken() -> Iterator[Row]:
        yield Row("one")
        assert list(tmp_path.iterdir()) == []
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_table(broken(), tmp_path / "table.csv")
    assert list(tmp_path.iterdir()) == []
    assert write_table([Row("one", scope="failed")], tmp_path / "table.csv") == 1
    assert [row["path"] for row in read_table(tmp_path / "table.csv")] == ["one"]


@pytest.mark.parametrize(
    ("value", "harmless"),
    [
        ("=A1", "'=A1"),
        (" =A1", " '=A1"),
        ("a;=A1", "a;'=A1"),
        ("a\t@SUM(1)", "a\t'@SUM(1)"),
        ("a|+1", "a|'+1"),
        ("a, -1", "a, '-1"),
        ("a\n＝A1", "a\n'＝A1"),
        ("\ttext", "'\ttext"),
        ("AP-17, film", "AP-17, film"),
        ('a";"=A1', 'a";"=A1'),
    ],
)
def test_nothing_in_a_cell_starts_a_formula(tmp_path: Path, value: str, harmless: str) -> None:
    write_table([Row("film", reason=value)], tmp_path / "table.csv")
    assert read_table(tmp_path / "table.csv")[0]["reason"] == harmless
    assert (tmp_path / "table.csv").read_text().splitlines()[0].startswith('"path","study_instance_uid"')


def test_a_film_has_its_range_and_the_labels_that_are_not_ruled_out_in_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medcore.worker.classify.Model", lambda folder: BrightnessModel())
    film = write_film(tmp_path / "film", ramp(300, 200), PatientAge="003Y")
    adult = write_film(tmp_path / "adult", ramp(300, 200), PatientAge="040Y", PatientBirthDate=None)
    write_table(classify_files([film, adult], default_model_folder()), tmp_path / "table.csv")
    answered, refused = read_table(tmp_path / "table.csv")
    pneumonia = float(answered["pneumonia"])
    assert float(answered["pneumonia_low"]) == pytest.approx(pneumonia / 2)
    assert float(answered["pneumonia_high"]) == pytest.approx((1 + pneumonia) / 2)
    assert answered["not_ruled_out"] == "normal; bacterial"
    assert refused["scope"] == "refused"
    assert refused["pneumonia_low"] == refused["pneumonia_high"] == refused["not_ruled_out"] == ""


def test_a_model_of_other_classes_has_columns_of_its_own(tmp_path: Path) -> None:
    row = Row("film", probabilities={"benign": 0.25, "malignant": 0.75}, pneumonia=0.75, not_ruled_out=("malignant",))
    write_table([row], tmp_path / "table.csv", Columns(("benign", "malignant"), "malignant finding"))
    (found,) = read_table(tmp_path / "table.csv")
    assert (found["benign"], found["malignant"], found["malignant finding"]) == ("0.25", "0.75", "0.75")
    assert "normal" not in found and "pneumonia" not in found
