"""An evaluation's figures against scikit-learn, its intervals against what chance does, and its way through JSON."""

import json

import numpy as np
import pytest
from sklearn import metrics

from medcore.evaluation.bounded import bounded_figures
from medcore.evaluation.draws import Calls, binary_draws, joined
from medcore.evaluation.evaluating import SMALL_GROUP, evaluate
from medcore.evaluation.evaluation import Evaluation, QuestionFigures
from medcore.evaluation.intervals import proportion_interval, weight_parts

KINDS = ("nothing", "first", "second", "third")


def films(seed: int, classes: int, count: int = 160) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, count)
    logits = 1.5 * np.eye(classes)[labels] + generator.normal(size=(count, classes))
    shares = np.exp(np.round(logits, 1))  # rounding makes ties
    return shares / shares.sum(axis=1, keepdims=True), labels


def whose(count: int, each: int = 1) -> list[str]:
    return [f"patient {film // each}" for film in range(count)]


def check_question(found: QuestionFigures, truth: np.ndarray, probability: np.ndarray, called: np.ndarray) -> None:
    figures = found.figures
    expected = {
        "auc": metrics.roc_auc_score(truth, probability),
        "average_precision": metrics.average_precision_score(truth, probability),
        "accuracy": metrics.accuracy_score(truth, called),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, called),
        "sensitivity": metrics.recall_score(truth, called),
        "specificity": metrics.recall_score(~truth, ~called),
        "precision": metrics.precision_score(truth, called),
        "negative_predictive_value": metrics.precision_score(~truth, ~called),
        "f1": metrics.f1_score(truth, called),
        "brier_score": metrics.brier_score_loss(truth, probability),
        "log_loss": metrics.log_loss(truth, probability),
    }
    for name, value in expected.items():
        figure = getattr(figures, name)
        assert figure.value == pytest.approx(value, abs=1e-12), name
        assert figure.low <= figure.value <= figure.high, name
    true_negatives, false_positives, false_negatives, true_positives = metrics.confusion_matrix(truth, called).ravel()
    counts = found.counts
    assert (counts.true_negatives, counts.false_positives) == (true_negatives, false_positives)
    assert (counts.false_negatives, counts.true_positives) == (false_negatives, true_positives)
    assert found.roc is not None
    assert found.precision_recall is not None
    assert metrics.auc(found.roc.x, found.roc.y) == pytest.approx(figures.auc.value, abs=1e-5)


@pytest.mark.parametrize("classes", [2, 4])
def test_one_label_a_film_agrees_with_scikit_learn(classes: int) -> None:
    shares, labels = films(classes, classes)
    found = evaluate(shares, labels, KINDS[:classes], whose(160), decision="any", threshold=0.6, resamples=40)
    for place, question in enumerate(found.questions):
        check_question(question, labels == place, shares[:, place], shares.argmax(axis=1) == place)
    assert found.decision is not None
    assert found.likeliest is not None
    sick = shares[:, 1:].sum(axis=1)
    check_question(found.decision, labels > 0, sick, sick >= 0.6)
    likeliest = shares.argmax(axis=1)
    assert np.array_equal(found.likeliest.confusion, metrics.confusion_matrix(labels, likeliest))
    assert found.likeliest.accuracy.value == pytest.approx(metrics.accuracy_score(labels, likeliest))
    assert found.macro.sensitivity.value == pytest.approx(metrics.balanced_accuracy_score(labels, likeliest))
    assert found.macro.f1.value == pytest.approx(metrics.f1_score(labels, likeliest, average="macro"))
    assert found.macro.precision.value == pytest.approx(metrics.precision_score(labels, likeliest, average="macro"))
    by_class = [metrics.roc_auc_score(labels == place, shares[:, place]) for place in range(classes)]
    assert found.macro.auc.value == pytest.approx(np.mean(by_class))


def test_several_findings_a_film_agree_with_scikit_learn() -> None:
    generator = np.random.default_rng(5)
    truth = generator.random((150, 3)) < (0.2, 0.5, 0.7)
    said = np.round(np.clip(truth * 0.3 + generator.random((150, 3)) * 0.7, 0, 1), 2)
    found = evaluate(said, truth, KINDS[1:], whose(150), threshold=0.5, resamples=40)
    for place, question in enumerate(found.questions):
        check_question(question, truth[:, place], said[:, place], said[:, place] >= 0.5)
    assert found.macro.auc.value == pytest.approx(metrics.roc_auc_score(truth, said, average="macro"))
    assert found.macro.average_precision.value == pytest.approx(metrics.average_precision_score(truth, said))
    assert found.macro.f1.value == pytest.approx(metrics.f1_score(truth, said >= 0.5, average="macro"))
    assert found.decision is None
    assert found.likeliest is None


def test_a_class_without_films_leaves_its_figures_open_and_not_the_others() -> None:
    shares, labels = films(7, 4)
    labels[labels == 3] = 0
    found = evaluate(shares, labels, KINDS, whose(160), resamples=40)
    lost = found.questions[3]
    assert lost.positives == 0
    assert lost.figures.auc.value is lost.figures.sensitivity.value is None
    assert lost.roc is lost.precision_recall is None
    assert lost.figures.specificity.value is not None
    assert found.questions[1].figures.auc.value is not None
    assert found.macro.auc.value is None
    json.dumps(found.to_json(), allow_nan=False)


def test_what_each_threshold_buys_agrees_with_counting() -> None:
    shares, labels = films(3, 2)
    found = evaluate(shares, labels, KINDS[:2], whose(160), threshold=0.437, resamples=40)
    assert found.decision is not None
    table, truth, sick = found.decision.thresholds, labels > 0, shares[:, 1]
    assert len(table.thresholds) == 120
    assert 0.437 in table.thresholds
    for place, threshold in enumerate(table.thresholds):
        called = sick >= threshold
        assert table.true_positives[place] == np.count_nonzero(called & truth)
        assert table.false_positives[place] == np.count_nonzero(called & ~truth)
        assert table.sensitivity.value[place] == pytest.approx(called[truth].mean(), abs=1e-6)
        assert table.specificity.value[place] == pytest.approx((~called[~truth]).mean(), abs=1e-6)
        worth = truth[called].mean() if called.any() else None
        assert table.precision.value[place] == (None if worth is None else pytest.approx(worth, abs=1e-6))


@pytest.mark.parametrize("each", [1, 2])
def test_at_its_threshold_the_table_has_the_intervals_of_the_figures(each: int) -> None:
    shares, labels = films(4, 2)
    found = evaluate(shares, labels, KINDS[:2], whose(160, each), threshold=0.5, resamples=200).decision
    assert found is not None
    table, place = found.thresholds, found.thresholds.thresholds.index(0.5)
    for name in ("sensitivity", "specificity", "precision", "negative_predictive_value"):
        band, figure = getattr(table, name), getattr(found.figures, name)
        bounds = (band.value[place], band.low[place], band.high[place])
        assert bounds == pytest.approx((figure.value, figure.low, figure.high), abs=2e-6), name


def test_shares_of_one_film_a_patient_have_exact_intervals_and_the_evaluation_says_so() -> None:
    shares, labels = films(9, 2)
    found = evaluate(shares, labels, KINDS[:2], whose(160), threshold=0.5, resamples=40)
    assert found.decision is not None
    counts, figure = found.decision.counts, found.decision.figures.sensitivity
    assert (figure.low, figure.high) == proportion_interval(counts.true_positives, counts.positives)
    assert (
        found.interval
        == "95 %, exact for shares, as each patient has one film; 40 draws of patients for means and the other figures"
    )
    assert "with replacement" in evaluate(shares, labels, KINDS[:2], whose(160, 2), resamples=40).interval


def test_copies_of_a_patients_films_do_not_narrow_an_interval() -> None:
    shares, labels = films(11, 2, 80)
    once, thrice = (
        evaluate(shares.repeat(each, 0), labels.repeat(each), KINDS[:2], whose(80 * each, each), resamples=400).decision
        for each in (1, 3)
    )
    assert once is not None
    assert thrice is not None
    assert thrice.figures.auc == once.figures.auc
    widths = [one.figures.sensitivity.high - one.figures.sensitivity.low for one in (once, thrice)]
    assert widths[1] > 0.7 * widths[0]  # bounds by draws, not exact ones as for three times the patients


def test_intervals_hold_the_truth_about_as_often_as_they_promise() -> None:
    truth, score = _normal(100_000, 0)
    area, sensitivity = metrics.roc_auc_score(truth, score), (score[truth] >= 0.5).mean()
    held = np.zeros(2)
    for seed in range(1, 151):
        truth, score = _normal(150, seed)
        calls = Calls(truth, score, score >= 0.5, np.array(whose(150)))
        draws = joined([binary_draws(calls, weights) for weights in weight_parts(whose(150), resamples=150, seed=seed)])
        found = bounded_figures(calls, draws, 0.95, exact=True)
        bounds = ((found.auc, area), (found.sensitivity, sensitivity))
        held += [figure.low <= value <= figure.high for figure, value in bounds]
    assert 0.88 <= held[0] / 150 <= 0.99
    assert 0.92 <= held[1] / 150 <= 1  # exact: never less often than promised, but for chance


def _normal(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = generator.random(count) < 0.5
    return truth, 1 / (1 + np.exp(-generator.normal(truth * 1.0, 1)))


def test_a_part_of_the_films_has_its_own_figures_and_is_marked_where_it_is_small() -> None:
    shares, labels = films(13, 2, 100)
    old = np.arange(100) < 20
    ages = ["old" if one else "young" for one in old]
    sexes = ["F" if film % 2 else "" for film in range(100)]  # of half of the films it is not known
    groups = {"age": ages, "sex": sexes}
    found = evaluate(shares, labels, KINDS[:2], whose(100), threshold=0.5, groups=groups, resamples=40).decision
    assert found is not None
    parts = {(part.kind, part.value): part for part in found.groups}
    assert set(parts) == {("age", "old"), ("age", "young"), ("sex", "F")}
    part = parts["age", "old"]
    assert (part.films, part.positives) == (20, np.count_nonzero(labels[old]))
    assert part.figures.auc.value == pytest.approx(metrics.roc_auc_score(labels[old], shares[old, 1]))
    assert part.is_small == (min(part.positives, 20 - part.positives) < SMALL_GROUP)
    assert part.is_small
    assert not parts["age", "young"].is_small
    assert parts["sex", "F"].films == 50


def test_a_part_is_small_by_its_patients_and_not_by_its_films() -> None:
    shares, labels = films(17, 2, 400)
    halves = {"half": ["first"] * 200 + ["second"] * 200}
    for each, small in ((1, False), (40, True)):
        found = evaluate(shares, labels, KINDS[:2], whose(400, each), groups=halves, resamples=20).decision
        assert found is not None
        assert [part.is_small for part in found.groups] == [small, small]


def test_bands_come_in_order_and_a_part_that_is_the_whole_is_left_out() -> None:
    shares, labels = films(29, 2, 90)
    ages = ["18 to 39 years", "3 to 5 years", "under 1 year"] * 30
    found = evaluate(shares, labels, KINDS[:2], whose(90), groups={"age": ages, "view": ["AP"] * 90}, resamples=5)
    assert [part.value for part in found.questions[0].groups] == ["under 1 year", "3 to 5 years", "18 to 39 years"]


def test_an_evaluation_comes_back_from_json_as_it_was() -> None:
    shares, labels = films(19, 3)
    groups = {"view": ["AP", "PA"] * 80}
    found = evaluate(shares, labels, KINDS[:3], whose(160, 2), groups=groups, resamples=20)
    assert Evaluation.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False))) == found


def test_what_is_no_evaluation_of_this_version_is_refused() -> None:
    shares, labels = films(23, 2)
    entries = evaluate(shares, labels, KINDS[:2], whose(160), resamples=5).to_json()
    for broken in ([], {}, entries | {"version": 2}, entries | {"more": 1}, entries | {"films": "160"}):
        with pytest.raises(TypeError):
            Evaluation.from_json(broken)


def test_an_evaluation_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one film"):
        evaluate(np.zeros((0, 2)), np.zeros(0, int), KINDS[:2], [])
