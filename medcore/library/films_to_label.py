"""The images that can be labelled by themselves."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medcore.library import schema
from medcore.library.records import FilmToLabel

STACKS = ("CT", "MR", "PT", "NM")  # a slice is labelled where its neighbours are seen: in Review


def films_to_label(session: Session) -> tuple[FilmToLabel, ...]:
    """List the images that somebody can label without seeing others: of real patients, one frame, no slices."""
    of_file = schema.Instance.attributes
    found = session.execute(
        select(schema.Instance.id, schema.Study.id, schema.Study.patient_key, schema.Series.modality)
        .join(schema.Series, schema.Series.id == schema.Instance.series_id)
        .join(schema.Study, schema.Study.id == schema.Series.study_id)
        .where(
            ~schema.Study.synthetic,
            schema.Series.modality.not_in(STACKS),
            func.coalesce(func.json_extract(of_file, "$.number_of_frames"), 1) == 1,
            func.coalesce(func.json_extract(of_file, "$.has_pixels"), True),
        )
        .order_by(schema.Instance.id)
    )
    return tuple(FilmToLabel(*row) for row in found)
