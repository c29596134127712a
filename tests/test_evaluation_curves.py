"""Curves against scikit-learn's, and thinning by what it does to the area."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st
from sklearn.metrics import auc as area_below
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_curve

from medcore.evaluation.curves import POINTS, average_precision, precision_recall_points, roc_points, thinned
from medcore.evaluation.roc import auc
from tests.test_evaluation import films


def many_films(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = generator.random(count) < 0.6
    return truth, generator.normal(truth * 1.2, 1)


@pytest.mark.parametrize("seed", range(3))
def test_the_roc_curves_corners_are_scikit_learns(seed: int) -> None:
    truth, score = films(seed, 150)
    alarms, found, _ = roc_curve(truth, score)
    curve = roc_points(truth, score)
    corners = set(zip(alarms.round(6).tolist(), found.round(6).tolist(), strict=True))
    assert set(zip(curve.x, curve.y, strict=True)) <= corners
    assert area_below(curve.x, curve.y) == pytest.approx(auc(truth, score), abs=1e-5)


def test_four_films_corners_are_worked_out_by_hand() -> None:
    """From the top: positive, negative, positive, negative."""
    curve = roc_points(np.array([True, False, True, False]), np.array([0.9, 0.8, 0.7, 0.6]))
    assert list(zip(curve.x, curve.y, strict=True)) == [(0, 0), (0, 0.5), (0.5, 0.5), (0.5, 1), (1, 1)]


def test_equal_scores_are_one_slanted_line() -> None:
    curve = roc_points(np.array([True, False, True, False]), np.ones(4))
    assert (curve.x, curve.y) == ((0, 1), (0, 1))


@pytest.mark.parametrize("seed", range(3))
def test_precision_and_recall_agree_with_scikit_learn(seed: int) -> None:
    truth, score = films(seed, 150)
    precision, recall, _ = precision_recall_curve(truth, score)
    curve = precision_recall_points(truth, score)
    assert set(zip(curve.x, curve.y, strict=True)) <= set(
        zip(recall.round(6).tolist(), precision.round(6).tolist(), strict=True)
    )
    assert (curve.x[0], curve.y[0]) == (0, 1)
    assert (curve.x[-1], curve.y[-1]) == (1, round(truth.mean(), 6))
    assert average_precision(truth, score) == pytest.approx(average_precision_score(truth, score))


def test_average_precision_of_four_films_is_worked_out_by_hand() -> None:
    """The positives stand first and third: precision 1 and 2/3."""
    assert average_precision(np.array([True, False, True, False]), np.arange(4.0)[::-1]) == pytest.approx(5 / 6)


def test_curves_of_thousands_of_films_are_thinned_without_moving_the_area() -> None:
    truth, score = many_films(4, 5000)
    roc, both = roc_points(truth, score), precision_recall_points(truth, score)
    assert len(roc.x) == len(both.x) == POINTS
    assert area_below(roc.x, roc.y) == pytest.approx(auc(truth, score), abs=0.001)
    whole = precision_recall_points(truth, score, most=5000)
    grid = np.linspace(0.01, 1, 500)
    far = np.abs(np.interp(grid, both.x, both.y) - np.interp(grid, whole.x, whole.y))
    assert far.max() < 0.01 and far.mean() < 0.001


def test_points_on_a_line_are_left_out_and_the_ends_stay() -> None:
    curve = thinned(np.array([0, 1, 2, 3, 3, 3.0]), np.array([0, 0, 0, 0, 1, 2.0]), 200)
    assert (curve.x, curve.y) == ((0, 3, 3), (0, 0, 2))


def test_the_smallest_corner_goes_first() -> None:
    curve = thinned(np.array([0, 1, 2, 3, 4.0]), np.array([0, 2, 0, 0.1, 0]), 4)
    assert curve.x == (0, 1, 2, 4)


@trials(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.integers(0, 1000))
def test_never_more_points_than_asked_for_stay(most: int, seed: int) -> None:
    truth, score = many_films(seed, 60)
    curve = roc_points(truth, score, most)
    assert 2 <= len(curve.x) <= most
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)
    assert list(curve.x) == sorted(curve.x) and list(curve.y) == sorted(curve.y)


def test_curves_need_their_films() -> None:
    for truth in (np.ones(3, bool), np.zeros(3, bool)):
        with pytest.raises(ValueError, match="positive and negative"):
            roc_points(truth, np.arange(3.0))
    with pytest.raises(ValueError, match="need positive"):
        precision_recall_points(np.zeros(3, bool), np.arange(3.0))
    with pytest.raises(ValueError, match="need positive"):
        average_precision(np.zeros(3, bool), np.arange(3.0))
