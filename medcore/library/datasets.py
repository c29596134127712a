"""Data sets: which labelled images a training used, fixed for good, with the part that each patient is in.

A patient stays in the part that the label set's first version put it into, so that what tests one model never trains
the next.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from medcore.errors import LibraryError, MissingError
from medcore.library import schema
from medcore.library.database import Database
from medcore.library.labels import NO_SET
from medcore.library.records import PARTS, Dataset, DatasetImage

NO_DATASET = "This data set is not in the library. Choose another one."


class Datasets:
    """The data sets of a library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, label_set_id: int, images: Sequence[DatasetImage], who: str) -> int:
        """Save a version of a label set's data and return its number in the library; the newest where it is the same.

        Raises
        ------
        MissingError
            If the label set is not there.
        LibraryError
            If there is no image, a part has another name, or a patient is in two parts or not where it was before.
        """
        with self._database.writing() as session:
            if session.get(schema.LabelSet, label_set_id) is None:
                raise MissingError(NO_SET)
            _check(images, _parts_so_far(session, label_set_id))
            newest = session.scalar(_of_set(label_set_id).order_by(schema.DatasetVersion.number.desc()).limit(1))
            sha256 = digest(images)
            if newest is not None and newest.sha256 == sha256:
                return newest.id
            number = (newest.number if newest else 0) + 1
            row = schema.DatasetVersion(
                label_set_id=label_set_id, number=number, sha256=sha256, who=who, created_at=datetime.now(UTC)
            )
            session.add(row)
            session.flush()
            class_ids = _class_ids(session, label_set_id)
            for image in images:
                values = {name: value for name, value in vars(image).items() if name != "classes"}
                session.add(schema.DatasetImage(dataset_id=row.id, **values))
            session.flush()
            session.add_all(
                schema.DatasetClass(dataset_id=row.id, instance_id=image.instance_id, class_id=class_ids[name])
                for image in images
                for name in image.classes
            )
            session.flush()
            return row.id

    def read(self, dataset_id: int) -> Dataset:
        """Read a data set; images of studies that were deleted since are left out.

        Raises
        ------
        MissingError
            If it is not there.
        """
        with self._database.reading() as session:
            row = session.get(schema.DatasetVersion, dataset_id)
            if row is None:
                raise MissingError(NO_DATASET)
            found = session.execute(
                select(schema.DatasetClass.instance_id, schema.LabelClass.name)
                .join(schema.LabelClass, schema.LabelClass.id == schema.DatasetClass.class_id)
                .where(schema.DatasetClass.dataset_id == dataset_id)
                .order_by(schema.LabelClass.id)
            )
            classes: dict[int, list[str]] = {}
            for instance_id, name in found:
                classes.setdefault(instance_id, []).append(name)
            of_set = select(schema.DatasetImage).where(schema.DatasetImage.dataset_id == dataset_id)
            images = tuple(
                DatasetImage(
                    one.instance_id,
                    one.study_id,
                    one.patient_key,
                    one.pixels_sha256,
                    tuple(classes.get(one.instance_id, ())),
                    one.part,
                )
                for one in session.scalars(of_set.order_by(schema.DatasetImage.instance_id))
            )
            return Dataset(row.id, row.label_set_id, row.number, row.sha256, row.who, row.created_at, images)

    def of_label_set(self, label_set_id: int) -> tuple[int, ...]:
        """List the versions of a label set's data, the oldest first."""
        with self._database.reading() as session:
            rows = session.scalars(_of_set(label_set_id).order_by(schema.DatasetVersion.number))
            return tuple(row.id for row in rows)

    def patients_by_pixels(self) -> dict[str, set[int]]:
        """Return whose each picture is, by the hash of its pixels, over all data sets."""
        rows = select(schema.DatasetImage.pixels_sha256, schema.DatasetImage.patient_key).distinct()
        found: dict[str, set[int]] = {}
        with self._database.reading() as session:
            for pixels_sha256, patient in session.execute(rows):
                found.setdefault(pixels_sha256, set()).add(patient)
        return found

    def parts_so_far(self, label_set_id: int) -> dict[int, str]:
        """Return the part of every patient that a version of the label set's data has put into one."""
        with self._database.reading() as session:
            return _parts_so_far(session, label_set_id)


def digest(images: Sequence[DatasetImage]) -> str:
    """Return the SHA-256 of what a data set says, whatever the order of its images."""
    lines = sorted(
        "\t".join((image.pixels_sha256, str(image.instance_id), str(image.patient_key), image.part, *image.classes))
        for image in images
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _check(images: Sequence[DatasetImage], known: dict[int, str]) -> None:
    if not images:
        raise LibraryError("No image has a label that counts. Label some images first.")
    parts = dict(known)
    for image in images:
        if image.part not in PARTS:
            raise LibraryError(f"A part of a data set is one of {', '.join(PARTS)}.")
        if parts.setdefault(image.patient_key, image.part) != image.part:
            raise LibraryError("A patient would be in two parts of the data, so what was learnt would be asked.")


def _parts_so_far(session: Session, label_set_id: int) -> dict[int, str]:
    rows = session.execute(
        select(schema.DatasetImage.patient_key, func.min(schema.DatasetImage.part))
        .join(schema.DatasetVersion, schema.DatasetVersion.id == schema.DatasetImage.dataset_id)
        .where(schema.DatasetVersion.label_set_id == label_set_id)
        .group_by(schema.DatasetImage.patient_key)
    )
    return {patient: part for patient, part in rows}


def _of_set(label_set_id: int) -> Select[schema.DatasetVersion]:
    return select(schema.DatasetVersion).where(schema.DatasetVersion.label_set_id == label_set_id)


def _class_ids(session: Session, label_set_id: int) -> dict[str, int]:
    rows = session.scalars(select(schema.LabelClass).where(schema.LabelClass.label_set_id == label_set_id))
    return {row.name: row.id for row in rows}
