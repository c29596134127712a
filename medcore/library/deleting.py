"""Delete a study: on record first, then its rows, then the files that no other image uses.

Of each image the hash of its SOP Instance UID stays, so that an old link to it can be told from one that never was.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Select, delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from medcore.errors import LibraryError, MissingError
from medcore.library import schema
from medcore.library.folding import fold
from medcore.library.studies import NO_STUDY


def delete_rows(session: Session, study_id: int, who: str, reason: str) -> list[str]:
    """Delete a study's rows and all that was said of it, and note who did it, when and why.

    Returns
    -------
    list of str
        The hashes of the files to remove once this is committed. They also stand in `loose_file`, so that they go
        at the next opening where this process dies before.

    Raises
    ------
    LibraryError
        If there is no such study, nobody says who deletes it and why, or the reason names the patient.
    """
    study = session.get(schema.Study, study_id)
    if study is None:
        raise MissingError(NO_STUDY)
    patient = session.get_one(schema.Patient, study.patient_key)
    _check_record(patient, who, reason)
    instances = select(schema.Instance.id).join(schema.Series).where(schema.Series.study_id == study_id)
    images = session.execute(
        select(schema.Instance.sha256, schema.Instance.sop_instance_uid).where(schema.Instance.id.in_(instances))
    ).all()
    hashes = [sha256 for sha256, _ in images]
    session.add(
        schema.Deletion(
            study_id=study_id,
            who=who.strip(),
            reason=reason.strip(),
            images=len(hashes),
            created_at=datetime.now(UTC),
        )
    )
    session.flush()
    _delete_opinions(session, study_id, instances)
    _delete_images(session, study_id, instances)
    if session.scalar(select(schema.Study.id).where(schema.Study.patient_key == patient.id).limit(1)) is None:
        session.execute(delete(schema.Patient).where(schema.Patient.id == patient.id))
    if hashes:
        loose = [{"sha256": sha256} for sha256 in hashes]
        session.execute(insert(schema.LooseFile).on_conflict_do_nothing(), loose)
        deleted = [{"sha256": hash_of(uid)} for _, uid in images]
        session.execute(insert(schema.DeletedImage).on_conflict_do_nothing(), deleted)
    return hashes


def hash_of(sop_instance_uid: str) -> str:
    """Return the SHA-256 under which a deleted image is remembered, in hex."""
    return hashlib.sha256(sop_instance_uid.encode(errors="surrogatepass")).hexdigest()


def is_deleted(session: Session, sop_instance_uid: str) -> bool:
    """Say whether an image was in the library, was deleted with its study and was not added again."""
    return session.get(schema.DeletedImage, hash_of(sop_instance_uid)) is not None


def forget_deletions(session: Session, sop_instance_uids: Sequence[str]) -> None:
    """Images that were added again are no longer deleted."""
    hashes = [hash_of(uid) for uid in sop_instance_uids]
    session.execute(delete(schema.DeletedImage).where(schema.DeletedImage.sha256.in_(hashes)))


def _check_record(patient: schema.Patient, who: str, reason: str) -> None:
    if not who.strip() or not reason.strip():
        raise LibraryError("Say who deletes the study and why; both are kept on record.")
    named = set(fold(patient.name).split()) | set(fold(patient.patient_id).split())
    if {word for word in named if len(word) > 2} & set(fold(reason).split()):
        raise LibraryError("The reason is kept after the deletion, so it must not name the patient. Word it otherwise.")


def _delete_opinions(session: Session, study_id: int, instances: Select[int]) -> None:
    readings = select(schema.Reading.id).where(schema.Reading.study_id == study_id)
    predictions = select(schema.Prediction.id).where(schema.Prediction.instance_id.in_(instances))
    labels = select(schema.Label.id).where(schema.Label.study_id == study_id)
    for statement in (
        delete(schema.ReadingMeasurement).where(schema.ReadingMeasurement.reading_id.in_(readings)),
        delete(schema.Measurement).where(schema.Measurement.study_id == study_id),
        delete(schema.DatasetClass).where(schema.DatasetClass.instance_id.in_(instances)),
        delete(schema.DatasetImage).where(schema.DatasetImage.study_id == study_id),
        delete(schema.GivenClass).where(schema.GivenClass.label_id.in_(labels)),
        delete(schema.Label).where(schema.Label.study_id == study_id),
        delete(schema.Addendum).where(schema.Addendum.reading_id.in_(readings)),
        delete(schema.Verdict).where(schema.Verdict.reading_id.in_(readings)),
        delete(schema.LaterAnswer).where(schema.LaterAnswer.reading_id.in_(readings)),
        delete(schema.Reading).where(schema.Reading.study_id == study_id),
        delete(schema.SaliencyMap).where(schema.SaliencyMap.prediction_id.in_(predictions)),
        delete(schema.Prediction).where(schema.Prediction.instance_id.in_(instances)),
        delete(schema.StatedAge).where(schema.StatedAge.study_id == study_id),
    ):
        session.execute(statement.execution_options(synchronize_session=False))


def _delete_images(session: Session, study_id: int, instances: Select[int]) -> None:
    for statement in (
        delete(schema.Thumbnail).where(schema.Thumbnail.study_id == study_id),
        delete(schema.Instance).where(schema.Instance.id.in_(instances)),
        delete(schema.Series).where(schema.Series.study_id == study_id),
        delete(schema.Study).where(schema.Study.id == study_id),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
