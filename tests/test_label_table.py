"""Tables of labels as people save them, and what is wrong with some of their rows."""

import pytest

from medcore.errors import IntakeError
from medcore.labelling import label_table
from medcore.labelling.label_table import LabelRow, read_label_table

PLAIN = "file,label,patient,split,author\na/1.png,normal,P1,train,A. Reader\nb\\2.png,viral,P2,,\n"
ROWS = (
    LabelRow(2, "a/1.png", "", ("normal",), "P1", "train", "A. Reader"),
    LabelRow(3, "b/2.png", "", ("viral",), "P2"),
)


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\n\n").encode().replace(b"\n\n", b"\n", 1),
    ],
    ids=["plain", "with a mark", "semicolons", "tabs", "from Windows", "with empty rows"],
)
def test_a_table_is_read_as_any_program_saves_it(data: bytes) -> None:
    table = read_label_table(data)
    assert [(row.file, row.labels, row.patient, row.split, row.author) for row in table.rows] == [
        (row.file, row.labels, row.patient, row.split, row.author) for row in ROWS
    ]
    assert table.refused == ()


def test_rows_are_counted_as_a_spreadsheet_counts_them() -> None:
    assert read_label_table(PLAIN.encode()).rows == ROWS


@pytest.mark.parametrize("heading", ["SOP Instance UID,Finding", "uid;CLASS", "sop_instance_uid\tlabels"])
def test_columns_are_known_by_their_usual_names(heading: str) -> None:
    sign = next(one for one in ",;\t" if one in heading)
    (row,) = read_label_table(f"{heading}\n1.2.3{sign}normal\n".encode()).rows
    assert (row.sop_instance_uid, row.file, row.labels) == ("1.2.3", "", ("normal",))


def test_several_labels_of_one_image_stand_apart_by_a_bar() -> None:
    (row,) = read_label_table(b"file,label\n1.png, effusion | fracture|effusion\n").rows
    assert row.labels == ("effusion", "fracture")


def test_a_cell_between_quotation_marks_may_hold_the_sign_between_cells() -> None:
    (row,) = read_label_table(b'file,label,author\n"a, b.png",normal,"Reader, A."\n').rows
    assert (row.file, row.author) == ("a, b.png", "Reader, A.")


def test_letters_of_windows_are_read() -> None:
    (row,) = read_label_table("file,label,author\n1.png,normal,Müller\n".encode("cp1252")).rows
    assert row.author == "Müller"


@pytest.mark.parametrize(
    ("word", "split"), [("Training", "train"), ("val", "validation"), ("TEST", "test"), ("dev", "validation"), ("", "")]
)
def test_splits_are_known_by_their_usual_names(word: str, split: str) -> None:
    (row,) = read_label_table(f"file,label,split\n1.png,normal,{word}\n".encode()).rows
    assert row.split == split


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1.png,,P1,,", "no label"),
        (",normal,P1,,", "names no image"),
        ("1.png,normal,P1", "3 cells, the heading 5"),
        ("1.png,normal,P1,later,", "none of train"),
        (f"1.png,normal,{'P' * 1025},,", "1024 characters"),
        ("1.png,normal,\x1b[2J,,", "cannot be shown"),
    ],
)
def test_a_row_that_cannot_be_taken_is_kept_with_the_reason(row: str, reason: str) -> None:
    table = read_label_table((PLAIN + row + "\n").encode())
    assert table.rows == ROWS
    (refused,) = table.refused
    assert (refused.number, refused.cells) == (4, tuple(row.split(",")))
    assert reason in refused.reason


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "no column for the label"),
        (b"file,patient\n1.png,P1\n", "it has: file, patient"),
        (b"label,patient\nnormal,P1\n", "names the image"),
        (b"file,label,class\n1.png,a,b\n", "Two columns"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "read as text"),
        (b'file,label\n"1.png,normal\n', "read as text"),
        (b'file,label\n"1"x.png,normal\n', "read as text"),
    ],
)
def test_what_is_no_such_table_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(IntakeError, match=sentence):
        read_label_table(data)


def test_a_table_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_table, "MOST_ROWS", 2)
    with pytest.raises(IntakeError, match="more than 2 rows"):
        read_label_table(PLAIN.encode())
