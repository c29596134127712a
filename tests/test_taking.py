"""An upload of labels, from files on disk to labels in the library."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from medcore.dicom.items import PictureFacts
from medcore.dicom.sources import expand
from medcore.errors import LibraryError
from medcore.labelling.gathering import Candidate, Gathered, gather_by_folder, gather_by_table
from medcore.labelling.judging import judge
from medcore.labelling.label_table import read_label_table
from medcore.labelling.looking import Seen, look_at
from medcore.labelling.taking import Taken, take
from medcore.library import LabelSet, Library
from tests.films import write_film


@pytest.fixture
def label_set(library: Library) -> LabelSet:
    return library.labels.create_set("Thorax", ["normal", "viral"], who="A. Reader")


def seen(gathered: Gathered, library: Library, staging: Path) -> list[Seen]:
    staging.mkdir(exist_ok=True)
    facts = lambda one: PictureFacts(one.patient or one.source.rsplit("/", 1)[-1])  # noqa: E731
    sight = look_at(gathered, staging, facts, library.find_instance)
    assert sight.refused == ()
    return [one for one in judge(sight.seen, ("normal", "viral")).taken if isinstance(one, Seen)]


def pictures(folder: Path) -> Path:
    """Lay out a folder of two classes, PNG and DICOM."""
    for number, label in enumerate(("normal", "normal", "viral")):
        (folder / label).mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (32, 32), np.uint8)
        cv2.imwrite(str(folder / label / f"{number}.png"), pixels)
    write_film(folder / "viral" / "film.dcm", PatientID="P9")
    return folder


def labels_of(library: Library, label_set: LabelSet) -> dict[str, tuple[tuple[str, ...], str, str]]:
    """Map each labelled image's patient to its classes, author and source."""
    return {
        library.instance(label.instance_id or 0).attributes.patient_id: (label.classes, label.author, label.source)
        for label in library.labels.read(label_set.id)
    }


def test_a_folder_of_classes_becomes_studies_with_labels(tmp_path: Path, library: Library, label_set: LabelSet) -> None:
    gathered = gather_by_folder(expand([pictures(tmp_path / "films")]), label_set.classes)
    taken = take(seen(gathered, library, tmp_path / "staging"), library, label_set, "A. Reader")
    assert taken == Taken(4, 0, 4, ())
    assert library.studies().total == 4
    assert labels_of(library, label_set) == {
        "0.png": (("normal",), "A. Reader", "upload"),
        "1.png": (("normal",), "A. Reader", "upload"),
        "2.png": (("viral",), "A. Reader", "upload"),
        "P9": (("viral",), "A. Reader", "upload"),
    }
    assert list((tmp_path / "staging").iterdir()) == []


def test_the_same_upload_again_adds_nothing(tmp_path: Path, library: Library, label_set: LabelSet) -> None:
    folder = pictures(tmp_path / "films")
    for expected in (Taken(4, 0, 4, ()), Taken(0, 4, 4, ())):
        gathered = gather_by_folder(expand([folder]), label_set.classes)
        assert take(seen(gathered, library, tmp_path / "staging"), library, label_set, "A. Reader") == expected
    assert len(library.labels.read(label_set.id)) == 4


def test_a_table_says_who_labelled_and_names_images_that_are_there(
    tmp_path: Path, library: Library, label_set: LabelSet
) -> None:
    library.add([write_film(tmp_path / "a.dcm", PatientID="P1", SOPInstanceUID="1.2.3")])
    table = read_label_table(b"uid,label,author\n1.2.3,viral,B. Reader\n")
    gathered = gather_by_table(table, [], label_set.classes, several=False)
    assert take(seen(gathered, library, tmp_path / "staging"), library, label_set, "A. Reader") == Taken(0, 0, 1, ())
    assert labels_of(library, label_set) == {"P1": (("viral",), "B. Reader", "upload")}


def test_one_label_that_cannot_be_saved_harms_no_other(tmp_path: Path, library: Library, label_set: LabelSet) -> None:
    gathered = gather_by_folder(expand([pictures(tmp_path / "films")]), label_set.classes)
    sound = seen(gathered, library, tmp_path / "staging")
    first = sound[0]
    long = Seen(
        Candidate(first.candidate.source, first.candidate.classes, first.candidate.item, author="A" * 200),
        first.patient,
        first.pixels_sha256,
        first.look,
        file=first.file,
    )
    taken = take([long, *sound[1:]], library, label_set, "A. Reader")
    assert (taken.added, taken.labelled) == (4, 3)
    assert [(one.source, "name" in one.reason) for one in taken.refused] == [(first.candidate.source, True)]


def test_nobody_gives_no_labels(tmp_path: Path, library: Library, label_set: LabelSet) -> None:
    gathered = gather_by_folder(expand([pictures(tmp_path / "films")]), label_set.classes)
    with pytest.raises(LibraryError, match="name"):
        take(seen(gathered, library, tmp_path / "staging"), library, label_set, " ")
    assert library.studies().total == 0
