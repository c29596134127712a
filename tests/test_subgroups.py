"""Parts of the films, counted by hand."""

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medcore.classifier.report import Subgroup
from medcore.training.subgroups import find_cuts, measure_subgroups

LABELS = (0, 0, 0, 1, 1, 2)  # normal, bacterial, viral
PATIENTS = ("a", "b", "b", "c", "d", "e")
MEANS = (10, 50, 99, 100, 150, 200)
SWINGS = (0, 0, 5, 5, 30, 30)  # half of the pixels this much brighter than the mean, half darker
PROBABILITY = (0.1, 0.2, 0.8, 0.7, 0.3, 0.9)


SIGNS = np.where(np.indices((4, 4)).sum(0) % 2, 1.0, -1.0)


@dataclass(frozen=True)
class Six:
    """Six films of five patients."""

    films = np.stack([mean + swing * SIGNS for mean, swing in zip(MEANS, SWINGS, strict=True)])
    labels = np.array(LABELS)
    patients = PATIENTS
    truth = np.array(LABELS) > 0
    pneumonia = np.array(PROBABILITY)


def training() -> np.ndarray:
    """Films whose thirds end at a mean gray of 50 and 100 and a standard deviation of 1 and 20."""
    means, swings = (0, 50, 100, 250), (0, 1, 20, 90)
    return np.stack([mean + swing * SIGNS for mean, swing in zip(means, swings, strict=True)])


def measured() -> dict[tuple[str, str], Subgroup]:
    return {(row.part, row.group): row for row in measure_subgroups(Six(), training(), 0.5, resamples=100)}


def test_each_part_divides_the_films() -> None:
    rows = measured()
    assert [(*key, row.films, row.patients) for key, row in rows.items()] == [
        ("label", "normal", 3, 2),
        ("label", "bacterial", 2, 2),
        ("label", "viral", 1, 1),
        ("brightness", "mean gray below 50", 1, 1),
        ("brightness", "mean gray 50 to 100", 2, 1),
        ("brightness", "mean gray 100 or more", 3, 3),
        ("contrast", "standard deviation of gray below 1", 2, 2),
        ("contrast", "standard deviation of gray 1 to 20", 2, 2),
        ("contrast", "standard deviation of gray 20 or more", 2, 2),
        ("films a patient", "one film", 4, 4),
        ("films a patient", "several films", 2, 1),
    ]


def test_shares_are_counted_at_the_threshold() -> None:
    rows = measured()
    normal, bacterial = rows["label", "normal"], rows["label", "bacterial"]
    assert (normal.called, normal.correct) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert (bacterial.called, bacterial.correct) == (0.5, 0.5)
    viral = rows["label", "viral"]
    assert (viral.called, viral.correct, viral.correct_low, viral.correct_high) == (1, 1, pytest.approx(0.025), 1)


def test_the_area_is_told_only_where_both_truths_are_in_the_group() -> None:
    rows = measured()
    assert {key for key, row in rows.items() if row.auc is not None} == {
        ("contrast", "standard deviation of gray 1 to 20"),
        ("films a patient", "one film"),
    }
    one_film = rows["films a patient", "one film"]
    assert one_film.auc == roc_auc_score([0, 1, 1, 1], [0.1, 0.7, 0.3, 0.9])
    assert one_film.auc_low is not None
    assert one_film.auc_high is not None
    assert one_film.auc_low <= one_film.auc <= one_film.auc_high


def test_bands_hold_a_third_of_the_training_films_each() -> None:
    films = np.stack([np.full((2, 2), float(gray)) for gray in range(1, 100)])
    cuts = find_cuts(films)
    assert cuts.brightness == (33.7, 66.3)  # thirds of 1 to 99
    assert [int(np.sum(films.mean(axis=(1, 2)) < cut)) for cut in cuts.brightness] == [33, 66]
    assert cuts.contrast == (0.0, 0.0)
