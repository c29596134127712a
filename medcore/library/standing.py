"""Where a study stands, written into its row of the worklist whenever somebody or something has spoken."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from medcore.library import schema
from medcore.library.percentages import percent
from medcore.library.predictions import read_prediction, whole_answer
from medcore.library.readings import bind_readings, read_readings
from medcore.library.records import FINDINGS, Reading, StoredPrediction
from medcore.library.studies import in_reading_order

NO_OPINION = ("", "poor film", "cannot say")  # neither for nor against what a model finds
SINCE = "new since the reading"
WITHOUT_ANSWER = {"refused": "Does not answer", "needs age": "Needs the age", "failed": "Could not look"}


def refresh(session: Session, study_ids: Iterable[int]) -> None:
    """Work out anew what the worklist shows of these studies."""
    for study_id in study_ids:
        study = session.get_one(schema.Study, study_id)
        answer = whole_answer(session, study_id, with_maps=False)
        if answer is not None and answer.state == "answered":
            bind_readings(session, study_id, answer.id)
        readings = read_readings(session, study_id)
        read = [reading for reading in readings if reading.final_finding]
        study.read = bool(read)
        study.revealed = bool(readings)
        study.reader_said = _reader_said(read[-1]) if read else ""
        study.model_said = _model_said(session, study, answer, readings[-1] if readings else None)
        study.disagreed = bool(read) and _disagrees(session, read[-1])
    session.flush()


def refresh_present(session: Session, study_ids: Iterable[int]) -> None:
    """Work out anew what the worklist shows of those of these studies that were not deleted meanwhile."""
    refresh(session, session.scalars(select(schema.Study.id).where(schema.Study.id.in_(study_ids))).all())


def refresh_after_adding(session: Session, study_ids: Iterable[int]) -> None:
    """Work out anew what an answer no longer covers: these studies have new images that nobody has looked at."""
    answered = select(schema.Study.id).where(schema.Study.id.in_(study_ids), schema.Study.model_said != "")
    refresh(session, session.scalars(answered).all())


def contradicts(finding: str, answer: StoredPrediction | None) -> bool:
    """Say whether a reader's finding and an answer cannot both be right; a model of other classes contradicts none."""
    if answer is None or answer.positive is None or finding in NO_OPINION:
        return False
    return bool(set(answer.kinds) & FINDINGS.keys()) and (finding in answer.kinds) != answer.positive


def _disagrees(session: Session, reading: Reading) -> bool:
    if reading.verdict is not None and reading.verdict.action != "accept":
        return True
    if reading.prediction_id is None:
        return False
    shown = read_prediction(session, reading.prediction_id, with_maps=False)
    return contradicts(reading.final_finding, shown)


def _reader_said(reading: Reading) -> str:
    side = f", {reading.final_side}" if reading.final_side else ""
    return FINDINGS[reading.final_finding] + side


def _model_said(session: Session, study: schema.Study, answer: StoredPrediction | None, reading: Reading | None) -> str:
    if answer is None:
        return ""
    said = _in_words(session, study, answer)
    shown = None
    if reading is not None and reading.prediction_id not in (None, answer.id):
        shown = read_prediction(session, reading.prediction_id or 0, with_maps=False)
    return said if shown is None or _in_words(session, study, shown) == said else f"{said}, {SINCE}"


def _in_words(session: Session, study: schema.Study, answer: StoredPrediction) -> str:
    if answer.state != "answered":
        return WITHOUT_ANSWER[answer.state]
    said = sentence_case(answer.finding if answer.positive else f"no {answer.finding}")
    film = (
        f" (film {_film_number(session, study.id, answer.instance_id)} of {study.images})" if study.images > 1 else ""
    )
    return f"{said}, {percent(answer.pneumonia or 0.0, answer.threshold)}{film}"


def sentence_case(text: str) -> str:
    """Write a text with its first letter large, and the others as they are."""
    return text[:1].upper() + text[1:]


def _film_number(session: Session, study_id: int, instance_id: int) -> int:
    films = [row.id for _, rows in in_reading_order(session, study_id) for row in rows]
    return films.index(instance_id) + 1
