"""The job that works out an order: from answers that are there, or from features; what is unknown comes last."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from medcore.errors import LibraryError
from medcore.library import Job, Library, NewLabel, StoredPrediction
from medcore.settings import Settings
from medcore.worker.kinds import run_job
from tests.films import ramp, write_film
from tests.libraries import Bring, make_answer, make_attributes


class MeanModel:
    """Describes a film by its mean brightness alone."""

    version = "test 1"
    card = SimpleNamespace(input_size=(8, 8))

    def features(self, inputs: np.ndarray) -> np.ndarray:
        return inputs.mean(axis=(1, 2))[:, None]


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medcore.worker.order.load_model", lambda folder: MeanModel())
    monkeypatch.setattr("medcore.worker.order.live_model_folder", lambda library, settings: Path())


def work_out(library: Library, settings: Settings, how: str) -> list[int]:
    library.labels.ask_for_order(1, how)
    job = library.jobs.take("worker")
    assert job is not None
    result = run_job(library, settings, job)
    assert result is not None
    library.jobs.finish(job.id, result, owner="worker")
    return list(library.labels.order(1, how).instance_ids)


def say(library: Library, instance_id: int) -> None:
    (film,) = (one for one in library.labels.films() if one.instance_id == instance_id)
    library.labels.save(NewLabel(1, film.study_id, instance_id, ("normal",), "A. Reader", "queue"))


def test_the_least_sure_films_come_first_and_those_without_an_answer_last(
    library: Library, settings: Settings, bring: Bring
) -> None:
    ids = bring(*(make_attributes() for _ in range(5))).instances
    for instance_id, pneumonia in zip(ids, (0.9, 0.66, 0.1), strict=False):
        library.save_prediction(instance_id, make_answer(pneumonia))
    library.save_prediction(ids[3], StoredPrediction("refused", "Adult.", model_version="test 1"))
    say(library, ids[2])
    order = work_out(library, settings, "uncertainty")
    # margins between the two likeliest: 0.45 - 0.45 for the first, 0.34 - 0.33 for the second
    assert order[:2] == [ids[0], ids[1]]
    assert sorted(order[2:]) == [ids[3], ids[4]]


def test_what_the_model_does_not_answer_for_comes_first(library: Library, settings: Settings, bring: Bring) -> None:
    ids = bring(*(make_attributes() for _ in range(3))).instances
    library.save_prediction(ids[0], make_answer())
    library.save_prediction(ids[1], StoredPrediction("refused", "Adult.", model_version="test 1"))
    assert work_out(library, settings, "out of scope") == [ids[1], ids[0], ids[2]]


def test_what_is_least_like_the_labelled_films_comes_first(
    library: Library, settings: Settings, tmp_path: Path
) -> None:
    tops: dict[int, Any] = {}
    for number, brightness in enumerate((100, 110, 250, 180)):
        path = write_film(tmp_path / str(number), ramp(8, 8, np.uint8, 1) + np.uint8(brightness), WindowCenter=128,
                          WindowWidth=256, PatientID=f"P{number}")  # fmt: skip
        (tops[brightness],) = library.add([path]).instances
    say(library, tops[100])
    assert work_out(library, settings, "diversity") == [tops[250], tops[180], tops[110]]


def test_films_that_cannot_be_read_keep_their_place_in_the_queue(
    library: Library, settings: Settings, bring: Bring
) -> None:
    ids = bring(make_attributes(), make_attributes()).instances  # their files hold nothing
    assert sorted(work_out(library, settings, "diversity")) == sorted(ids)


def test_an_order_that_there_is_not_is_one_sentence(library: Library, settings: Settings) -> None:
    library.labels.ask_for_order(1, "alphabet")
    job = library.jobs.take("worker")
    assert isinstance(job, Job)
    with pytest.raises(LibraryError, match="Update MedCore"):
        run_job(library, settings, job)
