"""Work for the background: a table that is the truth about it, whatever runs it.

A job is queued, then running under an owner who shows signs of life; then done. A job whose owner fell silent is
queued again, and given up as dead after `MAX_ATTEMPTS`. Whoever asked for it can wish that it pauses or stops; its
owner heeds that by giving it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from medcore.library import schema
from medcore.library.database import Database

PREDICT, TRAIN, REPLAY = "predict", "train", "replay"
EVALUATE = "evaluate"
COMPARE = "compare"  # a candidate, with the model that is live now
MIRROR = "mirror"  # tells MLflow which model is live
PRIORITY_LONG = -10  # hours of work, which lets everything else pass
PRIORITY_LOW, PRIORITY_NORMAL, PRIORITY_URGENT = 0, 10, 20  # a bulk; a few films; somebody sits and waits
WAITING = ("queued", "running")
PAUSE, CANCEL = "pause", "cancel"
AS_WISHED = {PAUSE: "paused", CANCEL: "cancelled"}
MAX_ATTEMPTS = 3
SILENT_S = 20.0  # without a sign of life for this long, a job's owner is taken for dead
ADDING_DELAY_S = 5.0  # predictions wait until files have stopped coming in for this long
KEPT_DAYS = 30  # finished jobs are forgotten after this
GIVEN_UP = (
    "Given up after {} attempts: the program that does this work ended each time without saying why, perhaps for want "
    "of memory. Close other programs and start the work again."
)


@dataclass(frozen=True)
class Job:
    """One piece of work as it stood when it was read."""

    id: int
    kind: str
    payload: Mapping[str, Any]
    state: str  # queued, running, paused, done, failed, dead, cancelled
    priority: int
    attempts: int
    owner: str
    wish: str  # pause or cancel, while it runs; else empty
    done: int
    total: int  # 0 while it is not known; images, for predictions
    working_on: Mapping[str, Any]  # what the last attempt was busy with
    result: Mapping[str, Any]
    error: str  # a sentence, where the job failed or was given up
    created_at: datetime
    started_at: datetime | None
    heartbeat_at: datetime | None
    finished_at: datetime | None


class Jobs:
    """The table of jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enqueue(self, kind: str, payload: Mapping[str, Any], priority: int = PRIORITY_NORMAL, *, total: int = 0) -> int:
        """Ask for a piece of work and return its number; `total` is how much there is to do, where it is known."""
        with self._database.writing() as session:
            return add_job(session, kind, payload, priority, total=total)

    def take(self, owner: str) -> Job | None:
        """Take the most urgent job that waits, if there is one; no two owners get the same."""
        now = datetime.now(UTC)
        waiting = (
            select(schema.Job.id)
            .where(schema.Job.state == "queued", schema.Job.available_at <= now)
            .order_by(schema.Job.priority.desc(), schema.Job.id)
            .limit(1)
        )
        with self._database.reading() as session:  # asking often must not hold up those who write
            if session.scalar(waiting) is None:
                return None
        with self._database.writing() as session:
            job = session.scalar(select(schema.Job).where(schema.Job.id == waiting.scalar_subquery()))
            if job is None:
                return None
            job.state, job.owner, job.attempts = "running", owner, job.attempts + 1
            job.started_at = job.heartbeat_at = now
            job.done = 0
            return _as_job(job)

    def get(self, job_id: int) -> Job | None:
        """Look up one job."""
        with self._database.reading() as session:
            job = session.get(schema.Job, job_id)
            return None if job is None else _as_job(job)

    def heartbeat(
        self,
        job_id: int,
        progress: tuple[int, int] | None = None,  # done, total
        *,
        owner: str | None = None,
        working_on: Mapping[str, Any] | None = None,
    ) -> bool:
        """Show a sign of life; False where the job is no longer the owner's."""
        values: dict[str, Any] = {"heartbeat_at": datetime.now(UTC)}
        if progress is not None:
            values["done"], values["total"] = progress
        if working_on is not None:
            values["working_on"] = dict(working_on)
        return self._change(job_id, owner, values)

    def keep_alive(self, owner: str) -> tuple[object, ...]:
        """Show a sign of life for all that an owner runs, and return what changes when any of it gets on."""
        running = (schema.Job.state == "running", schema.Job.owner == owner)
        with self._database.writing() as session:
            session.execute(update(schema.Job).where(*running).values(heartbeat_at=datetime.now(UTC)))
            rows = session.execute(select(schema.Job.id, schema.Job.done, schema.Job.working_on).where(*running))
            return tuple((row.id, row.done, repr(row.working_on)) for row in rows)

    def forget_attempts(self, job_id: int, owner: str) -> None:
        """Take a job that has got on since its last interruption for one that has begun now."""
        self._change(job_id, owner, {"attempts": 1})

    def finish(self, job_id: int, result: Mapping[str, Any] | None = None, *, owner: str | None = None) -> bool:
        """Say that a job is done."""
        return self._end(job_id, owner, "done", result=dict(result or {}))

    def fail(self, job_id: int, error: str, *, owner: str | None = None) -> bool:
        """Say, in a sentence, why a job cannot be done; it is not tried again."""
        return self._end(job_id, owner, "failed", error=error)

    def give_back(self, job_id: int, *, owner: str | None = None, counted: bool = True) -> bool:
        """Queue a job again, or give it up after too many attempts; an orderly stop does not count as one."""
        with self._database.writing() as session:
            job = session.scalar(select(schema.Job).where(_held(job_id, owner)))
            if job is None:
                return False
            _queue_again(job, counted)
            return True

    def wish(self, job_id: int, what: str) -> bool:
        """Ask that a job pauses or is cancelled, at once or as soon as its owner can; False where it has ended."""
        with self._database.writing() as session:
            job = session.get(schema.Job, job_id)
            if job is None or job.state not in (*WAITING, AS_WISHED[PAUSE]):
                return False
            job.wish = what
            if job.state == AS_WISHED[PAUSE] and what == CANCEL:
                job.state = "queued"  # its owner clears up what it has done so far
            elif job.state == "queued" and (what == PAUSE or not job.attempts):
                _heed(job)
            return True

    def resume(self, job_id: int) -> bool:
        """Queue a paused job again; False where it is none."""
        with self._database.writing() as session:
            job = session.get(schema.Job, job_id)
            if job is None or job.state != AS_WISHED[PAUSE]:
                return False
            job.state, job.attempts = "queued", 1  # not 0: it has begun before
            return True

    def is_outranked(self, job: Job) -> bool:
        """Say whether a more urgent job waits than the one that runs."""
        more_urgent = select(schema.Job.id).where(
            schema.Job.state == "queued",
            schema.Job.available_at <= datetime.now(UTC),
            schema.Job.priority > job.priority,
        )
        with self._database.reading() as session:
            return session.scalar(more_urgent.limit(1)) is not None

    def recover(self, older_than_s: float = SILENT_S) -> int:
        """Queue the jobs again whose owner fell silent, give up those tried too often; return how many these were."""
        silent = (
            schema.Job.state == "running",
            schema.Job.heartbeat_at <= datetime.now(UTC) - timedelta(seconds=older_than_s),
        )
        with self._database.reading() as session:
            if session.scalar(select(schema.Job.id).where(*silent).limit(1)) is None:
                return 0
        with self._database.writing() as session:
            jobs = session.scalars(select(schema.Job).where(*silent)).all()
            for job in jobs:
                _queue_again(job, counted=True)
            return len(jobs)

    def active(self) -> tuple[Job, ...]:
        """List what runs and what waits, the most urgent first; what only seems to run is queued again before."""
        self.recover()
        return self._list(schema.Job.state.in_(WAITING))

    def of_kind(self, kind: str) -> tuple[Job, ...]:
        """List the jobs of one kind, however they stand, those under way first; see `active`."""
        self.recover()
        return self._list(schema.Job.kind == kind)

    def forget_old(self, days: float = KEPT_DAYS) -> None:
        """Drop the jobs that ended long ago; of trainings it stays known how they ended."""
        ended = (schema.Job.finished_at < datetime.now(UTC) - timedelta(days=days), schema.Job.kind != TRAIN)
        with self._database.writing() as session:
            for job in session.scalars(select(schema.Job).where(*ended)):
                session.delete(job)

    def _list(self, which: ColumnElement[bool]) -> tuple[Job, ...]:
        order = (schema.Job.state.desc(), schema.Job.priority.desc(), schema.Job.id)
        with self._database.reading() as session:
            return tuple(map(_as_job, session.scalars(select(schema.Job).where(which).order_by(*order))))

    def _end(self, job_id: int, owner: str | None, state: str, **values: Any) -> bool:
        return self._change(job_id, owner, values | {"state": state, "finished_at": datetime.now(UTC)})

    def _change(self, job_id: int, owner: str | None, values: dict[str, Any]) -> bool:
        with self._database.writing() as session:
            changed = session.execute(update(schema.Job).where(_held(job_id, owner)).values(**values))
            return bool(changed.rowcount)  # type: ignore[attr-defined]


def add_job(
    session: Session, kind: str, payload: Mapping[str, Any], priority: int, delay_s: float = 0, total: int = 0
) -> int:
    """Queue a job in a transaction that is under way."""
    now = datetime.now(UTC)
    job = schema.Job(
        kind=kind,
        payload=dict(payload),
        state="queued",
        priority=priority,
        total=total,
        created_at=now,
        available_at=now + timedelta(seconds=delay_s),
    )
    session.add(job)
    session.flush()
    return job.id


def expect_predictions(
    session: Session, intake_id: int, delay_s: float = ADDING_DELAY_S, priority: int = PRIORITY_LOW
) -> None:
    """See to it that a job waits for the images of an intake.

    Each batch of an intake pushes the job back, so that predicting does not slow the adding; with the job in the
    batch's own transaction, no image can be in the library without a job that will look at it.
    """
    available_at = datetime.now(UTC) + timedelta(seconds=delay_s)
    total = session.scalar(select(func.count()).where(schema.Instance.intake_id == intake_id)) or 0
    pushed = session.execute(
        update(schema.Job)
        .where(schema.Job.state == "queued", schema.Job.kind == PREDICT, payload("intake") == intake_id)
        .values(available_at=available_at, priority=priority, total=total)
    )
    if not pushed.rowcount:  # type: ignore[attr-defined]
        add_job(session, PREDICT, {"intake": intake_id}, priority, delay_s, total)


def payload(name: str) -> ColumnElement[Any]:
    """Select one value of a job's payload."""
    return func.json_extract(schema.Job.payload, f"$.{name}")


def _held(job_id: int, owner: str | None) -> ColumnElement[bool]:
    running = (schema.Job.id == job_id) & (schema.Job.state == "running")
    return running if owner is None else running & (schema.Job.owner == owner)


def _queue_again(job: schema.Job, counted: bool) -> None:
    job.owner = ""
    if job.wish:
        _heed(job)
        return
    if counted and job.attempts >= MAX_ATTEMPTS:
        job.state, job.error, job.finished_at = "dead", GIVEN_UP.format(job.attempts), datetime.now(UTC)
        return
    job.state = "queued"
    if not counted:
        job.attempts -= 1


def _heed(job: schema.Job) -> None:
    job.state, job.wish = AS_WISHED[job.wish], ""
    if job.state == AS_WISHED[CANCEL]:
        job.finished_at = datetime.now(UTC)


def _as_job(job: schema.Job) -> Job:
    names = Job.__dataclass_fields__
    return Job(**{name: getattr(job, name) for name in names})
