"""Which models there are, what the gate said of them, and which one is live: nothing here is ever changed.

The newest promotion says which model is live; going back to an earlier one is a promotion too.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medcore.errors import LibraryError, MissingError
from medcore.library import schema
from medcore.library.database import Database
from medcore.library.jobs import MIRROR, PREDICT, PRIORITY_LOW, add_job
from medcore.library.records import Comparison, ModelVersion, NewModel, Promotion

NO_MODEL = "This model is not in the library. Choose another one."
SHIPPED, PASSED, OVERRIDDEN, BACK = "shipped", "passed the gate", "gate overridden", "rolled back"
SHIPPER = "MedCore"
NO_REASON = "Say who decides and why; both are kept on record."
TURNED_AWAY = (
    "The gate has not let this model through beside the one that is live. Compare them again, or override the gate by "
    "name and reason."
)
NEVER_LIVE = "This model was never live, so nothing can be rolled back to it. Promote it instead."
OTHER_FILES = (
    "The files of the model {} are not those that it had when it was recorded. Restore them from MedCore's own files "
    "or a backup."
)
IS_LIVE = "This model is live already."
SHOWN = func.coalesce(schema.Reading.prediction_id, schema.LaterAnswer.prediction_id)  # of a reading


class Models:
    """The models of a library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: NewModel) -> ModelVersion:
        """Record a model; one of the same name is returned as it is.

        Raises
        ------
        LibraryError
            If one of the same name has another card.
        """
        with self._database.writing() as session:
            known = session.scalar(select(schema.ModelVersion).where(schema.ModelVersion.name == new.name))
            if known is not None:
                if known.card_sha256 != new.card_sha256:
                    raise LibraryError(OTHER_FILES.format(new.name))
                return _as_model(known)
            row = schema.ModelVersion(**vars(new), created_at=datetime.now(UTC))
            session.add(row)
            session.flush()
            return _as_model(row)

    def make_first_live(self, model: ModelVersion, reason: str) -> None:
        """Make a shipped model live where none is, or where the live one is an older shipped one."""
        with self._database.writing() as session:
            newest = _newest(session)
            if newest is None or (newest.how == SHIPPED and newest.model_id != model.id):
                _promote(session, model.id, SHIPPED, None, SHIPPER, reason)

    def all(self) -> tuple[ModelVersion, ...]:
        """Read all models, the oldest first."""
        with self._database.reading() as session:
            return tuple(map(_as_model, session.scalars(select(schema.ModelVersion).order_by(schema.ModelVersion.id))))

    def live(self) -> ModelVersion | None:
        """Read the live model; None before there is one."""
        with self._database.reading() as session:
            newest = _newest(session)
            return None if newest is None else _as_model(session.get_one(schema.ModelVersion, newest.model_id))

    def save_comparison(
        self, model_id: int, live_id: int, dataset_id: int, *, passes: bool, verdict: Mapping[str, Any]
    ) -> Comparison:
        """Keep what the gate said."""
        with self._database.writing() as session:
            row = schema.Comparison(
                model_id=model_id,
                live_id=live_id,
                dataset_id=dataset_id,
                passes=passes,
                verdict=dict(verdict),
                created_at=datetime.now(UTC),
            )
            session.add(row)
            session.flush()
            return _as_comparison(row)

    def comparisons(self, model_id: int) -> tuple[Comparison, ...]:
        """Read what the gate said of a model, the newest last."""
        with self._database.reading() as session:
            return _comparisons(session, model_id)

    def promote(self, model_id: int, who: str, reason: str, *, override: bool = False) -> Promotion:
        """Make a model live.

        Parameters
        ----------
        model_id : int
        who, reason : str
            Are kept for good.
        override : bool
            Do so although the gate turned it away, or was not asked beside the model that is live now.

        Raises
        ------
        MissingError
            If there is no such model.
        LibraryError
            If nobody says who decides and why, the model is live already, or the gate has not let it through and is not
            overridden.
        """
        with self._database.writing() as session:
            live = _check(session, model_id, who, reason)
            said = [one for one in _comparisons(session, model_id) if one.live_id == live]
            comparison = said[-1] if said else None
            passed = comparison is not None and comparison.passes
            if not passed and not override:
                raise LibraryError(TURNED_AWAY)
            number = comparison.id if comparison else None
            return _promote(session, model_id, PASSED if passed else OVERRIDDEN, number, who, reason)

    def roll_back(self, model_id: int, who: str, reason: str) -> Promotion:
        """Make a model live again that was live before.

        Raises
        ------
        MissingError
            If there is no such model.
        LibraryError
            If nobody says who decides and why, the model is live, or never was.
        """
        with self._database.writing() as session:
            _check(session, model_id, who, reason)
            before = select(schema.Promotion.id).where(schema.Promotion.model_id == model_id)
            if session.scalar(before.limit(1)) is None:
                raise LibraryError(NEVER_LIVE)
            return _promote(session, model_id, BACK, None, who, reason)

    def history(self) -> tuple[Promotion, ...]:
        """Read which model was live from when on, the oldest first."""
        with self._database.reading() as session:
            return tuple(map(_as_promotion, session.scalars(select(schema.Promotion).order_by(schema.Promotion.id))))

    def count_readings(self, names: Sequence[str]) -> dict[str, int]:
        """Count the readings that were shown an answer of each of these models."""
        with self._database.reading() as session:
            rows = session.execute(
                select(schema.Prediction.model_version, func.count())
                .select_from(schema.Reading)
                .outerjoin(schema.LaterAnswer, schema.LaterAnswer.reading_id == schema.Reading.id)
                .join(schema.Prediction, schema.Prediction.id == SHOWN)
                .where(schema.Prediction.model_version.in_(names))
                .group_by(schema.Prediction.model_version)
            )
            return {name: count for name, count in rows}

    def studies_read_with(self, name: str) -> tuple[int, ...]:
        """List the studies with a reading that was shown an answer of a model, the newest reading first."""
        with self._database.reading() as session:
            rows = session.scalars(
                select(schema.Reading.study_id)
                .outerjoin(schema.LaterAnswer, schema.LaterAnswer.reading_id == schema.Reading.id)
                .join(schema.Prediction, schema.Prediction.id == SHOWN)
                .where(schema.Prediction.model_version == name)
                .order_by(schema.Reading.id.desc())
            )
            return tuple(dict.fromkeys(rows))


def _check(session: Session, model_id: int, who: str, reason: str) -> int:
    """Return the live model's number."""
    if session.get(schema.ModelVersion, model_id) is None:
        raise MissingError(NO_MODEL)
    if not who.strip() or not reason.strip():
        raise LibraryError(NO_REASON)
    newest = _newest(session)
    if newest is None:
        raise LibraryError("No model is live yet. Start MedCore once, so that the shipped one goes live.")
    if newest.model_id == model_id:
        raise LibraryError(IS_LIVE)
    return newest.model_id


def _comparisons(session: Session, model_id: int) -> tuple[Comparison, ...]:
    rows = select(schema.Comparison).where(schema.Comparison.model_id == model_id).order_by(schema.Comparison.id)
    return tuple(map(_as_comparison, session.scalars(rows)))


def _promote(session: Session, model_id: int, how: str, comparison_id: int | None, who: str, reason: str) -> Promotion:
    row = schema.Promotion(
        model_id=model_id,
        how=how,
        comparison_id=comparison_id,
        who=" ".join(who.split()),
        reason=" ".join(reason.split()),
        created_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    if how != SHIPPED:  # what it answered stands from now on, and the rest it has yet to look at
        add_job(session, PREDICT, {"promoted": True}, PRIORITY_LOW)
        add_job(session, MIRROR, {}, PRIORITY_LOW)
    return _as_promotion(row)


def _newest(session: Session) -> schema.Promotion | None:
    return session.scalar(select(schema.Promotion).order_by(schema.Promotion.id.desc()).limit(1))


def _as_model(row: schema.ModelVersion) -> ModelVersion:
    return ModelVersion(**{name: getattr(row, name) for name in ModelVersion.__dataclass_fields__})


def _as_comparison(row: schema.Comparison) -> Comparison:
    return Comparison(**{name: getattr(row, name) for name in Comparison.__dataclass_fields__})


def _as_promotion(row: schema.Promotion) -> Promotion:
    return Promotion(**{name: getattr(row, name) for name in Promotion.__dataclass_fields__})
