"""Readings, verdicts and addenda: saved once, never changed."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medcore.errors import LibraryError, MissingError
from medcore.library import schema
from medcore.library.models import SHIPPED
from medcore.library.predictions import whole_answer
from medcore.library.records import ACTIONS, CONFIDENCES, FINDINGS, SIDES, Addendum, NewReading, NewVerdict, Reading
from medcore.library.records import Verdict as SavedVerdict
from medcore.library.studies import NO_STUDY

MAX_TEXT = 4000  # characters
MAX_AGE_YEARS = 130
NO_READING = "This reading is not in the library; its study may have been deleted. Open the study again."


def save_reading(session: Session, study_id: int, new: NewReading) -> schema.Reading:
    """Save a reader's own finding, and note what the classifier had to show at that moment.

    Raises
    ------
    LibraryError
        If a value is none of those offered, or the image does not belong to the study.
    """
    if not (new.finding == "" and new.revealed_without_reading):
        _check(new.finding, FINDINGS, "Choose a finding")
    _check(new.side, SIDES, "Choose a side")
    if new.confidence is not None:
        _check(new.confidence, CONFIDENCES, "Choose how sure you are")
    if not _belongs(session, new.instance_id, study_id):
        raise LibraryError("This image does not belong to the study that is read. Open the study again.")
    seen = session.scalar(select(schema.Reading.id).where(schema.Reading.study_id == study_id).limit(1)) is not None
    row = schema.Reading(
        study_id=study_id,
        instance_id=new.instance_id,
        prediction_id=_answer_id(session, study_id),
        reader=_name(new.reader),
        finding=new.finding,
        side=new.side,
        confidence=new.confidence,
        revealed_without_reading=new.revealed_without_reading,
        answer_seen_before=seen,
        created_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    return row


def save_verdict(session: Session, reading_id: int, new: NewVerdict) -> schema.Reading:
    """Save a verdict on what the classifier said; where it names no finding, it takes the reading's.

    Raises
    ------
    LibraryError
        If there is a verdict already, the reading is gone, no finding can stand, or a reason is missing.
    """
    reading = _reading(session, reading_id)
    _check(new.action, ACTIONS, "Accept, reject or amend")
    if session.scalar(select(schema.Verdict.id).where(schema.Verdict.reading_id == reading_id)) is not None:
        raise LibraryError("This reading has a verdict already, and what is saved stays. Add an addendum instead.")
    if new.action != "accept" and not new.reason.strip():
        raise LibraryError("Say in a few words why, then save the verdict again.")
    finding, side = (new.finding, new.side) if new.finding else (reading.finding, reading.side)
    _check(finding, FINDINGS, "Choose the finding that stands")
    _check(side, SIDES, "Choose a side")
    session.add(
        schema.Verdict(
            reading_id=reading_id,
            prediction_id=reading.prediction_id or _later_answers(session, [reading_id]).get(reading_id),
            reader=_name(new.reader),
            action=new.action,
            finding=finding,
            side=side,
            reason=_text(new.reason),
            created_at=datetime.now(UTC),
        )
    )
    session.flush()
    return reading


def add_addendum(
    session: Session, reading_id: int, reader: str, text: str, finding: str | None, side: str
) -> schema.Reading:
    """Correct or complete a reading; with a finding, that one stands from now on.

    Raises
    ------
    LibraryError
        If the reading is gone, or the text is empty.
    """
    reading = _reading(session, reading_id)
    if not text.strip():
        raise LibraryError("Write what the addendum corrects or adds, then save it again.")
    if finding is not None:
        _check(finding, FINDINGS, "Choose a finding")
    _check(side, SIDES, "Choose a side")
    session.add(
        schema.Addendum(
            reading_id=reading_id,
            reader=_name(reader),
            text=_text(text),
            finding=finding,
            side=side,
            created_at=datetime.now(UTC),
        )
    )
    session.flush()
    return reading


def state_age(session: Session, study_id: int, years: float, who: str) -> None:
    """Record the age that a reader states for a study whose files give none.

    Raises
    ------
    LibraryError
        If the study is gone, its files give an age, or the stated one is impossible.
    """
    study = session.get(schema.Study, study_id)
    if study is None:
        raise MissingError(NO_STUDY)
    if study.age_years is not None:
        raise LibraryError("The study's files say how old the patient is, and that age counts.")
    if not 0 <= years <= MAX_AGE_YEARS:
        raise LibraryError(f"The age must be between 0 and {MAX_AGE_YEARS} years, got {years:g}. Correct it.")
    session.add(schema.StatedAge(study_id=study_id, years=years, who=_name(who), created_at=datetime.now(UTC)))


def read_readings(session: Session, study_id: int) -> tuple[Reading, ...]:
    """Read a study's readings with what followed from each, the newest last."""
    rows = session.scalars(
        select(schema.Reading).where(schema.Reading.study_id == study_id).order_by(schema.Reading.id)
    ).all()
    ids = [row.id for row in rows]
    verdicts = {
        row.reading_id: _as_verdict(row)
        for row in session.scalars(select(schema.Verdict).where(schema.Verdict.reading_id.in_(ids)))
    }
    addenda: dict[int, list[Addendum]] = {}
    for row in session.scalars(
        select(schema.Addendum).where(schema.Addendum.reading_id.in_(ids)).order_by(schema.Addendum.id)
    ):
        addenda.setdefault(row.reading_id, []).append(_as_addendum(row))
    later = _later_answers(session, ids)
    return tuple(_as_reading(row, verdicts.get(row.id), addenda.get(row.id, []), later.get(row.id)) for row in rows)


def bind_readings(session: Session, study_id: int, prediction_id: int) -> None:
    """Note the study's answer with the readings that were saved before there was one, for good."""
    bound = select(schema.LaterAnswer.reading_id)
    judged = select(schema.Verdict.reading_id)
    # What a person made live later was not on the screen; a shipped model's answer was waited for.
    chosen = select(func.max(schema.Promotion.created_at)).where(schema.Promotion.how != SHIPPED)
    promoted_at = chosen.scalar_subquery()
    waiting = session.scalars(
        select(schema.Reading.id).where(
            schema.Reading.study_id == study_id,
            schema.Reading.prediction_id.is_(None),
            schema.Reading.id.not_in(bound),
            schema.Reading.id.not_in(judged),
            schema.Reading.created_at >= func.coalesce(promoted_at, schema.Reading.created_at),
        )
    )
    session.add_all([schema.LaterAnswer(reading_id=one, prediction_id=prediction_id) for one in waiting])
    session.flush()


def _check(value: str, allowed: Iterable[str], request: str) -> None:
    names = tuple(allowed)
    if value not in names:
        offered = ", ".join(name for name in names if name)
        raise LibraryError(f"{request}: one of {offered}.")


def _name(reader: str) -> str:
    name = " ".join(reader.split())
    if not name or len(name) > 100:
        raise LibraryError("Type your name first, in at most 100 characters.")
    return name


def _text(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise LibraryError(f"The text has {len(text)} characters; {MAX_TEXT} fit. Shorten it.")
    return text.strip()


def _belongs(session: Session, instance_id: int, study_id: int) -> bool:
    found = (
        select(schema.Instance.id)
        .join(schema.Series)
        .where(schema.Instance.id == instance_id, schema.Series.study_id == study_id)
    )
    return session.scalar(found) is not None


def _reading(session: Session, reading_id: int) -> schema.Reading:
    reading = session.get(schema.Reading, reading_id)
    if reading is None:
        raise MissingError(NO_READING)
    return reading


def _answer_id(session: Session, study_id: int) -> int | None:
    answer = whole_answer(session, study_id, with_maps=False)
    return answer.id if answer is not None and answer.state == "answered" else None


def _later_answers(session: Session, reading_ids: Sequence[int]) -> dict[int, int]:
    found = session.scalars(select(schema.LaterAnswer).where(schema.LaterAnswer.reading_id.in_(reading_ids)))
    return {row.reading_id: row.prediction_id for row in found}


def _as_verdict(row: schema.Verdict) -> SavedVerdict:
    return SavedVerdict(
        row.id, row.reader, row.action, row.finding, row.side, row.reason, row.prediction_id, row.created_at
    )


def _as_addendum(row: schema.Addendum) -> Addendum:
    return Addendum(row.id, row.reader, row.text, row.finding, row.side, row.created_at)


def _as_reading(
    row: schema.Reading, verdict: SavedVerdict | None, addenda: list[Addendum], later_id: int | None
) -> Reading:
    said = [(row.finding, row.side)]
    said += [(verdict.finding, verdict.side)] if verdict else []
    said += [(addendum.finding, addendum.side) for addendum in addenda if addendum.finding]
    final_finding, final_side = said[-1]
    return Reading(
        id=row.id,
        study_id=row.study_id,
        instance_id=row.instance_id,
        reader=row.reader,
        finding=row.finding,
        side=row.side,
        confidence=row.confidence,
        revealed_without_reading=row.revealed_without_reading,
        answer_seen_before=row.answer_seen_before,
        prediction_id=row.prediction_id or (verdict.prediction_id if verdict else later_id),
        created_at=row.created_at,
        verdict=verdict,
        addenda=tuple(addenda),
        final_finding=final_finding,
        final_side=final_side,
    )
