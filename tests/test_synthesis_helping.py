"""Claims about the comparison of trainings with and without drawn films."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from medcore.classifier.decision import CLASSES
from medcore.synthesis import helping
from medcore.synthesis.helping import ADDED, CUT, LEFT, cut_class, measure_help
from medcore.training.films import Film, Parts


def films(count: int, folder: Path = Path()) -> tuple[Film, ...]:
    """Name films, a third of each class."""
    return tuple(Film(folder / f"{n}.png", CLASSES[n % 3], f"patient-{n}") for n in range(count))


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    """Films on disk, all different."""
    named = films(24, tmp_path)
    for number, film in enumerate(named):
        coarse = np.random.default_rng(number).integers(0, 256, (6, 5), np.uint8)
        cv2.imwrite(str(film.path), cv2.resize(coarse, (50, 40)))
    return Parts(named[18:], named[12:18], named[:12])


@pytest.fixture
def trained_on(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """Leave out the fit: seed, films and films of the cut class that each training was given."""
    import keras

    given: list[tuple[int, int, int]] = []

    def train(shown: np.ndarray, labels: np.ndarray, classes: Sequence[str], recipe: object, **_: object) -> object:
        given.append((recipe.seed, len(shown), int((labels == classes.index(CUT)).sum())))  # type: ignore[attr-defined]
        film = keras.Input((224, 224))
        return keras.Model(film, keras.layers.Dense(3)(keras.layers.Flatten()(film)))

    monkeypatch.setattr(helping, "train_network", train)
    return given


def drawn() -> np.ndarray:
    return np.zeros((ADDED, 224, 224), np.uint8)


def test_one_class_is_cut_to_the_same_hundred_films_and_the_others_stay() -> None:
    cut = cut_class(films(600))
    assert sum(film.label == CUT for film in cut) == LEFT == 100
    assert sum(film.label != CUT for film in cut) == 400
    assert cut == cut_class(films(600))


def test_each_seed_trains_on_the_same_real_films_with_and_without_drawn_ones(
    parts: Parts, trained_on: list[tuple[int, int, int]], tmp_path: Path
) -> None:
    rows = measure_help(parts, drawn, tmp_path / "rows.json", seeds=(1, 2))
    assert trained_on == [(1, 12, 4), (1, 12 + ADDED, 4 + ADDED), (2, 12, 4), (2, 12 + ADDED, 4 + ADDED)]
    assert [(row.seed, row.drawn_films) for row in rows] == [(1, 0), (1, ADDED), (2, 0), (2, ADDED)]
    assert all(0 <= row.cut_auc <= 1 for row in rows)


def test_what_was_measured_is_not_trained_again(
    parts: Parts, trained_on: list[tuple[int, int, int]], tmp_path: Path
) -> None:
    first = measure_help(parts, drawn, tmp_path / "rows.json", seeds=(1,))
    assert len(json.loads((tmp_path / "rows.json").read_text())) == 2
    again = measure_help(parts, drawn, tmp_path / "rows.json", seeds=(1, 2))
    assert again[:2] == first
    assert [seed for seed, _, _ in trained_on] == [1, 1, 2, 2]
