"""Make the tables of studies, opinions and work, and the triggers that keep what was said.

A trigger lets a row of an opinion go only when the deletion of its study stands in the table `deletion`.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

from medcore.library.schema import UtcDateTime as Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# For each table that only grows: the study that a row belongs to.
STUDY_OF = {
    "reading": "SELECT OLD.study_id",
    "stated_age": "SELECT OLD.study_id",
    "later_answer": "SELECT study_id FROM reading WHERE id = OLD.reading_id",
    "verdict": "SELECT study_id FROM reading WHERE id = OLD.reading_id",
    "addendum": "SELECT study_id FROM reading WHERE id = OLD.reading_id",
    "prediction": "SELECT s.study_id FROM instance i JOIN series s ON s.id = i.series_id WHERE i.id = OLD.instance_id",
    "saliency_map": (
        "SELECT s.study_id FROM prediction p JOIN instance i ON i.id = p.instance_id "
        "JOIN series s ON s.id = i.series_id WHERE p.id = OLD.prediction_id"
    ),
}


def upgrade() -> None:
    """Make everything."""
    _make_studies()
    _make_opinions()
    _make_work()
    for table, study in STUDY_OF.items():
        _forbid("UPDATE", table, "")
        _forbid("DELETE", table, f"WHEN NOT EXISTS (SELECT 1 FROM deletion WHERE study_id = ({study}))")  # nosec B608
    for event in ("UPDATE", "DELETE"):
        _forbid(event, "deletion", "")


def _forbid(event: str, table: str, when: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} {when} "
        f"BEGIN SELECT RAISE(ABORT, 'what is in {table} stays as it was saved'); END"
    )


def _make_studies() -> None:
    op.create_table("intake", _key(), _text("who"), _column("created_at", Moment()))
    op.create_table(
        "patient",
        _key(),
        *(_text(name) for name in ("patient_id", "name", "name_folded", "only_study", "sex")),
        sa.Column("birth_date", sa.Date()),
    )
    op.create_index("ix_patient_identity", "patient", ["patient_id", "only_study"])
    op.create_table(
        "study",
        _key(),
        _reference("patient_key", "patient"),
        *(_text(name) for name in ("study_instance_uid", "description", "modalities", "search")),
        *(_text(name) for name in ("reader_said", "model_said")),
        *(_column(name, sa.Boolean()) for name in ("synthetic", "read", "revealed", "disagreed")),
        _column("images", sa.Integer()),
        sa.Column("study_date", sa.Date()),
        sa.Column("age_years", sa.Double()),
        sa.UniqueConstraint("patient_key", "study_instance_uid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_study_order", "study", ["study_date", "id"])
    op.create_index("ix_study_uid", "study", ["study_instance_uid"])
    op.create_table(
        "series",
        _key(),
        _reference("study_id", "study"),
        *(_text(name) for name in ("series_instance_uid", "description", "modality")),
        sa.Column("number", sa.Integer()),
        sa.UniqueConstraint("study_id", "series_instance_uid"),
    )
    op.create_table(
        "instance",
        _key(),
        _reference("series_id", "series"),
        _reference("intake_id", "intake"),
        _text("sop_instance_uid"),
        _column("sha256", sa.String(64)),
        _column("size", sa.Integer()),
        _column("attributes", sa.JSON()),
        sa.UniqueConstraint("sop_instance_uid"),
        sqlite_autoincrement=True,
    )
    for name in ("series_id", "intake_id", "sha256"):
        op.create_index(f"ix_instance_{name}", "instance", [name])
    op.create_table("thumbnail", _reference("study_id", "study", primary_key=True), _column("png", sa.LargeBinary()))


def _make_opinions() -> None:
    op.create_table(
        "prediction",
        _key(),
        _reference("instance_id", "instance", index=True),
        *(_text(name) for name in ("state", "reason", "decision", "model_version", "pixels_sha256")),
        *(sa.Column(name, sa.Double()) for name in ("pneumonia", "threshold", "study_age_years", "map_scale")),
        _column("probabilities", sa.JSON()),
        _column("created_at", Moment()),
    )
    op.create_table(
        "saliency_map",
        _reference("prediction_id", "prediction", primary_key=True),
        sa.Column("target", sa.String(), primary_key=True),
        *(_column(name, sa.Integer()) for name in ("rows", "columns")),
        _column("cells", sa.LargeBinary()),
    )
    op.create_table(
        "reading",
        _key(),
        _reference("study_id", "study", index=True),
        _reference("instance_id", "instance", index=True),
        _reference("prediction_id", "prediction", index=True, nullable=True),
        *(_text(name) for name in ("reader", "finding", "side")),
        sa.Column("confidence", sa.String()),
        *(_column(name, sa.Boolean()) for name in ("revealed_without_reading", "answer_seen_before")),
        _column("created_at", Moment()),
    )
    op.create_table(
        "later_answer",
        _reference("reading_id", "reading", primary_key=True),
        _reference("prediction_id", "prediction", index=True),
    )
    op.create_table(
        "verdict",
        _key(),
        _reference("reading_id", "reading", unique=True),
        _reference("prediction_id", "prediction", index=True, nullable=True),
        *(_text(name) for name in ("reader", "action", "finding", "side", "reason")),
        _column("created_at", Moment()),
    )
    op.create_table(
        "addendum",
        _key(),
        _reference("reading_id", "reading", index=True),
        *(_text(name) for name in ("reader", "text", "side")),
        sa.Column("finding", sa.String()),
        _column("created_at", Moment()),
    )
    op.create_table(
        "stated_age",
        _key(),
        _reference("study_id", "study", index=True),
        _column("years", sa.Double()),
        _text("who"),
        _column("created_at", Moment()),
    )


def _make_work() -> None:
    op.create_table(
        "job",
        _key(),
        *(_text(name) for name in ("kind", "state", "owner", "error")),
        *(_column(name, sa.Integer()) for name in ("priority", "attempts", "done", "total")),
        *(_column(name, sa.JSON()) for name in ("payload", "working_on", "result")),
        *(_column(name, Moment()) for name in ("created_at", "available_at")),
        *(sa.Column(name, Moment()) for name in ("started_at", "heartbeat_at", "finished_at")),
    )
    op.create_index("ix_job_queue", "job", ["state", "priority", "id"])
    op.create_table("loose_file", sa.Column("sha256", sa.String(64), primary_key=True))
    op.create_table(
        "deletion",
        _key(),
        _column("study_id", sa.Integer(), index=True),
        *(_text(name) for name in ("who", "reason")),
        _column("images", sa.Integer()),
        _column("created_at", Moment()),
    )


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), primary_key=True)


def _column(name: str, kind: TypeEngine[Any], **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **options)


def _text(name: str) -> sa.Column[str]:
    return _column(name, sa.String())


def _reference(name: str, table: str, nullable: bool = False, **options: Any) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), sa.ForeignKey(f"{table}.id"), nullable=nullable, **options)
