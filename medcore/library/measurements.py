"""Measurements: each change is a new version, and what was saved stays as it was saved.

A measurement is on record from the moment that it is drawn, with who drew it, when and on which frame. When a reader
saves a reading, the versions of theirs that are current then are noted with it; what is drawn later belongs to no
reading until the same reader saves the next one. All of them come back when the study is opened again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from medcore.dicom import Attributes
from medcore.dicom.measurement import Measurement, NewMeasurement
from medcore.errors import LibraryError, MissingError
from medcore.library import schema
from medcore.library.measurement_checks import check_form, check_place
from medcore.library.studies import BROKEN, NO_STUDY, attributes_of

MOST_CURRENT, MOST_VERSIONS = 2_000, 20_000  # of one study
NO_ROOM = "This study has {} measurements, which is as many as fit. Remove some that are no longer needed."
NO_MORE_CHANGES = "The measurements of this study were changed {} times, which is as often as is kept."
OTHER_IMAGE = "This image does not belong to the study that is measured. Open the study again."
OTHER_STUDY = "This measurement belongs to another study. Open the study again."
NOT_THERE = "This measurement is not in the library, so it cannot be removed. Open the study again."
# What a drawing that is not as `_drawing` wrote it raises when it is read.
UNREADABLE = (TypeError, ValueError, LookupError, AttributeError)


def save_measurement(session: Session, study_id: int, new: NewMeasurement) -> Measurement:
    """Save a version of a measurement; without effect where the current one says the same.

    Raises
    ------
    MissingError
        If there is no such study.
    LibraryError
        If the measurement is none that the viewer makes, lies on no image of the study, or is one too many.
    """
    if session.get(schema.Study, study_id) is None:
        raise MissingError(NO_STUDY)
    new = replace(new, reader=" ".join(new.reader.split()), text=new.text.strip())
    check_form(new)
    instance = _instance(session, study_id, new)
    newest = _newest(session, study_id, new)
    if newest is not None and _says_the_same(newest, instance.id, new):
        return _as_measurement(newest, new.sop_instance_uid, _readings_of(session, [newest.id]).get(newest.id))
    _check_room(session, study_id, is_another=newest is None or newest.removed)
    row = _as_row(study_id, instance.id, new)
    session.add(row)
    session.flush()
    return _as_measurement(row, new.sop_instance_uid, None)


def read_measurements(session: Session, study_id: int) -> tuple[Measurement, ...]:
    """Read the current measurements of a study, in the order in which they were drawn.

    Raises
    ------
    MissingError
        If there is no such study.
    """
    if session.get(schema.Study, study_id) is None:
        raise MissingError(NO_STUDY)
    current = _current(study_id).add_columns(schema.Measurement, schema.Instance.sop_instance_uid)
    found = session.execute(current.join(schema.Instance, schema.Instance.id == schema.Measurement.instance_id))
    rows = [(row, uid) for _, row, uid in found]
    readings = _readings_of(session, [row.id for row, _ in rows])
    return tuple(_as_measurement(row, uid, readings.get(row.id)) for row, uid in rows)


def bind_measurements(session: Session, study_id: int, reading_id: int, reader: str) -> None:
    """Note with a reading the measurements that its reader had made when it was saved."""
    ids = session.scalars(_current(study_id).where(schema.Measurement.reader == reader))
    session.add_all([schema.ReadingMeasurement(reading_id=reading_id, measurement_id=one) for one in ids])
    session.flush()


def row_fits(row: Any) -> bool:
    """Say whether a row of the table, as a backup brings it, is such as `save_measurement` writes."""
    try:
        check_form(_new(row, row.drawing, ""))
    except (LibraryError, *UNREADABLE):
        return False
    return bool(row.frame >= 0)


def _current(study_id: int) -> Select[int]:
    """Select the newest version of each measurement that is not removed, in the order in which they were drawn."""
    versions = (
        select(func.max(schema.Measurement.id).label("newest"), func.min(schema.Measurement.id).label("first"))
        .where(schema.Measurement.study_id == study_id)
        .group_by(schema.Measurement.uid)
        .subquery()
    )
    return (
        select(schema.Measurement.id)
        .join(versions, versions.c.newest == schema.Measurement.id)
        .where(schema.Measurement.removed.is_(False))
        .order_by(versions.c.first)
    )


def _instance(session: Session, study_id: int, new: NewMeasurement) -> schema.Instance:
    instance = session.scalar(
        select(schema.Instance)
        .join(schema.Series)
        .where(schema.Instance.sop_instance_uid == new.sop_instance_uid, schema.Series.study_id == study_id)
    )
    if instance is None:
        raise LibraryError(OTHER_IMAGE)
    attributes: Attributes = attributes_of(instance)
    check_place(new, attributes.rows, attributes.columns, attributes.number_of_frames)
    return instance


def _newest(session: Session, study_id: int, new: NewMeasurement) -> schema.Measurement | None:
    """Find the version that `new` follows."""
    versions = select(schema.Measurement).where(schema.Measurement.uid == new.uid)
    newest = session.scalars(versions.order_by(schema.Measurement.id.desc()).limit(1)).first()
    if newest is not None and newest.study_id != study_id:
        raise LibraryError(OTHER_STUDY)
    if newest is None and new.removed:
        raise LibraryError(NOT_THERE)
    return newest


def _check_room(session: Session, study_id: int, *, is_another: bool) -> None:
    versions = select(func.count()).where(schema.Measurement.study_id == study_id)
    if (session.scalar(versions) or 0) >= MOST_VERSIONS:
        raise LibraryError(NO_MORE_CHANGES.format(MOST_VERSIONS))
    current = select(func.count()).select_from(_current(study_id).subquery())
    if is_another and (session.scalar(current) or 0) >= MOST_CURRENT:
        raise LibraryError(NO_ROOM.format(MOST_CURRENT))


def _readings_of(session: Session, measurement_ids: Sequence[int]) -> dict[int, int]:
    link = schema.ReadingMeasurement
    found = session.execute(
        select(link.measurement_id, func.min(link.reading_id))
        .where(link.measurement_id.in_(measurement_ids))
        .group_by(link.measurement_id)
    )
    return {measurement_id: reading_id for measurement_id, reading_id in found}


def _says_the_same(row: schema.Measurement, instance_id: int, new: NewMeasurement) -> bool:
    same_image = row.instance_id == instance_id
    return same_image and row.drawing == _drawing(new) and _new(row, row.drawing, new.sop_instance_uid) == new


def _drawing(new: NewMeasurement) -> dict[str, Any]:
    return {
        "points": [list(point) for point in new.points],
        "values": dict(new.values),
        "length_unit": new.length_unit,
        "value_unit": new.value_unit,
    }


def _new(row: Any, drawing: Mapping[str, Any], sop_instance_uid: str) -> NewMeasurement:
    return NewMeasurement(
        uid=row.uid,
        sop_instance_uid=sop_instance_uid,
        frame=row.frame,
        kind=row.kind,
        points=tuple((float(column), float(line)) for column, line in drawing["points"]),
        reader=row.reader,
        text=row.text,
        values={str(name): float(value) for name, value in drawing["values"].items()},
        length_unit=drawing["length_unit"],
        value_unit=drawing["value_unit"],
        removed=row.removed,
    )


def _as_row(study_id: int, instance_id: int, new: NewMeasurement) -> schema.Measurement:
    return schema.Measurement(
        study_id=study_id,
        instance_id=instance_id,
        uid=new.uid,
        kind=new.kind,
        frame=new.frame,
        drawing=_drawing(new),
        text=new.text,
        reader=new.reader,
        removed=new.removed,
        created_at=datetime.now(UTC),
    )


def _as_measurement(row: schema.Measurement, sop_instance_uid: str, reading: int | None) -> Measurement:
    try:
        new = _new(row, row.drawing, sop_instance_uid)
    except UNREADABLE as error:
        raise LibraryError(BROKEN) from error
    values = {name: getattr(new, name) for name in NewMeasurement.__dataclass_fields__}
    return Measurement(**values, id=row.id, created_at=row.created_at, reading=reading)
