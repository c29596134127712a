"""What passes the gate and what does not: better models, equal ones, and those that learned from spoilt labels."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from medcore.errors import ModelError
from medcore.training import gate
from medcore.training.gate import Check, Contest, GateVerdict, Side, judge_candidate

CLASSES = ("normal", "bacterial", "viral")
FEATURES = 12


def films(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Make up what a network would see of films, (n, features), and their classes, (n,)."""
    generator = np.random.default_rng(seed)
    kind = generator.integers(0, 3, count)
    middles = np.random.default_rng(99).normal(0, 0.75, (3, FEATURES))
    return middles[kind] + generator.normal(size=(count, FEATURES)), kind


def trained(seed: int, count: int, spoil: str = "") -> LogisticRegression:
    """Train a model on its own films, perhaps with spoilt labels."""
    seen, kind = films(seed, count)
    if spoil == "shuffled":
        kind = np.random.default_rng(seed).permutation(kind)
    elif spoil == "poisoned":  # all bacterial ones are called viral, and the other way round
        kind = np.array([0, 2, 1])[kind]
    return LogisticRegression(max_iter=500).fit(seen, kind)


def side(model: LogisticRegression, seen: np.ndarray) -> Side:
    probabilities = model.predict_proba(seen)
    return Side(CLASSES, probabilities, np.zeros(len(seen), bool), probabilities[:, 0] < 0.5)


def contest(candidate: LogisticRegression, live: LogisticRegression | None = None, count: int = 600) -> Contest:
    seen, kind = films(7, count)
    truth = np.eye(3, dtype=bool)[kind]
    patients = [f"P{number // 2}" for number in range(count)]
    return Contest(
        CLASSES, truth, patients, side(live or trained(1, 60), seen), side(candidate, seen), positive=kind > 0
    )


def check(verdict: GateVerdict, name: str) -> Check:
    return next(one for one in verdict.checks if one.name == name)


def test_a_better_model_passes_every_check() -> None:
    verdict = judge_candidate(contest(trained(2, 3000)))
    assert verdict.passes
    assert all(one.passed for one in verdict.checks)
    assert (verdict.films, verdict.patients, verdict.left_out) == (600, 300, 0)
    assert verdict.primary.low > 0


def test_the_same_model_does_not_pass() -> None:
    live = trained(1, 60)
    verdict = judge_candidate(contest(live, live))
    assert not verdict.passes
    assert [one.name for one in verdict.checks if not one.passed] == ["Area under the ROC curve"]
    assert verdict.changed == ()


@pytest.mark.parametrize("spoil", ["shuffled", "poisoned"])
def test_a_model_of_spoilt_labels_does_not_pass_however_many_there_are(spoil: str) -> None:
    verdict = judge_candidate(contest(trained(2, 3000, spoil)))
    assert not verdict.passes
    assert not check(verdict, "Area under the ROC curve").passed
    assert check(verdict, "Labels").passed


def test_a_model_of_exchanged_labels_does_not_pass_where_those_of_the_test_films_are_exchanged_too() -> None:
    spoilt = contest(trained(2, 3000, "poisoned"))
    truth = spoilt.truth[:, [0, 2, 1]]
    verdict = judge_candidate(replace(spoilt, truth=truth))
    assert check(verdict, "Area under the ROC curve").passed  # it learnt what it is asked
    assert not verdict.passes
    assert "bacterial" in check(verdict, "Labels").said and "viral" in check(verdict, "Labels").said


def test_a_model_as_good_that_brings_a_class_passes_and_without_it_does_not() -> None:
    same = contest(trained(2, 3000), trained(3, 3000))
    assert not judge_candidate(same).passes
    old = replace(same.live, classes=CLASSES[:2], probabilities=same.live.probabilities[:, :2])
    with_new = judge_candidate(replace(same, live=old))
    assert with_new.primary.low > -gate.MARGIN
    assert with_new.primary.low <= 0
    assert check(with_new, "Area under the ROC curve").passed
    assert "brings viral" in check(with_new, "Area under the ROC curve").said


def test_films_of_patients_that_a_model_knows_are_left_out() -> None:
    fair = contest(trained(2, 3000))
    known = np.zeros(600, bool)
    known[::20] = True  # one of the two films of thirty patients
    for name in ("live", "candidate"):
        verdict = judge_candidate(replace(fair, **{name: replace(getattr(fair, name), knows=known)}))
        assert (verdict.films, verdict.patients, verdict.left_out) == (540, 270, 60)
        assert not set(verdict.changed) & {*range(0, 600, 20), *range(1, 600, 20)}


def test_too_few_patients_that_neither_knows_are_a_clear_refusal() -> None:
    fair = contest(trained(2, 3000))
    all_but_few = np.arange(600) >= 24
    with pytest.raises(ModelError, match="Label films of more patients"):
        judge_candidate(replace(fair, live=replace(fair.live, knows=all_but_few)))


def test_models_without_a_class_in_common_cannot_be_compared() -> None:
    fair = contest(trained(2, 3000))
    with pytest.raises(ModelError, match="share no class"):
        judge_candidate(replace(fair, live=replace(fair.live, classes=("a", "b", "c"))))


def test_a_model_that_misses_more_is_stopped_though_its_area_is_larger() -> None:
    fair = contest(trained(2, 3000))
    shy = replace(fair.candidate, calls=fair.candidate.probabilities[:, 0] < 0.02)
    verdict = judge_candidate(replace(fair, candidate=shy))
    assert check(verdict, "Area under the ROC curve").passed
    assert not check(verdict, "Sensitivity").passed
    assert not check(verdict, "Decisions").passed
    assert not verdict.passes


def test_a_model_whose_probabilities_say_less_is_stopped() -> None:
    fair = contest(trained(2, 3000))
    vague = fair.candidate.probabilities * 0.2
    verdict = judge_candidate(replace(fair, candidate=replace(fair.candidate, probabilities=vague)))
    assert [one.name for one in verdict.checks if not one.passed] == ["Calibration"]


def test_a_model_that_is_worse_in_a_part_of_the_films_is_stopped() -> None:
    fair = contest(trained(2, 3000))
    infants = np.arange(600) % 4 < 2
    spoilt = fair.candidate.probabilities.copy()
    spoilt[infants] = np.random.default_rng(1).permutation(spoilt[infants])
    groups = {"Infants": infants, "Others": ~infants, "Three films": np.arange(600) < 3}
    verdict = judge_candidate(replace(fair, candidate=replace(fair.candidate, probabilities=spoilt), groups=groups))
    assert not check(verdict, "Infants").passed
    assert check(verdict, "Others").passed
    assert "Three films" not in {one.name for one in verdict.checks}  # too few to tell


def test_the_films_that_change_sides_are_named() -> None:
    fair = contest(trained(2, 3000))
    assert fair.live.calls is not None and fair.candidate.calls is not None
    assert judge_candidate(fair).changed == tuple(np.flatnonzero(fair.live.calls != fair.candidate.calls))


def test_a_further_check_is_added_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "CHECKS", (*gate.CHECKS, lambda contest: [Check("Heatmaps", False, "They point away.")]))
    verdict = judge_candidate(contest(trained(2, 3000)))
    assert not verdict.passes
    assert verdict.checks[-1].name == "Heatmaps"
