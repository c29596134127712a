"""A candidate is compared again with the model that is live now, or a sentence says why it cannot be."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from medcore.classifier import ModelCard, read_model_card
from medcore.classifier.decision import probabilities
from medcore.classifier.scope import Scope
from medcore.errors import ModelError
from medcore.library import Job, Library, ModelVersion, StudyQuery
from medcore.library.jobs import COMPARE
from medcore.settings import Settings
from medcore.training.labelled_films import LabelledFilms, gather
from medcore.training.plan import TrainingPlan, make_recipe
from medcore.worker import comparing
from medcore.worker.installed import live_model_folder, record
from medcore.worker.kinds import run_job
from tests.labelled import bring_labelled
from tests.reports import make_trained_folder
from tests.test_pages import open_page, words

pytestmark = pytest.mark.usefixtures("seen_by_pages", "looked_at_by_brightness")

FILMS = 24
KINDS = ["square", "disc"] * (FILMS // 2)
CLASSES = ("normal", "viral")


@dataclass(frozen=True)
class Brightness:
    """Stands in for a network: it sees how bright a film is, as a square leaves the rest of its film dark."""

    card: ModelCard
    certainty = SimpleNamespace(calibrated=probabilities)

    @classmethod
    def load(cls, folder: Path) -> "Brightness":
        return cls(read_model_card(folder))

    def forward(self, films: np.ndarray) -> SimpleNamespace:
        bright = films.reshape(len(films), -1).mean(axis=1) / 20
        return SimpleNamespace(
            logits=np.stack([np.zeros(len(films)), *[bright] * (len(self.card.classes) - 1)], axis=1)
        )


@pytest.fixture
def looked_at_by_brightness(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medcore.training.contest.Classifier", Brightness)


def model_of(
    library: Library, folder: Path, *, run_id: int | None = None, dataset_id: int | None = None
) -> ModelVersion:
    make_trained_folder(folder, classes=CLASSES, finding="pneumonia", scope=Scope(("DX",), (), (), None, None))
    return record(library, folder, who="A. Modeller", run_id=run_id, dataset_id=dataset_id)


@pytest.fixture
def candidate(library: Library, settings: Settings, tmp_path: Path) -> ModelVersion:
    """A candidate of this installation, whose 24 test films are of 24 patients."""
    live_model_folder(library, settings)
    labels = [CLASSES[kind == "disc"] for kind in KINDS]
    bring_labelled(library, tmp_path / "films", KINDS, labels, ["test"] * FILMS)
    data = gather(library, 1, CLASSES, "A. Modeller", tmp_path / "gathered")
    plan = TrainingPlan("ours", CLASSES, "pneumonia", "imagenet", "quick", make_recipe("quick", FILMS))
    run = library.trainings.start(1, plan.to_json(), "A. Modeller")
    return model_of(library, tmp_path / "candidate", run_id=run.id, dataset_id=data.dataset.id)


def asked(library: Library, model_id: int) -> Job:
    """Ask for a comparison, and take it out of the queue."""
    number = library.jobs.enqueue(COMPARE, {"model": model_id})
    return next(job for job in iter(lambda: library.jobs.take("test"), None) if job.id == number)


def put_live(library: Library, folder: Path) -> ModelVersion:
    model = model_of(library, folder)
    library.models.promote(model.id, "B. Chief", "meanwhile", override=True)
    return model


def test_after_another_model_went_live_a_candidate_is_compared_with_that_one(
    library: Library, settings: Settings, candidate: ModelVersion, tmp_path: Path
) -> None:
    shipped = library.models.live()
    assert shipped is not None
    run_job(library, settings, asked(library, candidate.id))
    other = put_live(library, tmp_path / "other")
    result = run_job(library, settings, asked(library, candidate.id))
    first, second = library.models.comparisons(candidate.id)
    assert result == {"comparison": second.id, "passes": False}
    assert (first.live_id, second.live_id) == (shipped.id, other.id)
    assert (second.verdict["films"], second.verdict["patients"], second.verdict["left_out"]) == (FILMS, FILMS, 0)
    primary = second.verdict["primary"]
    assert primary["first"] == primary["second"] == 1  # brightness tells squares from discs, and both see it alike


def test_it_is_asked_for_on_the_models_page_which_then_shows_what_the_gate_says(
    library: Library, settings: Settings, candidate: ModelVersion, tmp_path: Path
) -> None:
    put_live(library, tmp_path / "other")
    page = open_page("models.py")
    page.button(key=f"model_compare_{candidate.id}").click().run()
    assert "The gate compares the two models." in words(page)
    (job,) = library.jobs.of_kind(COMPARE)
    taken = next(one for one in iter(lambda: library.jobs.take("test"), None) if one.id == job.id)
    library.jobs.finish(job.id, run_job(library, settings, taken), owner="test")
    page = open_page("models.py")
    assert [one.value for one in page.warning] == ["The gate turns this model away."]
    assert f"{FILMS} test films of {FILMS} patients" in words(page)
    assert f"model_compare_{candidate.id}" not in [one.key for one in page.button]


def test_why_it_failed_stands_beside_the_button_that_asks_again(library: Library, candidate: ModelVersion) -> None:
    job = asked(library, candidate.id)
    library.jobs.fail(job.id, comparing.DELETED)
    page = open_page("models.py")
    assert comparing.DELETED in words(page)
    page.button(key=f"model_compare_{candidate.id}").click().run()
    assert comparing.DELETED not in words(page)
    assert len(library.jobs.of_kind(COMPARE)) == 2


def test_a_model_that_was_not_trained_here_has_no_test_films(library: Library, settings: Settings) -> None:
    live_model_folder(library, settings)
    (shipped,) = library.models.all()
    for number in (shipped.id, 999):
        with pytest.raises(ModelError, match="was not trained here"):
            run_job(library, settings, asked(library, number))


def test_the_live_model_is_not_compared_with_itself(
    library: Library, settings: Settings, candidate: ModelVersion
) -> None:
    library.models.promote(candidate.id, "B. Chief", "now", override=True)
    assert run_job(library, settings, asked(library, candidate.id)) == {}
    assert library.models.comparisons(candidate.id) == ()


def test_a_study_that_is_deleted_while_its_films_are_read_ends_the_comparison(
    library: Library, settings: Settings, candidate: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = comparing.read_part

    def read_and_delete(*args: Any) -> LabelledFilms:
        data = read(*args)
        library.delete_study(data.dataset.images[0].study_id, "A. Reader", "taken back")
        return data

    monkeypatch.setattr(comparing, "read_part", read_and_delete)
    with pytest.raises(ModelError, match="was deleted meanwhile"):
        run_job(library, settings, asked(library, candidate.id))
    assert library.models.comparisons(candidate.id) == ()


@pytest.mark.parametrize(("deleted", "said"), [(5, "Label films of more patients"), (FILMS, "no test films")])
def test_with_too_few_test_films_left_it_says_so(
    deleted: int, said: str, library: Library, settings: Settings, candidate: ModelVersion
) -> None:
    for row in library.studies(StudyQuery()).rows[:deleted]:
        library.delete_study(row.id, "A. Reader", "taken back")
    with pytest.raises(ModelError, match=said):
        run_job(library, settings, asked(library, candidate.id))
