"""Make the tables of measurements, and remember which images were deleted.

A trigger lets a version of a measurement go only when the deletion of its study stands in the table `deletion`.
"""

import sqlalchemy as sa
from alembic import op

from medcore.library.schema import UtcDateTime as Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# For each table that only grows: the study that a row belongs to.
STUDY_OF = {
    "measurement": "SELECT OLD.study_id",
    "reading_measurement": "SELECT study_id FROM reading WHERE id = OLD.reading_id",
}


def upgrade() -> None:
    """Make everything."""
    op.create_table("deleted_image", sa.Column("sha256", sa.String(64), primary_key=True))
    op.create_table(
        "measurement",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("study_id", sa.Integer(), sa.ForeignKey("study.id"), nullable=False, index=True),
        sa.Column("instance_id", sa.Integer(), sa.ForeignKey("instance.id"), nullable=False, index=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("uid", "kind", "text", "reader")),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("drawing", sa.JSON(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
    )
    op.create_index("ix_measurement_uid", "measurement", ["uid"])
    op.create_table(
        "reading_measurement",
        sa.Column("reading_id", sa.Integer(), sa.ForeignKey("reading.id"), primary_key=True),
        sa.Column("measurement_id", sa.Integer(), sa.ForeignKey("measurement.id"), primary_key=True, index=True),
    )
    for table, study in STUDY_OF.items():
        _forbid("UPDATE", table, "")
        _forbid("DELETE", table, f"WHEN NOT EXISTS (SELECT 1 FROM deletion WHERE study_id = ({study}))")  # nosec B608


def _forbid(event: str, table: str, when: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} {when} "
        f"BEGIN SELECT RAISE(ABORT, 'what is in {table} stays as it was saved'); END"
    )
