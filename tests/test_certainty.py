"""A model's certainty: worked out by hand, against decision.py, and through JSON."""

import json
import math
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from medcore.classifier.certainty import Certainty
from medcore.classifier.decision import CLASSES, positive_logit, positive_probability, probabilities
from medcore.evaluation.conformal import coverage, prediction_sets
from medcore.evaluation.venn_abers import venn_abers_table
from medcore.training.certify import certify

TWO_FILMS = venn_abers_table(np.array([0.0, 1.0]), np.array([False, True]))
BY_HAND = Certainty(2.0, 0.5, 4.0, TWO_FILMS, (0.5, 0.75, math.inf))


def films(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits twice as sure as they should be, float32 as a network gives them."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2, (count, 3))
    cumulated = np.cumsum(probabilities(logits), axis=1)
    labels = (generator.random((count, 1)) > cumulated[:, :2]).sum(axis=1)
    return (2 * logits).astype(np.float32), labels


def test_pneumonia_and_its_kinds_have_a_temperature_each() -> None:
    logits = np.log([[2.0, 4.0, 12.0]])  # pneumonia has odds of 8, viral odds of 3
    odds = np.sqrt(8) * np.exp(0.5)
    positive, viral = odds / (1 + odds), 3**0.25 / (1 + 3**0.25)
    np.testing.assert_allclose(
        BY_HAND.calibrated(logits), [[1 - positive, positive * (1 - viral), positive * viral]], rtol=1e-12
    )


def test_at_a_temperature_of_one_probabilities_are_the_softmax() -> None:
    logits, _ = films(6, 20)
    plain = Certainty(1.0, 0.0, 1.0, TWO_FILMS, (1.0, 1.0, 1.0))
    np.testing.assert_allclose(plain.calibrated(logits), probabilities(logits), rtol=1e-6)


def test_the_interval_is_the_tables() -> None:
    assert BY_HAND.interval(-3.0) == (0, 0.5)
    assert BY_HAND.interval(0.5) == (0, 1)
    assert BY_HAND.interval(1.0) == (0.5, 1)


def test_one_probability_lies_within_the_interval() -> None:
    assert BY_HAND.within_interval(-3.0) == pytest.approx(0.5 / 1.5)
    assert BY_HAND.within_interval(1.0) == pytest.approx(1 / 1.5)


def test_a_score_that_is_no_number_has_no_interval() -> None:
    with pytest.raises(ValueError, match="not a number"):
        BY_HAND.interval(float("nan"))


def test_labels_are_named_up_to_their_quantile() -> None:
    assert BY_HAND.not_ruled_out(np.array([0.5, 0.25, 0.25]), CLASSES) == ("normal", "bacterial", "viral")
    assert BY_HAND.not_ruled_out(np.array([0.4, 0.2, 0.4]), CLASSES) == ("viral",)


def test_a_film_like_no_class_has_no_label_left() -> None:
    strict = Certainty(1.0, 0.0, 1.0, TWO_FILMS, (0.5, 0.5, 0.5))
    assert strict.not_ruled_out(np.array([0.4, 0.3, 0.3]), CLASSES) == ()


def test_labels_must_be_as_many_as_probabilities() -> None:
    with pytest.raises(ValueError, match="shorter|longer"):
        BY_HAND.not_ruled_out(np.array([0.5, 0.5]), CLASSES)


def test_certainty_fitted_on_some_films_keeps_its_promises_on_others() -> None:
    certainty = certify(*films(0, 1000))
    logits, labels = films(1, 20_000)
    assert certainty.temperature == pytest.approx(2, rel=0.15)
    assert certainty.kind_temperature == pytest.approx(2, rel=0.15)
    sets = prediction_sets(certainty.calibrated(logits), np.array(certainty.set_quantiles))
    assert all(c.share is not None and 0.86 < c.share < 0.94 for c in coverage(sets, labels).classes)
    low, high = certainty.venn_abers.interval(positive_logit(logits))
    assert low.mean() - 0.02 < (labels > 0).mean() < high.mean() + 0.02


def test_one_film_is_answered_as_many_are() -> None:
    certainty = certify(*films(2, 200))
    logits, _ = films(3, 20)
    sets = prediction_sets(certainty.calibrated(logits), np.array(certainty.set_quantiles))
    for film, holds in zip(logits, sets, strict=True):
        named = certainty.not_ruled_out(certainty.calibrated(film[None])[0], CLASSES)
        assert named == tuple(name for name, held in zip(CLASSES, holds, strict=True) if held)


def test_the_interval_rises_with_the_score() -> None:
    certainty = certify(*films(4, 300))
    intervals = [certainty.interval(score) for score in np.linspace(-20, 20, 200)]
    assert intervals == sorted(intervals)
    assert sorted(high for _, high in intervals) == [high for _, high in intervals]


def test_calibrated_pneumonia_is_the_sum_of_both_kinds() -> None:
    logits, _ = films(5, 10)
    np.testing.assert_allclose(
        positive_probability(BY_HAND.calibrated(logits)), expit(positive_logit(logits) / 2 + 0.5), rtol=1e-6
    )


def several_findings(seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw logits of two findings, too large by a factor of 2 and leaning, which films have, and what is true of them.

    A finding of three films in ten moves a normal score from -1 to 1, so that its log-odds are twice the score and
    log(3 / 7).
    """
    generator = np.random.default_rng(seed)
    has = generator.random((count, 2)) < 0.3
    log_odds = 2 * generator.normal(np.where(has, 1, -1)) + np.log(3 / 7)
    return 2 * (log_odds - 0.5), has, expit(log_odds)


def test_each_of_several_findings_is_calibrated_by_itself() -> None:
    logits, has, _ = several_findings(6, 4000)
    certainty = certify(logits, has)
    for finding in certainty.findings:
        assert (finding.temperature, finding.offset) == (pytest.approx(2, rel=0.1), pytest.approx(0.5, abs=0.15))
    logits, has, true = several_findings(7, 20_000)
    shares = certainty.calibrated(logits)
    np.testing.assert_allclose(shares[:, 1:], true, atol=0.05)
    np.testing.assert_allclose(shares[:, 0], (1 - true).prod(axis=1), atol=0.12)
    assert shares[:, 0].mean() == pytest.approx((~has.any(axis=1)).mean(), abs=0.02)
    assert (positive_probability(shares, several=True) >= shares[:, 1:].max(axis=1) - 1e-12).all()


def test_what_is_not_ruled_out_holds_each_of_several_findings_as_often_as_promised() -> None:
    certainty = certify(*several_findings(8, 8000)[:2])
    logits, has, _ = several_findings(9, 10_000)
    sets = prediction_sets(certainty.calibrated(logits), np.array(certainty.set_quantiles))
    for held, there in zip(sets.T, [~has.any(axis=1), *has.T], strict=True):
        assert held[there].mean() == pytest.approx(0.9, abs=0.02)


def test_certainty_of_several_findings_survives_json() -> None:
    certainty = certify(*several_findings(10, 300)[:2])
    again = Certainty.from_json(json.loads(json.dumps(certainty.to_json(), allow_nan=False)))
    logits, _, _ = several_findings(11, 50)
    np.testing.assert_array_equal(again.calibrated(logits), certainty.calibrated(logits))


def test_certainty_survives_json_without_infinities() -> None:
    text = json.dumps(BY_HAND.to_json(), allow_nan=False)
    assert json.loads(text)["set_quantiles"] == [0.5, 0.75, None]
    again = Certainty.from_json(json.loads(text))
    assert (again.temperature, again.kind_temperature, again.set_quantiles, again.level) == (
        2.0,
        4.0,
        (0.5, 0.75, math.inf),
        0.9,
    )
    assert again.to_json() == BY_HAND.to_json()


@pytest.mark.parametrize(
    "changed",
    [
        {"temperature": 0.0},
        {"kind_temperature": -1.0},
        {"offset": float("inf")},
        {"temperature": float("nan")},
        {"level": 1.0},
        {"set_quantiles": [0.5, float("nan")]},
        {"temperature": "warm"},
        {"temperature": None},
        {"venn_abers": {"edges": [1.0], "low": [0.1], "high": [0.2]}},
    ],
)
def test_entries_that_are_no_certainty_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        Certainty.from_json({**BY_HAND.to_json(), **changed})


def test_an_entry_that_is_missing_is_refused() -> None:
    for name in ("temperature", "offset", "kind_temperature", "venn_abers", "set_quantiles", "level"):
        entries = BY_HAND.to_json()
        del entries[name]
        with pytest.raises(KeyError, match=name):
            Certainty.from_json(entries)
