"""One study with its series and images in reading order."""

import math
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from medcore.dicom import Attributes, sort_series
from medcore.errors import LibraryError, MissingError
from medcore.library import schema
from medcore.library.ages import age_text
from medcore.library.database import Database
from medcore.library.hierarchy import shares_patient_id, shares_study_uid
from medcore.library.layout import FileStore
from medcore.library.records import Instance, Series, Study
from medcore.library.worklist import age_of, flags, stated_age, status

MAX_PRIORS = 8  # studies of the same patient that are offered for comparison
NO_STUDY = "This study is not in the library; it may have been deleted. Choose another in the worklist."
BROKEN = "What the library keeps of an image of this study is damaged. Restore the last backup, or delete the study."
NO_IMAGE = "This image is not in the library; its study may have been deleted. Choose another in the worklist."


def study_of(session: Session, instance_id: int) -> int | None:
    """Return the number of an image's study; None where the image is gone."""
    found = select(schema.Series.study_id).join(schema.Instance).where(schema.Instance.id == instance_id)
    return session.scalar(found)


def patient_keys(session: Session, study_ids: Sequence[int]) -> dict[int, int]:
    """Return the number of each study's patient."""
    found = select(schema.Study.id, schema.Study.patient_key).where(schema.Study.id.in_(study_ids))
    return {study_id: key for study_id, key in session.execute(found)}


def read_study(database: Database, store: FileStore, study_id: int) -> Study:
    """Read a study, its series by number and their images in reading order.

    Raises
    ------
    LibraryError
        If there is no such study.
    """
    statement = (
        select(
            schema.Study,
            schema.Patient,
            stated_age().label("stated_age"),
            shares_patient_id().label("shares_id"),
            shares_study_uid().label("shares_study"),
        )
        .join(schema.Patient)
        .where(schema.Study.id == study_id)
    )
    with database.reading() as session:
        found = session.execute(statement).one_or_none()
        if found is None:
            raise MissingError(NO_STUDY)
        series = tuple(_as_series(one, rows, store) for one, rows in in_reading_order(session, study_id))
    study, patient = found.Study, found.Patient
    age_years, stated = age_of(study.age_years, found.stated_age)
    return Study(
        id=study.id,
        patient_name=patient.name,
        patient_id=patient.patient_id,
        age_text=age_text(age_years, stated),
        age_years=age_years,
        age_stated=stated,
        sex=patient.sex,
        study_date=study.study_date,
        description=study.description,
        modalities=tuple(study.modalities.split()),
        status=status(study.read, study.disagreed),
        flags=flags(found.shares_id, found.shares_study),
        synthetic=study.synthetic,
        series=series,
    )


def read_instances(database: Database, store: FileStore, ids: Sequence[int]) -> dict[int, Instance]:
    """Read images by their numbers; those that are gone are left out."""
    with database.reading() as session:
        found = session.scalars(select(schema.Instance).where(schema.Instance.id.in_(ids)))
        return {instance.id: as_instance(instance, store) for instance in found}


def find_instance(database: Database, store: FileStore, sop_instance_uid: str) -> Instance | None:
    """Read the image of a SOP Instance UID, or None where there is none."""
    with database.reading() as session:
        row = session.scalar(select(schema.Instance).where(schema.Instance.sop_instance_uid == sop_instance_uid))
        return None if row is None else as_instance(row, store)


def read_series(database: Database, store: FileStore, series_id: int) -> Series | None:
    """Read a series with its images in reading order, or None where there is none."""
    with database.reading() as session:
        series = session.get(schema.Series, series_id)
        if series is None:
            return None
        images = select(schema.Instance).where(schema.Instance.series_id == series_id).order_by(schema.Instance.id)
        return _as_series(series, _sorted(session.scalars(images).all()), store)


def find_priors(database: Database, study_id: int) -> list[int]:
    """List the other studies of the same patient, the nearest in date first, those without a date last.

    Raises
    ------
    LibraryError
        If there is no such study.
    """
    with database.reading() as session:
        study = session.get(schema.Study, study_id)
        if study is None:
            raise MissingError(NO_STUDY)
        others = session.execute(
            select(schema.Study.id, schema.Study.study_date).where(
                schema.Study.patient_key == study.patient_key, schema.Study.id != study_id
            )
        ).all()
        day = study.study_date
    apart = {number: abs((other - day).days) if other and day else math.inf for number, other in others}
    newest = {number: other or date.min for number, other in others}
    ranked = sorted(apart, key=lambda number: (newest[number], number), reverse=True)
    return sorted(ranked, key=lambda number: (apart[number], newest[number] == date.min))[:MAX_PRIORS]


def as_instance(instance: schema.Instance, store: FileStore) -> Instance:
    """Turn a row into an image with its file."""
    return Instance(
        id=instance.id,
        sha256=instance.sha256,
        path=store.path(instance.sha256),
        attributes=attributes_of(instance),
    )


def in_reading_order(session: Session, study_id: int) -> list[tuple[schema.Series, list[schema.Instance]]]:
    """Read a study's series by number, each with its images as they lie in the patient."""
    series = session.scalars(select(schema.Series).where(schema.Series.study_id == study_id)).all()
    images = select(schema.Instance).join(schema.Series).where(schema.Series.study_id == study_id)
    found: dict[int, list[schema.Instance]] = {}
    for row in session.scalars(images.order_by(schema.Instance.id)):
        found.setdefault(row.series_id, []).append(row)
    ordered = []
    for one in sorted(series, key=lambda one: (one.number is None, one.number or 0, one.id)):
        ordered.append((one, _sorted(found.get(one.id, []))))
    return ordered


def _sorted(rows: Sequence[schema.Instance]) -> list[schema.Instance]:
    return [rows[index] for index in sort_series([attributes_of(row) for row in rows])]


def attributes_of(instance: schema.Instance) -> Attributes:
    """Return what is kept of an image's header, or raise a LibraryError where it is damaged."""
    try:
        return Attributes.from_json(instance.attributes)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise LibraryError(BROKEN) from error


def _as_series(series: schema.Series, rows: Sequence[schema.Instance], store: FileStore) -> Series:
    images = tuple(as_instance(row, store) for row in rows)
    return Series(series.id, series.number, series.description, series.modality, images)
