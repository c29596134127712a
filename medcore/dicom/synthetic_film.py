"""Write a chest film of nobody as a DICOM file that says so wherever a file can.

Source: DICOM PS3.3, A.2 (CR Image IOD); C.12.1 (SOP Common: Synthetic Data); C.7.6.1.1.2 (Image Type).
"""

import uuid
from dataclasses import dataclass
from datetime import date
from io import BytesIO

import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ComputedRadiographyImageStorage, ExplicitVRLittleEndian

from medcore import __version__

NAMESPACE = uuid.UUID("3d0ab9a6-6c59-4f0c-8f0a-6f3f6d5a7f11")  # the same film is the same instance everywhere
IMPLEMENTATION = UID("2.25.246518376221180170912342917459838811467")


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
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = _uid(patient, "instance")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = IMPLEMENTATION
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.SOPClassUID = ComputedRadiographyImageStorage
    ds.SOPInstanceUID = _uid(patient, "instance")
    ds.StudyInstanceUID = _uid(patient, "study")
    ds.SeriesInstanceUID = _uid(patient, "series")
    ds.SyntheticData = "YES"
    ds.StudyDate = ds.ContentDate = f"{patient.study_date:%Y%m%d}"
    ds.StudyTime = ds.ContentTime = "120000"
    ds.AccessionNumber = ""
    ds.StudyID = patient.patient_id
    ds.ReferringPhysicianName = ""
    ds.Modality = "CR"
    ds.Manufacturer = ds.ManufacturerModelName = "MedCore"
    ds.SoftwareVersions = __version__
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
    ds.SeriesNumber = ds.InstanceNumber = 1
    ds.PatientOrientation = ["L", "F"]
    ds.BurnedInAnnotation = "NO"
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = film.shape
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit = 7
    ds.PixelRepresentation = 0
    ds.WindowCenter, ds.WindowWidth = 128, 256
    ds.PixelData = np.ascontiguousarray(film, np.uint8).tobytes()
    file = BytesIO()
    ds.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _uid(patient: InventedPatient, kind: str) -> UID:
    return UID(f"2.25.{uuid.uuid5(NAMESPACE, f'{patient.patient_id} {kind}').int}")
