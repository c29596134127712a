"""What the classifier said of each image, with its raw maps; a newer answer is a new row."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, case, func, insert, select
from sqlalchemy.orm import Session, aliased

from medcore.errors import LibraryError
from medcore.library import schema
from medcore.library.records import PREDICTION_STATES, StoredPrediction

CELL = np.dtype("<f4")
BETWEEN = "\n"  # labels: their names may hold spaces
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


def newest_predictions(session: Session, study_id: int) -> dict[int, StoredPrediction]:
    """Read the live model's newest answer for each of a study's images; images without one are left out."""
    newest = (
        select(func.max(schema.Prediction.id))
        .join(schema.Instance, schema.Instance.id == schema.Prediction.instance_id)
        .join(schema.Series, schema.Series.id == schema.Instance.series_id)
        .where(schema.Series.study_id == study_id, _of_live_model())
        .group_by(schema.Prediction.instance_id)
    )
    found = session.scalars(select(schema.Prediction).where(schema.Prediction.id.in_(newest))).all()
    maps = _maps(session, [row.id for row in found if row.state == "answered"])
    return {row.instance_id: _as_prediction(row, maps.get(row.id, {})) for row in found}


def newest_answers(session: Session, study_id: int) -> tuple[list[Any], int]:
    """Read in short the answers that still stand for a study's images, and count its images.

    An answer stands while it is the image's newest of the live model, and was made for the age that the study lends
    the image now. Before a model was ever recorded as live, it is the one that answered last.
    """
    made = schema.Prediction
    any_made = aliased(made)
    of_image = select(func.max(any_made.id)).where(any_made.instance_id == schema.Instance.id, _of_live_model(any_made))
    newest = of_image.correlate(schema.Instance).scalar_subquery()
    rows = session.execute(
        select(made.id, made.instance_id, made.state, made.pneumonia, made.model_version)
        .add_columns(made.study_age_years.is_not_distinct_from(_lent_age()).label("is_current"))
        .select_from(schema.Instance)
        .join(schema.Series)
        .join(schema.Study)
        .outerjoin(made, made.id == newest)
        .where(schema.Study.id == study_id)
    ).all()
    answered = [row for row in rows if row.id is not None]
    version = max(answered, key=lambda row: row.id).model_version if answered else ""
    return [row for row in answered if row.is_current and row.model_version == version], len(rows)


def whole_answer(session: Session, study_id: int, *, with_maps: bool = True) -> StoredPrediction | None:
    """Read the answer that speaks for a study: its highest probability of pneumonia, else why there is none.

    None until every image of the study has an answer that stands: the one that is missing may be the highest.
    """
    current, total = newest_answers(session, study_id)
    if not current or len(current) < total:
        return None
    speaker = max(current, key=lambda row: (IMPORTANCE[row.state], row.pneumonia or 0.0, -row.instance_id))
    return read_prediction(session, speaker.id, with_maps=with_maps)


def read_prediction(session: Session, prediction_id: int, *, with_maps: bool = True) -> StoredPrediction | None:
    """Read one answer, however old."""
    row = session.get(schema.Prediction, prediction_id)
    maps = _maps(session, [prediction_id])[prediction_id] if with_maps else {}
    return None if row is None else _as_prediction(row, maps)


def short_answers(session: Session, model_version: str) -> dict[int, StoredPrediction]:
    """Read a model's newest answer for each image, in short: its state and its probabilities."""
    made = schema.Prediction
    newest = select(func.max(made.id)).where(made.model_version == model_version).group_by(made.instance_id)
    found = session.execute(select(made.instance_id, made.state, made.probabilities).where(made.id.in_(newest)))
    return {instance_id: StoredPrediction(state, probabilities=given) for instance_id, state, given in found}


def unpredicted(
    session: Session, model_version: str, intake_id: int | None = None, study_id: int | None = None
) -> list[int]:
    """List the images that this model has not looked at since it last could, the oldest first.

    An image counts as not looked at from when the study's age became known or changed, whether a reader stated it or
    a later file says it; an intake covers such images of the studies that it added to.
    """
    looked = (
        select(schema.Prediction.id)
        .where(
            schema.Prediction.instance_id == schema.Instance.id,
            schema.Prediction.model_version == model_version,
            schema.Prediction.study_age_years.is_not_distinct_from(_lent_age()),
        )
        .exists()
    )
    images = select(schema.Instance.id).join(schema.Series).join(schema.Study)
    statement = images.where(~looked).order_by(schema.Instance.id)
    if intake_id is not None:
        statement = statement.where((schema.Instance.intake_id == intake_id) | _outdated_by(intake_id))
    if study_id is not None:
        statement = statement.where(schema.Series.study_id == study_id)
    return list(session.scalars(statement))


def study_ages(session: Session, instance_ids: Sequence[int]) -> dict[int, float]:
    """Read the ages, in years, that studies lend to those of these images whose own file gives none."""
    found = session.execute(
        select(schema.Instance.id, _lent_age())
        .join(schema.Series, schema.Series.id == schema.Instance.series_id)
        .join(schema.Study)
        .where(schema.Instance.id.in_(instance_ids), _lent_age().is_not(None))
    )
    return {instance_id: years for instance_id, years in found}


def _of_live_model(made: Any = schema.Prediction) -> ColumnElement[bool]:
    """Match the answers of the model that is live; all of them before one was recorded as live."""
    newest = select(func.max(schema.Promotion.id)).scalar_subquery()
    live = (
        select(schema.ModelVersion.name)
        .join(schema.Promotion, schema.Promotion.model_id == schema.ModelVersion.id)
        .where(schema.Promotion.id == newest)
        .scalar_subquery()
    )
    counts: ColumnElement[bool] = made.model_version == func.coalesce(live, made.model_version)
    return counts


def _lent_age() -> ColumnElement[float]:
    """Select the age that its study lends to an image whose file gives none: another file's, else the stated one."""
    stated = select(schema.StatedAge.years).where(schema.StatedAge.study_id == schema.Study.id)
    newest = stated.order_by(schema.StatedAge.id.desc()).limit(1).correlate(schema.Study).scalar_subquery()
    own = func.json_extract(schema.Instance.attributes, "$.patient_age_years")
    return case((own.is_(None), func.coalesce(schema.Study.age_years, newest)))


def _outdated_by(intake_id: int) -> ColumnElement[bool]:
    """Match images that were looked at before, in the studies that an intake added to."""
    touched = select(schema.Series.study_id).join(schema.Instance).where(schema.Instance.intake_id == intake_id)
    looked_before = select(schema.Prediction.id).where(schema.Prediction.instance_id == schema.Instance.id).exists()
    return schema.Series.study_id.in_(touched) & looked_before


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
        "pneumonia_low": answer.pneumonia_low,
        "pneumonia_high": answer.pneumonia_high,
        "not_ruled_out": None if answer.not_ruled_out is None else BETWEEN.join(answer.not_ruled_out),
        "decision": answer.decision,
        "operating_point": answer.operating_point,
        "threshold": answer.threshold,
        "model_version": answer.model_version,
        "pixels_sha256": answer.pixels_sha256,
        "study_age_years": answer.study_age_years,
        "map_scale": answer.map_scale,
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
        pneumonia_low=row.pneumonia_low,
        pneumonia_high=row.pneumonia_high,
        not_ruled_out=_labels(row),
        decision=row.decision,
        operating_point=row.operating_point,
        threshold=row.threshold,
        model_version=row.model_version,
        pixels_sha256=row.pixels_sha256,
        maps=maps,
        study_age_years=row.study_age_years,
        map_scale=row.map_scale,
        id=row.id,
        instance_id=row.instance_id,
        created_at=row.created_at,
    )


def _labels(row: schema.Prediction) -> tuple[str, ...] | None:
    """Return the labels that are not ruled out; answers from before other models were trained have spaces between."""
    if row.not_ruled_out is None:
        return None
    labels = tuple(filter(None, row.not_ruled_out.split(BETWEEN)))
    return labels if row.probabilities.keys() >= set(labels) else tuple(row.not_ruled_out.split())
