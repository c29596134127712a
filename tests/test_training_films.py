"""Labelled films on disk: the split by patient, the block of first patients, what is read and what is refused."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from medcore.classifier.decision import CLASSES
from medcore.errors import ModelError
from medcore.training.films import Film, first_patients, read_films, read_inputs, read_labels, split_by_patient


def films_of(patients: dict[str, tuple[str, int]]) -> list[Film]:
    return [Film(Path(f"{p}-{n}"), label, p) for p, (label, count) in patients.items() for n in range(count)]


def test_no_patient_stands_in_two_parts() -> None:
    films = films_of({f"p{n}": (CLASSES[n % 3], 1 + n % 4) for n in range(300)})
    parts = split_by_patient(films, (0.1, 0.2), seed=3)
    assert sorted((film for part in parts for film in part), key=str) == sorted(films, key=str)
    patients = [{(film.label, film.patient) for film in part} for part in parts]
    assert len(set.union(*patients)) == sum(map(len, patients)) == 300
    for some, expected in zip(patients, (10, 20, 70), strict=True):
        assert [sum(label == name for label, _ in some) for name in CLASSES] == [expected] * 3


def test_the_split_is_drawn_by_its_seed() -> None:
    films = films_of({f"p{n}": ("normal", 1) for n in range(50)})
    assert split_by_patient(films, [0.2], seed=1) == split_by_patient(films, [0.2], seed=1)
    assert split_by_patient(films, [0.2], seed=1) != split_by_patient(films, [0.2], seed=2)


def test_the_first_block_is_counted_in_each_series_of_numbers() -> None:
    films = films_of(
        {f"IM-{n}": ("normal", 1) for n in (9, 10, 100, 11)}
        | {f"OTHER-{n}": ("normal", 2) for n in (2, 1)}
        | {f"person{n}_virus": ("viral", 1) for n in (30, 4)}
    )
    assert first_patients(films, 0.5) == {"IM-9", "IM-10", "OTHER-1", "person4_virus"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Sixty small films of thirty patients, and rows of other splits that name no file."""
    folder, rows = tmp_path / "films", ["file,split,label,patient"]
    folder.mkdir()
    for number in range(60):
        film = np.random.default_rng(number).integers(0, 256, (40, 50), np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), film)
        rows.append(f"{number}.png,train,{CLASSES[number % 3]},p{number % 30}")
    rows += [f"no-such-{split}.png,{split},normal,q" for split in ("practice", "test")]
    (folder / "labels.csv").write_text("\n".join(rows))
    return folder


def test_only_training_rows_are_read(data: Path) -> None:
    films = read_films(data)
    assert len(films) == 60
    assert "q" not in {film.patient for film in films}
    assert [film.path.name for film in read_films(data, "test")] == ["no-such-test.png"]
    assert read_inputs(films[:2], (20, 10)).shape == (2, 20, 10)
    assert read_labels(films[:4], CLASSES).tolist() == [0, 1, 2, 0]


def test_films_are_area_resized(data: Path) -> None:
    cv2.imwrite(str(data / "0.png"), np.array([[0, 100, 10, 30], [100, 200, 10, 30]], np.uint8))
    assert read_inputs(read_films(data)[:1], (1, 2)).tolist() == [[[100, 20]]]


@pytest.mark.parametrize("text", ["", "file,label\nx,y\n", "file,split,label,patient\na,test,normal,p\n"])
def test_a_table_without_training_rows_is_a_clear_error(data: Path, text: str) -> None:
    (data / "labels.csv").write_text(text)
    with pytest.raises(ModelError, match="Give the folder of the labelled films"):
        read_films(data)


def test_a_folder_without_a_table_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"labels\.csv"):
        read_films(tmp_path)


def test_a_missing_film_and_an_unknown_label_are_named(data: Path) -> None:
    films = read_films(data)
    (data / "1.png").unlink()
    with pytest.raises(ModelError, match=r"1\.png"):
        read_inputs(films[:2], (8, 8))
    with pytest.raises(ModelError, match="'cat'"):
        read_labels([Film(Path("x"), "cat", "p")], CLASSES)
