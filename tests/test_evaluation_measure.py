"""Everything at once: values against scikit-learn, intervals against drawing the films themselves, and JSON."""

import json
from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)

from medcore.evaluation.calibration import expected_calibration_error
from medcore.evaluation.intervals import bootstrap_interval, proportion_interval, weight_parts
from medcore.evaluation.measure import Figure, Figures, measure
from medcore.evaluation.weighted import (
    weighted_auc,
    weighted_average_precision,
    weighted_calibration_error,
    weighted_confusion,
    weighted_mean,
)

PATIENTS = [f"p{n // 2}" for n in range(240)]


def films(seed: int = 0, count: int = 240) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.choice(3, count, p=[0.3, 0.4, 0.3])
    return softmax(np.round(generator.normal(size=(count, 3)) + 1.5 * np.eye(3)[labels], 1), axis=1), labels


def measured(probabilities: np.ndarray, labels: np.ndarray, threshold: float = 0.6) -> Figures:
    pneumonia = probabilities[:, 1:].sum(axis=1)
    return measure(probabilities, labels, labels > 0, pneumonia, PATIENTS[: labels.size], threshold, resamples=200)


@pytest.fixture(scope="module")
def figures() -> Figures:
    return measured(*films())


def test_values_of_positive_against_negative_agree_with_scikit_learn(figures: Figures) -> None:
    probabilities, labels = films()
    truth, probability = labels > 0, probabilities[:, 1:].sum(axis=1)
    called = probability >= 0.6
    expected = {
        "auc": roc_auc_score(truth, probability),
        "average_precision": average_precision_score(truth, probability),
        "accuracy": accuracy_score(truth, called),
        "balanced_accuracy": balanced_accuracy_score(truth, called),
        "sensitivity": recall_score(truth, called),
        "specificity": recall_score(~truth, ~called),
        "precision": precision_score(truth, called),
        "negative_predictive_value": precision_score(~truth, ~called),
        "f1": f1_score(truth, called),
        "brier_score": brier_score_loss(truth, probability),
        "log_loss": log_loss(truth, probability),
        "expected_calibration_error": expected_calibration_error(truth, probability),
    }
    assert {name: figure.value for name, figure in vars(figures.binary).items()} == pytest.approx(expected)


def test_values_of_the_classes_agree_with_scikit_learn(figures: Figures) -> None:
    probabilities, labels = films()
    predicted, found = probabilities.argmax(axis=1), figures.multiclass
    assert found.accuracy.value == pytest.approx(accuracy_score(labels, predicted))
    assert found.balanced_accuracy.value == pytest.approx(balanced_accuracy_score(labels, predicted))
    assert found.macro_auc.value == pytest.approx(roc_auc_score(labels, probabilities, multi_class="ovr"))
    assert found.macro_f1.value == pytest.approx(f1_score(labels, predicted, average="macro"))
    assert found.log_loss.value == pytest.approx(log_loss(labels, probabilities))
    surest = expected_calibration_error(predicted == labels, probabilities.max(axis=1))
    assert found.expected_calibration_error.value == pytest.approx(surest)
    areas = roc_auc_score(labels, probabilities, multi_class="ovr", average=None)
    assert [one.auc.value for one in found.classes] == pytest.approx(areas.tolist())
    assert [one.recall.value for one in found.classes] == pytest.approx(
        recall_score(labels, predicted, average=None).tolist()
    )
    assert [one.precision.value for one in found.classes] == pytest.approx(
        precision_score(labels, predicted, average=None).tolist()
    )
    assert [one.f1.value for one in found.classes] == pytest.approx(f1_score(labels, predicted, average=None).tolist())


def test_counts_describe_the_films(figures: Figures) -> None:
    probabilities, labels = films()
    called = probabilities[:, 1:].sum(axis=1) >= 0.6
    assert (figures.films, figures.patients, figures.positives) == (240, 120, int((labels > 0).sum()))
    assert figures.class_films == tuple(np.bincount(labels).tolist())
    both = figures.confusion
    assert [[both.true_negatives, both.false_positives], [both.false_negatives, both.true_positives]] == (
        confusion_matrix(labels > 0, called).tolist()
    )
    assert [list(row) for row in figures.class_confusion] == confusion_matrix(
        labels, probabilities.argmax(axis=1)
    ).tolist()
    assert sum(b.films for b in figures.reliability.bins) == 240


@pytest.mark.parametrize(
    ("name", "statistic"),
    [
        ("auc", lambda t, p: roc_auc_score(t, p)),
        ("average_precision", lambda t, p: average_precision_score(t, p)),
        ("specificity", lambda t, p: (p[~t] < 0.6).mean()),
        ("f1", lambda t, p: f1_score(t, p >= 0.6)),
        ("expected_calibration_error", expected_calibration_error),
    ],
)
def test_intervals_are_those_of_drawing_the_films_themselves(
    figures: Figures, name: str, statistic: Callable[..., float]
) -> None:
    probabilities, labels = films()
    arrays = (labels > 0, probabilities[:, 1:].sum(axis=1))
    expected = bootstrap_interval(statistic, arrays, PATIENTS, resamples=200)
    figure = getattr(figures.binary, name)
    assert (figure.low, figure.high) == pytest.approx(expected)


def test_macro_intervals_are_those_of_drawing_the_films_themselves(figures: Figures) -> None:
    probabilities, labels = films()
    expected = bootstrap_interval(
        lambda p, y: float(roc_auc_score(y, p, multi_class="ovr")), (probabilities, labels), PATIENTS, resamples=200
    )
    assert (figures.multiclass.macro_auc.low, figures.multiclass.macro_auc.high) == pytest.approx(expected)


def test_figures_survive_json(figures: Figures) -> None:
    text = json.dumps(figures.to_json(), allow_nan=False)
    assert Figures.from_json(json.loads(text)) == figures
    assert len(text) < 30_000


def test_a_share_of_all_films_has_exact_bounds_by_patient() -> None:
    labels = np.repeat([0, 1], 20)
    probabilities = np.stack([np.repeat([0.9, 0.1], 20), np.repeat([0.1, 0.9], 20)], axis=1)
    found = measure(probabilities, labels, labels > 0, probabilities[:, 1], PATIENTS[:40], 0.5, resamples=50)
    assert found.binary.sensitivity == Figure(1.0, *proportion_interval(10, 10))
    assert found.binary.accuracy == Figure(1.0, *proportion_interval(20, 20))
    assert found.binary.auc == Figure(1.0, 1.0, 1.0)
    wrong = measure(probabilities, labels, labels > 0, probabilities[:, 1], PATIENTS[:40], 0.95, resamples=50)
    assert wrong.binary.sensitivity == Figure(0.0, *proportion_interval(0, 10))
    assert wrong.binary.precision == Figure(None, None, None)


def test_a_class_without_films_leaves_its_figures_undefined() -> None:
    probabilities, labels = films()
    found = measured(probabilities, np.where(labels == 2, 1, labels)).multiclass
    assert found.classes[2].auc == found.classes[2].recall == found.macro_auc == Figure(None, None, None)
    assert found.classes[2].precision.value == 0
    assert found.accuracy.value is not None


def test_figures_need_positive_and_negative_films() -> None:
    probabilities, labels = films()
    with pytest.raises(ValueError, match="positive and negative"):
        measured(probabilities, np.maximum(labels, 1))


def test_a_seed_settles_the_draws() -> None:
    probabilities, labels = films()
    assert measured(probabilities, labels) == measured(probabilities, labels)


def test_float32_probabilities_that_miss_1_by_dust_are_taken() -> None:
    probabilities, labels = films()
    pneumonia = np.minimum(probabilities[:, 1:].sum(axis=1) + 0.2, 1).astype(np.float32) * np.float32(1 + 1e-7)
    found = measure(probabilities.astype(np.float32), labels, labels > 0, pneumonia, PATIENTS, 0.6, resamples=20)
    assert json.dumps(found.to_json(), allow_nan=False)


def test_a_weight_of_two_is_a_film_that_stands_twice() -> None:
    probabilities, labels = films(1, 60)
    truth, probability = labels > 0, probabilities[:, 1:].sum(axis=1)
    (weights,) = (part[1:] for part in weight_parts(PATIENTS[:60], resamples=5))
    for n, row in enumerate(weights):
        drawn = np.repeat(np.arange(60), row.astype(int))
        assert weighted_auc(truth, probability, weights)[n] == pytest.approx(
            roc_auc_score(truth[drawn], probability[drawn])
        )
        assert weighted_average_precision(truth, probability, weights)[n] == pytest.approx(
            average_precision_score(truth[drawn], probability[drawn])
        )
        assert weighted_calibration_error(truth, probability, weights)[n] == pytest.approx(
            expected_calibration_error(truth[drawn], probability[drawn])
        )
        assert weighted_mean(probability, weights)[n] == pytest.approx(probability[drawn].mean())
        assert np.array_equal(
            weighted_confusion(labels, labels[::-1], 3, weights)[n],
            confusion_matrix(labels[drawn], labels[::-1][drawn]),
        )


def test_a_draw_without_both_kinds_is_undefined() -> None:
    truth, weights = np.array([True, False]), np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    assert weighted_auc(truth, np.arange(2.0), weights).tolist() == pytest.approx([np.nan, np.nan, 0], nan_ok=True)
    assert weighted_average_precision(truth, np.arange(2.0), weights).tolist() == pytest.approx(
        [1, np.nan, 0.5], nan_ok=True
    )
