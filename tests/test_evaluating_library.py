"""Evaluations of the library's labelled images: which are taken, how they are kept, what goes with a deleted study."""

from pathlib import Path

import numpy as np
import pytest

from medcore.errors import LibraryError, MedcoreError, ModelError
from medcore.library import LabelSet, Library, NewLabel, StudyQuery
from medcore.library.jobs import EVALUATE, PRIORITY_URGENT
from medcore.settings import Settings
from medcore.worker.evaluating import job as job_module
from medcore.worker.evaluating.library_cases import library_cases
from medcore.worker.evaluating.store import KeptEvaluations
from medcore.worker.kinds import run_job
from tests.evaluations import GrayModel, assessed, picture, twelve_films, write_folder
from tests.films import write_film

GRAYS = {"normal": (40, 60, 80, 180), "bacterial": (50, 150, 170, 190)}


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> GrayModel:
    model = GrayModel()
    monkeypatch.setattr(job_module, "Model", lambda folder: model)
    monkeypatch.setattr(job_module, "known_films", lambda folder, card: frozenset())
    return model


@pytest.fixture
def labelled(library: Library, tmp_path: Path) -> LabelSet:
    """Eight labelled films of invented children in a label set, and one of an adult."""
    label_set = library.labels.create_set("Trial", ["Normal", "Bacterial", "Effusion"], who="A. Reader")
    grays = [(label, gray) for label, some in GRAYS.items() for gray in some] + [("normal", 70), ("effusion", 90)]
    for number, (_, gray) in enumerate(grays):
        age = "061Y" if gray == 70 else "003Y"
        pixels = picture(gray, number).repeat(4, 0).repeat(4, 1).astype(np.uint8)
        elements = {"PatientID": f"MRN-{number}", "PatientAge": age, "PatientBirthDate": None}
        given = {"Manufacturer": "Maker", "ManufacturerModelName": "AB"[number % 2], "InstitutionName": "Here"}
        write_film(tmp_path / "films" / f"{number}", pixels, WindowCenter=128, WindowWidth=256, **elements, **given)
    library.add([tmp_path / "films"])
    for row in library.studies(StudyQuery()).rows:
        (instance,) = library.study(row.id).instances
        label = grays[int(row.patient_id.removeprefix("MRN-"))][0].capitalize()
        library.labels.save(NewLabel(label_set.id, row.id, instance.id, (label,), "A. Reader", "queue"))
    return label_set


def run(library: Library, settings: Settings, label_set: int) -> dict[str, object] | None:
    library.jobs.enqueue(EVALUATE, {"label_set": label_set}, PRIORITY_URGENT)
    job = library.jobs.take("me")
    assert job is not None
    assert job.kind == EVALUATE
    return run_job(library, settings, job)


def test_the_job_measures_decided_labels_and_counts_the_others(
    library: Library, settings: Settings, labelled: LabelSet
) -> None:
    result = run(library, settings, labelled.id)
    assert result is not None
    found = KeptEvaluations(settings).read(str(result["evaluation"]))
    cover = found.cover
    assert (cover.films, cover.answered, cover.refused, cover.other_labels) == (10, 8, 1, 1)
    decision = found.evaluation.decision
    assert decision is not None
    assert (decision.counts.false_positives, decision.counts.false_negatives) == (1, 1)
    assert {(part.kind, part.value) for part in decision.groups} == {("scanner", "Maker A"), ("scanner", "Maker B")}
    assert found.data == "Trial"
    assert list((settings.data_dir / "evaluations").glob(".*")) == []


def test_the_films_of_errors_are_drawn_from_the_library_and_go_with_their_study(
    library: Library, settings: Settings, labelled: LabelSet
) -> None:
    result = run(library, settings, labelled.id)
    assert result is not None
    kept, name = KeptEvaluations(settings), str(result["evaluation"])
    assert list((settings.data_dir / "evaluations" / name).glob("*.png")) == []
    shown = kept.picture(name, 1, library)
    assert shown is not None
    assert shown.startswith(b"\x89PNG")
    study = kept.study_of(name, 1, library)
    assert study in {row.id for row in library.studies(StudyQuery()).rows}
    library.delete_study(int(study or 0), "A. Reader", "a mistake")
    assert kept.picture(name, 1, library) is None
    assert kept.study_of(name, 1, library) is None


def test_no_patient_is_named_in_what_can_be_exported(library: Library, settings: Settings, labelled: LabelSet) -> None:
    result = run(library, settings, labelled.id)
    assert result is not None
    text = KeptEvaluations(settings).read(str(result["evaluation"])).to_json()
    assert "MRN" not in text
    assert "Invented" not in text


def test_it_gives_way_and_goes_on_later(
    library: Library, settings: Settings, labelled: LabelSet, model: GrayModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medcore.worker.evaluating.asking.BATCH", 4)
    outranked = iter([True, False, False, False])
    monkeypatch.setattr(type(library.jobs), "is_outranked", lambda self, job: next(outranked))
    number = library.jobs.enqueue(EVALUATE, {"label_set": labelled.id}, PRIORITY_URGENT)
    job = library.jobs.take("me")
    assert job is not None
    assert run_job(library, settings, job) is None
    assert len(model.seen) == 4
    assert run_job(library, settings, job) is not None
    assert len(model.seen) == 8
    assert (library.jobs.get(number) or job).done == 9


def test_what_a_run_left_that_will_not_go_on_is_forgotten(
    library: Library, settings: Settings, labelled: LabelSet
) -> None:
    left = KeptEvaluations(settings).draft("999-0123456789ab")
    left.write_text("[]")
    assert run(library, settings, labelled.id) is not None
    assert not left.exists()


@pytest.mark.parametrize("label_set", [1, 99])
def test_a_label_set_without_labels_or_gone_is_a_sentence(
    label_set: int, library: Library, settings: Settings, labelled: LabelSet
) -> None:
    with pytest.raises(MedcoreError, match=r"Label some images first|Choose another one"):
        run(library, settings, label_set)


def test_an_unknown_name_of_a_label_set_names_those_that_there_are(library: Library, labelled: LabelSet) -> None:
    assert library.labels.set_named("Trial") == labelled
    with pytest.raises(LibraryError, match="Findings in Review, Trial"):
        library.labels.set_named("Other")


def test_labels_from_review_alone_are_said_to_be(library: Library, labelled: LabelSet, tmp_path: Path) -> None:
    (instance,) = library.add([write_film(tmp_path / "own.dcm")]).instances
    (study, _) = library.labels.places_of([library.instance(instance).attributes.sop_instance_uid]).popitem()[1]
    library.labels.save(NewLabel(1, study, instance, ("normal",), "A. Reader", "review"))
    cases = library_cases(library, library.labels.sets()[0], GrayModel().card)
    assert cases.notes[0].startswith("Labels from Review alone: 1.")
    assert library_cases(library, labelled, GrayModel().card).notes == ()


def test_evaluations_of_a_folder_keep_their_pictures_and_are_deleted_whole(
    library: Library, settings: Settings, tmp_path: Path
) -> None:
    kept = KeptEvaluations(settings)
    assert kept.names() == ()
    made = assessed(write_folder(tmp_path / "films", twelve_films()))
    name = kept.save(made)
    assert kept.names() == (name,)
    assert kept.read(name) == made.assessment
    assert kept.picture(name, 1, library) is not None
    assert kept.study_of(name, 1, library) is None
    kept.delete(name)
    assert kept.names() == ()
    with pytest.raises(ModelError, match="gone"):
        kept.read(name)


@pytest.mark.parametrize("name", ["", "..", "../library", "20261121-210000-zzzzzzzz"])
def test_nothing_but_an_evaluations_name_becomes_a_path(name: str, settings: Settings) -> None:
    with pytest.raises(ModelError):
        KeptEvaluations(settings).read(name)


def test_an_evaluation_that_does_not_fit_on_the_disk_is_a_sentence(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    made = assessed(write_folder(tmp_path / "films", twelve_films()))
    kept = KeptEvaluations(settings)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(LibraryError, match="No space left"):
        kept.save(made)
    assert kept.names() == ()
