"""The table of classified files: whole or not there, in nobody's place, and harmless in a spreadsheet."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from medcore.errors import LibraryError
from medcore.worker.classify import Row, write_table


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
