"""Calibration against scikit-learn, a grid of temperatures, and answers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sklearn_log_loss

from medcore.evaluation.calibration import (
    brier_score,
    cross_entropy,
    expected_calibration_error,
    fit_temperature,
    log_loss,
    probability_bins,
)
from medcore.evaluation.reliability import reliability


def drawn_labels(logits: np.ndarray, seed: int) -> np.ndarray:
    """Classes that come true as often as the logits' softmax says."""
    cumulated = np.cumsum(softmax(logits, axis=1), axis=1)
    return (np.random.default_rng(seed).random((len(logits), 1)) > cumulated[:, :-1]).sum(axis=1)


def binary_films(seed: int, count: int = 300) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    probability = generator.random(count)
    return generator.random(count) < probability**2, probability


@pytest.mark.parametrize("times", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_logits_that_are_too_sure(times: float) -> None:
    logits = np.random.default_rng(0).normal(0, 2, (20_000, 3))
    assert fit_temperature(times * logits, drawn_labels(logits, 1)) == pytest.approx(times, rel=0.03)


def test_no_temperature_of_a_fine_grid_beats_the_fitted_one() -> None:
    logits = np.random.default_rng(2).normal(0, 3, (200, 4))
    labels = drawn_labels(logits / 2, 3)
    fitted = fit_temperature(logits, labels)

    def loss(temperature: float) -> float:
        return float(-log_softmax(logits / temperature, axis=1)[np.arange(200), labels].mean())

    grid = np.linspace(0.05, 20, 4000)
    assert loss(fitted) <= min(loss(t) for t in grid) + 1e-12
    assert fitted == pytest.approx(grid[np.argmin([loss(t) for t in grid])], abs=0.005)


def test_the_temperature_of_two_opposite_logits_is_worked_out_by_hand() -> None:
    """Three of four films of logit difference 2 are right: 2 / T must be the logit of 3/4, log 3."""
    logits = np.array([[2.0, 0.0]] * 4)
    assert fit_temperature(logits, np.array([0, 0, 0, 1])) == pytest.approx(2 / np.log(3), rel=1e-5)


@pytest.mark.parametrize(("labels", "bound"), [([0, 1], 0.05), ([1, 0], 20.0)])
def test_a_network_always_right_or_always_wrong_gets_a_bound(labels: list[int], bound: float) -> None:
    assert fit_temperature(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array(labels)) == bound


@pytest.mark.parametrize("labels", [[0, 3], [0, -1], [0]])
def test_labels_that_name_no_class_are_refused(labels: list[int]) -> None:
    with pytest.raises(ValueError, match="0 to 2"):
        fit_temperature(np.zeros((2, 3)), np.array(labels))
    with pytest.raises(ValueError, match="0 to 2"):
        cross_entropy(np.full((2, 3), 1 / 3), np.array(labels))


def test_no_film_has_no_temperature() -> None:
    with pytest.raises(ValueError, match="one is needed"):
        fit_temperature(np.zeros((0, 3)), np.zeros(0, int))


def test_losses_agree_with_scikit_learn() -> None:
    truth, probability = binary_films(5)
    assert log_loss(truth, probability) == pytest.approx(sklearn_log_loss(truth, probability))
    assert brier_score(truth, probability) == pytest.approx(brier_score_loss(truth, probability))
    logits = np.random.default_rng(6).normal(size=(100, 3))
    labels = drawn_labels(logits, 7)
    assert cross_entropy(softmax(logits, axis=1), labels) == pytest.approx(sklearn_log_loss(labels, softmax(logits, 1)))


def test_a_sure_mistake_costs_much_but_not_infinitely() -> None:
    truth = np.array([True, False])
    assert log_loss(truth, np.array([0.0, 0.0])) == pytest.approx(52 * np.log(2) / 2)
    assert cross_entropy(np.array([[0.0, 1.0]]), np.array([0])) == pytest.approx(52 * np.log(2))


def test_the_calibration_error_of_four_films_is_worked_out_by_hand() -> None:
    """Two bins: 0.1 and 0.3 with one positive are off by 0.3, 0.6 and 0.9 with both positive by 0.25."""
    truth = np.array([False, True, True, True])
    assert expected_calibration_error(truth, np.array([0.1, 0.3, 0.6, 0.9]), bins=2) == pytest.approx(0.275)


@pytest.mark.parametrize("bins", [1, 7, 15])
def test_the_calibration_error_agrees_with_a_loop(bins: int) -> None:
    truth, probability = binary_films(8)
    expected = 0.0
    for n in range(bins):
        held = (probability >= n / bins) & (probability < (n + 1) / bins)
        if held.any():
            expected += held.mean() * abs(truth[held].mean() - probability[held].mean())
    assert expected_calibration_error(truth, probability, bins) == pytest.approx(expected)


def test_each_bin_holds_its_lower_edge_and_the_last_one_holds_1() -> None:
    edges = np.array([0.0, 1 / 15, 2 / 15, 7 / 15, 14 / 15, 1.0])
    assert probability_bins(edges, 15).tolist() == [0, 1, 2, 7, 14, 14]


@trials(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=30), st.integers(1, 20))
def test_the_calibration_error_lies_between_the_overall_gap_and_1(films: list[tuple[bool, float]], bins: int) -> None:
    truth, probability = np.array([t for t, _ in films]), np.array([p for _, p in films])
    error = expected_calibration_error(truth, probability, bins)
    assert abs(truth.mean() - probability.mean()) - 1e-9 <= error <= 1 + 1e-9


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        expected_calibration_error(np.ones(1, bool), np.array([wrong]))
    with pytest.raises(ValueError, match="at least one bin"):
        reliability(np.ones(1, bool), np.ones(1), bins=0)


def test_the_reliability_diagram_agrees_with_scikit_learn() -> None:
    truth, probability = binary_films(9)
    shares, means = calibration_curve(truth, probability, n_bins=15)
    drawn = reliability(truth, probability).bins
    assert [b.share for b in drawn] == pytest.approx(shares.tolist())
    assert [b.mean_probability for b in drawn] == pytest.approx(means.tolist())


def test_each_point_of_the_diagram_has_its_count_and_its_exact_bounds() -> None:
    truth, probability = binary_films(10)
    for b in reliability(truth, probability).bins:
        held = (probability >= b.lower_edge) & (probability < b.upper_edge)
        assert (b.films, b.positives) == (held.sum(), truth[held].sum())
        expected = binomtest(b.positives, b.films).proportion_ci(method="exact")
        assert (b.share_low, b.share_high) == pytest.approx((expected.low, expected.high), abs=1e-7)


def test_bins_without_films_are_left_out() -> None:
    drawn = reliability(np.array([True, False]), np.array([1.0, 0.05])).bins
    assert [(b.lower_edge, b.upper_edge, b.films) for b in drawn] == [(0, 1 / 15, 1), (14 / 15, 1, 1)]
