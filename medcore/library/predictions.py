"""What the classifier said of each image, with its raw maps; a newer answer is a new row."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import ScalarSelect, func, insert, select
from sqlalchemy.orm import Session

from medcore.errors import LibraryError
from medcore.library import schema
from medcore.library.records import PREDICTION_STATES, StoredPrediction

CELL = np.dtype("<f4")
IMPORTANCE = {"answered": 3, "needs age": 2, "failed": 1, "refused": 0}  # which of a study's films speaks for it


def save_predictions(session: Session, answers: Sequence[tuple[int, StoredPrediction]]) -> list[int]:
    """Save answers for images, as (instance, answer); images that were deleted meanwhile are passed over.

    Returns
    -------
    list of int
        The studies that the images belong to.

    Raises
    ------
    LibraryError
        If a state is none of `PREDICTION_STATES`.
    """
    for _, answer in answers:
        if answer.state not in PREDICTION_STATES:
            raise LibraryError(f"A prediction's state must be one of {', '.join(PREDICTION_STATES)}.")
    studies = _studies_of(session, [instance_id for instance_id, _ in answers])
    kept = [(instance_id, answer) for instance_id, answer in answers if instance_id in studies]
    if not kept:
        return []
    now = datetime.now(UTC)
    rows = [_as_values(instance_id, answer, now) for instance_id, answer in kept]
    statement = insert(schema.Prediction).returning(schema.Prediction.id, sort_by_parameter_order=True)
    ids = session.scalars(statement, rows).all()
    maps = [
        _map_values(prediction_id, target, raw)
        for prediction_id, (_, answer) in zip(ids, kept, strict=True)
        for target, raw in answer.maps.items()
    ]
    if maps:
        session.execute(insert(schema.SaliencyMap), maps)
    return sorted(set(studies.values()))


def newest_predictions(session: Session, study_id: int, *, with_maps: bool = True) -> dict[int, StoredPrediction]:
    """Read the newest answer for each of a study's images; images without one are left out."""
    newest = (
        select(func.max(schema.Prediction.id))
        .join(schema.Instance, schema.Instance.id == schema.Prediction.instance_id)
        .join(schema.Series, schema.Series.id == schema.Instance.series_id)
        .where(schema.Series.study_id == study_id)
        .group_by(schema.Prediction.instance_id)
    )
    found = session.scalars(select(schema.Prediction).where(schema.Prediction.id.in_(newest))).all()
    maps = _maps(session, [row.id for row in found if row.state == "answered"]) if with_maps else {}
    return {row.instance_id: _as_prediction(row, maps.get(row.id, {})) for row in found}


def read_prediction(session: Session, prediction_id: int) -> StoredPrediction | None:
    """Read one answer, however old."""
    row = session.get(schema.Prediction, prediction_id)
    return None if row is None else _as_prediction(row, _maps(session, [prediction_id])[prediction_id])


def speaking(predictions: Iterable[StoredPrediction]) -> StoredPrediction | None:
    """Choose the answer that speaks for a study: its highest probability of pneumonia, else why there is none."""
    ranked = sorted(predictions, key=lambda one: (IMPORTANCE[one.state], one.pneumonia or 0.0, -one.instance_id))
    return ranked[-1] if ranked else None


def unpredicted(
    session: Session, model_version: str, intake_id: int | None = None, study_id: int | None = None
) -> list[int]:
    """List the images that this model has not looked at since it last could, the oldest first.

    An image whose age was missing counts as not looked at from when the reader stated it.
    """
    looked = (
        select(schema.Prediction.id)
        .where(
            schema.Prediction.instance_id == schema.Instance.id,
            schema.Prediction.model_version == model_version,
            schema.Prediction.stated_age_years.is_not_distinct_from(_stated_age()),
        )
        .exists()
    )
    statement = select(schema.Instance.id).join(schema.Series).where(~looked).order_by(schema.Instance.id)
    if intake_id is not None:
        statement = statement.where(schema.Instance.intake_id == intake_id)
    if study_id is not None:
        statement = statement.where(schema.Series.study_id == study_id)
    return list(session.scalars(statement))


def stated_ages(session: Session, instance_ids: Sequence[int]) -> dict[int, float]:
    """Read the ages that readers stated, for the images whose study has one; in years."""
    found = session.execute(
        select(schema.Instance.id, _stated_age())
        .join(schema.Series)
        .where(schema.Instance.id.in_(instance_ids), _stated_age().is_not(None))
    )
    return {instance_id: years for instance_id, years in found}


def _stated_age() -> ScalarSelect[float]:
    newest = select(schema.StatedAge.years).where(schema.StatedAge.study_id == schema.Series.study_id)
    return newest.order_by(schema.StatedAge.id.desc()).limit(1).scalar_subquery()


def _studies_of(session: Session, instance_ids: Sequence[int]) -> dict[int, int]:
    found = session.execute(
        select(schema.Instance.id, schema.Series.study_id)
        .join(schema.Series)
        .where(schema.Instance.id.in_(instance_ids))
    )
    return {instance_id: study_id for instance_id, study_id in found}


def _as_values(instance_id: int, answer: StoredPrediction, now: datetime) -> dict[str, object]:
    return {
        "instance_id": instance_id,
        "state": answer.state,
        "reason": answer.reason,
        "probabilities": dict(answer.probabilities),
        "pneumonia": answer.pneumonia,
        "decision": answer.decision,
        "threshold": answer.threshold,
        "model_version": answer.model_version,
        "pixels_sha256": answer.pixels_sha256,
        "stated_age_years": answer.stated_age_years,
        "created_at": now,
    }


def _map_values(prediction_id: int, target: str, raw: np.ndarray) -> dict[str, object]:
    rows, columns = raw.shape
    cells = np.ascontiguousarray(raw, dtype=CELL).tobytes()
    return {"prediction_id": prediction_id, "target": target, "rows": rows, "columns": columns, "cells": cells}


def _maps(session: Session, prediction_ids: Sequence[int]) -> dict[int, dict[str, np.ndarray]]:
    maps: dict[int, dict[str, np.ndarray]] = {prediction_id: {} for prediction_id in prediction_ids}
    found = session.scalars(
        select(schema.SaliencyMap)
        .where(schema.SaliencyMap.prediction_id.in_(prediction_ids))
        .order_by(schema.SaliencyMap.prediction_id, schema.SaliencyMap.target)
    )
    for one in found:
        maps[one.prediction_id][one.target] = np.frombuffer(one.cells, dtype=CELL).reshape(one.rows, one.columns)
    return maps


def _as_prediction(row: schema.Prediction, maps: Mapping[str, np.ndarray]) -> StoredPrediction:
    return StoredPrediction(
        state=row.state,
        reason=row.reason,
        probabilities=row.probabilities,
        pneumonia=row.pneumonia,
        decision=row.decision,
        threshold=row.threshold,
        model_version=row.model_version,
        pixels_sha256=row.pixels_sha256,
        maps=maps,
        stated_age_years=row.stated_age_years,
        id=row.id,
        instance_id=row.instance_id,
        created_at=row.created_at,
    )
