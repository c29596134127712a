"""An upload from a browser: judged by the names it came with, taken after a yes, and gone without one."""

import csv
import gc
import io
import zipfile
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
import pytest

from medcore.errors import IntakeError, LibraryError
from medcore.labelling.gathering import Refused
from medcore.labelling.pending import Given, PendingUpload
from medcore.labelling.upload import refused_table
from medcore.library import LabelSet, Library
from medcore.settings import Settings

NEW = LabelSet(0, "Lungs", (), False)


def png(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (32, 32), np.uint8)
    return bytes(cv2.imencode(".png", pixels)[1])


def given(*names: str, label_set: LabelSet = NEW, table: bytes | None = None) -> Given:
    files: list[tuple[str, BinaryIO]] = [(name, io.BytesIO(png(number))) for number, name in enumerate(names)]
    return Given(tuple(files), label_set, table)


@pytest.fixture
def pending(library: Library) -> PendingUpload:
    return PendingUpload(library)


def staged(settings: Settings) -> list[Path]:
    return list((settings.data_dir / "staging").iterdir())


def test_folders_of_the_browsers_names_are_the_classes_and_nothing_is_taken_before_a_yes(
    pending: PendingUpload, library: Library
) -> None:
    checked = pending.check(given("films/normal/a.png", "films/viral/b.png", "films/viral/c.png"))
    assert [(one.name, one.images) for one in checked.counts] == [("normal", 1), ("viral", 2)]
    assert not checked.names_patients
    assert (library.studies().total, len(library.labels.sets())) == (0, 1)
    taken = pending.take("A. Reader")
    assert (taken.added, taken.labelled, taken.refused) == (3, 3, ())
    made = library.labels.sets()[-1]
    assert (made.name, made.classes) == ("Lungs", ("normal", "viral"))
    assert {label.classes for label in library.labels.read(made.id)} == {("normal",), ("viral",)}


def test_a_zip_keeps_its_name_and_its_folders(pending: PendingUpload) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("normal/a.png", png(1))
        archive.writestr("viral/b.png", png(2))
        archive.writestr("viral/note.txt", "no film")
    checked = pending.check(Given((("export.zip", packed),), NEW))
    assert [one.images for one in checked.counts] == [1, 1]
    assert [one.source for one in checked.refused] == ["export.zip › viral/note.txt"]


def test_a_folder_of_other_things_is_no_class_of_a_new_label_set(pending: PendingUpload) -> None:
    files = [("films/README.txt", b"about"), ("films/normal/a.png", png(1)), ("films/viral/b.png", png(2))]
    checked = pending.check(Given(tuple((name, io.BytesIO(data)) for name, data in files), NEW))
    assert [one.name for one in checked.counts] == ["normal", "viral"]
    assert [one.source for one in checked.refused] == ["films/README.txt"]
    assert pending.label_set is not None and pending.label_set.classes == ("normal", "viral")


def test_a_table_names_the_classes_and_the_patients(pending: PendingUpload) -> None:
    table = b"file,label,patient\na.png,normal,P1\nb.png,viral,P2\nc.png,viral,P2\n"
    checked = pending.check(given("a.png", "b.png", table=table))
    assert [(one.name, one.images, one.patients) for one in checked.counts] == [("normal", 1, 1), ("viral", 1, 1)]
    assert checked.names_patients
    assert [one.row for one in checked.refused] == [4]


@pytest.mark.parametrize("name", ["../../evil.png", "/etc/passwd", "normal/../../x.png", "\0", "normal/\u202egnp.exe"])
def test_a_name_from_the_browser_is_never_a_path(name: str, pending: PendingUpload, settings: Settings) -> None:
    before = {path for path in settings.data_dir.parent.rglob("*")}
    pending.check(given(name, "normal/a.png", "viral/b.png"))
    made = {path for path in settings.data_dir.parent.rglob("*")} - before
    assert all(path.is_relative_to(settings.data_dir / "staging") for path in made)


def test_put_aside_or_forgotten_its_copies_are_gone(library: Library, settings: Settings) -> None:
    first, second = PendingUpload(library), PendingUpload(library)
    for one in (first, second):
        one.check(given("normal/a.png", "viral/b.png"))
    assert len(staged(settings)) == 2
    first.close()
    assert len(staged(settings)) == 1
    del one, second
    gc.collect()
    assert staged(settings) == []
    assert library.studies().total == 0


@pytest.mark.parametrize(
    ("names", "label_set", "sentence"),
    [
        (("a.png",), NEW, "lie in no folders"),
        (("normal/a.png",), NEW, "from 2 to"),
        (("normal/a.png", "viral/b.png"), LabelSet(0, "findings in review", (), False), "already"),
    ],
)
def test_a_label_set_that_cannot_be_made_is_said_before_anything_is_taken(
    names: tuple[str, ...], label_set: LabelSet, sentence: str, pending: PendingUpload
) -> None:
    with pytest.raises((IntakeError, LibraryError), match=sentence):
        pending.check(given(*names, label_set=label_set))


def test_what_is_refused_can_be_saved_and_runs_nothing_in_a_spreadsheet() -> None:
    refused = [Refused(f"{sign}1+1", "It is no film.", row) for row, sign in enumerate("=+-@\t", 2)]
    rows = list(csv.reader(io.StringIO(refused_table(refused).decode("utf-8-sig"))))
    assert rows[0] == ["row", "file", "reason"]
    assert [row[0] for row in rows[1:]] == ["2", "3", "4", "5", "6"]
    assert all(row[1].startswith("'") for row in rows[1:])


def test_the_same_picture_saved_anew_is_one_picture_and_not_that_of_two_patients(pending: PendingUpload) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (32, 32), np.uint8)
    packed = [bytes(cv2.imencode(".png", pixels, (cv2.IMWRITE_PNG_COMPRESSION, level))[1]) for level in (1, 9)]
    files = [("normal/a.png", packed[0]), ("normal/b.png", packed[1]), ("viral/c.png", png(5))]
    checked = pending.check(Given(tuple((name, io.BytesIO(data)) for name, data in files), NEW))
    assert len(checked.sound) == 2
    assert [one.reason for one in checked.refused] == [
        "It is the same picture as normal/a.png, with the same label. One of them is taken."
    ]
