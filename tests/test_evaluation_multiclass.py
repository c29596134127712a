"""Figures of several classes against scikit-learn."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from medcore.evaluation.confusion import confusion_matrix
from medcore.evaluation.multiclass import accuracy, f1, label_auc, one_vs_rest_auc, precision, recall


def films(seed: int, count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.choice(3, count, p=[0.2, 0.5, 0.3])
    return softmax(np.round(generator.normal(size=(count, 3)) + np.eye(3)[labels], 1), axis=1), labels


@pytest.mark.parametrize("seed", range(3))
def test_each_class_against_the_rest_agrees_with_scikit_learn(seed: int) -> None:
    probabilities, labels = films(seed)
    areas = one_vs_rest_auc(probabilities, labels)
    expected = roc_auc_score(labels, probabilities, multi_class="ovr", average=None)
    assert areas == pytest.approx(expected)
    assert areas.mean() == pytest.approx(roc_auc_score(labels, probabilities, multi_class="ovr"))


def test_labels_that_are_present_or_absent_agree_with_scikit_learn() -> None:
    generator = np.random.default_rng(3)
    truth = generator.random((100, 4)) < 0.3
    scores = generator.normal(truth * 0.7)
    assert label_auc(scores, truth) == pytest.approx(roc_auc_score(truth, scores, average=None))


def test_a_class_that_no_film_is_of_has_no_area() -> None:
    areas = one_vs_rest_auc(np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1]]), np.array([0, 1]))
    assert areas.tolist() == pytest.approx([1, 1, np.nan], nan_ok=True)
    assert np.isnan(label_auc(np.ones((2, 1)), np.ones((2, 1), bool))).all()


def test_figures_of_a_confusion_matrix_agree_with_scikit_learn() -> None:
    probabilities, labels = films(4)
    predicted = probabilities.argmax(axis=1)
    confusion = confusion_matrix(labels, predicted, 3)
    assert accuracy(confusion) == pytest.approx(accuracy_score(labels, predicted))
    assert recall(confusion) == pytest.approx(recall_score(labels, predicted, average=None))
    assert recall(confusion).mean() == pytest.approx(balanced_accuracy_score(labels, predicted))
    assert precision(confusion) == pytest.approx(precision_score(labels, predicted, average=None))
    assert f1(confusion) == pytest.approx(f1_score(labels, predicted, average=None))


def test_figures_of_a_matrix_of_two_classes_are_worked_out_by_hand() -> None:
    confusion = np.array([[6, 2], [1, 3]])
    assert accuracy(confusion) == pytest.approx(9 / 12)
    assert recall(confusion) == pytest.approx([6 / 8, 3 / 4])
    assert precision(confusion) == pytest.approx([6 / 7, 3 / 5])
    assert f1(confusion) == pytest.approx([12 / 15, 6 / 9])


def test_a_stack_of_matrices_is_worked_out_one_by_one() -> None:
    stack = np.random.default_rng(5).integers(1, 9, (4, 3, 3))
    for figure in (accuracy, recall, precision, f1):
        assert np.array_equal(figure(stack), np.array([figure(one) for one in stack]))


def test_what_no_film_defines_is_not_a_number() -> None:
    confusion = np.array([[2, 0, 0], [1, 0, 0], [0, 0, 0]])  # class 1 is never called, class 2 neither called nor met
    assert recall(confusion).tolist() == pytest.approx([1, 0, np.nan], nan_ok=True)
    assert precision(confusion).tolist() == pytest.approx([2 / 3, np.nan, np.nan], nan_ok=True)
    assert f1(confusion).tolist() == pytest.approx([0.8, 0, np.nan], nan_ok=True)
    assert np.isnan(accuracy(np.zeros((2, 2))))
