"""Which model is live is a person's act on record: nothing of it is ever changed."""

import pytest
from sqlalchemy import text

from medcore.errors import LibraryError, MissingError
from medcore.library import Library, ModelVersion, NewLabel, NewModel, NewReading
from medcore.library.records import DatasetImage
from tests.libraries import Bring, make_answer, make_attributes


def add(library: Library, name: str) -> ModelVersion:
    return library.models.add(NewModel(name, name, name[0] * 64, "A. Modeller"))


@pytest.fixture
def live(library: Library) -> ModelVersion:
    model = add(library, "shipped 1")
    library.models.make_first_live(model, "It ships.")
    return model


@pytest.fixture
def dataset(library: Library, bring: Bring) -> int:
    summary = bring(make_attributes())
    library.labels.save(NewLabel(1, summary.studies[0], summary.instances[0], ("viral",), "A. Reader", "queue"))
    image = DatasetImage(summary.instances[0], summary.studies[0], 1, "ab" * 32, ("viral",), "test")
    return library.datasets.save(1, [image], "A. Reader")


def compare(library: Library, model: ModelVersion, live: ModelVersion, dataset: int, *, passes: bool) -> None:
    library.models.save_comparison(model.id, live.id, dataset, passes=passes, verdict={"checks": []})


def test_the_shipped_model_is_live_until_a_person_says_otherwise(library: Library, live: ModelVersion) -> None:
    assert library.models.live() == live
    newer = add(library, "shipped 2")
    library.models.make_first_live(newer, "It ships.")
    assert library.models.live() == newer


def test_an_update_of_medcore_does_not_take_a_trained_model_s_place(library: Library, live: ModelVersion) -> None:
    trained = add(library, "trained 1")
    library.models.promote(trained.id, "A. Modeller", "better", override=True)
    library.models.make_first_live(add(library, "shipped 2"), "It ships.")
    assert library.models.live() == trained


def test_a_model_that_passed_the_gate_beside_the_live_one_goes_live(
    library: Library, live: ModelVersion, dataset: int
) -> None:
    model = add(library, "trained 1")
    compare(library, model, live, dataset, passes=True)
    promotion = library.models.promote(model.id, " A.  Modeller ", "better by 0.02")
    assert (promotion.how, promotion.who, promotion.reason) == ("passed the gate", "A. Modeller", "better by 0.02")
    assert promotion.comparison_id == library.models.comparisons(model.id)[0].id
    assert library.models.live() == model


def test_a_model_that_the_gate_turned_away_goes_live_only_by_name_and_reason(
    library: Library, live: ModelVersion, dataset: int
) -> None:
    model = add(library, "trained 1")
    compare(library, model, live, dataset, passes=False)
    with pytest.raises(LibraryError, match="override the gate"):
        library.models.promote(model.id, "A. Modeller", "I want it")
    with pytest.raises(LibraryError, match="who decides and why"):
        library.models.promote(model.id, "A. Modeller", " ", override=True)
    assert library.models.live() == live
    assert library.models.promote(model.id, "A. Modeller", "for show", override=True).how == "gate overridden"


def test_a_pass_beside_another_model_than_the_live_one_does_not_count(
    library: Library, live: ModelVersion, dataset: int
) -> None:
    first, second = add(library, "trained 1"), add(library, "trained 2")
    compare(library, first, live, dataset, passes=True)
    compare(library, second, live, dataset, passes=True)
    library.models.promote(second.id, "A. Modeller", "better")
    with pytest.raises(LibraryError, match="Compare them again"):
        library.models.promote(first.id, "A. Modeller", "better")


def test_the_newest_word_of_the_gate_counts(library: Library, live: ModelVersion, dataset: int) -> None:
    model = add(library, "trained 1")
    compare(library, model, live, dataset, passes=True)
    compare(library, model, live, dataset, passes=False)
    with pytest.raises(LibraryError, match="has not let this model through"):
        library.models.promote(model.id, "A. Modeller", "better")


def test_going_back_is_possible_to_what_was_live_and_to_nothing_else(library: Library, live: ModelVersion) -> None:
    model, never = add(library, "trained 1"), add(library, "trained 2")
    library.models.promote(model.id, "A. Modeller", "better", override=True)
    with pytest.raises(LibraryError, match="never live"):
        library.models.roll_back(never.id, "A. Modeller", "worse")
    with pytest.raises(LibraryError, match="live already"):
        library.models.roll_back(model.id, "A. Modeller", "worse")
    with pytest.raises(MissingError):
        library.models.roll_back(999, "A. Modeller", "worse")
    library.models.roll_back(live.id, "A. Modeller", "worse on our films")
    assert library.models.live() == live
    assert [(one.model_id, one.how) for one in library.models.history()] == [
        (live.id, "shipped"),
        (model.id, "gate overridden"),
        (live.id, "rolled back"),
    ]


def test_a_model_of_the_same_name_with_other_files_is_refused(library: Library, live: ModelVersion) -> None:
    assert library.models.add(NewModel("shipped 1", "elsewhere", "s" * 64, "MedCore")) == live
    with pytest.raises(LibraryError, match="not those that it had"):
        library.models.add(NewModel("shipped 1", "elsewhere", "x" * 64, "MedCore"))


@pytest.mark.parametrize("table", ["model_version", "comparison", "promotion", "dataset_version", "dataset_image"])
def test_what_was_recorded_cannot_be_changed_or_removed(
    library: Library, live: ModelVersion, dataset: int, table: str
) -> None:
    compare(library, live, live, dataset, passes=True)
    for statement in (
        f"DELETE FROM {table}",
        f"UPDATE {table} SET id = id" if "image" not in table else f"UPDATE {table} SET part = 'train'",
    ):
        with pytest.raises(LibraryError, match="nothing was changed"), library._database.writing() as session:
            session.execute(text(statement))


def test_the_readings_that_saw_a_model_s_answer_are_known(library: Library, bring: Bring, live: ModelVersion) -> None:
    summary = bring(make_attributes(), make_attributes())
    library.save_prediction(summary.instances[0], make_answer(model_version="shipped 1"))
    library.save_reading(summary.studies[0], NewReading(summary.instances[0], "A. Reader", "viral"))
    library.save_reading(summary.studies[1], NewReading(summary.instances[1], "A. Reader", "viral"))
    assert library.models.count_readings(["shipped 1", "trained 1"]) == {"shipped 1": 1}
    library.save_prediction(summary.instances[1], make_answer(model_version="shipped 1"))
    assert library.models.studies_read_with("shipped 1") == (summary.studies[1], summary.studies[0])


def test_only_the_live_model_s_answers_stand_and_going_back_brings_them_back_bit_for_bit(
    library: Library, bring: Bring, live: ModelVersion
) -> None:
    summary = bring(make_attributes())
    study, image = summary.studies[0], summary.instances[0]
    library.save_prediction(image, make_answer(0.8125, model_version="shipped 1"))
    before = library.study_answer(study)
    model = add(library, "trained 1")
    library.models.promote(model.id, "A. Modeller", "better", override=True)
    assert library.study_answer(study) is None
    assert library.unpredicted("trained 1") == [image]
    library.save_prediction(image, make_answer(0.25, model_version="trained 1"))
    shown = library.study_answer(study)
    assert shown is not None and shown.pneumonia == 0.25
    library.models.roll_back(live.id, "A. Modeller", "worse")
    after = library.study_answer(study)
    assert before is not None and after is not None
    assert (after.id, after.pneumonia) == (before.id, 0.8125)
    assert library.unpredicted("shipped 1") == []
