"""Files find their labels, and every file and every row ends as a candidate or with a reason."""

import zipfile
from pathlib import Path

import pytest

from medcore.dicom.sources import expand
from medcore.labelling.gathering import Candidate, Gathered, folder_names, gather_by_folder, gather_by_table
from medcore.labelling.label_table import read_label_table

CLASSES = ("normal", "bacterial", "viral")
TREE = ("normal/1.png", "normal/2.png", "Viral/1.png", "bacterial/person7/3.png")


def lay(folder: Path, *names: str) -> Path:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"pixels")
    return folder


def packed(folder: Path, archive: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(archive, "w") as zipped:
        for file in sorted(folder.rglob("*.png")):
            zipped.write(file, prefix + str(file.relative_to(folder)))
    return archive


def classes_of(gathered: Gathered) -> dict[str, tuple[str, ...]]:
    """Map the end of each candidate's source to its classes."""
    return {"/".join(one.source.replace(" › ", "/").split("/")[-2:]): one.classes for one in gathered.candidates}


EXPECTED = {
    "normal/1.png": ("normal",),
    "normal/2.png": ("normal",),
    "Viral/1.png": ("viral",),
    "person7/3.png": ("bacterial",),
}


@pytest.mark.parametrize("kind", ["folder", "zip", "zip of a folder"])
def test_files_get_the_class_of_their_folder(tmp_path: Path, kind: str) -> None:
    given = lay(tmp_path / "films", *TREE)
    if kind != "folder":
        given = packed(given, tmp_path / "films.zip", "films/" if kind == "zip of a folder" else "")
    gathered = gather_by_folder(expand([given]), CLASSES)
    assert classes_of(gathered) == EXPECTED
    assert gathered.refused == ()


def test_a_folder_above_may_name_the_split(tmp_path: Path) -> None:
    given = lay(tmp_path / "films", "train/normal/1.png", "val/viral/2.png")
    splits = {one.classes: one.split for one in gather_by_folder(expand([given]), CLASSES).candidates}
    assert splits == {("normal",): "train", ("viral",): "validation"}


def test_one_class_alone_is_known_too(tmp_path: Path) -> None:
    gathered = gather_by_folder(expand([lay(tmp_path / "normal", "1.png")]), CLASSES)
    assert [one.classes for one in gathered.candidates] == [("normal",)]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("fungal/1.png", "no folder that is named like a class: normal, bacterial, viral"),
        ("1.png", "no folder that is named like a class"),
        ("normal/.DS_Store", "operating system"),
        ("__MACOSX/normal/1.png", "operating system"),
    ],
)
def test_a_file_without_a_class_is_refused_with_the_reason(tmp_path: Path, name: str, reason: str) -> None:
    gathered = gather_by_folder(expand([lay(tmp_path / "films", name)]), CLASSES)
    assert gathered.candidates == ()
    (refused,) = gathered.refused
    assert reason in refused.reason
    assert refused.source == f"films/{name}"


def test_folders_name_the_classes_of_a_new_set(tmp_path: Path) -> None:
    assert folder_names(expand([lay(tmp_path / "films", "cat/1.png", "dog/1.png", "dog/Thumbs.db")])) == ("cat", "dog")


def gathered(tmp_path: Path, table: str, *files: str, several: bool = False) -> Gathered:
    found = expand([lay(tmp_path / "films", *files)]) if files else []
    return gather_by_table(read_label_table(table.encode()), found, CLASSES, several=several)


def test_a_table_names_its_files_by_the_end_of_their_paths(tmp_path: Path) -> None:
    table = (
        "file,label,patient,split,author\nb/1.png,NORMAL,P1,test,A. Reader\nfilms/a/1.png,viral,P2,,\n2.png,viral,,,\n"
    )
    found = gathered(tmp_path, table, "a/1.png", "b/1.png", "a/2.png")
    assert found.refused == ()
    first, second, third = found.candidates
    assert (first.source, first.classes) == ("films/b/1.png", ("normal",))
    assert (first.patient, first.split, first.author) == ("P1", "test", "A. Reader")
    assert (second.source, third.source) == ("films/a/1.png", "films/a/2.png")
    assert first.item is not None and first.item.path == tmp_path / "films" / "b" / "1.png"


def test_a_table_may_name_images_that_are_in_the_library(tmp_path: Path) -> None:
    found = gathered(tmp_path, "sop_instance_uid,label\n1.2.3,viral\n")
    assert found.candidates == (Candidate("1.2.3", ("viral",), sop_instance_uid="1.2.3"),)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1.png,viral", "Several files"),
        ("9.png,viral", "No file of this name"),
        ("c/1.png,viral", "No file of this name"),
        ("a/1.png,fungal", "fungal is none of the set's: normal, bacterial, viral"),
        ("a/1.png,viral|normal", "Choose one"),
        ("a/1.png,", "no label"),
    ],
)
def test_a_row_without_its_file_or_class_is_refused_with_the_reason(tmp_path: Path, row: str, reason: str) -> None:
    found = gathered(tmp_path, f"file,label\n{row}\n", "a/1.png", "b/1.png")
    assert found.candidates == ()
    assert [one for one in found.refused if one.row == 2 and reason in one.reason]


def test_a_file_that_no_row_names_is_refused(tmp_path: Path) -> None:
    found = gathered(tmp_path, "file,label\na/1.png,viral\n", "a/1.png", "b/1.png")
    assert [(one.source, one.row) for one in found.refused] == [("films/b/1.png", None)]
    assert "No row" in found.refused[0].reason


def test_several_labels_are_taken_where_the_set_takes_them(tmp_path: Path) -> None:
    (one,) = gathered(tmp_path, "file,label\n1.png,viral|Bacterial\n", "1.png", several=True).candidates
    assert one.classes == ("viral", "bacterial")
