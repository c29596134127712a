"""Readings, verdicts and addenda: what was said stays as it was said."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from medcore.errors import LibraryError
from medcore.library import Library, NewReading, NewVerdict, Reading, StudyQuery
from medcore.library.standing import contradicts
from medcore.settings import Settings
from tests.libraries import LIVE, Bring, make_answer, make_attributes

Said = tuple[Library, int, int]


@pytest.fixture
def film(library: Library, bring: Bring) -> Said:
    """A library with one study of one film: the study's and the film's number."""
    summary = bring(make_attributes(patient_age_years=None))
    return library, summary.studies[0], summary.instances[0]


def read(film: Said, **values: Any) -> Reading:
    library, study_id, instance_id = film
    return library.save_reading(study_id, NewReading(**{"instance_id": instance_id, "reader": "A. Reader"} | values))


def status(library: Library) -> str:
    return library.studies().rows[0].status


def test_a_reading_is_kept_with_who_when_and_the_answer_that_was_shown(film: Said) -> None:
    library, study_id, instance_id = film
    library.save_prediction(instance_id, make_answer(0.2))
    saved = read(film, finding="viral", side="both", confidence="low")
    library.save_prediction(instance_id, make_answer(0.9, model_version="test 2"))
    (kept,) = library.readings(study_id)
    assert kept == saved
    assert (kept.reader, kept.finding, kept.side, kept.confidence) == ("A. Reader", "viral", "both", "low")
    shown = library.prediction(kept.prediction_id or 0)
    assert shown is not None
    assert shown.pneumonia == 0.2
    assert kept.created_at.tzinfo is not None


@pytest.mark.parametrize(
    "values",
    [
        {"finding": "fracture"},
        {"finding": ""},
        {"finding": "normal", "side": "up"},
        {"finding": "normal", "reader": " "},
        {"finding": "normal", "confidence": "99"},
        {"finding": "normal", "instance_id": 99},
    ],
)
def test_a_reading_with_a_value_that_is_not_offered_is_refused(film: Said, values: dict[str, Any]) -> None:
    with pytest.raises(LibraryError):
        read(film, **values)
    assert film[0].readings(film[1]) == ()


def test_revealing_without_reading_shows_the_answer_but_leaves_the_study_to_read(film: Said) -> None:
    library, study_id, instance_id = film
    library.save_prediction(instance_id, make_answer(0.3))
    read(film, revealed_without_reading=True)
    (row,) = library.studies().rows
    assert (row.status, row.reader_said, row.model_said) == ("to read", "", "No pneumonia, 30 %")
    assert library.readings(study_id)[0].revealed_without_reading


def test_an_addendum_changes_what_stands_and_nothing_of_what_was_said(film: Said) -> None:
    library, study_id, _ = film
    first = read(film, finding="normal")
    library.add_addendum(first.id, "B. Reader", "Seen again: fluid at the base.", "effusion", "left")
    library.add_addendum(first.id, "B. Reader", "Discussed with the ward.")
    (kept,) = library.readings(study_id)
    assert (kept.finding, kept.final_finding, kept.final_side) == ("normal", "effusion", "left")
    assert [addendum.text for addendum in kept.addenda] == [
        "Seen again: fluid at the base.",
        "Discussed with the ward.",
    ]
    assert library.studies().rows[0].reader_said == "Effusion, left"


def test_a_verdict_is_given_once(film: Said) -> None:
    library, _, instance_id = film
    library.save_prediction(instance_id, make_answer())
    reading = read(film, finding="viral")
    library.save_verdict(reading.id, NewVerdict("A. Reader", "accept"))
    with pytest.raises(LibraryError, match="addendum"):
        library.save_verdict(reading.id, NewVerdict("A. Reader", "reject", reason="looked again"))


def test_rejecting_and_amending_ask_for_a_reason(film: Said) -> None:
    reading = read(film, finding="viral")
    with pytest.raises(LibraryError, match="why"):
        film[0].save_verdict(reading.id, NewVerdict("A. Reader", "reject"))


def test_a_verdict_after_a_reveal_without_reading_must_name_the_finding(film: Said) -> None:
    library, study_id, instance_id = film
    library.save_prediction(instance_id, make_answer())
    reading = read(film, revealed_without_reading=True)
    with pytest.raises(LibraryError, match="finding"):
        library.save_verdict(reading.id, NewVerdict("A. Reader", "accept"))
    library.save_verdict(reading.id, NewVerdict("A. Reader", "accept", "bacterial", "right"))
    assert library.readings(study_id)[0].final_finding == "bacterial"
    assert status(library) == "read"


@pytest.mark.parametrize(
    ("finding", "pneumonia", "action", "expected"),
    [
        ("normal", 0.9, None, "disagreed"),
        ("viral", 0.9, None, "read"),
        ("effusion", 0.1, None, "read"),
        ("effusion", 0.9, None, "disagreed"),
        ("cannot say", 0.9, None, "read"),
        ("viral", 0.9, "accept", "read"),
        ("viral", 0.9, "reject", "disagreed"),
        ("viral", 0.9, "amend", "disagreed"),
    ],
)
def test_disagreement_is_found(film: Said, finding: str, pneumonia: float, action: str | None, expected: str) -> None:
    library, _, instance_id = film
    library.save_prediction(instance_id, make_answer(pneumonia))
    reading = read(film, finding=finding)
    if action:
        library.save_verdict(reading.id, NewVerdict("A. Reader", action, reason="seen before"))
    assert status(library) == expected
    assert library.studies(StudyQuery(status="disagreed")).total == (expected == "disagreed")
    assert library.studies(StudyQuery(status="read")).total == 1
    assert library.studies(StudyQuery(status="to read")).total == 0


def test_an_answer_that_comes_after_the_reading_can_still_be_judged(film: Said) -> None:
    library, study_id, instance_id = film
    reading = read(film, finding="normal")
    assert reading.prediction_id is None
    library.save_prediction(instance_id, make_answer(0.9))
    (later,) = library.readings(study_id)
    answer = library.study_answer(study_id)
    assert answer is not None
    assert later.prediction_id == answer.id
    assert status(library) == "disagreed"
    verdict = library.save_verdict(reading.id, NewVerdict("A. Reader", "accept", "viral"))
    assert verdict.prediction_id == answer.id


def test_without_an_answer_nobody_disagrees() -> None:
    assert not contradicts("normal", None)


def test_a_model_of_other_classes_contradicts_nobody() -> None:
    shares = {"benign": 0.1, "malignant": 0.9}
    assert not contradicts("normal", make_answer(0.9, decision="malignant", probabilities=shares))


def test_labels_may_have_spaces_in_their_names(film: Said) -> None:
    library, study_id, instance_id = film
    shares = {"normal or benign": 0.1, "malignant": 0.9}
    for labels in (("normal or benign",), ("normal or benign", "malignant"), ()):
        library.save_prediction(instance_id, make_answer(probabilities=shares, not_ruled_out=labels))
        answer = library.study_answer(study_id)
        assert answer is not None and answer.not_ruled_out == labels


def test_a_study_shows_its_highest_answer_and_says_which_film(library: Library, bring: Bring) -> None:
    first = make_attributes(instance_number=1)
    shared = {name: getattr(first, name) for name in ("patient_id", "patient_name", "study_instance_uid")}
    summary = bring(first, make_attributes(instance_number=2, **shared), make_attributes(instance_number=3, **shared))
    study_id, films = summary.studies[0], summary.instances
    library.save_predictions(
        [
            (films[0], make_answer(0.4)),
            (films[1], make_answer(0.95)),
            (films[2], replace(make_answer(), state="refused", reason="Outside.", pneumonia=None)),
        ]
    )
    answer = library.study_answer(study_id)
    assert answer is not None
    assert answer.instance_id == films[1]
    library.save_reading(study_id, NewReading(films[0], "A. Reader", "viral"))
    assert library.studies().rows[0].model_said == "Pneumonia, 95 % (film 2 of 3)"


def bring_two(library: Library, bring: Bring, **values: Any) -> tuple[int, int, int]:
    """Bring in a study of two films, one after the other's answer of 10 %; the study's and the films' numbers."""
    first = make_attributes(**values)
    shared = {name: getattr(first, name) for name in ("patient_id", "patient_name", "study_instance_uid")}
    summary = bring(first)
    library.save_prediction(summary.instances[0], make_answer(0.1))
    later = bring(make_attributes(**(shared | values)))
    return summary.studies[0], summary.instances[0], later.instances[0]


def test_a_study_has_no_answer_until_all_of_its_films_have_one(library: Library, bring: Bring) -> None:
    study_id, first, second = bring_two(library, bring)
    assert library.study_answer(study_id) is None
    assert (library.looking(study_id).done, library.looking(study_id).total) == (1, 2)
    reading = library.save_reading(study_id, NewReading(first, "A. Reader", "normal"))
    assert reading.prediction_id is None
    assert library.studies().rows[0].model_said == ""
    library.save_prediction(second, make_answer(0.95))
    answer = library.study_answer(study_id)
    assert answer is not None
    assert (answer.instance_id, answer.pneumonia) == (second, 0.95)
    assert library.readings(study_id)[0].prediction_id == answer.id
    (row,) = library.studies().rows
    assert (row.model_said, row.status) == ("Pneumonia, 95 % (film 2 of 2)", "disagreed")


def test_a_reading_keeps_the_first_whole_answer_and_the_worklist_says_what_is_new(
    library: Library, bring: Bring
) -> None:
    first = make_attributes()
    shared = {name: getattr(first, name) for name in ("patient_id", "patient_name", "study_instance_uid")}
    summary = bring(first)
    (study_id,) = summary.studies
    library.save_reading(study_id, NewReading(summary.instances[0], "A. Reader", "normal"))
    library.save_prediction(summary.instances[0], make_answer(0.1))
    bound = library.readings(study_id)[0].prediction_id
    added = bring(make_attributes(**shared)).instances[0]
    assert library.study_answer(study_id) is None
    assert library.studies().rows[0].model_said == ""
    library.save_prediction(added, make_answer(0.95))
    assert library.readings(study_id)[0].prediction_id == bound
    assert library.studies().rows[0].model_said == "Pneumonia, 95 % (film 2 of 2), new since the reading"


def test_answers_of_two_models_do_not_make_a_whole_one(library: Library, bring: Bring) -> None:
    study_id, first, second = bring_two(library, bring)
    library.save_prediction(second, make_answer(0.2, model_version="test 2"))
    assert library.study_answer(study_id) is None
    library.save_prediction(first, make_answer(0.3, model_version="test 2"))
    answer = library.study_answer(study_id)
    assert answer is not None
    assert answer.pneumonia == 0.3


def test_a_reading_after_another_is_not_blind_and_says_so(film: Said) -> None:
    library, study_id, instance_id = film
    library.save_prediction(instance_id, make_answer())
    revealed = read(film, revealed_without_reading=True)
    again = read(film, finding="viral", reader="B. Reader")
    assert [one.answer_seen_before for one in (revealed, again)] == [False, True]
    kept = [(one.revealed_without_reading, one.answer_seen_before) for one in library.readings(study_id)]
    assert kept == [(True, False), (False, True)]


def test_an_age_that_another_film_of_the_study_gives_counts_for_all_of_them(library: Library, bring: Bring) -> None:
    study_id, ageless, with_age = bring_two(library, bring, patient_age_years=None)
    assert library.study_ages([ageless, with_age]) == {}
    first = library.study(study_id).instances[0].attributes
    shared = {name: getattr(first, name) for name in ("patient_id", "patient_name", "study_instance_uid")}
    library.save_predictions([(one, make_answer(state="needs age")) for one in (ageless, with_age)])
    lateral = bring(make_attributes(view_position="LL", patient_age_years=4.0, **shared))
    assert library.study_ages([ageless, with_age, *lateral.instances]) == {ageless: 4.0, with_age: 4.0}
    (job,) = [job for job in library.jobs.active() if job.payload.get("intake", 0) == 3]
    assert library.unpredicted(LIVE, intake_id=job.payload["intake"]) == [ageless, with_age, *lateral.instances]
    with pytest.raises(LibraryError, match="files say"):
        library.state_age(study_id, 4, "A. Reader")


def test_an_age_in_a_later_file_counts_before_the_stated_one(film: Said, bring: Bring) -> None:
    library, study_id, instance_id = film
    library.state_age(study_id, 3, "A. Reader")
    assert library.study_ages([instance_id]) == {instance_id: 3.0}
    known = library.study(study_id).instances[0].attributes
    shared = {name: getattr(known, name) for name in ("patient_id", "patient_name", "study_instance_uid")}
    bring(make_attributes(patient_age_years=7.0, **shared))
    assert library.study_ages([instance_id]) == {instance_id: 7.0}
    assert library.study(study_id).age_text == library.studies().rows[0].age_text == "7 years"


def test_maps_come_back_as_they_were_given(film: Said) -> None:
    library, study_id, instance_id = film
    given = make_answer(map_scale=0.7, maps={"pneumonia": np.random.default_rng(1).random((7, 7), dtype=np.float32)})
    library.save_prediction(instance_id, given)
    kept = library.predictions(study_id)[instance_id]
    np.testing.assert_array_equal(kept.maps["pneumonia"], given.maps["pneumonia"])
    assert kept.probabilities == given.probabilities
    assert kept.map_scale == 0.7


@pytest.mark.parametrize("labels", [("normal", "viral"), (), None])
def test_how_sure_an_answer_was_comes_back_as_it_was_given(film: Said, labels: tuple[str, ...] | None) -> None:
    library, study_id, instance_id = film
    given = {"pneumonia_low": 0.72, "pneumonia_high": 0.9, "operating_point": "balanced", "not_ruled_out": labels}
    library.save_prediction(instance_id, make_answer(0.8, **given))
    kept = library.predictions(study_id)[instance_id]
    assert {name: getattr(kept, name) for name in given} == given


def test_an_answer_for_an_image_that_was_deleted_meanwhile_is_let_go(film: Said) -> None:
    library, study_id, instance_id = film
    library.delete_study(study_id, "A. Reader", "sent twice")
    library.save_prediction(instance_id, make_answer())
    assert library.studies().total == 0


def test_a_stated_age_is_shown_as_such_and_asks_for_another_look(film: Said) -> None:
    library, study_id, instance_id = film
    library.save_prediction(instance_id, make_answer(state="needs age"))
    assert library.unpredicted(LIVE, study_id=study_id) == []
    library.state_age(study_id, 3.0, "A. Reader")
    study = library.study(study_id)
    assert (study.age_text, study.age_years, study.age_stated) == ("3 years (stated)", 3.0, True)
    assert library.study_ages([instance_id]) == {instance_id: 3.0}
    assert library.unpredicted(LIVE, study_id=study_id) == [instance_id]
    urgent = library.jobs.active()[0]
    assert (urgent.kind, urgent.payload) == ("predict", {"study": study_id})


@pytest.mark.parametrize("years", [-1, 131, float("nan")])
def test_an_impossible_age_is_refused(film: Said, years: float) -> None:
    with pytest.raises(LibraryError, match="between 0 and 130"):
        film[0].state_age(film[1], years, "A. Reader")


def test_an_age_in_the_files_cannot_be_stated_away(library: Library, bring: Bring) -> None:
    (study_id,) = bring(make_attributes(patient_age_years=61.0)).studies
    with pytest.raises(LibraryError, match="files say"):
        library.state_age(study_id, 4, "A. Reader")


@pytest.mark.parametrize(
    "table", ["reading", "later_answer", "verdict", "addendum", "prediction", "saliency_map", "stated_age"]
)
def test_the_tables_themselves_refuse_to_change_what_was_said(film: Said, settings: Settings, table: str) -> None:
    library, study_id, instance_id = film
    reading = read(film, finding="viral")
    library.save_prediction(instance_id, make_answer())
    library.save_verdict(reading.id, NewVerdict("A. Reader", "accept"))
    library.add_addendum(reading.id, "A. Reader", "Seen.")
    library.state_age(study_id, 4, "A. Reader")
    column = {"stated_age": "years", "prediction": "state", "saliency_map": "cells"}.get(table, "reader")
    column = "prediction_id" if table == "later_answer" else column
    with closing(sqlite3.connect(settings.data_dir / "library" / "library.sqlite")) as connection:
        for statement in (f"UPDATE {table} SET {column} = 1", f"DELETE FROM {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="stays as it was saved"):
                connection.execute(statement)


@pytest.fixture
def tables(settings: Settings) -> Callable[[str], int]:
    """Count a table's rows, past the library."""

    def count(table: str) -> int:
        with closing(sqlite3.connect(settings.data_dir / "library" / "library.sqlite")) as connection:
            (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(rows)

    return count


def test_deleting_a_study_takes_all_that_was_said_of_it_and_nothing_else(
    library: Library, bring: Bring, tables: Callable[[str], int]
) -> None:
    summary = bring(make_attributes(patient_age_years=None), make_attributes(patient_age_years=None))
    for study_id, instance_id in zip(summary.studies, summary.instances, strict=True):
        library.save_prediction(instance_id, make_answer())
        reading = library.save_reading(study_id, NewReading(instance_id, "A. Reader", "viral"))
        library.save_verdict(reading.id, NewVerdict("A. Reader", "accept"))
        library.add_addendum(reading.id, "A. Reader", "Seen.")
        library.state_age(study_id, 4, "A. Reader")
    library.delete_study(summary.studies[0], "A. Reader", "sent twice")
    for table in ("patient", "study", "series", "instance", "prediction", "saliency_map", "reading", "verdict",
                  "addendum", "stated_age", "deletion"):  # fmt: skip
        assert tables(table) == 1, table
    assert library.study(summary.studies[1]).instances[0].path.is_file()
