"""Write a chest film of nobody as a DICOM file that says so wherever a file can.

Source: DICOM PS3.3, A.2 (CR Image IOD); C.12.1 (SOP Common: Synthetic Data); C.7.6.1.1.2 (Image Type).
"""

import hashlib
from dataclasses import dataclass
from datetime import date

import numpy as np
from pydicom.uid import ComputedRadiographyImageStorage

from medcore.dicom.new_image import Place, as_bytes, new_image, uid_of


@dataclass(frozen=True)
class InventedPatient:
    """Who the film pretends to be of."""

    number: int  # 1 and up
    age_years: int
    sex: str  # "M" or "F"
    study_date: date

    @property
    def patient_id(self) -> str:
        """Return an ID that says what it is."""
        return f"SYNTHETIC-{self.number:02d}"


def write_synthetic_film(film: np.ndarray, patient: InventedPatient, derivation: str) -> bytes:
    """Return a film as a DICOM file, the same bytes for the same film.

    Parameters
    ----------
    film : numpy.ndarray, shape (rows, columns), uint8
        0 (black) to 255 (white).
    patient : InventedPatient
    derivation : str
        How the film was made, for Derivation Description (0008,2111).

    Returns
    -------
    bytes
        A CR image, Explicit VR Little Endian.
    """
    drawn = hashlib.sha256(film.tobytes()).hexdigest()  # another film of the same number is another study
    names = (f"{patient.patient_id} {drawn} {kind}" for kind in ("study", "series", "instance"))
    ds = new_image(film, ComputedRadiographyImageStorage, Place(*map(uid_of, names)))
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.SyntheticData = "YES"
    ds.StudyDate = ds.ContentDate = f"{patient.study_date:%Y%m%d}"
    ds.StudyTime = ds.ContentTime = "120000"
    ds.StudyID = patient.patient_id
    ds.Modality = "CR"
    ds.StudyDescription = ds.SeriesDescription = "Synthetic chest film of nobody"
    ds.DerivationDescription = derivation
    ds.PatientName = f"Synthetic^No {patient.number:02d}"
    ds.PatientID = patient.patient_id
    ds.PatientBirthDate = ""
    ds.PatientSex = patient.sex
    ds.PatientAge = f"{patient.age_years:03d}Y"
    ds.PatientComments = "Nobody: the film was drawn by a network"
    ds.BodyPartExamined = "CHEST"
    ds.ViewPosition = "AP"
    ds.PatientOrientation = ["L", "F"]
    ds.BurnedInAnnotation = "NO"
    ds.WindowCenter, ds.WindowWidth = 128, 256
    return as_bytes(ds)
