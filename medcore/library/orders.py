"""Orders of the images that wait for a label: asked for by a page, worked out by the background, kept as its result."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from medcore.library import schema
from medcore.library.jobs import PRIORITY_URGENT, add_job, payload
from medcore.library.records import QueueOrder

ORDER = "order"  # the kind of job
WAITING = ("queued", "running")


def ask_for_order(session: Session, label_set_id: int, how: str) -> None:
    """Have the background work out an order anew; without effect where that is under way."""
    under_way = _concerns(label_set_id, how), schema.Job.state.in_(WAITING)
    if session.scalar(select(schema.Job.id).where(*under_way).limit(1)) is None:
        add_job(session, ORDER, {"label_set": label_set_id, "how": how}, PRIORITY_URGENT)


def read_order(session: Session, label_set_id: int, how: str) -> QueueOrder:
    """Read the newest order that was worked out, and how it stands with the one that was asked for last."""
    jobs = select(schema.Job).where(_concerns(label_set_id, how)).order_by(schema.Job.id.desc())
    last = session.scalar(jobs.limit(1))
    made = session.scalar(jobs.where(schema.Job.state == "done").limit(1))
    return QueueOrder(
        instance_ids=tuple(made.result.get("films", ())) if made else (),
        made_at=made.finished_at if made else None,
        is_waiting=last is not None and last.state in WAITING,
        done=last.done if last else 0,
        total=last.total if last else 0,
        failure=last.error if last else "",
    )


def _concerns(label_set_id: int, how: str) -> ColumnElement[bool]:
    return (schema.Job.kind == ORDER) & (payload("label_set") == label_set_id) & (payload("how") == how)
