"""The Evaluate page: what to do where there is nothing, a job from a click, figures, errors, and what is deleted."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from medcore.library import Library, NewLabel, StudyQuery
from medcore.library.jobs import EVALUATE
from medcore.settings import Settings
from medcore.worker.evaluating.store import KeptEvaluations
from pages.words import plain
from tests.evaluations import assessed, twelve_films, write_folder
from tests.films import write_film
from tests.test_pages import DISCLAIMER, open_page, words

pytestmark = pytest.mark.usefixtures("seen_by_pages")


@pytest.fixture
def kept(library: Library, settings: Settings, tmp_path: Path) -> str:
    """An evaluation of twelve made-up films."""
    return KeptEvaluations(settings).save(assessed(write_folder(tmp_path / "films", twelve_films())))


def cells(page: AppTest) -> str:
    return "\n".join(one.value.to_string() for one in page.dataframe)


def click(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def test_without_an_evaluation_it_says_what_to_do_next(library: Library) -> None:
    page = open_page("evaluate.py")
    assert not page.exception
    assert DISCLAIMER in words(page)
    assert "No evaluation yet" in words(page)
    assert "Press New evaluation and choose a label set" in words(page)


def test_a_label_set_without_labels_cannot_be_evaluated_and_the_dialog_says_what_helps(library: Library) -> None:
    page = click(open_page("evaluate.py"), "evaluate_new")
    assert "Label some images first" in words(page)
    assert page.button(key="evaluate_go").disabled


def test_a_click_queues_the_job_and_its_failure_is_a_sentence(library: Library, tmp_path: Path) -> None:
    (instance,) = library.add([write_film(tmp_path / "film.dcm")]).instances
    (row,) = library.studies(StudyQuery()).rows
    library.labels.save(NewLabel(1, row.id, instance, ("normal",), "A. Reader", "queue"))
    page = click(click(open_page("evaluate.py"), "evaluate_new"), "evaluate_go")
    job = next(job for job in library.jobs.active() if job.kind == EVALUATE)
    assert job.payload == {"label_set": 1}
    assert not page.exception
    while (taken := library.jobs.take("me")) and taken.id != job.id:
        library.jobs.finish(taken.id)
    library.jobs.fail(job.id, "The model is missing. Restore it.")
    assert plain("The model is missing. Restore it.") in words(page.run())


def test_the_evaluation_that_was_started_here_is_chosen_once_it_is_done(library: Library, kept: str) -> None:
    page = open_page("evaluate.py")
    number = library.jobs.enqueue(EVALUATE, {"label_set": 1})
    library.jobs.take("me")
    library.jobs.finish(number, {"evaluation": kept})
    page.session_state["evaluate_job"] = number
    page.run()
    assert not page.exception
    assert page.selectbox(key="evaluate_chosen").value == kept


def test_figures_with_intervals_and_small_parts_are_shown(kept: str) -> None:
    page = open_page("evaluate.py")
    assert not page.exception
    shown = cells(page)
    for said in ("66.7 % (22.3 to 95.7)", "Mean of the classes", "Sex: female (small)", "Likeliest class is right"):
        assert said in shown
    assert "12 of 12 films (100.0 %), of 12 patients" in words(page)
    assert "95 %, exact for shares" in words(page)


def test_each_class_can_be_asked_for(kept: str) -> None:
    page = open_page("evaluate.py")
    page.segmented_control[0].set_value("Bacterial (where likeliest)").run()
    assert not page.exception
    assert "patients with bacterial, or without" in words(page)


def test_the_worst_errors_are_named(kept: str) -> None:
    page = open_page("evaluate.py")
    assert "1. bacterial; the model: normal 76 %, bacterial 24 %, not called pneumonia." in words(page)
    assert len(page.get("image")) == 3


def test_what_files_call_their_parts_is_no_markdown(library: Library, settings: Settings, tmp_path: Path) -> None:
    films = [film | {"scanner": "**Loud** <b>" if place % 2 else "Other"} for place, film in enumerate(twelve_films())]
    KeptEvaluations(settings).save(assessed(write_folder(tmp_path / "films", films)))
    page = open_page("evaluate.py")
    assert "Scanner: **Loud** <b>" in cells(page)
    assert not [one for one in page.markdown if "Loud" in one.value]


def test_a_class_s_name_is_no_markdown(library: Library, settings: Settings, tmp_path: Path) -> None:
    found = assessed(write_folder(tmp_path / "films", twelve_films()))
    name = "**Loud** [more](//elsewhere)"
    evaluation = found.assessment.evaluation
    questions = tuple(replace(question, name=name) for question in evaluation.questions[:1])
    named = replace(found.assessment, evaluation=replace(evaluation, decision=None, questions=questions))
    KeptEvaluations(settings).save(replace(found, assessment=named))
    page = open_page("evaluate.py")
    assert not page.exception
    assert plain(name) in page.segmented_control[0].options[0]
    assert plain(name) in words(page) and name not in words(page)


def test_an_evaluation_is_deleted_after_asking(kept: str, settings: Settings) -> None:
    page = click(open_page("evaluate.py"), "evaluate_delete")
    assert KeptEvaluations(settings).names() == (kept,)
    page = click(page, "evaluate_delete_go")
    assert KeptEvaluations(settings).names() == ()
    assert "No evaluation yet" in words(page)


def test_a_damaged_evaluation_is_a_sentence(kept: str, settings: Settings) -> None:
    (settings.data_dir / "evaluations" / kept / "evaluation.json").write_text("{}")
    page = open_page("evaluate.py")
    assert not page.exception
    assert "Evaluate the model again" in words(page)
