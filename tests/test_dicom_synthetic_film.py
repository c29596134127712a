"""Claims about files of synthetic films: they say what they are, and MedCore reads them as any other film."""

from datetime import date
from io import BytesIO

import numpy as np
import pydicom

from medcore.dicom.header import read_header
from medcore.dicom.instance import TAGS, read_attributes
from medcore.dicom.synthetic_film import InventedPatient, write_synthetic_film

PATIENT = InventedPatient(3, age_years=4, sex="F", study_date=date(2026, 1, 3))
FILM = np.add.outer(np.arange(224), np.zeros(224)).astype(np.uint8)


def test_the_file_says_everywhere_that_it_is_synthetic() -> None:
    ds = pydicom.dcmread(BytesIO(write_synthetic_film(FILM, PATIENT, "Drawn by a network, seed 5")))
    assert ds.SyntheticData == "YES"
    assert ds.ImageType[0] == "DERIVED"
    assert ds.PatientID == "SYNTHETIC-03"
    assert "Synthetic" in str(ds.PatientName)
    assert ds.DerivationDescription == "Drawn by a network, seed 5"
    np.testing.assert_array_equal(ds.pixel_array, FILM)


def test_the_same_film_is_the_same_file() -> None:
    assert write_synthetic_film(FILM, PATIENT, "a") == write_synthetic_film(FILM, PATIENT, "a")


def test_another_patient_is_another_study() -> None:
    other = InventedPatient(4, 4, "F", PATIENT.study_date)
    first, second = (pydicom.dcmread(BytesIO(write_synthetic_film(FILM, patient, "a"))) for patient in (PATIENT, other))
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "PatientID"):
        assert first[name].value != second[name].value


def test_another_film_of_the_same_patient_is_another_study() -> None:
    first, second = (pydicom.dcmread(BytesIO(write_synthetic_film(film, PATIENT, "a"))) for film in (FILM, FILM.T))
    assert first.PatientID == second.PatientID
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        assert first[name].value != second[name].value


def test_its_attributes_are_those_of_a_childs_chest_film() -> None:
    attributes = read_attributes(read_header(BytesIO(write_synthetic_film(FILM, PATIENT, "a")), TAGS), "0" * 64)
    assert attributes.synthetic
    assert (attributes.modality, attributes.body_part_examined, attributes.view_position) == ("CR", "CHEST", "AP")
    assert attributes.patient_age_years == 4
