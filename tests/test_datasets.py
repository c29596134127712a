"""A data set is fixed for good, and a patient stays in the part where the first one put it."""

from dataclasses import replace

import pytest

from medcore.errors import LibraryError, MissingError
from medcore.library import DatasetImage, Library
from tests.libraries import Bring, make_attributes


@pytest.fixture
def images(bring: Bring) -> list[DatasetImage]:
    summary = bring(make_attributes(), make_attributes(), make_attributes())
    placed = zip(summary.instances, summary.studies, ("train", "validation", "test"), strict=True)
    return [
        DatasetImage(instance, study, number, f"{number:02d}" * 32, ("viral",), part)
        for number, (instance, study, part) in enumerate(placed, 1)
    ]


def test_what_was_saved_is_read_and_saving_the_same_makes_no_new_version(
    library: Library, images: list[DatasetImage]
) -> None:
    first = library.datasets.save(1, images, "A. Reader")
    assert library.datasets.save(1, images[::-1], "B. Reader") == first
    dataset = library.datasets.read(first)
    assert (dataset.number, dataset.who, list(dataset.images)) == (1, "A. Reader", images)
    second = library.datasets.save(1, images[:2], "B. Reader")
    assert library.datasets.of_label_set(1) == (first, second)
    assert library.datasets.read(second).sha256 != dataset.sha256


@pytest.mark.parametrize("change", [{"classes": ("normal",)}, {"part": "train"}, {"pixels_sha256": "ff" * 32}])
def test_the_hash_tells_every_change(images: list[DatasetImage], change: dict[str, object]) -> None:
    from medcore.library.datasets import digest

    changed = [*images[:2], replace(images[2], **change)]  # type: ignore[arg-type]
    assert digest(changed) != digest(images)


def test_a_patient_never_moves_to_another_part(library: Library, images: list[DatasetImage]) -> None:
    library.datasets.save(1, images, "A. Reader")
    with pytest.raises(LibraryError, match="in two parts"):
        library.datasets.save(1, [replace(images[2], part="train")], "A. Reader")
    assert library.datasets.parts_so_far(1) == {1: "train", 2: "validation", 3: "test"}


def test_a_patient_is_never_in_two_parts_at_once(library: Library, images: list[DatasetImage]) -> None:
    with pytest.raises(LibraryError, match="in two parts"):
        library.datasets.save(1, [images[0], replace(images[1], patient_key=1)], "A. Reader")


def test_without_images_there_is_no_data_set(library: Library) -> None:
    with pytest.raises(LibraryError, match="Label some images"):
        library.datasets.save(1, [], "A. Reader")
    with pytest.raises(MissingError):
        library.datasets.read(7)
    with pytest.raises(MissingError):
        library.datasets.save(99, [], "A. Reader")


def test_a_deleted_study_leaves_the_data_sets(library: Library, images: list[DatasetImage]) -> None:
    number = library.datasets.save(1, images, "A. Reader")
    library.delete_study(images[0].study_id, "B. Keeper", "sent twice")
    assert list(library.datasets.read(number).images) == images[1:]
