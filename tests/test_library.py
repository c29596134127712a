"""The library: what comes in, how it is filed, and how the worklist finds it."""

import hashlib
import io
import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
from sqlalchemy import func, select, update

from medcore.dicom import Attributes
from medcore.errors import LibraryError
from medcore.library import Library, NewReading, StudyQuery, percent
from medcore.library.adding import UNFILED
from medcore.library.schema import Instance, Patient
from medcore.settings import Settings
from tests.films import make_film, ramp, write, write_ct_series, write_film
from tests.libraries import Bring, make_answer, make_attributes, quick_check, stored_files


def names(library: Library, **query: object) -> list[str]:
    return [row.patient_name for row in library.studies(StudyQuery(**query)).rows]  # type: ignore[arg-type]


def test_a_film_is_stored_read_only_under_the_hash_of_its_bytes(
    library: Library, settings: Settings, tmp_path: Path
) -> None:
    film = write_film(tmp_path / "film")
    summary = library.add([film])
    (stored,) = stored_files(settings)
    assert (summary.added, summary.already, summary.refused, summary.flagged) == (1, 0, (), ())
    assert stored.parent.name + stored.name == hashlib.sha256(film.read_bytes()).hexdigest()
    assert stored.read_bytes() == film.read_bytes()
    assert stored.stat().st_mode & 0o777 == 0o400
    assert library.study(summary.studies[0]).instances[0].path == stored


def test_only_the_owner_may_look_into_the_data_folder(library: Library, settings: Settings) -> None:
    folders = [settings.data_dir, *(path for path in settings.data_dir.rglob("*") if path.is_dir())]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}


def test_adding_the_same_file_twice_changes_nothing(library: Library, settings: Settings, tmp_path: Path) -> None:
    film = write_film(tmp_path / "film")
    library.add([film])
    before = (library.studies(), stored_files(settings))
    again = library.add([film, film])
    assert (again.added, again.already, again.studies, again.instances) == (0, 2, (), ())
    assert (library.studies(), stored_files(settings)) == before
    assert len(library.jobs.active()) == 1


def test_a_file_given_twice_at_once_comes_in_once(library: Library, tmp_path: Path) -> None:
    film = write_film(tmp_path / "film")
    copy = tmp_path / "copy"
    copy.write_bytes(film.read_bytes())
    summary = library.add([film, copy])
    assert (summary.added, summary.already) == (1, 1)


def test_other_content_under_a_known_sop_instance_uid_is_refused_and_the_first_kept(
    library: Library, settings: Settings, tmp_path: Path
) -> None:
    first = make_film()
    other = make_film(ramp(top=100), SOPInstanceUID=first.SOPInstanceUID)
    library.add([write(first, tmp_path / "first")])
    summary = library.add([write(other, tmp_path / "other")])
    assert summary.added == 0
    assert [refusal.source for refusal in summary.refused] == ["other"]
    assert "SOP Instance UID" in summary.refused[0].reason
    assert [path.read_bytes() for path in stored_files(settings)] == [(tmp_path / "first").read_bytes()]


def test_nothing_waits_in_staging_after_an_intake(library: Library, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear colleague")
    summary = library.add([write_film(tmp_path / "film"), tmp_path / "letter.txt"])
    assert (summary.added, len(summary.refused)) == (1, 1)
    assert list((settings.data_dir / "staging").iterdir()) == []


@pytest.mark.parametrize(
    "stage", ["hierarchy.Filing.file", "hierarchy._series_row", "adding.expect_predictions", "layout.FileStore.take"]
)
@pytest.mark.parametrize("error", [ValueError("Doe"), OverflowError("Doe"), KeyError("Doe"), RecursionError("Doe")])
def test_one_file_that_nobody_has_foreseen_loses_no_other(
    library: Library,
    bring: Bring,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    stage: str,
    error: Exception,
) -> None:
    images = [make_attributes(patient_name="Invented", series_description=str(number)) for number in range(5)]
    monkeypatch.setattr(f"medcore.library.{stage}", failing(f"medcore.library.{stage}", error))
    summary = bring(*images)
    assert (summary.added, len(summary.instances), len(summary.studies)) == (4, 4, 4)
    assert [refusal.reason for refusal in summary.refused] == [UNFILED]
    assert len(stored_files(settings)) == library.studies().total == 4
    (job,) = library.jobs.active()
    assert job.total == 4
    assert "Doe" not in caplog.text


def failing(name: str, error: Exception) -> Callable[..., Any]:
    """Wrap a function so that it fails at its first call, and again at the second of the calls that follow."""
    real = resolve_name(name)
    calls = itertools.count()

    def fail(*arguments: Any, **options: Any) -> Any:
        if next(calls) in (0, 2):
            raise error
        return real(*arguments, **options)

    return fail


def test_a_series_number_beyond_64_bits_costs_only_its_own_file(library: Library, bring: Bring) -> None:
    summary = bring(make_attributes(), make_attributes(series_number=9 * 10**30), make_attributes())
    assert (summary.added, [refusal.reason for refusal in summary.refused]) == (2, [UNFILED])


def test_checking_that_ends_half_way_keeps_what_came_before(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> Iterator[object]:
        yield from quick_check([make_attributes(), make_attributes()])(*arguments)
        raise LookupError("Doe")

    monkeypatch.setattr("medcore.dicom.check_files", broken)
    summary = library.add([])
    assert (summary.added, len(summary.refused), library.studies().total) == (2, 1, 2)
    assert "smaller parts" in summary.refused[0].reason


def test_one_patient_id_with_two_names_is_kept_apart_and_flagged(library: Library, bring: Bring) -> None:
    bring(make_attributes(patient_id="7", patient_name="Doe, Jane"))
    summary = bring(make_attributes(patient_id="7", patient_name="Roe, Ann"))
    rows = library.studies().rows
    assert {row.patient_name for row in rows} == {"Doe, Jane", "Roe, Ann"}
    assert all("another name" in row.flags[0] for row in rows)
    assert len(summary.flagged) == 1
    assert "Roe" not in summary.flagged[0]
    assert library.study(rows[0].id).flags == rows[0].flags


@pytest.mark.parametrize("other", [{"patient_birth_date": date(2011, 1, 1)}, {"patient_sex": "M"}])
def test_one_patient_id_and_name_with_another_birth_date_or_sex_is_kept_apart_and_flagged(
    library: Library, bring: Bring, other: dict[str, Any]
) -> None:
    known = {"patient_id": "7", "patient_name": "Doe, Jane", "patient_birth_date": date(2020, 1, 1)}
    bring(make_attributes(**known))
    summary = bring(make_attributes(**(known | other)))
    assert "birth date or sex" in summary.flagged[0]
    assert all(len(row.flags) == 1 for row in library.studies().rows)
    assert patients(library) == 2


def test_what_a_file_leaves_out_makes_no_other_patient(library: Library, bring: Bring) -> None:
    known = {"patient_id": "7", "patient_name": "Doe, Jane"}
    bring(make_attributes(**known, patient_sex=""))
    bring(make_attributes(**known, patient_birth_date=date(2020, 1, 1)), make_attributes(**known, patient_sex=""))
    assert bring(make_attributes(**known, patient_birth_date=date(2020, 1, 1))).flagged == ()
    assert patients(library) == 1
    assert bring(make_attributes(**known, patient_birth_date=date(2011, 1, 1))).flagged != ()


def patients(library: Library) -> int:
    with library._database.reading() as session:
        return session.scalar(select(func.count()).select_from(Patient)) or 0


def test_the_same_name_without_an_id_is_another_patient_in_another_study(library: Library, bring: Bring) -> None:
    nobody = {"patient_id": "", "patient_name": "Doe, Jane", "study_instance_uid": "1.9"}
    summary = bring(
        make_attributes(**nobody), make_attributes(**nobody), make_attributes(**nobody | {"study_instance_uid": "1.8"})
    )
    assert (summary.flagged, library.studies().total, patients(library)) == ((), 2, 2)
    bring(make_attributes(**nobody))
    assert (library.studies().total, patients(library)) == (2, 2)


def test_case_and_accents_do_not_make_another_name(library: Library, bring: Bring) -> None:
    bring(make_attributes(patient_id="7", patient_name="MÜLLER, JOSÉ"))
    assert bring(make_attributes(patient_id="7", patient_name="Muller, Jose")).flagged == ()


def test_patients_without_an_id_are_not_flagged(library: Library, bring: Bring) -> None:
    summary = bring(
        make_attributes(patient_id="", patient_name="Doe, Jane"), make_attributes(patient_id="", patient_name="Roe")
    )
    assert summary.flagged == ()
    assert [row.flags for row in library.studies().rows] == [(), ()]


def test_one_study_uid_under_two_patients_is_kept_apart_and_flagged(library: Library, bring: Bring) -> None:
    summary = bring(make_attributes(study_instance_uid="1.9"), make_attributes(study_instance_uid="1.9"))
    assert [row.images for row in library.studies().rows] == [1, 1]
    assert all("Study Instance UID" in row.flags[0] for row in library.studies().rows)
    assert len(summary.flagged) == 2


def test_a_flag_goes_with_the_study_that_caused_it(library: Library, bring: Bring) -> None:
    bring(make_attributes(patient_id="7", patient_name="Doe"), make_attributes(patient_id="7", patient_name="Roe"))
    library.delete_study(library.studies().rows[0].id, "A. Reader", "wrong one")
    assert [row.flags for row in library.studies().rows] == [()]


def test_a_series_is_read_in_the_order_in_which_it_lies_in_the_patient(library: Library, tmp_path: Path) -> None:
    write_ct_series(tmp_path / "ct", slices=4, spacing_mm=5.0)
    summary = library.add([tmp_path / "ct"])
    study = library.study(summary.studies[0])
    heights = [instance.attributes.image_position_mm[2] for instance in study.instances]  # type: ignore[index]
    assert heights == [0, 5, 10, 15]
    assert [(series.modality, len(series.instances)) for series in study.series] == [("CT", 4)]
    assert study.film_number(study.instances[2].id) == (3, 4)


def test_images_that_come_later_join_their_study(library: Library, bring: Bring) -> None:
    first = make_attributes(modality="DX")
    bring(first)
    later = {"patient_id": first.patient_id, "patient_name": first.patient_name}
    bring(make_attributes(study_instance_uid=first.study_instance_uid, modality="CT", **later))
    (row,) = library.studies().rows
    assert (row.images, row.modalities) == (2, ("CT", "DX"))


def test_an_image_is_found_by_its_sop_instance_uid(library: Library, bring: Bring) -> None:
    image = make_attributes()
    (instance_id,) = bring(image, make_attributes()).instances[:1]
    found = library.find_instance(image.sop_instance_uid)
    assert found == library.instance(instance_id)
    assert library.find_instance(image.sop_instance_uid + "9") is None
    assert library.find_instance("%") is None


def test_a_series_is_read_alone_as_it_is_in_its_study(library: Library, bring: Bring) -> None:
    first = make_attributes(instance_number=2)
    bring(first, replace(first, sop_instance_uid="1.2.9.1", instance_number=1), make_attributes())
    (study,) = (library.study(row.id) for row in library.studies().rows if row.images == 2)
    assert library.series(study.series[0].id) == study.series[0]
    assert [one.attributes.instance_number for one in study.series[0].instances] == [1, 2]
    assert library.series(99) is None


def test_priors_are_the_same_patients_other_studies_the_nearest_in_date_first(library: Library, bring: Bring) -> None:
    def film(day: date | None, **values: object) -> Attributes:
        return make_attributes(study_date=day, **{"patient_id": "P", "patient_name": "Doe, Jane"} | values)

    days = [date(2024, 5, 1), date(2020, 1, 1), None, date(2024, 5, 20), date(2024, 4, 1)]
    studies = [bring(film(day)).studies[0] for day in days]
    bring(film(days[0], patient_name="Roe, Ann"), film(days[0], patient_id=""))
    assert [prior.id for prior in library.priors(studies[0])] == [studies[index] for index in (3, 4, 1, 2)]
    assert library.priors(studies[0])[0] == library.study(studies[3])
    for _ in range(9):
        bring(film(days[0]))
    assert len(library.priors(studies[0])) == 8
    with pytest.raises(LibraryError):
        library.priors(9999)


def test_a_damaged_prior_keeps_nobody_from_reading(library: Library, bring: Bring) -> None:
    one, other = (make_attributes(patient_id="P", patient_name="Doe, Jane") for _ in range(2))
    first, second = (bring(image).studies[0] for image in (one, other))
    with library._database.writing() as session:
        session.execute(update(Instance).where(Instance.id == 2).values(attributes=[]))
    assert library.priors(first) == ()
    assert [prior.id for prior in library.priors(second)] == [first]


@pytest.mark.parametrize("text", ["muller", "MÜL", "jose muller", "p-17", "thorax", "acc 9", "acc-9 josé"])
def test_a_study_is_found_by_name_id_description_and_accession(library: Library, bring: Bring, text: str) -> None:
    bring(
        make_attributes(
            patient_name="Müller, José", patient_id="P-17", study_description="Thórax ap", accession_number="ACC-9"
        ),
        make_attributes(patient_name="Other", patient_id="Q"),
    )
    assert names(library, text=text) == ["Müller, José"]


@pytest.mark.parametrize(("text", "found"), [("%", 1), ("_", 1), ("'", 1), ("x%", 0), ("x_ller", 0)])
def test_search_signs_mean_nothing_special(library: Library, bring: Bring, text: str, found: int) -> None:
    bring(make_attributes(patient_name="Muller"))
    assert library.studies(StudyQuery(text=text)).total == found


def test_the_worklist_narrows_by_modality_and_date_and_is_newest_first(library: Library, bring: Bring) -> None:
    bring(
        make_attributes(patient_name="A", modality="CT", study_date=date(2024, 1, 1)),
        make_attributes(patient_name="B", modality="MR", study_date=date(2024, 1, 2)),
        make_attributes(patient_name="C", modality="CT", study_date=date(2024, 1, 3)),
        make_attributes(patient_name="D", modality="CT", study_date=None),
    )
    assert library.modalities() == ("CT", "MR")
    assert names(library) == ["C", "B", "A", "D"]
    assert names(library, modality="CT") == ["C", "A", "D"]
    assert names(library, date_from=date(2024, 1, 2), date_to=date(2024, 1, 3)) == ["C", "B"]
    assert names(library, limit=2, offset=1) == ["B", "A"]
    assert library.studies(StudyQuery(modality="CT", limit=1)).total == 3


def test_a_page_of_ten_thousand_studies_comes_in_well_under_a_tenth_of_a_second(library: Library, bring: Bring) -> None:
    bring(*(make_attributes(study_date=date(2020, 1, 1 + number % 28)) for number in range(10_000)))
    took = []
    for query in (StudyQuery(), StudyQuery(text="child 99"), StudyQuery(offset=9_950), StudyQuery(status="disagreed")):
        began = time.perf_counter()
        library.studies(query)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.1
    assert library.studies(StudyQuery(text="child 99")).total >= 111


def test_the_models_answer_stays_hidden_until_the_reader_has_spoken(library: Library, bring: Bring) -> None:
    (study_id,) = bring(make_attributes()).studies
    (instance,) = library.study(study_id).instances
    library.save_prediction(instance.id, make_answer(0.87))
    (row,) = library.studies().rows
    assert (row.status, row.reader_said, row.model_said) == ("to read", "", None)
    library.save_reading(study_id, NewReading(instance.id, "A. Reader", "bacterial", "left"))
    (row,) = library.studies().rows
    assert (row.status, row.reader_said, row.model_said) == ("read", "Bacterial pneumonia, left", "Pneumonia, 87 %")


def test_a_missing_study_and_image_are_said_to_be_gone(library: Library) -> None:
    with pytest.raises(LibraryError, match="not in the library"):
        library.study(1)
    with pytest.raises(LibraryError, match="not in the library"):
        library.instance(1)


def test_a_number_beyond_what_the_library_counts_to_is_a_sentence(library: Library) -> None:
    for ask in (library.study, library.instance, library.looking, library.hurry, library.readings, library.thumbnail):
        with pytest.raises(LibraryError, match="number"):
            ask(10**30)


@pytest.mark.parametrize(
    ("probability", "beside", "text"),
    [
        (0.87, None, "87 %"),
        (0.999, None, "over 99 %"),
        (0.001, 0.5, "under 1 %"),
        (0.835, 0.837, "83.5 %"),
        (0.837, 0.835, "83.7 %"),
        (0.8366, 0.8372, "83.66 %"),
        (0.83661, 0.83666, "83.66 %"),
        (0.9999, 0.995, "over 99.9 %"),
        (0.995, 0.9999, "99.5 %"),
        (1.0, 0.99995, "over 99.999 %"),
        (0.5, 0.5, "50 %"),
    ],
)
def test_a_probability_and_its_threshold_never_read_the_same_unless_they_are(
    probability: float, beside: float | None, text: str
) -> None:
    assert percent(probability, beside) == text
    if beside is not None and beside != probability:
        assert percent(beside, probability) != text


def test_an_unknown_status_is_refused(library: Library) -> None:
    with pytest.raises(LibraryError, match="to read"):
        library.studies(StudyQuery(status="unread"))


def test_room_counts_what_is_stored(library: Library, bring: Bring) -> None:
    before = library.room()
    bring(*(make_attributes() for _ in range(3)))
    assert library.room().used_bytes >= before.used_bytes + 3 * 100
    assert library.room().free_bytes > 0


def test_a_nearly_full_disk_is_a_clear_message_and_the_library_is_as_before(
    library: Library, bring: Bring, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(make_attributes())
    before = (library.studies(), stored_files(settings))
    monkeypatch.setattr("medcore.library.adding.free_bytes", lambda folder: 1 << 20)
    with pytest.raises(LibraryError, match="disk is full"):
        bring(make_attributes())
    assert (library.studies(), stored_files(settings)) == before
    assert list((settings.data_dir / "staging").iterdir()) == []


def test_the_library_loads_without_tensorflow() -> None:
    script = (
        "import sys, medcore.library; sys.exit(any(m in sys.modules for m in ('tensorflow', 'keras', 'streamlit')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_search_text_of_any_length_is_answered(library: Library, bring: Bring) -> None:
    bring(make_attributes(patient_name="Doe, Jane"))
    assert library.studies(StudyQuery(text="doe " * 50_000)).total == 1
    assert library.studies(StudyQuery(text="x" * 10**6)).total == 0


def test_the_name_of_a_refused_upload_is_given_back_without_signs_that_turn_it_round(library: Library) -> None:
    (refusal,) = library.add_uploads([("letter\u202egpj.exe\x1b", io.BytesIO(b"no image"))]).refused
    assert refusal.source == "lettergpj.exe"
