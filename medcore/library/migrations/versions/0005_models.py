"""Make the tables of data sets, trainings and models; a job can be asked to pause or to stop.

What a data set says of an image goes only with its study, whose deletion stands in the table `deletion`; what was
trained, compared and live is never changed and never goes.
"""

import sqlalchemy as sa
from alembic import op

from medcore.library.schema import UtcDateTime as Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# For each table that only grows: the study that a row belongs to; none where a row belongs to no study.
STUDY_OF = {
    "dataset_version": "SELECT NULL",
    "dataset_image": "SELECT OLD.study_id",
    "dataset_class": (
        "SELECT study_id FROM dataset_image WHERE dataset_id = OLD.dataset_id AND instance_id = OLD.instance_id"
    ),
    "training_run": "SELECT NULL",
    "training_epoch": "SELECT NULL",
    "model_version": "SELECT NULL",
    "comparison": "SELECT NULL",
    "promotion": "SELECT NULL",
}


def upgrade() -> None:
    """Make everything."""
    op.add_column("job", sa.Column("wish", sa.String(), nullable=False, server_default=""))
    _make_data_sets()
    _make_trainings()
    _make_models()
    for table, study in STUDY_OF.items():
        _forbid("UPDATE", table, "")
        _forbid("DELETE", table, f"WHEN NOT EXISTS (SELECT 1 FROM deletion WHERE study_id = ({study}))")  # nosec B608


def _make_data_sets() -> None:
    op.create_table(
        "dataset_version",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("label_set_id", sa.Integer(), sa.ForeignKey("label_set.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.UniqueConstraint("label_set_id", "number"),
    )
    op.create_table(
        "dataset_image",
        sa.Column("dataset_id", sa.Integer(), sa.ForeignKey("dataset_version.id"), primary_key=True),
        sa.Column("instance_id", sa.Integer(), sa.ForeignKey("instance.id"), primary_key=True, index=True),
        sa.Column("study_id", sa.Integer(), sa.ForeignKey("study.id"), nullable=False, index=True),
        sa.Column("patient_key", sa.Integer(), nullable=False),
        sa.Column("pixels_sha256", sa.String(64), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
    )
    op.create_table(
        "dataset_class",
        sa.Column("dataset_id", sa.Integer(), sa.ForeignKey("dataset_version.id"), primary_key=True),
        sa.Column("instance_id", sa.Integer(), sa.ForeignKey("instance.id"), primary_key=True),
        sa.Column("class_id", sa.Integer(), sa.ForeignKey("label_class.id"), primary_key=True),
    )


def _make_trainings() -> None:
    op.create_table(
        "training_run",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("job_id", sa.Integer(), nullable=False, index=True),
        sa.Column("label_set_id", sa.Integer(), sa.ForeignKey("label_set.id"), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
    )
    op.create_table(
        "training_epoch",
        sa.Column("run_id", sa.Integer(), sa.ForeignKey("training_run.id"), primary_key=True),
        sa.Column("epoch", sa.Integer(), primary_key=True),
        sa.Column("loss", sa.Double(), nullable=False),
        sa.Column("validation_loss", sa.Double()),
        sa.Column("validation_auc", sa.Double()),
    )


def _make_models() -> None:
    op.create_table(
        "model_version",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False, unique=True),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("card_sha256", sa.String(64), nullable=False),
        sa.Column("run_id", sa.Integer(), sa.ForeignKey("training_run.id")),
        sa.Column("dataset_id", sa.Integer(), sa.ForeignKey("dataset_version.id")),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
    )
    op.create_table(
        "comparison",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("model_id", sa.Integer(), sa.ForeignKey("model_version.id"), nullable=False, index=True),
        sa.Column("live_id", sa.Integer(), sa.ForeignKey("model_version.id"), nullable=False),
        sa.Column("dataset_id", sa.Integer(), sa.ForeignKey("dataset_version.id"), nullable=False),
        sa.Column("passes", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
    )
    op.create_table(
        "promotion",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("model_id", sa.Integer(), sa.ForeignKey("model_version.id"), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("comparison_id", sa.Integer(), sa.ForeignKey("comparison.id")),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
    )


def _forbid(event: str, table: str, when: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} {when} "
        f"BEGIN SELECT RAISE(ABORT, 'what is in {table} stays as it was saved'); END"
    )
