"""Films to label: by themselves, of real patients; and the orders that the background keeps for them."""

from typing import Any

import pytest

from medcore.library import Library
from medcore.library.jobs import PRIORITY_URGENT
from tests.libraries import LIVE, Bring, make_answer, make_attributes


def test_films_of_real_patients_are_offered_and_the_pictures_of_one_belong_together(
    library: Library, bring: Bring
) -> None:
    summary = bring(
        make_attributes(patient_id="P", patient_name="One"), make_attributes(patient_id="P", patient_name="One")
    )
    films = library.labels.films()
    assert [(film.instance_id, film.study_id) for film in films] == list(
        zip(summary.instances, summary.studies, strict=True)
    )
    assert len({film.patient for film in films}) == 1
    assert {film.modality for film in films} == {"DX"}


@pytest.mark.parametrize(
    "values", [{"synthetic": True}, {"modality": "CT"}, {"number_of_frames": 30}, {"has_pixels": False}]
)
def test_what_is_no_film_of_a_patient_is_never_offered(values: dict[str, Any], library: Library, bring: Bring) -> None:
    bring(make_attributes(**values))
    assert library.labels.films() == ()


def test_a_deleted_study_is_not_offered(library: Library, bring: Bring) -> None:
    library.delete_study(bring(make_attributes()).studies[0], "A. Keeper", "sent twice")
    assert library.labels.films() == ()


def test_a_models_newest_answer_is_read_without_its_maps(library: Library, bring: Bring) -> None:
    first, second = bring(make_attributes(), make_attributes()).instances
    library.save_prediction(first, make_answer(0.2))
    library.save_prediction(first, make_answer(0.7))
    library.save_prediction(second, make_answer(0.9, model_version="older"))
    (answer,) = library.answers(LIVE).values()
    assert answer.probabilities["normal"] == pytest.approx(0.3)
    assert not answer.maps


def test_an_order_is_asked_for_once_and_kept_until_a_newer_one_is_there(library: Library) -> None:
    assert library.labels.order(1, "diversity").instance_ids == ()
    for _ in range(2):
        library.labels.ask_for_order(1, "diversity")
    (job,) = library.jobs.active()
    assert (job.kind, job.priority) == ("order", PRIORITY_URGENT)
    assert library.labels.order(1, "diversity").is_waiting and not library.labels.order(2, "diversity").is_waiting
    library.jobs.take("worker")
    library.jobs.finish(job.id, {"films": [3, 1, 2]}, owner="worker")
    assert library.labels.order(1, "diversity").instance_ids == (3, 1, 2)
    library.labels.ask_for_order(1, "diversity")
    order = library.labels.order(1, "diversity")
    assert (order.instance_ids, order.is_waiting) == ((3, 1, 2), True)
    assert order.made_at is not None
    newer = library.jobs.take("worker")
    assert newer is not None
    library.jobs.fail(newer.id, "There is no model. Restore it.", owner="worker")
    order = library.labels.order(1, "diversity")
    assert (order.instance_ids, order.is_waiting, order.failure) == ((3, 1, 2), False, "There is no model. Restore it.")
