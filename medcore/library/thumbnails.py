"""The worklist's small pictures: one for a study, made once."""

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from medcore import dicom  # what needs pydicom is loaded when it is used, not when a page opens
from medcore.errors import MedcoreError
from medcore.library import schema
from medcore.library.database import Database
from medcore.library.layout import FileStore
from medcore.library.studies import as_instance, in_reading_order

SIDE = 96  # pixels
NO_PICTURE = b""  # kept, so that a study whose images cannot be shown is not tried again and again


def read_thumbnail(database: Database, store: FileStore, study_id: int) -> bytes | None:
    """Return a study's small picture as PNG, made now where it is missing; None where none can be made."""
    with database.reading() as session:
        png = session.scalar(select(schema.Thumbnail.png).where(schema.Thumbnail.study_id == study_id))
        rows = [] if png is not None else [row for _, rows in in_reading_order(session, study_id)[:1] for row in rows]
    if png is None and rows:
        png = _draw(as_instance(rows[len(rows) // 2], store).path)
        _keep(database, study_id, png)
    return png or None


def without_thumbnail(database: Database, instance_ids: Sequence[int]) -> list[int]:
    """List the studies of these images that have no small picture yet."""
    statement = (
        select(schema.Series.study_id)
        .join(schema.Instance)
        .outerjoin(schema.Thumbnail, schema.Thumbnail.study_id == schema.Series.study_id)
        .where(schema.Instance.id.in_(instance_ids), schema.Thumbnail.study_id.is_(None))
        .distinct()
    )
    with database.reading() as session:
        return list(session.scalars(statement))


def _draw(path: Path) -> bytes:
    try:
        picture = Image.fromarray(dicom.thumbnail(dicom.read_frame(path), SIDE))
    except MedcoreError:
        return NO_PICTURE
    png = io.BytesIO()
    picture.save(png, "PNG")
    return png.getvalue()


def _keep(database: Database, study_id: int, png: bytes) -> None:
    with database.writing() as session:
        if session.get(schema.Study, study_id) is not None:  # it may have been deleted meanwhile
            values = {"study_id": study_id, "png": png}
            session.execute(insert(schema.Thumbnail).values(values).on_conflict_do_nothing())
