"""Figures against scikit-learn and against answers worked out by hand."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, roc_auc_score, roc_curve

from medcore.evaluation.operating_point import highest_threshold, sensitivity_specificity
from medcore.evaluation.roc import auc, auc_interval


def films(seed: int, count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = generator.random(count) < 0.6
    return truth, np.round(generator.normal(truth * 1.2, 1), 1)  # rounding makes ties


@pytest.mark.parametrize("seed", range(5))
def test_auc_agrees_with_scikit_learn_ties_included(seed: int) -> None:
    truth, score = films(seed)
    assert auc(truth, score) == pytest.approx(roc_auc_score(truth, score), abs=1e-12)


def test_auc_counts_the_pairs_in_order() -> None:
    truth = np.array([False, False, True, True])
    assert auc(truth, np.array([0.1, 0.4, 0.35, 0.8])) == 0.75  # three of four pairs


@pytest.mark.parametrize("truth", [np.ones(3, bool), np.zeros(3, bool)])
def test_figures_need_both_kinds_of_films(truth: np.ndarray) -> None:
    with pytest.raises(ValueError, match="positive and negative"):
        auc(truth, np.arange(3.0))
    with pytest.raises(ValueError, match="positive and negative"):
        sensitivity_specificity(truth, np.arange(3.0), 0.5)
    with pytest.raises(ValueError, match="positive and negative"):
        auc_interval(truth, np.arange(3.0), ["a", "b", "c"])


def test_interval_agrees_with_hanley_and_mcneil() -> None:
    truth, score = films(1, 2000)
    area = auc(truth, score)
    positives, negatives = np.count_nonzero(truth), np.count_nonzero(~truth)
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (positives - 1) * (q1 - area**2) + (negatives - 1) * (q2 - area**2)
    half = 1.96 * np.sqrt(variance / (positives * negatives))
    low, high = auc_interval(truth, score, [str(n) for n in range(truth.size)], resamples=1000)
    assert low == pytest.approx(area - half, abs=half / 5)
    assert high == pytest.approx(area + half, abs=half / 5)


def test_interval_of_perfect_scores_is_one_point() -> None:
    truth = np.array([False] * 10 + [True] * 10)
    assert auc_interval(truth, truth.astype(float), [str(n) for n in range(20)], resamples=50) == (1.0, 1.0)


def test_copies_of_a_patients_film_do_not_narrow_the_interval() -> None:
    truth, score = films(2, 60)
    patients = [str(n) for n in range(60)]
    once = auc_interval(truth, score, patients, resamples=300)
    assert (
        auc_interval(np.repeat(truth, 4), np.repeat(score, 4), np.repeat(patients, 4).tolist(), resamples=300) == once
    )


@pytest.mark.parametrize("threshold", [-0.5, 0.3, 0.6, 5.0])
def test_sensitivity_and_specificity_agree_with_scikit_learn(threshold: float) -> None:
    truth, score = films(3)
    negative, false_alarm, missed, found = confusion_matrix(truth, score >= threshold).ravel()
    expected = (found / (found + missed), negative / (negative + false_alarm))
    assert sensitivity_specificity(truth, score, threshold) == pytest.approx(expected)


@pytest.mark.parametrize("wanted", [0.5, 0.9, 0.95, 1.0])
def test_the_highest_threshold_agrees_with_scikit_learns_curve(wanted: float) -> None:
    truth, score = films(4)
    _, found, thresholds = roc_curve(truth, score, drop_intermediate=False)
    assert highest_threshold(truth, score, wanted) == thresholds[found >= wanted].max()


def test_nineteen_of_twenty_is_a_sensitivity_of_95_percent() -> None:
    truth, probability = np.ones(20, bool), np.arange(20) / 20
    assert highest_threshold(truth, probability, 0.95) == 0.05


@pytest.mark.parametrize("wanted", [0.0, -1.0, 1.1, float("nan")])
def test_a_sensitivity_outside_its_range_is_refused(wanted: float) -> None:
    with pytest.raises(ValueError, match="sensitivity"):
        highest_threshold(np.ones(2, bool), np.ones(2), wanted)


def test_an_operating_point_needs_positive_films() -> None:
    with pytest.raises(ValueError, match="positive"):
        highest_threshold(np.zeros(2, bool), np.ones(2), 0.9)
