"""Prediction sets against answers worked out by hand, and their promise against many draws."""

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import binomtest

from medcore.evaluation.conformal import class_quantiles, coverage, prediction_sets


def films(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.choice(3, count, p=[0.25, 0.5, 0.25])
    return softmax(generator.normal(size=(count, 3)) + 1.5 * np.eye(3)[labels], axis=1), labels


def two_classes(first: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Films of class 0 alone, of these probabilities."""
    return np.stack([first, 1 - np.array(first)], axis=1), np.zeros(len(first), int)


def test_of_nine_films_the_ninth_is_the_quantile_at_90_percent() -> None:
    """ceil(10 x 0.9) = 9."""
    probabilities, labels = two_classes([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
    assert class_quantiles(probabilities, labels, 0.9)[0] == pytest.approx(0.9)


def test_of_nineteen_films_the_eighteenth_is_the_quantile_at_90_percent() -> None:
    """ceil(20 x 0.9) = 18."""
    probabilities, labels = two_classes([1 - n / 20 for n in range(1, 20)])
    assert class_quantiles(probabilities, labels, 0.9)[0] == pytest.approx(18 / 20)


def test_too_few_films_rule_nothing_out() -> None:
    probabilities, labels = two_classes([0.9] * 8)  # ceil(9 x 0.9) = 9 of 8
    quantiles = class_quantiles(probabilities, labels, 0.9)
    assert quantiles.tolist() == [np.inf, np.inf]
    assert prediction_sets(np.array([[1.0, 0.0]]), quantiles).all()


def test_the_quantile_is_the_corrected_one_of_numpy() -> None:
    probabilities, labels = films(0, 300)
    for k, quantile in enumerate(class_quantiles(probabilities, labels, 0.85)):
        surprise = 1 - probabilities[labels == k, k]
        corrected = np.ceil((surprise.size + 1) * 0.85) / surprise.size
        assert quantile == np.quantile(surprise, corrected, method="inverted_cdf")


def test_a_class_is_named_up_to_its_quantile() -> None:
    quantiles = np.array([0.5, 0.75, 0.25])
    sets = prediction_sets(np.array([[0.5, 0.25, 0.25], [0.4, 0.2, 0.4]]), quantiles)
    assert sets.tolist() == [[True, True, False], [False, False, False]]


def test_each_class_is_covered_as_promised_on_average_over_calibrations() -> None:
    probabilities, labels = films(1, 20_000)
    shares = []
    for draw in range(200):
        quantiles = class_quantiles(*films(100 + draw, 120), 0.9)
        covered = coverage(prediction_sets(probabilities, quantiles), labels)
        shares.append([c.share for c in covered.classes])
    average = np.mean(np.array(shares, dtype=float), axis=0)
    assert (average >= 0.895).all() and (average <= 0.94).all()  # at most 1 / (n + 1) above, n about 30 or 60


def test_coverage_counts_by_class_with_exact_bounds() -> None:
    sets = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0]], dtype=bool)
    found = coverage(sets, np.array([0, 0, 0, 1]))
    assert [(c.covered, c.films, c.share) for c in found.classes] == [(2, 3, 2 / 3), (0, 1, 0.0), (0, 0, None)]
    expected = binomtest(2, 3).proportion_ci(method="exact")
    assert (found.classes[0].share_low, found.classes[0].share_high) == pytest.approx((expected.low, expected.high))
    assert (found.classes[2].share_low, found.classes[2].share_high) == (0, 1)
    assert (found.mean_set_size, found.single, found.empty) == (1.0, 0.5, 0.25)


def test_coverage_needs_films() -> None:
    with pytest.raises(ValueError, match="needs films"):
        coverage(np.zeros((0, 3), bool), np.zeros(0, int))


@pytest.mark.parametrize("level", [0.0, 1.0, float("nan")])
def test_a_level_outside_its_range_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        class_quantiles(*films(2, 30), level)
