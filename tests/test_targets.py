"""What the network is asked to answer: worked out by hand."""

import numpy as np
import pytest

from medcore.training.recipe import Recipe
from medcore.training.targets import film_weights, make_targets

CLASSES = ("normal", "bacterial", "viral")
EACH = np.arange(3)


def test_a_sure_label_is_all_of_its_class() -> None:
    np.testing.assert_array_equal(make_targets(np.array([2, 0]), CLASSES, Recipe()), [[0, 0, 1], [1, 0, 0]])


def test_smoothing_gives_a_share_to_all_classes_alike() -> None:
    targets = make_targets(EACH, CLASSES, Recipe(label_smoothing=0.3))
    np.testing.assert_allclose(targets, [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]], rtol=1e-6)


def test_doubt_moves_a_label_only_among_the_classes_that_it_may_be_mixed_up_with() -> None:
    targets = make_targets(EACH, CLASSES, Recipe(doubtful=(("bacterial", "viral"),), doubt=0.4))
    np.testing.assert_allclose(targets, [[1, 0, 0], [0, 0.8, 0.2], [0, 0.2, 0.8]], rtol=1e-6)


def test_doubt_comes_before_smoothing() -> None:
    recipe = Recipe(doubtful=(("bacterial", "viral"),), doubt=0.4, label_smoothing=0.3)
    expected = 0.7 * np.array([[1, 0, 0], [0, 0.8, 0.2], [0, 0.2, 0.8]]) + 0.1
    np.testing.assert_allclose(make_targets(EACH, CLASSES, recipe), expected, rtol=1e-6)


@pytest.mark.parametrize("doubt", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_a_film_with_one_label_sums_to_one(doubt: float, smoothing: float) -> None:
    recipe = Recipe(label_smoothing=smoothing, doubtful=(("normal", "viral"), ("bacterial", "viral")), doubt=doubt)
    targets = make_targets(EACH, CLASSES, recipe)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)
    assert targets.min() >= 0


def test_several_findings_are_each_a_yes_or_no_of_their_own() -> None:
    findings = np.array([[True, True, False], [False, False, False]])
    np.testing.assert_array_equal(make_targets(findings, CLASSES, Recipe()), findings)
    smoothed = make_targets(findings, CLASSES, Recipe(label_smoothing=0.2))
    np.testing.assert_allclose(smoothed, [[0.9, 0.9, 0.1], [0.1, 0.1, 0.1]], rtol=1e-6)


def test_balanced_classes_weigh_alike_and_films_weigh_one_on_average() -> None:
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 1, 3, 3])  # no film of class 2
    weights = film_weights(labels, 4, balanced=True)
    np.testing.assert_allclose(weights, [10 / 18] * 6 + [10 / 6] * 4, rtol=1e-6)
    assert weights.mean() == pytest.approx(1)


def test_films_weigh_alike_unless_asked_or_where_they_have_several_findings() -> None:
    assert film_weights(np.array([0, 0, 1]), 2, balanced=False).tolist() == [1, 1, 1]
    assert film_weights(np.array([[True, False], [False, False]]), 2, balanced=True).tolist() == [1, 1]
