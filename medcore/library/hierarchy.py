"""File images under patient, study and series, and flag identities that do not fit together.

A patient is an ID with a name, and a birth date and a sex where they are given; without an ID, only within one study.
The same ID with another name, birth date or sex, or the same Study Instance UID under another patient, is kept apart
and flagged: to merge two patients is worse than to split one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, exists, insert, select, update
from sqlalchemy.orm import Session, aliased

from medcore.dicom import Attributes
from medcore.library.folding import fold
from medcore.library.schema import Patient, Series, Study

PatientKey = tuple[str, str, str]  # patient ID, folded name, Study Instance UID where there is no ID
Born = tuple[date | None, str]  # birth date and sex, None and empty where they are not given
StudyKey = tuple[int, str]  # patient row, Study Instance UID
SeriesKey = tuple[int, str]  # study row, Series Instance UID

SAME_ID = (
    "The patient ID of study {} is also in the library with another name, birth date or sex; they are kept apart and "
    "flagged."
)
SAME_STUDY = "The Study Instance UID of study {} is also in the library under another patient; both are kept apart."


class Filing:
    """Rows of patients, studies and series for one batch of images."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.studies: set[int] = set()
        self.flagged: list[str] = []

    def file(self, images: Sequence[Attributes]) -> list[int]:
        """Return the series row of each image; rows that are missing are made, and studies brought up to date."""
        patient_ids = self._patients(images)
        studies = self._studies(images, patient_ids)
        study_ids = [
            studies[patient_id, image.study_instance_uid] for patient_id, image in zip(patient_ids, images, strict=True)
        ]
        series = self._series(images, study_ids)
        self.studies = set(study_ids)
        self._count(images, study_ids)
        self._flag()
        return [series[study_id, image.series_instance_uid] for study_id, image in zip(study_ids, images, strict=True)]

    def _patients(self, images: Sequence[Attributes]) -> list[int]:
        known = self._known_patients(images)
        places: list[tuple[PatientKey, int]] = []
        missing: list[tuple[PatientKey, int]] = []
        for image in images:
            key = patient_key(image)
            found = known.setdefault(key, [])
            place = _matching(found, image)
            if place is None:
                place = len(found)
                found.append(_patient_row(key, image))
                missing.append((key, place))
            elif (completed := _completed(found[place], image)) != found[place]:
                found[place] = completed
                if "id" in completed:
                    self._session.execute(update(Patient), [completed])
            places.append((key, place))
        ids = self._insert(Patient, [known[key][place] for key, place in missing])
        for (key, place), row_id in zip(missing, ids, strict=True):
            known[key][place]["id"] = row_id
        return [known[key][place]["id"] for key, place in places]

    def _known_patients(self, images: Sequence[Attributes]) -> dict[PatientKey, list[dict[str, Any]]]:
        with_id = {image.patient_id for image in images if image.patient_id}
        studies = {image.study_instance_uid for image in images if not image.patient_id}
        columns = (Patient.id, Patient.patient_id, Patient.name_folded, Patient.only_study, Patient.birth_date)
        found = self._session.execute(
            select(*columns, Patient.sex)
            .where(Patient.patient_id.in_(with_id) | ((Patient.patient_id == "") & Patient.only_study.in_(studies)))
            .order_by(Patient.id)
        )
        known: dict[PatientKey, list[dict[str, Any]]] = {}
        for row in found:
            known.setdefault((row.patient_id, row.name_folded, row.only_study), []).append(dict(row._mapping))
        return known

    def _studies(self, images: Sequence[Attributes], patient_ids: Sequence[int]) -> dict[StudyKey, int]:
        wanted = {
            (patient_id, image.study_instance_uid): image for patient_id, image in zip(patient_ids, images, strict=True)
        }
        uids = {uid for _, uid in wanted}
        found = self._session.execute(
            select(Study.patient_key, Study.study_instance_uid, Study.id).where(Study.study_instance_uid.in_(uids))
        )
        known = {(patient_id, uid): row_id for patient_id, uid, row_id in found}
        missing = [key for key in wanted if key not in known]
        rows = [_study_row(key[0], wanted[key]) for key in missing]
        return known | dict(zip(missing, self._insert(Study, rows), strict=True))

    def _series(self, images: Sequence[Attributes], study_ids: Sequence[int]) -> dict[SeriesKey, int]:
        wanted = {
            (study_id, image.series_instance_uid): image for study_id, image in zip(study_ids, images, strict=True)
        }
        found = self._session.execute(
            select(Series.study_id, Series.series_instance_uid, Series.id).where(Series.study_id.in_(set(study_ids)))
        )
        known = {(study_id, uid): row_id for study_id, uid, row_id in found}
        missing = [key for key in wanted if key not in known]
        rows = [_series_row(key[0], wanted[key]) for key in missing]
        return known | dict(zip(missing, self._insert(Series, rows), strict=True))

    def _insert(self, table: type[Patient | Study | Series], rows: list[dict[str, Any]]) -> Sequence[int]:
        if not rows:
            return []
        return self._session.scalars(insert(table).returning(table.id, sort_by_parameter_order=True), rows).all()

    def _count(self, images: Sequence[Attributes], study_ids: Sequence[int]) -> None:
        found = self._session.execute(
            select(Study.id, Study.images, Study.modalities, Study.synthetic, Study.age_years).where(
                Study.id.in_(set(study_ids))
            )
        )
        rows = {row.id: dict(row._mapping) for row in found}
        for study_id, image in zip(study_ids, images, strict=True):
            row = rows[study_id]
            row["images"] += 1
            row["modalities"] = join_modalities([*row["modalities"].split(), image.modality])
            row["synthetic"] = row["synthetic"] or image.synthetic
            row["age_years"] = image.patient_age_years if row["age_years"] is None else row["age_years"]
        self._session.execute(update(Study), list(rows.values()))

    def _flag(self) -> None:
        for clash, sentence in ((shares_patient_id(), SAME_ID), (shares_study_uid(), SAME_STUDY)):
            found = self._session.scalars(select(Study.id).where(Study.id.in_(self.studies), clash).order_by(Study.id))
            self.flagged += [sentence.format(study_id) for study_id in found]


def shares_patient_id() -> ColumnElement[bool]:
    """Match studies whose patient ID somebody else has too."""
    own, other = aliased(Patient), aliased(Patient)
    return exists().where(
        own.id == Study.patient_key, own.patient_id != "", other.patient_id == own.patient_id, other.id != own.id
    )


def shares_study_uid() -> ColumnElement[bool]:
    """Match studies whose Study Instance UID another patient has too."""
    other = aliased(Study)
    return exists().where(other.study_instance_uid == Study.study_instance_uid, other.id != Study.id)


def patient_key(image: Attributes) -> PatientKey:
    """Say under what an image's patient is looked for: the ID as it stands and the name without case and accents."""
    return image.patient_id, fold(image.patient_name), "" if image.patient_id else image.study_instance_uid


def _matching(rows: Sequence[Mapping[str, Any]], image: Attributes) -> int | None:
    """Find the row that says the same of birth date and sex, else one that does not say otherwise."""
    born = (image.patient_birth_date, image.patient_sex)
    fits = [place for place, row in enumerate(rows) if _is_compatible((row["birth_date"], row["sex"]), born)]
    same = [place for place in fits if (rows[place]["birth_date"], rows[place]["sex"]) == born]
    return next(iter([*same, *fits]), None)


def _is_compatible(one: Born, other: Born) -> bool:
    return all(not mine or not theirs or mine == theirs for mine, theirs in zip(one, other, strict=True))


def _completed(row: dict[str, Any], image: Attributes) -> dict[str, Any]:
    return row | {
        "birth_date": row["birth_date"] or image.patient_birth_date,
        "sex": row["sex"] or image.patient_sex,
    }


def join_modalities(modalities: Iterable[str]) -> str:
    """Write modalities so that one can be looked for as ' CT '."""
    return " ".join(["", *sorted(set(filter(None, modalities))), ""])


def _patient_row(key: PatientKey, image: Attributes) -> dict[str, Any]:
    return {
        "patient_id": key[0],
        "name": image.patient_name,
        "name_folded": key[1],
        "only_study": key[2],
        "birth_date": image.patient_birth_date,
        "sex": image.patient_sex,
    }


def _study_row(patient_id: int, image: Attributes) -> dict[str, Any]:
    searched = (image.patient_name, image.patient_id, image.study_description, image.accession_number)
    return {
        "patient_key": patient_id,
        "study_instance_uid": image.study_instance_uid,
        "study_date": image.study_date,
        "description": image.study_description,
        "age_years": image.patient_age_years,
        "synthetic": image.synthetic,
        "modalities": join_modalities([image.modality]),
        "images": 0,
        "search": " ".join(fold(text) for text in searched),
    }


def _series_row(study_id: int, image: Attributes) -> dict[str, Any]:
    return {
        "study_id": study_id,
        "series_instance_uid": image.series_instance_uid,
        "number": image.series_number,
        "description": image.series_description,
        "modality": image.modality,
    }
