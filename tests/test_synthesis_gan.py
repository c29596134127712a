"""Claims about the generator's training: shapes, what is kept, and that an interrupted training goes on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medcore.synthesis.gan import Gan, GanRecipe, train_gan
from medcore.synthesis.networks import NOISE

RECIPE = GanRecipe(steps=2, batch_size=4, save_every=1)
FILMS = np.random.default_rng(0).integers(0, 256, (12, 128, 128), np.uint8)
KINDS = np.arange(12) % 3


def draw(network: object, kind: int) -> np.ndarray:
    noise = np.random.default_rng(1).standard_normal((2, NOISE)).astype(np.float32)
    return np.asarray(network([noise, np.full(2, kind, np.int32)], training=False))  # type: ignore[operator]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, object, list[int]]:
    work = tmp_path_factory.mktemp("gan")
    steps: list[int] = []
    network = train_gan(FILMS, KINDS, 3, RECIPE, work, on_progress=lambda done, total: steps.append(done))
    return work, network, steps


def test_it_draws_films_within_the_gray_range_that_depend_on_the_class(trained: tuple[Path, object, list[int]]) -> None:
    first, second = draw(trained[1], 0), draw(trained[1], 1)
    assert first.shape == (2, 128, 128, 1)
    assert np.abs(first).max() <= 1
    assert not np.allclose(first, second)
    assert trained[2] == [1, 2]


def test_a_training_goes_on_where_it_was_interrupted(trained: tuple[Path, object, list[int]]) -> None:
    work, network, _ = trained
    later = Gan(3, replace(RECIPE, seed=9))
    assert later.load(work) == 2
    np.testing.assert_array_equal(draw(later.average, 2), draw(network, 2))
    steps: list[int] = []
    train_gan(FILMS, KINDS, 3, replace(RECIPE, steps=3), work, on_progress=lambda done, total: steps.append(done))
    assert steps == [3]


def test_a_folder_that_keeps_nothing_starts_anew(tmp_path: Path) -> None:
    assert Gan(3, RECIPE).load(tmp_path) == 0
