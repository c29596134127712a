"""The worklist: studies by text, modality, date and status, a page at a time."""

from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select

from medcore.errors import LibraryError
from medcore.library.ages import age_text
from medcore.library.database import Database
from medcore.library.folding import fold
from medcore.library.hierarchy import shares_patient_id, shares_study_uid
from medcore.library.records import STATUSES, StudyPage, StudyQuery, StudyRow
from medcore.library.schema import Patient, StatedAge, Study, Thumbnail

SHARES_ID = "This patient ID is also in the library with another name, birth date or sex."
SHARES_STUDY = "This Study Instance UID is also in the library under another patient."
MAX_PAGE = 500  # studies
MAX_SEARCH, MAX_WORDS = 200, 20  # characters and words that are looked for; what follows is passed over


def find_studies(database: Database, query: StudyQuery) -> StudyPage:
    """Return one page of the studies that fit, the newest first, and how many fit in all.

    Raises
    ------
    LibraryError
        If `query.status` is none of the four.
    """
    if query.status not in STATUSES:
        raise LibraryError(f"Status must be one of {', '.join(STATUSES)}, got {query.status!r}.")
    conditions = _conditions(query)
    page = (
        _columns()
        .where(*conditions)
        .order_by(Study.study_date.desc(), Study.id.desc())
        .limit(min(query.limit, MAX_PAGE))
        .offset(query.offset)
    )
    with database.reading() as session:
        total = session.scalar(select(func.count()).select_from(Study).where(*conditions)) or 0
        return StudyPage(tuple(map(_as_row, session.execute(page))), total)


def study_ids(database: Database) -> list[int]:
    """List all studies by their numbers."""
    with database.reading() as session:
        return list(session.scalars(select(Study.id).order_by(Study.id)))


def modalities(database: Database) -> tuple[str, ...]:
    """List the modalities of all studies."""
    with database.reading() as session:
        found = session.scalars(select(Study.modalities).distinct()).all()
    return tuple(sorted({modality for listed in found for modality in listed.split()}))


def flags(shares_id: bool, shares_study: bool) -> tuple[str, ...]:
    """Say what does not fit together about a study's identity."""
    return (SHARES_ID,) * shares_id + (SHARES_STUDY,) * shares_study


def status(read: bool, disagreed: bool) -> str:
    """Name a study's place in the work."""
    return "disagreed" if disagreed else "read" if read else "to read"


def stated_age() -> ColumnElement[float | None]:
    """Select the newest age that a reader stated for a study."""
    newest = select(StatedAge.years).where(StatedAge.study_id == Study.id)
    return newest.order_by(StatedAge.id.desc()).limit(1).scalar_subquery()


def age_of(in_files: float | None, stated: float | None) -> tuple[float | None, bool]:
    """Choose a study's age in years, the files' before the reader's, and say whether it was only stated."""
    return (in_files, False) if in_files is not None else (stated, stated is not None)


def _columns() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Study,
            Patient,
            Thumbnail.png,
            stated_age().label("stated_age"),
            shares_patient_id().label("shares_id"),
            shares_study_uid().label("shares_study"),
        )
        .join(Patient, Patient.id == Study.patient_key)
        .outerjoin(Thumbnail, Thumbnail.study_id == Study.id)
    )


def _conditions(query: StudyQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        Study.search.contains(word, autoescape=True) for word in fold(query.text[:MAX_SEARCH]).split()[:MAX_WORDS]
    ]
    if query.modality:
        conditions.append(Study.modalities.contains(f" {query.modality} ", autoescape=True))
    if query.date_from:
        conditions.append(Study.study_date >= query.date_from)
    if query.date_to:
        conditions.append(Study.study_date <= query.date_to)
    if query.status == "to read":
        conditions.append(Study.read.is_(False))
    elif query.status == "read":
        conditions.append(Study.read.is_(True))
    elif query.status == "disagreed":
        conditions.append(Study.disagreed.is_(True))
    return conditions


def _as_row(found: Row[Any]) -> StudyRow:
    study, patient = found.Study, found.Patient
    age_years, stated = age_of(study.age_years, found.stated_age)
    return StudyRow(
        id=study.id,
        patient_name=patient.name,
        patient_id=patient.patient_id,
        age_text=age_text(age_years, stated),
        sex=patient.sex,
        study_date=study.study_date,
        description=study.description,
        modalities=tuple(study.modalities.split()),
        images=study.images,
        thumbnail=found.png or None,
        reader_said=study.reader_said,
        model_said=study.model_said if study.read or study.revealed else None,
        status=status(study.read, study.disagreed),
        flags=flags(found.shares_id, found.shares_study),
        synthetic=study.synthetic,
    )
