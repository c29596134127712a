"""Where a study stands, written into its row of the worklist whenever somebody or something has spoken."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from medcore.library import schema
from medcore.library.predictions import newest_predictions, read_prediction, speaking
from medcore.library.readings import read_readings
from medcore.library.records import FINDINGS, Reading, StoredPrediction
from medcore.library.studies import in_reading_order

PNEUMONIA = ("bacterial", "viral")
NO_OPINION = ("", "poor film", "cannot say")  # neither for nor against pneumonia
WITHOUT_ANSWER = {"refused": "Does not answer", "needs age": "Needs the age", "failed": "Could not look"}


def refresh(session: Session, study_ids: Iterable[int]) -> None:
    """Work out anew what the worklist shows of these studies."""
    for study_id in study_ids:
        study = session.get_one(schema.Study, study_id)
        answer = speaking(newest_predictions(session, study_id, with_maps=False).values())
        readings = read_readings(session, study_id)
        read = [reading for reading in readings if reading.final_finding]
        study.read = bool(read)
        study.revealed = bool(readings)
        study.reader_said = _reader_said(read[-1]) if read else ""
        study.model_said = _model_said(session, study, answer)
        study.disagreed = bool(read) and _disagrees(session, read[-1])
    session.flush()


def contradicts(finding: str, positive: bool | None) -> bool:
    """Say whether a finding and an answer cannot both be right about pneumonia."""
    return positive is not None and finding not in NO_OPINION and (finding in PNEUMONIA) != positive


def _disagrees(session: Session, reading: Reading) -> bool:
    if reading.verdict is not None and reading.verdict.action != "accept":
        return True
    if reading.prediction_id is None:
        return False
    shown = read_prediction(session, reading.prediction_id)
    return shown is not None and contradicts(reading.final_finding, shown.positive)


def _reader_said(reading: Reading) -> str:
    side = f", {reading.final_side}" if reading.final_side else ""
    return FINDINGS[reading.final_finding] + side


def _model_said(session: Session, study: schema.Study, answer: StoredPrediction | None) -> str:
    if answer is None:
        return ""
    if answer.state != "answered":
        return WITHOUT_ANSWER[answer.state]
    said = "Pneumonia" if answer.positive else "No pneumonia"
    film = (
        f" (film {_film_number(session, study.id, answer.instance_id)} of {study.images})" if study.images > 1 else ""
    )
    return f"{said}, {percent(answer.pneumonia or 0.0)}{film}"


def percent(probability: float) -> str:
    """Write a probability as a clinician reads it; never as certain, never as impossible."""
    if probability > 0.99:
        return "over 99 %"
    if probability < 0.01:
        return "under 1 %"
    return f"{probability * 100:.0f} %"


def _film_number(session: Session, study_id: int, instance_id: int) -> int:
    films = [row.id for _, rows in in_reading_order(session, study_id) for row in rows]
    return films.index(instance_id) + 1
