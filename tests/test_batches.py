"""What a step of training sees depends on the seed, the epoch and the place in it alone."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from medcore.training.augmentation import Augmentation
from medcore.training.batches import Batch, Batches, resize_films
from medcore.training.recipe import Phase, Recipe
from tests.test_augmentation import NOTHING

RECIPE = Recipe(batch_size=4, augmentation=NOTHING)
FILMS = np.random.default_rng(0).integers(0, 256, (10, 8, 8), np.uint8)
TARGETS = np.eye(10, dtype=np.float32)
WEIGHTS = np.linspace(0.5, 1.5, 10, dtype=np.float32)


def batches_of(recipe: Recipe, films: np.ndarray = FILMS, size: int = 8) -> Batches:
    return Batches(films, TARGETS[: len(films)], WEIGHTS[: len(films)], Phase(size, 1), recipe)


def parts(batches: list[Batch]) -> list[np.ndarray]:
    return [part for batch in batches for part in (batch.films, batch.targets, batch.weights)]


def same(first: list[Batch], second: list[Batch]) -> bool:
    pairs = zip(parts(first), parts(second), strict=True)
    return all(np.array_equal(one, other) for one, other in pairs)


def test_an_epoch_shows_every_film_once_with_its_own_target_and_weight() -> None:
    batches = list(batches_of(RECIPE).epoch(0))
    assert len(batches) == len(batches_of(RECIPE)) == 3
    assert [batch.films.shape for batch in batches] == [(4, 8, 8, 1), (4, 8, 8, 1), (2, 8, 8, 1)]
    places = np.concatenate([batch.targets.argmax(axis=1) for batch in batches])
    assert sorted(places) == list(range(10))
    assert places.tolist() != list(range(10))
    np.testing.assert_array_equal(np.concatenate([batch.films[..., 0] for batch in batches]), FILMS[places])
    np.testing.assert_array_equal(np.concatenate([batch.weights for batch in batches]), WEIGHTS[places])


def test_batches_depend_on_the_seed_and_the_epoch_alone() -> None:
    recipe = replace(RECIPE, augmentation=Augmentation(erased=0.4, coarsest=0.5), mixup=0.4)
    fresh = batches_of(recipe)
    third = list(fresh.epoch(3))
    walked = batches_of(recipe)
    for number in range(3):
        assert not same(list(walked.epoch(number)), third)
    assert same(list(walked.epoch(3)), third)
    assert not same(list(batches_of(replace(recipe, seed=2)).epoch(3)), third)


def test_an_epoch_left_early_changes_nothing_of_the_next() -> None:
    recipe = replace(RECIPE, augmentation=Augmentation())
    left = batches_of(recipe)
    next(left.epoch(0))
    assert same(list(left.epoch(1)), list(batches_of(recipe).epoch(1)))


def test_mixup_keeps_the_sum_of_each_film_s_target_and_blends_films_alike() -> None:
    for batch in batches_of(replace(RECIPE, mixup=0.4)).epoch(0):
        np.testing.assert_allclose(batch.targets.sum(axis=1), 1, rtol=1e-6)
        assert (batch.targets.max(axis=1) >= 0.5 - 1e-6).all()  # a film stays most of itself
        blended = np.tensordot(batch.targets, FILMS.astype(np.float32), axes=1)
        np.testing.assert_allclose(batch.films[..., 0], blended, rtol=1e-4, atol=1e-3)
        np.testing.assert_allclose(batch.weights, batch.targets @ WEIGHTS, rtol=1e-5)
    targets = np.concatenate([batch.targets for batch in batches_of(replace(RECIPE, mixup=0.4)).epoch(0)])
    assert (targets.max(axis=1) < 0.99).any()


def test_without_mixup_no_film_holds_another() -> None:
    for batch in batches_of(RECIPE).epoch(0):
        assert set(batch.targets.max(axis=1)) == {1}


def test_films_in_colour_keep_their_channels() -> None:
    films = np.random.default_rng(1).integers(0, 256, (6, 8, 8, 3), np.uint8)
    for batch in batches_of(RECIPE, films).epoch(0):
        np.testing.assert_array_equal(batch.films, films[batch.targets.argmax(axis=1)])


def test_batches_are_normalized_after_they_were_varied() -> None:
    dark = np.clip(FILMS, 0, 100).astype(np.uint8)
    for batch in batches_of(replace(RECIPE, normalization="equalized"), dark).epoch(0):
        assert batch.films.max(axis=(1, 2, 3)).tolist() == [255] * len(batch.films)


@pytest.mark.parametrize("channels", [(), (3,)])
def test_films_are_reduced_by_area_and_enlarged_smoothly(channels: tuple[int, ...]) -> None:
    films = np.random.default_rng(2).integers(0, 256, (2, 8, 8, *channels), np.uint8)
    reduced = resize_films(films, 4)
    expected = films.reshape(2, 4, 2, 4, 2, -1).mean(axis=(2, 4)).reshape(2, 4, 4, *channels)
    np.testing.assert_allclose(reduced, expected, atol=0.51)
    np.testing.assert_array_equal(resize_films(films, 8), films)
    enlarged = resize_films(films, 32)
    np.testing.assert_array_equal(enlarged[0], cv2.resize(films[0], (32, 32), interpolation=cv2.INTER_CUBIC))
    assert enlarged.dtype == np.uint8
