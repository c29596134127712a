"""The published figures of the model that ships are those that anyone gets from the model and the test films."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medcore.classifier import Classifier, default_model_folder
from medcore.classifier.decision import PNEUMONIA
from medcore.classifier.report import read_report
from medcore.training.films import TEST_SPLIT, Film, read_films, read_inputs

AREA_TOLERANCE = 1e-4  # a film or two may change places where weights are added in another order
CHUNK = 64  # films read at once


@dataclass(frozen=True)
class Recomputed:
    """Figures from the model's own answers."""

    films: int
    auc: float
    accuracy: float
    sensitivity: float
    specificity: float


def recompute(classifier: Classifier, films: tuple[Film, ...]) -> Recomputed:
    """Ask the classifier for every film, and count."""
    answers = []
    for first in range(0, len(films), CHUNK):
        inputs = read_inputs(films[first : first + CHUNK], classifier.card.input_size)
        answers += classifier.predict(inputs.astype(np.float32))
    truth = np.array([film.label != "normal" for film in films])
    called = np.array([answer.decision == PNEUMONIA for answer in answers])
    return Recomputed(
        films=len(films),
        auc=float(roc_auc_score(truth, [answer.pneumonia for answer in answers])),
        accuracy=float((called == truth).mean()),
        sensitivity=float(called[truth].mean()),
        specificity=float((~called)[~truth].mean()),
    )


REPORT = read_report(default_model_folder())
MET = "test" in REPORT.pneumonia  # medcore test-default


def test_figures_on_the_test_films_stand_in_the_log_and_nowhere_else() -> None:
    assert any(meeting.is_shipped for meeting in REPORT.meetings) == MET
    assert MET == ("test" in REPORT.bacterial_or_viral) == ("test" in REPORT.sets)


@pytest.mark.skipif(not MET, reason="the shipped model has not met the test films yet: medcore test-default")
def test_the_published_figures_come_out_again(request: pytest.FixtureRequest, classifier: Classifier) -> None:
    shared_data: Path = request.getfixturevalue("shared_data")
    published = REPORT.pneumonia["test"]
    found = recompute(classifier, read_films(shared_data / "chest-xray-pediatric", TEST_SPLIT))
    binary, positives = published.binary, published.positives
    negatives = published.films - positives
    assert found.films == published.films
    assert published.threshold == classifier.card.operating_point.threshold
    assert found.auc == pytest.approx(binary.auc.value, abs=AREA_TOLERANCE)
    assert found.accuracy == pytest.approx(binary.accuracy.value, abs=1.001 / published.films)  # one film
    assert found.sensitivity == pytest.approx(binary.sensitivity.value, abs=1.001 / positives)
    assert found.specificity == pytest.approx(binary.specificity.value, abs=1.001 / negatives)


@pytest.mark.skipif(not MET, reason="the shipped model has not met the test films yet: medcore test-default")
def test_the_log_holds_the_published_figures() -> None:
    published = REPORT.pneumonia["test"]
    latest = [meeting for meeting in REPORT.meetings if meeting.is_shipped][-1]
    assert latest.auc == published.binary.auc.value
    assert latest.sensitivity == published.binary.sensitivity.value
    assert latest.specificity == published.binary.specificity.value
