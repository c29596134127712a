"""The library's tables.

Whatever a person or the classifier said is never changed: triggers (in the migrations) refuse UPDATE and DELETE on
readings, their later answers, verdicts, addenda, measurements, labels, data sets, stated ages, predictions and maps,
except for a study whose deletion is on record, and on models, comparisons and what was live.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, kept in UTC and given back with its time zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store the moment as UTC without a zone."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that the stored moment is UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Base of every table."""

    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON}


class Intake(Base):
    """One act of adding files."""

    __tablename__ = "intake"
    id: Mapped[int] = mapped_column(primary_key=True)
    who: Mapped[str]
    created_at: Mapped[datetime]


class Patient(Base):
    """A patient ID with a name, a birth date and a sex; who differs in what both say is another row."""

    __tablename__ = "patient"
    __table_args__ = (Index("ix_patient_identity", "patient_id", "only_study"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[str]
    name: Mapped[str]
    name_folded: Mapped[str]
    only_study: Mapped[str]  # Study Instance UID where there is no patient ID to go by, else empty
    birth_date: Mapped[date | None]
    sex: Mapped[str]


class Study(Base):
    """A study of one patient; the worklist's columns are kept here, ready to be shown."""

    __tablename__ = "study"
    __table_args__ = (
        UniqueConstraint("patient_key", "study_instance_uid"),
        Index("ix_study_uid", "study_instance_uid"),
        Index("ix_study_order", "study_date", "id"),
        # An id that was deleted must not come back: the deletion's record names it.
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    patient_key: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    study_instance_uid: Mapped[str]
    study_date: Mapped[date | None]
    description: Mapped[str]
    age_years: Mapped[float | None]
    synthetic: Mapped[bool]
    modalities: Mapped[str]  # sorted, a space on either side of each
    images: Mapped[int]
    search: Mapped[str]  # folded text that the search field looks in
    reader_said: Mapped[str] = mapped_column(default="")
    model_said: Mapped[str] = mapped_column(default="")
    read: Mapped[bool] = mapped_column(default=False)
    revealed: Mapped[bool] = mapped_column(default=False)
    disagreed: Mapped[bool] = mapped_column(default=False)


class Series(Base):
    """A series of one study."""

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("study_id", "series_instance_uid"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    series_instance_uid: Mapped[str]
    number: Mapped[int | None]
    description: Mapped[str]
    modality: Mapped[str]


class Instance(Base):
    """One image and the file that holds it."""

    __tablename__ = "instance"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"), index=True)
    intake_id: Mapped[int] = mapped_column(ForeignKey("intake.id"), index=True)
    sop_instance_uid: Mapped[str] = mapped_column(unique=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    attributes: Mapped[dict[str, Any]]


class Prediction(Base):
    """The classifier's answer for one image; a newer one is a new row."""

    __tablename__ = "prediction"
    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), index=True)
    state: Mapped[str]
    reason: Mapped[str]
    probabilities: Mapped[dict[str, Any]]
    pneumonia: Mapped[float | None]
    decision: Mapped[str]
    threshold: Mapped[float | None]
    model_version: Mapped[str]
    pixels_sha256: Mapped[str]
    study_age_years: Mapped[float | None]  # lent by the study where the film gave none
    map_scale: Mapped[float | None]
    pneumonia_low: Mapped[float | None]  # both None from a model that gives no range
    pneumonia_high: Mapped[float | None]
    not_ruled_out: Mapped[str | None]  # labels, a line each; None from a model that gives no set
    operating_point: Mapped[str]
    created_at: Mapped[datetime]


class SaliencyMap(Base):
    """The raw map of a prediction for one class."""

    __tablename__ = "saliency_map"
    prediction_id: Mapped[int] = mapped_column(ForeignKey("prediction.id"), primary_key=True)
    target: Mapped[str] = mapped_column(primary_key=True)
    rows: Mapped[int]
    columns: Mapped[int]
    cells: Mapped[bytes]  # float32, little endian, row by row


class Reading(Base):
    """What a reader said before or without seeing the classifier's answer."""

    __tablename__ = "reading"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), index=True)
    prediction_id: Mapped[int | None] = mapped_column(ForeignKey("prediction.id"), index=True)
    reader: Mapped[str]
    finding: Mapped[str]
    side: Mapped[str]
    confidence: Mapped[str | None]
    revealed_without_reading: Mapped[bool]
    answer_seen_before: Mapped[bool]
    created_at: Mapped[datetime]


class LaterAnswer(Base):
    """The answer that a reading came to be shown, where the study had none yet when it was saved."""

    __tablename__ = "later_answer"
    reading_id: Mapped[int] = mapped_column(ForeignKey("reading.id"), primary_key=True)
    prediction_id: Mapped[int] = mapped_column(ForeignKey("prediction.id"), index=True)


class Verdict(Base):
    """Accept, reject or amend: one for a reading."""

    __tablename__ = "verdict"
    id: Mapped[int] = mapped_column(primary_key=True)
    reading_id: Mapped[int] = mapped_column(ForeignKey("reading.id"), unique=True)
    prediction_id: Mapped[int | None] = mapped_column(ForeignKey("prediction.id"), index=True)
    reader: Mapped[str]
    action: Mapped[str]
    finding: Mapped[str]
    side: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]


class Addendum(Base):
    """A later correction of a reading."""

    __tablename__ = "addendum"
    id: Mapped[int] = mapped_column(primary_key=True)
    reading_id: Mapped[int] = mapped_column(ForeignKey("reading.id"), index=True)
    reader: Mapped[str]
    text: Mapped[str]
    finding: Mapped[str | None]
    side: Mapped[str]
    created_at: Mapped[datetime]


class Measurement(Base):
    """One version of what a reader measured or marked on a frame; of those with one `uid` the newest counts."""

    __tablename__ = "measurement"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), index=True)
    uid: Mapped[str] = mapped_column(index=True)  # given by the viewer
    kind: Mapped[str]
    frame: Mapped[int]  # from 0
    drawing: Mapped[dict[str, Any]]  # points, values and their units
    text: Mapped[str]
    reader: Mapped[str]
    removed: Mapped[bool]
    created_at: Mapped[datetime]


class ReadingMeasurement(Base):
    """A version of a measurement that was current, and the same reader's, when a reading was saved."""

    __tablename__ = "reading_measurement"
    reading_id: Mapped[int] = mapped_column(ForeignKey("reading.id"), primary_key=True)
    measurement_id: Mapped[int] = mapped_column(ForeignKey("measurement.id"), primary_key=True, index=True)


class StatedAge(Base):
    """An age that a reader stated for a study; the newest counts."""

    __tablename__ = "stated_age"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    years: Mapped[float]
    who: Mapped[str]
    created_at: Mapped[datetime]


class Thumbnail(Base):
    """The worklist's small picture of a study; no bytes where none can be made."""

    __tablename__ = "thumbnail"
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), primary_key=True)
    png: Mapped[bytes]


class Deletion(Base):
    """Who deleted a study, when and why; nothing of the patient."""

    __tablename__ = "deletion"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(index=True)
    who: Mapped[str]
    reason: Mapped[str]
    images: Mapped[int]
    created_at: Mapped[datetime]


class DeletedImage(Base):
    """The SHA-256 of the SOP Instance UID of an image whose study was deleted, until it is added again."""

    __tablename__ = "deleted_image"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)


class LooseFile(Base):
    """A stored file whose rows are gone and that is still to be removed."""

    __tablename__ = "loose_file"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)


class Job(Base):
    """Work for the background; this table is the truth about it."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_queue", "state", "priority", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str]
    priority: Mapped[int]
    attempts: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str] = mapped_column(default="")
    wish: Mapped[str] = mapped_column(default="")  # pause or cancel, until the owner has heeded it
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    working_on: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what a killed child was busy with
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    available_at: Mapped[datetime]  # not taken before
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class LabelSet(Base):
    """Classes that images are labelled with."""

    __tablename__ = "label_set"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    several: Mapped[bool]  # several classes may be given to one image
    who: Mapped[str]
    created_at: Mapped[datetime]


class LabelClass(Base):
    """One class of a label set."""

    __tablename__ = "label_class"
    __table_args__ = (UniqueConstraint("label_set_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    label_set_id: Mapped[int] = mapped_column(ForeignKey("label_set.id"))
    name: Mapped[str]


class Label(Base):
    """What somebody says an image or a study shows; of one author's on one image in one set the newest counts."""

    __tablename__ = "label"
    id: Mapped[int] = mapped_column(primary_key=True)
    label_set_id: Mapped[int] = mapped_column(ForeignKey("label_set.id"), index=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("instance.id"), index=True)  # None: the whole study
    author: Mapped[str]
    source: Mapped[str]
    reason: Mapped[str]
    withdrawn: Mapped[bool]
    split: Mapped[str]  # train, validation or test, where an upload says so; else empty
    created_at: Mapped[datetime]


class GivenClass(Base):
    """A class that a label gives; a label of a set with several classes may give none of them."""

    __tablename__ = "given_class"
    label_id: Mapped[int] = mapped_column(ForeignKey("label.id"), primary_key=True)
    class_id: Mapped[int] = mapped_column(ForeignKey("label_class.id"), primary_key=True, index=True)


class DatasetVersion(Base):
    """The labels of a set as they stood at one moment, with the part that each patient is in."""

    __tablename__ = "dataset_version"
    __table_args__ = (UniqueConstraint("label_set_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    label_set_id: Mapped[int] = mapped_column(ForeignKey("label_set.id"))
    number: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))  # of its images' pixels, classes, patients and parts
    who: Mapped[str]
    created_at: Mapped[datetime]


class DatasetImage(Base):
    """One image of a data set."""

    __tablename__ = "dataset_image"
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset_version.id"), primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), primary_key=True, index=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    patient_key: Mapped[int]
    pixels_sha256: Mapped[str] = mapped_column(String(64))
    part: Mapped[str]


class DatasetClass(Base):
    """A class that an image of a data set has."""

    __tablename__ = "dataset_class"
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset_version.id"), primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), primary_key=True)
    class_id: Mapped[int] = mapped_column(ForeignKey("label_class.id"), primary_key=True)


class TrainingRun(Base):
    """One training: what it was asked for, and how it ended."""

    __tablename__ = "training_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(index=True)
    label_set_id: Mapped[int] = mapped_column(ForeignKey("label_set.id"))
    plan: Mapped[dict[str, Any]]
    who: Mapped[str]
    created_at: Mapped[datetime]


class TrainingEpoch(Base):
    """What an epoch of a training reached."""

    __tablename__ = "training_epoch"
    run_id: Mapped[int] = mapped_column(ForeignKey("training_run.id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)  # from 1
    loss: Mapped[float]
    validation_loss: Mapped[float | None]
    validation_auc: Mapped[float | None]


class ModelVersion(Base):
    """A model that shipped with MedCore or was trained here; only these are ever loaded."""

    __tablename__ = "model_version"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)  # as its predictions carry it: name and version
    folder: Mapped[str]  # in the data folder's models: the first 16 digits of the hash
    card_sha256: Mapped[str] = mapped_column(String(64))  # of its card, which holds those of its other files
    run_id: Mapped[int | None] = mapped_column(ForeignKey("training_run.id"))
    dataset_id: Mapped[int | None] = mapped_column(ForeignKey("dataset_version.id"))
    who: Mapped[str]
    created_at: Mapped[datetime]


class Comparison(Base):
    """What the gate said of a candidate beside the model that was live then."""

    __tablename__ = "comparison"
    id: Mapped[int] = mapped_column(primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("model_version.id"), index=True)
    live_id: Mapped[int] = mapped_column(ForeignKey("model_version.id"))
    dataset_id: Mapped[int] = mapped_column(ForeignKey("dataset_version.id"))
    passes: Mapped[bool]
    verdict: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class Promotion(Base):
    """Which model is live from then on; the newest counts."""

    __tablename__ = "promotion"
    id: Mapped[int] = mapped_column(primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("model_version.id"))
    how: Mapped[str]
    comparison_id: Mapped[int | None] = mapped_column(ForeignKey("comparison.id"))
    who: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]
