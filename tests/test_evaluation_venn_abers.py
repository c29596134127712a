"""The table against two isotonic regressions for each query, by scikit-learn."""

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from medcore.evaluation.venn_abers import VennAbersTable, venn_abers_table
from medcore.evaluation.venn_abers_table import one_probability


def by_regression(score: np.ndarray, truth: np.ndarray, query: float) -> tuple[float, float]:
    both = []
    for held in (0, 1):
        regression = IsotonicRegression()
        regression.fit(np.append(score, query), np.append(truth, held))
        both.append(float(regression.predict([query])[0]))
    return both[0], both[1]


def places(score: np.ndarray) -> np.ndarray:
    """A query on each score, between neighbours, and outside."""
    edges = np.unique(score)
    return np.concatenate([edges, (edges[:-1] + edges[1:]) / 2, [edges[0] - 1, edges[-1] + 1]])


@trials(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=1, max_size=25))
def test_the_table_agrees_with_two_regressions_for_each_query(films: list[tuple[int, bool]]) -> None:
    score, truth = np.array([float(s) for s, _ in films]), np.array([t for _, t in films])
    low, high = venn_abers_table(score, truth).interval(places(score))
    for query, *found in zip(places(score), low, high, strict=True):
        assert found == pytest.approx(by_regression(score, truth, query), abs=1e-9)


def test_two_films_are_worked_out_by_hand() -> None:
    """A negative at 0, a positive at 1; asked between: 0 or 1; asked on 1: 1/2 (one of two) or 1; above: the same."""
    table = venn_abers_table(np.array([0.0, 1.0]), np.array([False, True]))
    low, high = table.interval(np.array([-1.0, 0.0, 0.5, 1.0, 2.0]))
    assert low.tolist() == [0, 0, 0, 0.5, 0.5]
    assert high.tolist() == [0.5, 0.5, 1, 1, 1]


def test_only_the_order_of_scores_matters() -> None:
    generator = np.random.default_rng(0)
    score = generator.normal(size=80)
    truth = generator.random(80) < 0.4
    queries = generator.normal(size=50)
    plain = venn_abers_table(score, truth).interval(queries)
    curved = venn_abers_table(np.exp(score), truth).interval(np.exp(queries))
    assert np.array_equal(plain, curved)


def test_both_probabilities_rise_with_the_score_and_hold_their_order() -> None:
    generator = np.random.default_rng(1)
    score = np.round(generator.normal(size=300), 2)
    table = venn_abers_table(score, generator.random(300) < 1 / (1 + np.exp(-score)))
    assert (np.diff(table.low) >= -1e-12).all() and (np.diff(table.high) >= -1e-12).all()
    assert (table.low < table.high).all()
    joined = one_probability(table.low, table.high)
    assert ((table.low <= joined) & (joined <= table.high)).all()


def test_the_interval_holds_the_share_of_like_films() -> None:
    """With thousands of films, both bounds are near the probability that made the truth."""
    generator = np.random.default_rng(2)
    score = generator.normal(size=1500)
    table = venn_abers_table(score, generator.random(1500) < 1 / (1 + np.exp(-score)))
    low, high = table.interval(np.array([-1.0, 0.0, 1.0]))
    expected = 1 / (1 + np.exp([1.0, 0.0, -1.0]))
    np.testing.assert_allclose(low, expected, atol=0.1)
    np.testing.assert_allclose(high, expected, atol=0.1)


def test_idle_edges_are_left_out() -> None:
    """A score that is upside down says nothing: all films are pooled, and only the ends differ."""
    score = np.arange(200.0)
    table = venn_abers_table(score, score < 100)
    assert table.edges.tolist() == [0, 199]
    low, high = table.interval(np.array([-1.0, 0.0, 50.0, 199.0, 200.0]))
    assert low.tolist() == pytest.approx([0] + [100 / 201] * 4)
    assert high.tolist() == pytest.approx([101 / 201] * 4 + [1])


def test_a_table_survives_json_to_the_last_bit() -> None:
    generator = np.random.default_rng(3)
    table = venn_abers_table(generator.normal(size=60), generator.random(60) < 0.5)
    again = VennAbersTable.from_json(json.loads(json.dumps(table.to_json(), allow_nan=False)))
    for name in ("edges", "low", "high"):
        assert np.array_equal(getattr(again, name), getattr(table, name))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"low": [0.1]}, "2 m"),
        ({"edges": [2.0, 1.0]}, "rise"),
        ({"edges": [1.0, float("nan")]}, "rise"),
        ({"low": [0.5, 0.9, 0.5, 0.5, 0.5]}, "low up to high"),
        ({"high": [0.5, 0.6, 0.6, 0.6, 1.5]}, "low up to high"),
        ({"high": [0.5, 0.6, 0.6, 0.6, float("nan")]}, "low up to high"),
    ],
)
def test_lists_that_are_no_table_are_refused(changed: dict[str, Any], message: str) -> None:
    entries = {"edges": [1.0, 2.0], "low": [0.1, 0.2, 0.3, 0.4, 0.5], "high": [0.2, 0.3, 0.4, 0.5, 0.6]}
    VennAbersTable.from_json(entries)
    with pytest.raises(ValueError, match=message):
        VennAbersTable.from_json({**entries, **changed})


@pytest.mark.parametrize("score", [[], [np.nan], [np.inf], [1.0, 2.0]])
def test_films_without_a_score_or_a_truth_are_refused(score: list[float]) -> None:
    with pytest.raises(ValueError, match="finite score"):
        venn_abers_table(np.array(score), np.ones(min(len(score), 1), bool))


def test_looking_up_needs_numpy_alone() -> None:
    code = (
        "import sys, medcore.evaluation.venn_abers_table; print([m for m in sys.modules if m in ('scipy', 'sklearn')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
