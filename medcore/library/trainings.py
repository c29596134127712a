"""Trainings: each is a job, and leaves on record what it was asked for and what every epoch reached."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from medcore.errors import LibraryError, MissingError
from medcore.library import schema
from medcore.library.database import Database
from medcore.library.jobs import PRIORITY_LONG, TRAIN, WAITING, add_job
from medcore.library.records import EpochRow, TrainingRun

NO_RUN = "This training is not in the library. Choose another one."
ONE_AT_A_TIME = "A training is under way. Wait until it has ended, or cancel it."


class Trainings:
    """The trainings of a library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, label_set_id: int, plan: Mapping[str, Any], who: str) -> TrainingRun:
        """Queue a training and return its record.

        Raises
        ------
        LibraryError
            If another one is under way, or nobody says who starts it.
        """
        with self._database.writing() as session:
            if not who.strip():
                raise LibraryError("Type your name first, in at most 100 characters.")
            busy = select(schema.Job.id).where(schema.Job.kind == TRAIN, schema.Job.state.in_((*WAITING, "paused")))
            if session.scalar(busy.limit(1)) is not None:
                raise LibraryError(ONE_AT_A_TIME)
            job_id = add_job(session, TRAIN, {"folder": secrets.token_hex(8)}, PRIORITY_LONG)
            row = schema.TrainingRun(
                job_id=job_id,
                label_set_id=label_set_id,
                plan=dict(plan),
                who=" ".join(who.split()),
                created_at=datetime.now(UTC),
            )
            session.add(row)
            session.flush()
            return _as_run(row)

    def all(self) -> tuple[TrainingRun, ...]:
        """Read all trainings, the newest first."""
        with self._database.reading() as session:
            return tuple(
                map(_as_run, session.scalars(select(schema.TrainingRun).order_by(schema.TrainingRun.id.desc())))
            )

    def of_job(self, job_id: int) -> TrainingRun:
        """Read the training that a job does.

        Raises
        ------
        MissingError
            If there is none.
        """
        with self._database.reading() as session:
            row = session.scalar(select(schema.TrainingRun).where(schema.TrainingRun.job_id == job_id))
            if row is None:
                raise MissingError(NO_RUN)
            return _as_run(row)

    def save_epoch(self, run_id: int, epoch: EpochRow) -> None:
        """Keep what an epoch reached; one that is done again after an interruption stays as it was."""
        with self._database.writing() as session:
            values = {name: getattr(epoch, name) for name in EpochRow.__dataclass_fields__}
            session.execute(insert(schema.TrainingEpoch).values(run_id=run_id, **values).on_conflict_do_nothing())

    def epochs(self, run_id: int) -> tuple[EpochRow, ...]:
        """Read what the epochs of a training reached, the first one first."""
        with self._database.reading() as session:
            rows = select(schema.TrainingEpoch).where(schema.TrainingEpoch.run_id == run_id)
            return tuple(
                EpochRow(row.epoch, row.loss, row.validation_loss, row.validation_auc)
                for row in session.scalars(rows.order_by(schema.TrainingEpoch.epoch))
            )


def _as_run(row: schema.TrainingRun) -> TrainingRun:
    return TrainingRun(row.id, row.job_id, row.label_set_id, row.plan, row.who, row.created_at)
