"""Thresholds and what they buy, against scikit-learn's curve and answers worked out by hand."""

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import settings as trials
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix as sklearn_confusion_matrix
from sklearn.metrics import roc_curve

from medcore.evaluation.confusion import Counts, confusion_matrix, count_decisions, predictive_values
from medcore.evaluation.operating_point import choose_operating_points, measure_point
from medcore.evaluation.thresholds import (
    balanced_threshold,
    balanced_under_shift,
    lowest_threshold,
    sensitivity_specificity,
)
from tests.test_evaluation import films

FILMS = st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=30)


def arrays(drawn: list[tuple[bool, int]]) -> tuple[np.ndarray, np.ndarray]:
    truth, probability = np.array([t for t, _ in drawn]), np.array([p / 8 for _, p in drawn])
    assume(truth.any() and not truth.all())
    return truth, probability


def youden(truth: np.ndarray, probability: np.ndarray, threshold: float) -> float:
    called = probability >= threshold
    return float(called[truth].mean() - called[~truth].mean())


@trials(max_examples=60, deadline=None)
@given(FILMS, st.sampled_from([0.5, 0.8, 0.97, 1.0]))
def test_the_lowest_threshold_is_the_lowest_that_is_specific_enough(
    drawn: list[tuple[bool, int]], wanted: float
) -> None:
    truth, probability = arrays(drawn)
    found = lowest_threshold(truth, probability, wanted)
    enough = [t for t in probability if (probability[~truth] < t).mean() >= wanted]
    assert found == min(enough, default=np.nextafter(probability.max(), 2))
    assert (probability[~truth] < found).mean() >= wanted


@trials(max_examples=60, deadline=None)
@given(FILMS)
def test_no_threshold_has_a_larger_youden_index_than_the_balanced_one(drawn: list[tuple[bool, int]]) -> None:
    truth, probability = arrays(drawn)
    _, found, thresholds = roc_curve(truth, probability, drop_intermediate=False)
    best = youden(truth, probability, balanced_threshold(truth, probability))
    assert best == pytest.approx(max(youden(truth, probability, t) for t in thresholds[1:]))


def test_of_equally_balanced_thresholds_the_lowest_is_taken() -> None:
    """At 0.8 half the positives and no negative are called, at 0.2 all positives and half the negatives: 1/2 each."""
    truth = np.array([False, False, True, True])
    assert balanced_threshold(truth, np.array([0.1, 0.5, 0.2, 0.8])) == 0.2


def test_films_under_shift_pull_the_balanced_threshold_to_where_both_versions_do_well() -> None:
    truth = np.array([False, False, False, True, True, True])
    plain = np.array([0.1, 0.2, 0.3, 0.4, 0.8, 0.9])  # 0.4 is perfect
    shifted = np.array([0.4, 0.5, 0.6, 0.7, 0.8, 0.9])  # 0.7 is perfect, 0.4 calls all
    assert balanced_under_shift(truth, [plain]) == 0.4
    assert balanced_under_shift(truth, [shifted]) == 0.7
    assert balanced_under_shift(truth, [plain, shifted]) == 0.7  # (2/3 + 1) / 2 against (1 + 0) / 2


@trials(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_threshold_under_shift_has_the_largest_mean_index(seed: int) -> None:
    generator = np.random.default_rng(seed)
    truth = np.arange(12) % 3 > 0
    versions = [np.round(generator.random(12), 1) for _ in range(3)]
    best = balanced_under_shift(truth, versions)
    means = {t: np.mean([youden(truth, v, t) for v in versions]) for t in np.unique(versions)}
    assert means[best] == pytest.approx(max(means.values()))


def test_a_threshold_needs_a_version() -> None:
    with pytest.raises(ValueError, match="at least one version"):
        balanced_under_shift(np.array([True, False]), [])


def test_points_need_both_kinds_of_films() -> None:
    for truth in (np.ones(3, bool), np.zeros(3, bool)):
        with pytest.raises(ValueError, match="positive"):
            choose_operating_points(truth, np.ones(3))
        with pytest.raises(ValueError, match="positive and negative"):
            balanced_threshold(truth, np.ones(3))
    with pytest.raises(ValueError, match="negative films"):
        lowest_threshold(np.ones(3, bool), np.ones(3), 0.9)


@pytest.mark.parametrize("wanted", [0.0, 1.1, float("nan")])
def test_a_specificity_outside_its_range_is_refused(wanted: float) -> None:
    with pytest.raises(ValueError, match="specificity"):
        lowest_threshold(np.array([True, False]), np.ones(2), wanted)


def test_where_the_surest_film_is_negative_full_specificity_calls_nothing() -> None:
    truth, probability = np.array([True, False]), np.array([0.2, 1.0])
    point = choose_operating_points(truth, probability)[2]
    assert point.threshold > 1
    assert (point.sensitivity, point.specificity) == (0, 1)


def test_three_points_are_chosen_and_named() -> None:
    truth, probability = films(5, 500)
    sensitive, balanced, specific = choose_operating_points(truth, probability)
    assert [p.name for p in (sensitive, balanced, specific)] == ["high sensitivity", "balanced", "high specificity"]
    assert sensitive.threshold <= balanced.threshold <= specific.threshold
    assert sensitive.sensitivity >= 0.97 and specific.specificity >= 0.97
    assert "0.97" in sensitive.rule and "lowest" in balanced.rule and "0.97" in specific.rule


def test_where_films_are_told_apart_well_the_points_keep_their_order() -> None:
    truth = np.arange(100) >= 50
    probability = np.arange(100) / 100  # 0.5 parts them; from 0.49 one normal film is called, from 0.51 one is missed
    sensitive, balanced, specific = choose_operating_points(truth, probability)
    assert (sensitive.threshold, balanced.threshold, specific.threshold) == (0.5, 0.5, 0.5)


def test_a_point_keeps_its_promise_under_every_shift() -> None:
    truth = np.arange(100) >= 50
    plain = np.arange(100) / 100
    darker, lighter = plain - 0.1, plain + 0.1
    sensitive, balanced, specific = choose_operating_points(truth, plain, [darker, lighter])
    assert sensitive.threshold == pytest.approx(0.41)  # of the darker films two may be missed: 49 of 50 and more found
    assert balanced.threshold == pytest.approx(0.5)
    assert specific.threshold == pytest.approx(0.59)  # of the lighter ones one may be called
    for version in (plain, darker, lighter):
        assert sensitivity_specificity(truth, version, sensitive.threshold)[0] >= 0.97
        assert sensitivity_specificity(truth, version, specific.threshold)[1] >= 0.97


def test_what_a_point_buys_is_counted_with_exact_bounds() -> None:
    truth, probability = films(6, 400)
    point = measure_point(truth, probability, 0.4, name="mine", rule="by hand")
    tn, fp, fn, tp = sklearn_confusion_matrix(truth, probability >= 0.4).ravel()
    assert (point.true_positives, point.false_positives) == (tp, fp)
    assert (point.true_negatives, point.false_negatives) == (tn, fn)
    for share, hits, of in (("sensitivity", tp, tp + fn), ("specificity", tn, tn + fp), ("accuracy", tp + tn, 400)):
        bounds = binomtest(int(hits), int(of)).proportion_ci(method="exact")
        found = asdict(point)
        assert found[share] == pytest.approx(hits / of)
        assert (found[f"{share}_low"], found[f"{share}_high"]) == pytest.approx((bounds.low, bounds.high), abs=1e-7)


def test_decisions_are_counted_by_truth() -> None:
    truth = np.array([True, True, True, False, False, False])
    counts = count_decisions(truth, np.array([True, True, False, True, False, False]))
    assert counts == Counts(true_positives=2, false_positives=1, true_negatives=2, false_negatives=1)
    assert (counts.positives, counts.negatives, counts.films, counts.right) == (3, 3, 6, 4)


def test_the_confusion_matrix_agrees_with_scikit_learn() -> None:
    generator = np.random.default_rng(7)
    labels, predicted = generator.integers(0, 3, 100), generator.integers(0, 3, 100)
    assert np.array_equal(confusion_matrix(labels, predicted, 3), sklearn_confusion_matrix(labels, predicted))
    assert confusion_matrix(np.array([0]), np.array([1]), 3).tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]


def test_in_a_thousand_patients_of_whom_ten_are_ill_eleven_positives_in_a_hundred_are_right() -> None:
    """Sensitivity 90 %, specificity 92.6 %: 9 of 82 positives, 917 of 918 negatives, near enough."""
    positive, negative = predictive_values(0.9, 0.926, 0.01)
    assert positive == pytest.approx(9 / (9 + 73.26))
    assert negative == pytest.approx(916.74 / (916.74 + 1))


@pytest.mark.parametrize(
    ("shares", "worth"),
    [
        ((0.9, 0.8, 0.0), (0.0, 1.0)),  # nobody is ill
        ((0.9, 0.8, 1.0), (1.0, 0.0)),  # everybody is
        ((0.0, 1.0, 0.3), (None, 0.7)),  # nothing is called positive
        ((1.0, 0.0, 0.3), (0.3, None)),  # everything is
        ((1.0, 1.0, 0.0), (None, 1.0)),
        ((1.0, 1.0, 1.0), (1.0, None)),
    ],
)
def test_a_decision_that_is_never_made_is_worth_nothing_known(
    shares: tuple[float, float, float], worth: tuple[float | None, float | None]
) -> None:
    assert predictive_values(*shares) == pytest.approx(worth)


@trials(max_examples=50, deadline=None)
@given(st.integers(0, 1000))
def test_at_the_films_own_prevalence_predictive_values_are_the_counted_shares(seed: int) -> None:
    generator = np.random.default_rng(seed)
    truth, called = np.arange(40) % 4 == 0, generator.random(40) < 0.5
    counts = count_decisions(truth, called)
    positive, negative = predictive_values(
        counts.true_positives / counts.positives, counts.true_negatives / counts.negatives, 0.25
    )
    assert positive == pytest.approx(truth[called].mean())
    assert negative == pytest.approx((~truth[~called]).mean())


@pytest.mark.parametrize("shares", [(1.1, 0.5, 0.5), (0.5, -0.1, 0.5), (0.5, 0.5, float("nan"))])
def test_what_is_no_share_is_refused(shares: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        predictive_values(*shares)
