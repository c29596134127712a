"""The Train and Models pages, run without a browser: what is asked, what is shown, and who decides."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from medcore.library import DatasetImage, EpochRow, Library, ModelVersion, NewLabel, NewModel
from medcore.settings import Settings
from medcore.worker.installed import live_model_folder
from tests.libraries import Bring, make_attributes
from tests.test_pages import open_page, words

pytestmark = pytest.mark.usefixtures("seen_by_pages")
VERDICT: dict[str, Any] = {
    "passes": False,
    "checks": [
        {"name": "Area under the ROC curve", "passed": False, "said": "It must lie above 0."},
        {"name": "Calibration", "passed": True, "said": "Calibration error 0.02."},
    ],
    "films": 60,
    "patients": 58,
    "left_out": 3,
    "changed": [],
}


@pytest.fixture
def labelled(library: Library, bring: Bring) -> list[DatasetImage]:
    """Forty patients, half of them normal, half viral."""
    summary = bring(*(make_attributes() for _ in range(40)))
    images = []
    for number, (study, instance) in enumerate(zip(summary.studies, summary.instances, strict=True)):
        name = ("normal", "viral")[number % 2]
        library.labels.save(NewLabel(1, study, instance, (name,), "A. Reader", "queue"))
        images.append(DatasetImage(instance, study, number, f"{number:02d}" * 32, (name,), "test"))
    return images


@pytest.fixture
def candidate(library: Library, settings: Settings, labelled: list[DatasetImage]) -> ModelVersion:
    """A candidate that the gate has turned away, and the training that made it."""
    live_model_folder(library, settings)
    live = library.models.live()
    assert live is not None
    page = open_train()
    press(page, "Start training")
    for job in iter(lambda: library.jobs.take("test"), None):
        if job.kind == "train":
            break
        library.jobs.finish(job.id, owner="test")
    (run,) = library.trainings.all()
    library.trainings.save_epoch(run.id, EpochRow(1, 0.7, 0.6, 0.8))
    dataset = library.datasets.save(1, labelled, "A. Reader")
    folder = library.models_folder / "candidate"
    folder.mkdir()
    (folder / "model.json").write_text("{}")
    model = library.models.add(NewModel("candidate 1", "candidate", "ab" * 32, "A. Reader", run.id, dataset))
    library.models.save_comparison(model.id, live.id, dataset, passes=False, verdict=VERDICT)
    library.jobs.finish(job.id, {"model": model.id}, owner="test")
    return model


def open_train(reader: str = "A. Reader") -> AppTest:
    page = open_page("train.py")
    page.session_state["reader_name"] = reader
    return page.run()


def press(page: AppTest, label: str) -> AppTest:
    (button,) = (one for one in page.button if one.label == label)
    button.click().run()
    assert not page.exception
    return page


def test_without_labels_the_page_says_where_they_come_from(library: Library) -> None:
    assert "on the Label page" in words(open_train())


def test_too_few_patients_keep_a_training_from_beginning(library: Library, bring: Bring) -> None:
    summary = bring(*(make_attributes() for _ in range(4)))
    for number, (study, instance) in enumerate(zip(summary.studies, summary.instances, strict=True)):
        label = NewLabel(1, study, instance, (("normal", "viral")[number % 2],), "A. Reader", "queue")
        library.labels.save(label)
    page = open_train()
    assert any(warning.value.startswith("Too few patients have normal") for warning in page.warning)
    assert next(one for one in page.button if one.label == "Start training").disabled


def test_nobody_starts_a_training_without_a_name(library: Library, labelled: list[DatasetImage]) -> None:
    page = open_train(reader="")
    assert next(one for one in page.button if one.label == "Start training").disabled


def test_a_training_is_started_with_what_was_chosen(library: Library, labelled: list[DatasetImage]) -> None:
    page = open_train()
    assert "on this machine" in words(page)
    page.button_group(key="train_preset").set_value("quick").run()
    press(page, "Start training")
    (run,) = library.trainings.all()
    assert (run.plan["preset"], run.plan["classes"], run.plan["finding"]) == ("quick", ["normal", "viral"], "pneumonia")
    assert run.who == "A. Reader"
    assert "It waits for the background to begin." in str([one.proto for one in page.main])


def test_a_training_can_be_of_several_findings_a_film(library: Library, bring: Bring) -> None:
    shapes = library.labels.create_set("Shapes", ["square", "disc"], several=True, who="A. Reader")
    summary = bring(*(make_attributes() for _ in range(60)))
    for number, (study, instance) in enumerate(zip(summary.studies, summary.instances, strict=True)):
        given = ((), ("square",), ("square", "disc"))[number % 3]
        library.labels.save(NewLabel(shapes.id, study, instance, given, "A. Reader", "queue"))
    page = open_train()
    page.selectbox(key="train_set").set_value(shapes).run()
    (counts,) = (table for table in page.table if "Images" in table.value)
    assert [list(row) for row in counts.value.to_numpy()] == [
        ["no finding", "20", "20"],
        ["square", "40", "40"],
        ["disc", "20", "20"],
    ]
    press(page, "Start training")
    (run,) = library.trainings.all()
    assert (run.plan["classes"], run.plan["several"]) == (["no finding", "square", "disc"], True)


def test_a_running_training_shows_its_curves_and_can_be_paused(library: Library, labelled: list[DatasetImage]) -> None:
    press(open_train(), "Start training")
    (training,) = library.jobs.of_kind("train")
    while (job := library.jobs.take("test")) is not None and job.id != training.id:
        library.jobs.finish(job.id, owner="test")
    library.trainings.save_epoch(library.trainings.all()[0].id, EpochRow(1, 0.7, 0.6, 0.8))
    library.jobs.heartbeat(training.id, (5, 20), working_on={"stage": "training"})
    page = open_train()
    assert len(page.get("plotly_chart")) == 2
    press(page, "Pause")
    now = library.jobs.get(training.id)
    assert now is not None and now.wish == "pause"
    library.jobs.give_back(training.id, counted=False)
    press(open_train(), "Resume")
    now = library.jobs.get(training.id)
    assert now is not None and now.state == "queued"


def test_a_training_that_failed_says_why(library: Library, labelled: list[DatasetImage]) -> None:
    press(open_train(), "Start training")
    (training,) = library.jobs.of_kind("train")
    while (job := library.jobs.take("test")) is not None and job.id != training.id:
        library.jobs.finish(job.id, owner="test")
    library.jobs.fail(training.id, "The training ended because the disk is full.")
    page = open_train()
    assert page.error[0].value.startswith("The training ended because the disk is full")
    press(page, "Train again")
    assert any(one.label == "Start training" for one in page.button)


def test_the_gate_s_checks_stand_beside_each_other(library: Library, candidate: ModelVersion) -> None:
    page = open_train()
    assert page.warning[0].value == "The gate turns this model away."
    shown = words(page)
    assert "60 test films of 58 patients" in shown and "3 films of patients known" in shown


def test_a_turned_away_candidate_goes_live_only_by_name_reason_and_override(
    library: Library, candidate: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medcore.worker.promoting._check", lambda library, model: None)
    page = open_train()
    page.text_input(key=f"model_who_{candidate.id}").set_value("B. Chief")
    page.text_input(key=f"model_reason_{candidate.id}").set_value("for show")
    press(page, "Make it live")
    assert "override the gate" in page.error[0].value
    page.checkbox(key=f"model_override_{candidate.id}").check()
    press(page, "Make it live")
    live = library.models.live()
    assert live == candidate
    newest = library.models.history()[-1]
    assert (newest.how, newest.who, newest.reason) == ("gate overridden", "B. Chief", "for show")


def test_the_time_line_says_what_was_live_when_and_why_and_goes_back(
    library: Library, candidate: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medcore.worker.promoting._check", lambda library, model: None)
    library.models.promote(candidate.id, "B. Chief", "for show", override=True)
    page = open_page("models.py").run()
    shipped = library.models.all()[0]
    page.text_input(key=f"model_who_{shipped.id}").set_value("B. Chief")
    page.text_input(key=f"model_reason_{shipped.id}").set_value("the show is over")
    press(page, "Roll back to this model")
    live = library.models.live()
    assert live is not None and live.id == shipped.id
    assert list(page.table[0].value["How"]) == ["Rolled back", "Gate overridden", "Shipped with MedCore"]
