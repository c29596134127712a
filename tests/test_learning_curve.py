"""A learning curve says whether more labels help: yes while a class is hard to learn, no once it is learnt."""

import numpy as np

from medcore.training.learning_curve import CurvePoint, LearningCurve, learning_curve

CLASSES = ("normal", "viral", "effusion")


def films(count: int, apart: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Features of three classes in turn, in 40 dimensions: normal and viral far apart, effusion near to normal."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    features = generator.normal(0, 1, (count, 40))
    features[labels == 1, 0] += 8
    features[labels == 2, 1:9] += apart
    return features, labels


def curve(apart: float, count: int = 240) -> LearningCurve:
    features, labels = films(count, apart, 1)
    held_out, expected = films(900, apart, 2)
    patients = [f"P{number % 3}-{number // 6}" for number in range(count)]  # two films each
    return learning_curve(features, labels, patients, held_out, expected, CLASSES)


def test_each_part_has_twice_the_films_of_the_one_before() -> None:
    assert [point.films for point in curve(0.5).points] == [30, 60, 120, 240]


def test_more_labels_help_the_class_that_is_hard_to_learn() -> None:
    found = curve(0.5)
    assert found.gains["effusion"] > 0.01 > found.gains["viral"]
    assert "effusion" in found.advice and "viral" not in found.advice


def test_more_labels_do_not_help_what_is_learnt() -> None:
    assert "hardly anything" in curve(6.0).advice


def test_gains_are_those_of_the_last_doubling() -> None:
    points = [CurvePoint(10, {"a": 0.5}), CurvePoint(20, {"a": 0.75}), CurvePoint(40, {"a": 0.875})]
    assert LearningCurve(tuple(points)).gains == {"a": 0.125}
    assert LearningCurve(()).gains == {}


def test_of_several_findings_more_labels_help_the_one_that_is_hard_to_learn() -> None:
    generator = np.random.default_rng(3)
    has = generator.random((480, 2)) < 0.4
    features = generator.normal(size=(480, 60))
    features[has[:, 0], 0] += 8
    features[has[:, 1], 1:9] += 0.6
    patients = [f"P{number}" for number in range(240)]
    found = learning_curve(features[:240], has[:240], patients, features[240:], has[240:], ("easy", "hard"))
    assert found.points[-1].areas["easy"] > 0.99
    assert found.gains["hard"] > found.gains["easy"]
    assert "hard" in found.advice and "easy" not in found.advice
