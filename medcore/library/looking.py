"""How far the classifier has come with one study, and what keeps it from going on."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from medcore.library import schema
from medcore.library.database import Database
from medcore.library.jobs import PREDICT, PRIORITY_URGENT, WAITING, add_job, payload
from medcore.library.predictions import newest_answers
from medcore.library.records import Looking

PAUSE_AFTER_FAILURE_S = 600.0  # what failed is not asked for again before
GIVEN_UP = ("failed", "dead")
NOT_ASKED = "Nothing is under way for this study. Close it and open it again to have the model look at it."


def read_looking(database: Database, study_id: int) -> Looking:
    """Count a study's images that have an answer, and say why the others will not get one by themselves."""
    with database.reading() as session:
        current, total = newest_answers(session, study_id)
        done = len(current)
        return Looking(done, total, _failure(session, study_id) if done < total else "")


def hurry_predictions(database: Database, study_id: int) -> None:
    """See to it that a study which somebody has opened is looked at before the films that wait for nobody.

    Without effect where that is under way, or failed a short while ago.
    """
    with database.reading() as session:  # pages ask again and again; most times there is nothing to write
        if not _is_wanted(session, study_id):
            return
    with database.writing() as session:
        if _is_wanted(session, study_id):
            add_job(session, PREDICT, {"study": study_id}, PRIORITY_URGENT, total=images_of(session, study_id))


def images_of(session: Session, study_id: int) -> int:
    """Count a study's images."""
    return session.scalar(select(schema.Study.images).where(schema.Study.id == study_id)) or 0


def _failure(session: Session, study_id: int) -> str:
    waiting = select(schema.Job.id).where(_concerns(study_id), schema.Job.state.in_(WAITING))
    if session.scalar(waiting.limit(1)) is not None:
        return ""
    last = _last_ended(session, study_id)
    return last.error if last is not None and last.state in GIVEN_UP else NOT_ASKED


def _is_wanted(session: Session, study_id: int) -> bool:
    asked = select(schema.Job.id).where(
        schema.Job.state.in_(WAITING), schema.Job.kind == PREDICT, payload("study") == study_id
    )
    return session.scalar(asked.limit(1)) is None and not _failed_just_now(session, study_id)


def _failed_just_now(session: Session, study_id: int) -> bool:
    last = _last_ended(session, study_id)
    if last is None or last.finished_at is None or last.state not in GIVEN_UP:
        return False
    # A bulk that ended its program each time may have done so at another study's film.
    own = last.state == "failed" or last.payload.get("study") == study_id
    return own and datetime.now(UTC) - last.finished_at < timedelta(seconds=PAUSE_AFTER_FAILURE_S)


def _last_ended(session: Session, study_id: int) -> schema.Job | None:
    ended = select(schema.Job).where(_concerns(study_id), schema.Job.finished_at.is_not(None))
    return session.scalar(ended.order_by(schema.Job.finished_at.desc(), schema.Job.id.desc()).limit(1))


def _concerns(study_id: int) -> ColumnElement[bool]:
    """Match the jobs that look at a study: its own, those of its intakes, and those for the whole library."""
    intakes = select(schema.Instance.intake_id).join(schema.Series).where(schema.Series.study_id == study_id)
    of_library = func.coalesce(payload("study"), payload("intake")).is_(None)
    return (schema.Job.kind == PREDICT) & or_(payload("study") == study_id, payload("intake").in_(intakes), of_library)
