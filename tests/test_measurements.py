"""Measurements: every version stays, the newest counts, and they come and go with their study."""

import math
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medcore.errors import LibraryError, MissingError
from medcore.library import Library, NewMeasurement, NewReading
from medcore.library import measurements as stored
from medcore.settings import Settings
from tests.libraries import Bring, make_attributes

UUID = "0b8f9c1e-6f5d-4c1a-9b61-8f1d2f0f5a11"


@pytest.fixture
def film(library: Library, bring: Bring) -> tuple[Library, int, str]:
    """A library with one study of one film of 8 rows and 6 columns: the study's number and the film's UID."""
    image = make_attributes(number_of_frames=3)
    return library, bring(image).studies[0], image.sop_instance_uid


Film = tuple[Library, int, str]


def line(image_uid: str, **values: Any) -> NewMeasurement:
    known: dict[str, Any] = {
        "uid": UUID,
        "sop_instance_uid": image_uid,
        "frame": 2,
        "kind": "length",
        "points": ((0.5, 1.0), (3.5, 5.0)),
        "reader": "A. Reader",
        "text": "width",
        "values": {"length": 5.0},
        "length_unit": "mm",
    }
    return NewMeasurement(**known | values)


def test_a_measurement_comes_back_as_it_was_drawn_with_who_when_and_on_which_frame(film: Film) -> None:
    library, study_id, uid = film
    saved = library.save_measurement(study_id, line(uid))
    (kept,) = library.measurements(study_id)
    assert kept == saved
    assert (kept.reader, kept.frame, kept.points) == ("A. Reader", 2, ((0.5, 1.0), (3.5, 5.0)))
    assert (dict(kept.values), kept.length_unit, kept.text, kept.reading) == ({"length": 5.0}, "mm", "width", None)
    assert kept.created_at is not None
    assert kept.created_at.tzinfo is not None


def test_the_newest_version_counts_and_the_older_ones_stay(film: Film, settings: Settings) -> None:
    library, study_id, uid = film
    library.save_measurement(study_id, line(uid))
    changed = library.save_measurement(study_id, line(uid, values={"length": 6.0}, reader="B. Reader"))
    assert library.measurements(study_id) == (changed,)
    with closing(sqlite3.connect(settings.data_dir / "library" / "library.sqlite")) as connection:
        rows = connection.execute("SELECT reader, drawing ->> '$.values.length' FROM measurement").fetchall()
    assert rows == [("A. Reader", 5.0), ("B. Reader", 6.0)]


def test_a_change_keeps_its_place_among_the_others(film: Film) -> None:
    library, study_id, uid = film
    for name in ("m1", "m2", "m3"):
        library.save_measurement(study_id, line(uid, uid=name))
    library.save_measurement(study_id, line(uid, uid="m1", text="changed"))
    assert [one.uid for one in library.measurements(study_id)] == ["m1", "m2", "m3"]


def test_the_same_again_is_no_new_version(film: Film) -> None:
    library, study_id, uid = film
    first = library.save_measurement(study_id, line(uid))
    assert library.save_measurement(study_id, line(uid, reader=" A.  Reader ")) == first
    assert library.save_measurement(study_id, line(uid, text="other")).id != first.id


def test_what_was_removed_is_gone_and_can_be_brought_back(film: Film) -> None:
    library, study_id, uid = film
    library.save_measurement(study_id, line(uid))
    assert library.save_measurement(study_id, line(uid, removed=True)).removed
    assert library.measurements(study_id) == ()
    library.save_measurement(study_id, line(uid))
    assert len(library.measurements(study_id)) == 1


def test_what_was_never_there_cannot_be_removed(film: Film) -> None:
    library, study_id, uid = film
    with pytest.raises(LibraryError, match="cannot be removed"):
        library.save_measurement(study_id, line(uid, removed=True))


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "volume"},
        {"kind": "angle", "values": {"angle": 30.0}},
        {"points": ()},
        {"points": ((0.0, 0.0), (math.nan, 0.0))},
        {"points": ((0.0, 0.0), (math.inf, 0.0))},
        {"points": ((0.0, 0.0), (12.5, 0.0))},
        {"points": ((0.0, -8.5), (1.0, 0.0))},
        {"values": {}},
        {"values": {"length": -1.0}},
        {"values": {"length": math.nan}},
        {"values": {"length": 1e300}},
        {"values": {"length": 1.0, "mean": 1.0}},
        {"length_unit": "inch"},
        {"value_unit": "SUV"},
        {"frame": 3},
        {"frame": -1},
        {"frame": 10**30},
        {"text": "x" * 201},
        {"text": "two\nlines"},
        {"text": "turned \u202e round"},
        {"reader": "  "},
        {"reader": "x" * 101},
        {"reader": "A.\u202eReader"},
        {"uid": ""},
        {"uid": "../../etc/passwd"},
        {"uid": "x" * 65},
        {"sop_instance_uid": "1.2.3.4.5"},
        {"sop_instance_uid": "' OR 1=1 --"},
    ],
)
def test_what_the_viewer_cannot_have_drawn_is_refused(film: Film, values: dict[str, Any]) -> None:
    library, study_id, uid = film
    with pytest.raises(LibraryError):
        library.save_measurement(study_id, line(uid, **values))
    assert library.measurements(study_id) == ()


def test_an_angle_has_at_most_360_degrees(film: Film) -> None:
    library, study_id, uid = film
    corner = line(uid, kind="angle", points=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)), values={"angle": 360.5})
    with pytest.raises(LibraryError, match="360"):
        library.save_measurement(study_id, corner)
    library.save_measurement(study_id, replace(corner, values={"angle": 90.0}))


def test_a_point_a_little_outside_of_the_image_is_kept(film: Film) -> None:
    library, study_id, uid = film
    library.save_measurement(study_id, line(uid, points=((-5.5, -7.5), (11.5, 15.5))))
    assert library.measurements(study_id)[0].points == ((-5.5, -7.5), (11.5, 15.5))


def test_an_image_or_a_measurement_of_another_study_is_refused(library: Library, bring: Bring) -> None:
    one, other = make_attributes(number_of_frames=3), make_attributes(number_of_frames=3)
    first, second = bring(one, other).studies
    with pytest.raises(LibraryError, match="does not belong"):
        library.save_measurement(first, line(other.sop_instance_uid))
    library.save_measurement(first, line(one.sop_instance_uid))
    with pytest.raises(LibraryError, match="another study"):
        library.save_measurement(second, line(other.sop_instance_uid))
    assert len(library.measurements(first)) == 1
    assert library.measurements(second) == ()


def test_a_study_that_is_not_there_is_said_to_be_missing(film: Film) -> None:
    library, _, uid = film
    with pytest.raises(MissingError):
        library.save_measurement(99, line(uid))
    with pytest.raises(MissingError):
        library.measurements(99)


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = 1", "DELETE FROM {}"])
@pytest.mark.parametrize(("table", "column"), [("measurement", "frame"), ("reading_measurement", "measurement_id")])
def test_what_was_measured_cannot_be_changed_in_the_tables(
    film: Film, settings: Settings, statement: str, table: str, column: str
) -> None:
    library, study_id, uid = film
    library.save_measurement(study_id, line(uid))
    read(film, "A. Reader")
    with closing(sqlite3.connect(settings.data_dir / "library" / "library.sqlite")) as connection:
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)
        with pytest.raises(sqlite3.IntegrityError, match="stays as it was saved"):
            connection.execute(statement.format(table, column))


def read(film: Film, reader: str) -> int:
    library, study_id, uid = film
    instance = library.find_instance(uid)
    assert instance is not None
    return library.save_reading(study_id, NewReading(instance.id, reader, "normal")).id


def test_a_reading_is_saved_with_what_its_reader_had_measured_by_then(film: Film) -> None:
    library, study_id, uid = film
    for number, reader in enumerate(["A. Reader", "B. Reader", "A. Reader"]):
        library.save_measurement(study_id, line(uid, uid=f"m{number}", reader=reader))
    library.save_measurement(study_id, line(uid, uid="m2", removed=True))
    first = read(film, " A. Reader")
    library.save_measurement(study_id, line(uid, uid="m3"))
    assert [(one.uid, one.reading) for one in library.measurements(study_id)] == [
        ("m0", first),
        ("m1", None),
        ("m3", None),
    ]
    second = read(film, "A. Reader")
    assert [one.reading for one in library.measurements(study_id)] == [first, None, second]
    library.save_measurement(study_id, line(uid, uid="m0", text="changed"))
    assert {one.uid: one.reading for one in library.measurements(study_id)}["m0"] is None


def test_deleting_a_study_removes_its_measurements_and_no_others(
    library: Library, bring: Bring, settings: Settings
) -> None:
    one, other = make_attributes(number_of_frames=3), make_attributes(number_of_frames=3)
    summary = bring(one, other)
    for study_id, image, uid in zip(summary.studies, (one, other), ("m1", "m2"), strict=True):
        library.save_measurement(study_id, line(image.sop_instance_uid, uid=uid, text=f"only in {uid}"))
        read((library, study_id, image.sop_instance_uid), "A. Reader")
    library.delete_study(summary.studies[0], "B. Keeper", "sent twice")
    assert [kept.uid for kept in library.measurements(summary.studies[1])] == ["m2"]
    for file in (settings.data_dir / "library").glob("library.sqlite*"):
        assert b"only in m1" not in file.read_bytes()


def test_a_backup_carries_measurements(film: Film, settings: Settings, tmp_path: Path) -> None:
    library, study_id, uid = film
    library.save_measurement(study_id, line(uid))
    read(film, "A. Reader")
    library.backup(tmp_path / "backup.tar")
    elsewhere = Settings(data_dir=tmp_path / "elsewhere", models_dir=settings.models_dir)
    Library.restore(tmp_path / "backup.tar", elsewhere)
    with closing(Library.open(elsewhere)) as restored:
        assert restored.measurements(study_id) == library.measurements(study_id)
        assert restored.measurements(study_id)[0].reading is not None


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "volume"},
        {"text": "turned \u202e round"},
        {"drawing": {"points": [[0, 0], [1, 1]], "values": {}, "length_unit": "mm", "value_unit": ""}},
        {"drawing": {"points": "many", "values": {"length": 1}, "length_unit": "mm", "value_unit": ""}},
        {"drawing": {}},
        {"frame": -1},
    ],
)
def test_a_backup_with_a_measurement_that_medcore_does_not_write_is_refused(
    film: Film, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    library, study_id, uid = film
    library.save_measurement(study_id, line(uid))
    with library._database.writing() as session:
        row = session.query(stored.schema.Measurement).one()
        values = {column.name: getattr(row, column.name) for column in row.__table__.columns}
        session.add(stored.schema.Measurement(**values | change | {"id": row.id + 1}))
    library.backup(tmp_path / "backup.tar")
    with pytest.raises(LibraryError, match="not a MedCore backup"):
        Library.restore(tmp_path / "backup.tar", Settings(tmp_path / "elsewhere", settings.models_dir))


def test_a_study_holds_a_bounded_number_of_measurements(film: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    library, study_id, uid = film
    monkeypatch.setattr(stored, "MOST_CURRENT", 2)
    for number in range(2):
        library.save_measurement(study_id, line(uid, uid=f"m{number}"))
    with pytest.raises(LibraryError, match="as many as fit"):
        library.save_measurement(study_id, line(uid, uid="m2"))
    library.save_measurement(study_id, line(uid, uid="m0", text="can be changed"))
    library.save_measurement(study_id, line(uid, uid="m0", removed=True))
    library.save_measurement(study_id, line(uid, uid="m2"))
    with pytest.raises(LibraryError, match="as many as fit"):
        library.save_measurement(study_id, line(uid, uid="m0"))


def test_a_study_keeps_a_bounded_number_of_versions(film: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    library, study_id, uid = film
    monkeypatch.setattr(stored, "MOST_VERSIONS", 3)
    for number in range(3):
        library.save_measurement(study_id, line(uid, text=f"version {number}"))
    with pytest.raises(LibraryError, match="3 times"):
        library.save_measurement(study_id, line(uid, text="version 3"))
    assert library.measurements(study_id)[0].text == "version 2"


@pytest.mark.parametrize(
    ("kind", "points", "values"),
    [
        ("length", 2, {"length": 5.0}),
        ("angle", 3, {"angle": 31.2}),
        ("rectangle", 4, {"mean": 1, "standard_deviation": 2, "area": 3, "minimum": -4, "maximum": 5, "pixels": 6}),
        ("ellipse", 4, {}),
        ("probe", 1, {"value": -1000.0}),
        ("arrow", 2, {}),
    ],
)
def test_every_tool_of_the_viewer_can_save(film: Film, kind: str, points: int, values: dict[str, float]) -> None:
    library, study_id, uid = film
    drawn = line(uid, kind=kind, points=((1.0, 2.0),) * points, values=values)
    library.save_measurement(study_id, drawn)
    assert dict(library.measurements(study_id)[0].values) == values
    for wrong in (points - 1, points + 1):
        with pytest.raises(LibraryError):
            library.save_measurement(study_id, replace(drawn, uid="other", points=((1.0, 2.0),) * wrong))


def test_a_measurement_whose_row_is_damaged_is_a_sentence(film: Film) -> None:
    library, study_id, uid = film
    library.save_measurement(study_id, line(uid))
    with library._database.writing() as session:
        row = session.query(stored.schema.Measurement).one()
        values = {column.name: getattr(row, column.name) for column in row.__table__.columns}
        session.add(stored.schema.Measurement(**values | {"id": 2, "drawing": {"points": 1}}))
    with pytest.raises(LibraryError, match="damaged"):
        library.measurements(study_id)
