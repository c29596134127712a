"""DeLong's variance against its definition and against draws; McNemar's test against the binomial one."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import binom

from medcore.evaluation.comparison import auc_covariance, compare_aucs, compare_decisions, compare_macro_aucs
from medcore.evaluation.intervals import bootstrap_interval
from medcore.evaluation.roc import auc


def two_models(seed: int, count: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = generator.random(count) < 0.5
    shared = generator.normal(truth * 1.0, 1)
    return truth, np.round(shared + generator.normal(0, 0.4, count), 1), np.round(shared, 1)


def by_definition(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """DeLong 1988, equations 3 to 5: structural components by comparing each pair."""
    kernels = [
        (s[truth][:, None] > s[~truth][None]) + 0.5 * (s[truth][:, None] == s[~truth][None]) for s in scores
    ]  # (positives, negatives)
    of_positives = np.array([kernel.mean(axis=1) for kernel in kernels])
    of_negatives = np.array([kernel.mean(axis=0) for kernel in kernels])
    return np.cov(of_positives) / truth.sum() + np.cov(of_negatives) / (~truth).sum()


@pytest.mark.parametrize("seed", range(3))
def test_the_covariance_is_delongs_ties_included(seed: int) -> None:
    truth, first, second = two_models(seed)
    areas, covariance = auc_covariance(truth, np.stack([first, second]))
    assert areas == pytest.approx([auc(truth, first), auc(truth, second)])
    np.testing.assert_allclose(covariance, by_definition(truth, np.stack([first, second])), rtol=1e-9)


def test_the_variance_of_one_score_is_worked_out_by_hand() -> None:
    """Placements of positives: 1/2 and 1; of negatives: 1 and 1/2. Each varies by 1/8, over two films: 1/16 + 1/16."""
    truth = np.array([False, True, False, True])
    areas, covariance = auc_covariance(truth, np.array([[1.0, 2.0, 3.0, 4.0]]))
    assert areas.tolist() == [0.75]
    assert covariance.tolist() == [[0.125]]


def test_the_difference_is_bounded_as_by_draws() -> None:
    truth, first, second = two_models(5, 1000)
    found = compare_aucs(truth, first, second)
    assert found.difference == pytest.approx(auc(truth, first) - auc(truth, second))
    low, high = bootstrap_interval(
        lambda t, a, b: auc(t, a) - auc(t, b), (truth, first, second), [str(n) for n in range(1000)], resamples=500
    )
    half = (found.high - found.low) / 2
    assert (found.low, found.high) == pytest.approx((low, high), abs=half / 4)


def test_the_p_value_and_the_interval_agree_on_what_is_significant() -> None:
    for seed in range(20):
        found = compare_aucs(*two_models(seed, 80))
        assert (found.p_value < 0.05) == (not found.low <= 0 <= found.high)


def test_equal_models_differ_by_nothing_rarely_by_chance() -> None:
    """Two scores of equal worth: a p-value below 5 % in about one draw of twenty."""
    generator = np.random.default_rng(6)
    truth = np.arange(120) % 2 == 0
    pairs = [generator.normal(truth * 1.0, 1, (2, 120)) for _ in range(400)]
    rate = np.mean([compare_aucs(truth, *pair).p_value < 0.05 for pair in pairs])
    assert 0.02 < rate < 0.09


def test_scores_of_one_order_do_not_differ() -> None:
    truth, first, _ = two_models(7)
    found = compare_aucs(truth, first, np.exp(first))
    assert (found.difference, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_a_perfect_and_a_reversed_score_differ_beyond_doubt() -> None:
    truth = np.array([False, False, True, True])
    found = compare_aucs(truth, np.arange(4.0), -np.arange(4.0))
    assert (found.difference, found.low, found.high, found.p_value) == (1, 1, 1, 0)


@pytest.mark.parametrize("truth", [[True, False, False], [True, True, False]])
def test_a_variance_needs_two_films_of_each_kind(truth: list[bool]) -> None:
    with pytest.raises(ValueError, match="at least two"):
        compare_aucs(np.array(truth), np.arange(3.0), np.arange(3.0))


def test_decisions_are_compared_on_the_films_where_only_one_is_right() -> None:
    """Of ten such films the first is right on nine: 2 (1 + 10) / 2^10."""
    truth = np.arange(30) % 2 == 0
    first, second = truth.copy(), truth.copy()
    second[:9] = ~second[:9]
    first[9] = ~first[9]
    found = compare_decisions(truth, first, second)
    assert (found.only_first_right, found.only_second_right) == (9, 1)
    assert found.p_value == pytest.approx(22 / 1024)
    assert found.p_value == pytest.approx(2 * binom.cdf(1, 10, 0.5))


def test_models_that_always_agree_are_not_told_apart() -> None:
    truth = np.array([True, False])
    assert compare_decisions(truth, ~truth, ~truth).p_value == 1


def several(seed: int, films: int = 240, classes: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make up films of one class each and two models' scores, the first of them the better one."""
    generator = np.random.default_rng(seed)
    truth = np.eye(classes, dtype=bool)[generator.integers(0, classes, films)]
    shared = generator.normal(size=truth.shape)
    scores = [truth * strength + shared + generator.normal(size=truth.shape) for strength in (1.6, 1.3)]
    return truth, scores[0], scores[1]


def test_one_class_of_patients_with_one_film_is_compared_as_by_delong() -> None:
    truth, first, second = several(1)
    expected = compare_aucs(truth[:, 0], first[:, 0], second[:, 0])
    found = compare_macro_aucs(truth[:, :1], first[:, :1], second[:, :1], [str(film) for film in range(len(truth))])
    assert dataclasses.astuple(found) == pytest.approx(dataclasses.astuple(expected), abs=1e-12)


def test_the_mean_of_several_classes_varies_as_films_drawn_anew_do() -> None:
    anew = []
    for seed in range(400):
        truth, first, second = several(seed)
        means = [np.mean([auc(truth[:, one], scores[:, one]) for one in range(3)]) for scores in (first, second)]
        anew.append(means[0] - means[1])
    truth, first, second = several(1)
    found = compare_macro_aucs(truth, first, second, [str(film) for film in range(len(truth))])
    assert found.difference == pytest.approx(anew[1])
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(np.std(anew), rel=0.15)


def test_copies_of_a_patients_films_make_nothing_surer() -> None:
    truth, first, second = several(1)
    patients = [str(film) for film in range(len(truth))]
    once = compare_macro_aucs(truth, first, second, patients)
    copied = (np.concatenate([one] * 4) for one in (truth, first, second))
    again = compare_macro_aucs(*copied, patients * 4)
    assert again.difference == pytest.approx(once.difference)
    assert again.high - again.low == pytest.approx(once.high - once.low, rel=0.02)


def test_a_class_that_nobody_has_cannot_be_compared() -> None:
    truth, first, second = several(1)
    truth[:, 2] = False
    with pytest.raises(ValueError, match="two positive"):
        compare_macro_aucs(truth, first, second, [str(film) for film in range(len(truth))])
