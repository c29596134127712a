"""From labels to a candidate, through the gate, live, and back: one real training of drawn films."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medcore.classifier import Classifier, read_model_card
from medcore.classifier.card import CARD_FILE
from medcore.errors import LibraryError, ModelError
from medcore.library import Job, Library
from medcore.library.jobs import PRIORITY_URGENT
from medcore.settings import Settings
from medcore.training.asked import Asked, start_training
from medcore.training.plan import make_recipe
from medcore.training.recipe import Phase
from medcore.worker.answers import Model
from medcore.worker.evaluating.asking import AskedFilms
from medcore.worker.evaluating.assess import assess, known_films
from medcore.worker.evaluating.library_cases import library_cases
from medcore.worker.installed import live_model_folder, model_folder
from medcore.worker.kinds import run_job
from medcore.worker.promoting import promote, roll_back
from medcore.worker.train import train
from tests.labelled import bring_labelled

pytestmark = pytest.mark.filterwarnings(  # Keras copies its variables as NumPy 1 did
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)

SPLITS = ["test"] * 24 + ["validation"] * 8 + ["train"] * 32
KINDS = ["square", "disc"] * 32
RECIPE = replace(make_recipe("quick", 28), phases=(Phase(96, 4),))


@pytest.fixture
def asked(library: Library, tmp_path: Path) -> Asked:
    labels = ["viral" if kind == "disc" else "normal" for kind in KINDS]  # to the shipped model, squares look ill
    bring_labelled(library, tmp_path / "films", KINDS, labels, SPLITS)
    return Asked("Findings in Review", finding="disc", start="imagenet", name="discs", recipe=RECIPE)


def work(library: Library, settings: Settings) -> list[Job]:
    """Do all jobs in this process."""
    ended = []
    while (job := library.jobs.take("test")) is not None:
        result = run_job(library, settings, job)
        if result is None:
            library.jobs.give_back(job.id, owner="test", counted=False)
        else:
            library.jobs.finish(job.id, result, owner="test")
        ended.append(library.jobs.get(job.id) or job)
    return ended


def state(library: Library, job_id: int) -> str:
    job = library.jobs.get(job_id)
    assert job is not None
    return job.state


def answers(library: Library) -> dict[int, tuple[int, float | None]]:
    """Map each study to the answer that stands, by number and probability."""
    found = {row.id: library.study_answer(row.id) for row in library.studies().rows}
    return {study: (answer.id, answer.pneumonia) for study, answer in found.items() if answer is not None}


def test_from_labels_to_a_live_model_and_back(library: Library, settings: Settings, asked: Asked) -> None:
    live_model_folder(library, settings)
    shipped = library.models.live()
    assert shipped is not None
    work(library, settings)
    before = answers(library)
    run = start_training(library, asked, "A. Modeller")
    with pytest.raises(LibraryError, match="under way"):
        start_training(library, asked, "A. Modeller")
    [job] = work(library, settings)
    assert job.state == "done"
    (said,) = library.models.comparisons(job.result["model"])
    checks = {check["name"]: check["passed"] for check in said.verdict["checks"]}
    assert checks["Area under the ROC curve"]
    assert not checks["Classes"] and not said.passes  # it no longer tells bacterial from the others
    assert [epoch.epoch for epoch in library.trainings.epochs(run.id)] == [1, 2, 3, 4]
    model = library.models.all()[-1]
    assert (model.run_id, model.who, model.name.split()[0]) == (run.id, "A. Modeller", "discs")
    assert not any(library.training_folder.iterdir())
    assert library.models.live() == shipped

    promote(library, model, "A. Modeller", "it finds discs", override=True)
    work(library, settings)
    now = answers(library)
    assert now.keys() == before.keys() and not {number for number, _ in now.values()} & {
        number for number, _ in before.values()
    }
    roll_back(library, shipped, "A. Modeller", "pneumonia again")
    work(library, settings)
    assert answers(library) == before

    card = model_folder(library, model) / CARD_FILE
    card.write_bytes(card.read_bytes().replace(b"disc", b"disk"))
    with pytest.raises(ModelError, match="not the one"):
        promote(library, model, "A. Modeller", "again")


def test_a_film_can_have_several_findings_from_labels_to_a_live_model(
    library: Library, settings: Settings, tmp_path: Path
) -> None:
    label_set = library.labels.create_set("Shapes", ["square", "disc"], several=True, who="A. Reader")
    kinds = ["square", "disc", "both", "none"] * 24
    has = {"square": ("square",), "disc": ("disc",), "both": ("square", "disc"), "none": ()}
    splits = ["test"] * 24 + ["validation"] * 12 + ["train"] * 60
    bring_labelled(library, tmp_path / "films", kinds, [has[kind] for kind in kinds], splits, label_set.id)
    recipe = replace(RECIPE, phases=(Phase(96, 6),))
    start_training(library, Asked("Shapes", start="imagenet", name="shapes", recipe=recipe), "A. Modeller")
    job = next(job for job in work(library, settings) if job.kind == "train")
    assert job.state == "done", job.error
    assert set(job.result["learning curve"][-1]["areas"]) == {"square", "disc"}
    model = library.models.all()[-1]
    folder = model_folder(library, model)
    card = read_model_card(folder)
    assert (card.classes, card.finding, card.several) == (("no finding", "square", "disc"), "finding", True)
    assert card.training_data.films["test"] == {"no finding": 6, "square": 12, "disc": 12}

    promote(library, model, "A. Modeller", "it finds several", override=True)
    work(library, settings)
    stored = [library.study_answer(row.id) for row in library.studies().rows]
    assert all(one is not None and one.state == "answered" for one in stored)
    shares = [one.probabilities for one in stored if one is not None]
    assert max(sum(by_class.values()) for by_class in shares) > 1.2
    cases = library_cases(library, label_set, card)
    found = assess(Model(folder), cases, known_films(folder, card), AskedFilms(tmp_path / "asked"), resamples=20)
    assert found is not None
    assert found.assessment.cover.known == 72  # trained, calibrated and chosen on
    evaluation = found.assessment.evaluation
    assert [question.name for question in evaluation.all_questions] == ["finding", "square", "disc"]
    assert evaluation.films == 24
    areas = {question.name: question.figures.auc.value for question in evaluation.all_questions}
    assert min(areas.values()) > 0.8, areas


def test_a_training_pauses_lets_urgent_work_pass_and_ends_when_cancelled(
    library: Library, settings: Settings, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medcore.worker.desk.LOOK_S", 0.0)
    start_training(library, asked, "A. Modeller")
    while (training := library.jobs.take("test")) is not None and training.kind != "train":
        library.jobs.finish(training.id, owner="test")
    assert training is not None
    urgent = library.jobs.enqueue("predict", {}, PRIORITY_URGENT)

    def other_work(library: Library, settings: Settings, job: Job) -> dict[str, Any]:
        assert job.id == urgent
        library.jobs.wish(training.id, "pause")
        return {}

    assert train(library, settings, training, other_work) is None
    library.jobs.give_back(training.id, owner="test", counted=False)
    assert [state(library, number) for number in (urgent, training.id)] == ["done", "paused"]
    library.jobs.wish(training.id, "cancel")
    again = library.jobs.take("test")
    assert again is not None and again.id == training.id
    assert train(library, settings, again, other_work) is None
    library.jobs.give_back(training.id, owner="test", counted=False)
    assert state(library, training.id) == "cancelled"
    assert not list(library.training_folder.iterdir())


def test_a_changed_byte_in_a_trained_model_keeps_it_from_loading(
    library: Library, settings: Settings, tmp_path: Path
) -> None:
    folder = live_model_folder(library, settings)
    network = folder / "model.keras"
    damaged = bytearray(network.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    network.chmod(0o600)
    network.write_bytes(damaged)
    with pytest.raises(ModelError, match="SHA-256"):
        Classifier.load(folder)
