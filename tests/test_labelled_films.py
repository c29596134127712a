"""What trains is read once, sorted out, split by patient and kept."""

from pathlib import Path

import numpy as np
import pytest

from medcore.dicom import display_values, read_frame
from medcore.errors import ModelError
from medcore.library import Library, NewLabel
from medcore.training.labelled_films import (
    BOTH,
    DISPUTED,
    OTHER_CLASS,
    TWICE,
    TWO_PATIENTS,
    LabelledFilms,
    gather,
    open_films,
)
from medcore.training.parting import LOOKS_LIKE
from medcore.training.targets import truth_of
from tests.films import write_film
from tests.labelled import SIDE, bring_labelled, draw

CLASSES = ("normal", "viral")
KINDS = ["square", "disc"] * 6
LABELS = ["normal", "viral"] * 6


def gathered(library: Library) -> LabelledFilms:
    return gather(library, 1, CLASSES, "A. Reader", library.training_folder)


def reasons(library: Library) -> dict[int | None, str]:
    return {one.instance_id: one.reason for one in gathered(library).left_out}


def test_every_labelled_image_is_in_one_part_with_its_film(library: Library, tmp_path: Path) -> None:
    images = bring_labelled(library, tmp_path, KINDS, LABELS)
    data = gathered(library)
    assert data.left_out == ()
    assert [image.instance_id for image in data.dataset.images] == images
    assert data.labels.tolist() == [0, 1] * 6
    parts = [set(data.places(part).tolist()) for part in ("train", "calibration", "validation", "test")]
    assert sum(map(len, parts)) == len(set.union(*parts)) == len(images)
    expected = display_values(read_frame(library.instance(images[3]).path), (224, 224))
    np.testing.assert_allclose(data.films[3], expected, atol=0.51)
    again = open_films(library, data.dataset.id, CLASSES, library.training_folder)
    np.testing.assert_array_equal(again.films[3], data.films[3])


def test_patients_stay_where_they_were_when_labels_are_added(library: Library, tmp_path: Path) -> None:
    bring_labelled(library, tmp_path / "first", KINDS, LABELS)
    before = {image.instance_id: image.part for image in gathered(library).dataset.images}
    for number in range(20, 26):
        file = write_film(tmp_path / f"{number}", draw("disc", number), PatientID=f"P{number}")
        summary = library.add([file])
        library.labels.save(NewLabel(1, summary.studies[0], summary.instances[0], ("viral",), "A. Reader", "upload"))
    after = {image.instance_id: image.part for image in gathered(library).dataset.images}
    assert len(after) == len(before) + 6
    assert {number: after[number] for number in before} == before


def test_the_splits_of_an_upload_are_kept(library: Library, tmp_path: Path) -> None:
    splits = ["test", "validation", "train", "train"] * 3
    bring_labelled(library, tmp_path, KINDS, LABELS, splits)
    images = gathered(library).dataset.images
    for image, split in zip(images, splits, strict=True):
        assert image.part in ({"train", "calibration"} if split == "train" else {split})


def test_the_same_picture_under_two_patients_trains_nobody(library: Library, tmp_path: Path) -> None:
    images = bring_labelled(library, tmp_path, KINDS, LABELS)
    twin = library.add([write_film(tmp_path / "twin", draw("square", 0), PatientID="Q1")])
    library.labels.save(NewLabel(1, twin.studies[0], twin.instances[0], ("normal",), "A. Reader", "upload"))
    assert reasons(library) == {images[0]: TWO_PATIENTS, twin.instances[0]: TWO_PATIENTS}


def test_pictures_that_look_the_same_are_never_parted(library: Library, tmp_path: Path) -> None:
    bring_labelled(library, tmp_path, KINDS, LABELS)
    twins = []
    for number in range(8):  # with a noise of its own each
        film = draw("square", 0) + np.random.default_rng(number).integers(0, 60, (SIDE, SIDE), np.uint16)
        summary = library.add([write_film(tmp_path / f"twin{number}", film, PatientID=f"Q{number}")])
        library.labels.save(NewLabel(1, summary.studies[0], summary.instances[0], ("normal",), "A. Reader", "upload"))
        twins += summary.instances
    images = gathered(library).dataset.images
    assert len({image.part for image in images if image.instance_id in twins}) == 1


def test_what_does_not_train_is_named_with_its_reason(library: Library, tmp_path: Path) -> None:
    images = bring_labelled(library, tmp_path, KINDS, LABELS)
    studies = [library.study_of(image) or 0 for image in images]
    library.labels.save(NewLabel(1, studies[0], images[0], ("viral",), "B. Reader", "second reading"))
    library.labels.save(NewLabel(1, studies[1], images[1], ("other",), "A. Reader", "upload"))
    again = library.add([write_film(tmp_path / "again", draw("square", 2), PatientID="P2")])
    library.labels.save(NewLabel(1, again.studies[0], again.instances[0], ("normal",), "A. Reader", "upload"))
    assert reasons(library) == {images[0]: DISPUTED, images[1]: OTHER_CLASS, again.instances[0]: TWICE}


def test_an_adjudicated_label_trains(library: Library, tmp_path: Path) -> None:
    images = bring_labelled(library, tmp_path, KINDS, LABELS)
    study = library.study_of(images[0]) or 0
    library.labels.save(NewLabel(1, study, images[0], ("viral",), "B. Reader", "second reading"))
    library.labels.save(NewLabel(1, study, images[0], ("viral",), "C. Chief", "adjudication", reason="seen together"))
    data = gathered(library)
    assert data.left_out == () and data.dataset.images[0].classes == ("viral",)


def test_a_film_of_a_set_of_several_findings_has_all_of_them_or_none(library: Library, tmp_path: Path) -> None:
    label_set = library.labels.create_set("Shapes", ["square", "disc", "cross"], several=True, who="A. Reader")
    labels = [("square",), ("disc",), ("disc", "square"), (), ("cross",), ("cross", "disc")]
    images = bring_labelled(library, tmp_path, ["disc"] * 6, labels, label_set_id=label_set.id)
    data = gather(library, label_set.id, ("no finding", "square", "disc"), "A. Reader", library.training_folder)
    assert data.labels.tolist() == [[True, False], [False, True], [True, True], [False, False], [False, True]]
    assert [(one.instance_id, one.reason) for one in data.left_out] == [(images[4], OTHER_CLASS)]
    np.testing.assert_array_equal(truth_of(data.labels, 3)[:, 0], [False, False, False, True, False])


def test_a_film_that_is_said_to_show_nothing_and_something_does_not_train(library: Library, tmp_path: Path) -> None:
    label_set = library.labels.create_set("Shapes", ["normal", "disc"], several=True, who="A. Reader")
    labels = [("normal",), ("disc",), ("disc", "normal"), ()]
    images = bring_labelled(library, tmp_path, ["disc"] * 4, labels, label_set_id=label_set.id)
    data = gather(library, label_set.id, ("normal", "disc"), "A. Reader", library.training_folder)
    assert data.labels.tolist() == [[False], [True], [False]]
    assert [(one.instance_id, one.reason) for one in data.left_out] == [(images[2], BOTH)]


def test_without_a_label_there_is_nothing_to_train_on(library: Library) -> None:
    with pytest.raises(ModelError, match="Label some"):
        gathered(library)


def test_a_training_whose_study_was_deleted_begins_anew(library: Library, tmp_path: Path) -> None:
    images = bring_labelled(library, tmp_path, KINDS, LABELS)
    data = gathered(library)
    library.delete_study(library.study_of(images[0]) or 0, "B. Keeper", "sent twice")
    with pytest.raises(ModelError, match="Start it anew"):
        open_films(library, data.dataset.id, CLASSES, library.training_folder)


def test_a_picture_that_looks_like_a_test_picture_does_not_train(library: Library, tmp_path: Path) -> None:
    bring_labelled(library, tmp_path, KINDS, LABELS, ["test"] * 4 + ["validation"] * 4 + ["train"] * 4)
    gathered(library)
    film = draw("square", 0) + np.random.default_rng(1).integers(0, 60, (SIDE, SIDE), np.uint16)
    twin = library.add([write_film(tmp_path / "twin", film, PatientID="Q1")])
    label = NewLabel(1, twin.studies[0], twin.instances[0], ("normal",), "A. Reader", "upload", split="validation")
    library.labels.save(label)
    assert reasons(library) == {twin.instances[0]: LOOKS_LIKE.format("test")}


def test_a_picture_that_an_upload_trains_with_does_not_join_the_test_films_it_looks_like(
    library: Library, tmp_path: Path
) -> None:
    bring_labelled(library, tmp_path, KINDS, LABELS, ["test"] * 4 + ["validation"] * 4 + ["train"] * 4)
    film = draw("square", 0) + np.random.default_rng(1).integers(0, 60, (SIDE, SIDE), np.uint16)
    twin = library.add([write_film(tmp_path / "twin", film, PatientID="Q1")])
    label = NewLabel(1, twin.studies[0], twin.instances[0], ("normal",), "A. Reader", "upload", split="train")
    library.labels.save(label)
    assert reasons(library) == {twin.instances[0]: LOOKS_LIKE.format("test")}
