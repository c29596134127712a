"""Bounds against the binomial distribution itself, and draws against loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from medcore.evaluation.intervals import bootstrap_interval, percentile_interval, proportion_interval, weight_parts
from medcore.evaluation.roc import auc


@trials(max_examples=50, deadline=None)
@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.99))
def test_a_shares_bounds_are_those_of_the_exact_binomial_test(share: tuple[int, int], level: float) -> None:
    expected = binomtest(*share).proportion_ci(level, method="exact")
    assert proportion_interval(*share, level) == pytest.approx((expected.low, expected.high), abs=1e-7)


def test_the_bounds_of_8_in_10_leave_a_fortieth_on_each_side() -> None:
    low, high = proportion_interval(8, 10)
    assert (low, high) == pytest.approx((0.4439, 0.9748), abs=1e-4)  # Clopper and Pearson's table
    assert binom.sf(7, 10, low) == pytest.approx(0.025)
    assert binom.cdf(8, 10, high) == pytest.approx(0.025)


def test_none_of_30_may_still_be_one_in_ten() -> None:
    assert proportion_interval(0, 30) == (0.0, pytest.approx(1 - 0.025 ** (1 / 30)))
    assert proportion_interval(30, 30) == (pytest.approx(0.025 ** (1 / 30)), 1.0)


def test_of_nothing_tried_the_share_may_be_anything() -> None:
    assert proportion_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("share", [(3, 2), (-1, 2)])
def test_more_successes_than_tries_are_refused(share: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="successes"):
        proportion_interval(*share)


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, float("nan")])
def test_a_level_outside_its_range_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        proportion_interval(1, 2, level)
    with pytest.raises(ValueError, match="level"):
        percentile_interval(np.arange(3.0), level)


def test_the_middle_90_percent_of_0_to_100_is_5_to_95() -> None:
    assert percentile_interval(np.arange(101.0), 0.9) == pytest.approx((5, 95))


def test_the_bootstrap_of_a_mean_has_its_standard_error() -> None:
    values = np.random.default_rng(0).normal(3, 2, 400)
    low, high = bootstrap_interval(lambda v: float(v.mean()), [values], [str(n) for n in range(400)], resamples=1000)
    half = 1.96 * values.std() / np.sqrt(400)
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=half / 5)


def test_alike_films_of_a_patient_widen_the_bootstrap() -> None:
    values = np.repeat(np.random.default_rng(0).normal(size=100), 4)
    apart = bootstrap_interval(np.mean, [values], [str(n) for n in range(400)], resamples=400)
    together = bootstrap_interval(np.mean, [values], [str(n // 4) for n in range(400)], resamples=400)
    assert np.ptp(together) == pytest.approx(2 * np.ptp(apart), rel=0.2)  # a quarter of the films' information


def test_a_figure_that_nearly_no_draw_defines_is_refused() -> None:
    def lucky(values: np.ndarray) -> float:
        if len(set(values.tolist())) < values.size:
            raise ValueError
        return 0.0

    with pytest.raises(ValueError, match="nearly all draws"):
        bootstrap_interval(lucky, [np.arange(40)], [str(n) for n in range(40)], resamples=5)


def test_a_figure_that_is_undefined_as_it_is_says_so_itself() -> None:
    with pytest.raises(ValueError, match="positive and negative"):
        bootstrap_interval(auc, [np.ones(3, bool), np.arange(3.0)], ["a", "b", "c"])


def test_weights_are_the_draws_of_the_bootstrap() -> None:
    values, patients = np.random.default_rng(1).normal(size=30), [str(n % 12) for n in range(30)]
    weights = np.concatenate(list(weight_parts(patients, resamples=50, seed=3, at_once=7)))[1:]
    means = weights @ values / weights.sum(axis=1)
    expected = bootstrap_interval(np.mean, [values], patients, resamples=50, seed=3)
    assert percentile_interval(means) == pytest.approx(expected)


def test_films_of_one_patient_weigh_alike_and_each_draw_has_as_many_patients() -> None:
    (weights,) = (part[1:] for part in weight_parts(["b", "a", "b", "c"], resamples=20))
    assert np.array_equal(weights[:, 0], weights[:, 2])
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()
