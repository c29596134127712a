"""Make the tables of labels; what readers found in Review so far becomes labels of the set that Review has.

A trigger lets a label go only when the deletion of its study stands in the table `deletion`; sets and classes stay.
"""

import sqlalchemy as sa
from alembic import op

from medcore.library.schema import UtcDateTime as Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

REVIEW_CLASSES = ("normal", "bacterial", "viral", "effusion", "collapse", "other")
# What each reading came to: its own finding, or that of its verdict or of its last addendum, with who said it.
FINAL_FINDINGS = """
    SELECT study_id, instance_id, who, finding, at FROM (
        SELECT reading.study_id, reading.instance_id, reading.id, said.who, said.finding, said.at,
            row_number() OVER (PARTITION BY reading.id ORDER BY said.turn DESC, said.id DESC) AS newest
        FROM reading JOIN study ON study.id = reading.study_id JOIN (
            SELECT id AS reading_id, id, 1 AS turn, reader AS who, finding, created_at AS at FROM reading
            UNION ALL SELECT reading_id, id, 2, reader, finding, created_at FROM verdict
            UNION ALL SELECT reading_id, id, 3, reader, finding, created_at FROM addendum WHERE finding IS NOT NULL
        ) AS said ON said.reading_id = reading.id
        WHERE NOT study.synthetic
    ) WHERE newest = 1 ORDER BY id
"""
# For each table that only grows: the study that a row belongs to; none where a row belongs to no study.
STUDY_OF = {
    "label": "SELECT OLD.study_id",
    "given_class": "SELECT study_id FROM label WHERE id = OLD.label_id",
    "label_set": "SELECT NULL",
    "label_class": "SELECT NULL",
}


def upgrade() -> None:
    """Make everything."""
    op.create_table(
        "label_set",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False, unique=True),
        sa.Column("several", sa.Boolean(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
    )
    op.create_table(
        "label_class",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("label_set_id", sa.Integer(), sa.ForeignKey("label_set.id"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.UniqueConstraint("label_set_id", "name"),
    )
    op.create_table(
        "label",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("label_set_id", sa.Integer(), sa.ForeignKey("label_set.id"), nullable=False, index=True),
        sa.Column("study_id", sa.Integer(), sa.ForeignKey("study.id"), nullable=False, index=True),
        sa.Column("instance_id", sa.Integer(), sa.ForeignKey("instance.id"), index=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("author", "source", "reason")),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("split", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
    )
    op.create_table(
        "given_class",
        sa.Column("label_id", sa.Integer(), sa.ForeignKey("label.id"), primary_key=True),
        sa.Column("class_id", sa.Integer(), sa.ForeignKey("label_class.id"), primary_key=True, index=True),
    )
    _fill()
    for table, study in STUDY_OF.items():
        _forbid("UPDATE", table, "")
        _forbid("DELETE", table, f"WHEN NOT EXISTS (SELECT 1 FROM deletion WHERE study_id = ({study}))")  # nosec B608


def _fill() -> None:
    connection = op.get_bind()
    connection.execute(
        sa.text("INSERT INTO label_set VALUES (1, 'Findings in Review', 0, 'MedCore', CURRENT_TIMESTAMP)")
    )
    for number, name in enumerate(REVIEW_CLASSES, 1):
        connection.execute(sa.text("INSERT INTO label_class VALUES (:id, 1, :name)"), {"id": number, "name": name})
    label = sa.text(
        "INSERT INTO label "
        "(id, label_set_id, study_id, instance_id, author, source, reason, withdrawn, split, created_at) "
        "VALUES (:id, 1, :study, :instance, :author, 'review', '', 0, '', :at)"
    )
    given = sa.text("INSERT INTO given_class VALUES (:label, :class)")
    newest = {(row.instance_id, row.who): row for row in connection.execute(sa.text(FINAL_FINDINGS))}
    known = [row for row in newest.values() if row.finding in REVIEW_CLASSES]  # the others say nothing of the image
    for number, row in enumerate(known, 1):
        place = {"study": row.study_id, "instance": row.instance_id}
        connection.execute(label, place | {"id": number, "author": row.who, "at": row.at})
        connection.execute(given, {"label": number, "class": REVIEW_CLASSES.index(row.finding) + 1})


def _forbid(event: str, table: str, when: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} {when} "
        f"BEGIN SELECT RAISE(ABORT, 'what is in {table} stays as it was saved'); END"
    )
