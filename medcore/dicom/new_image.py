"""Make a DICOM image of pixels: what every image that MedCore writes has in common.

Source: DICOM PS3.3, C.12.1 (SOP Common), C.7.6.3 (Image Pixel); PS3.5, B.2 (UIDs made of UUIDs).
"""

import uuid
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from medcore import __version__

NAMESPACE = uuid.UUID("3d0ab9a6-6c59-4f0c-8f0a-6f3f6d5a7f11")  # the same name is the same UID everywhere
IMPLEMENTATION = UID("2.25.246518376221180170912342917459838811467")


@dataclass(frozen=True)
class Place:
    """Where an image stands in the hierarchy."""

    study: UID
    series: UID
    instance: UID


def new_image(pixels: np.ndarray, sop_class: UID, place: Place) -> FileDataset:
    """Return a data set with pixels, UIDs and who made it; the caller adds patient, study and what it shows.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (rows, columns) uint8 or uint16, or (rows, columns, 3) uint8
        Gray, 0 is black, or RGB.
    sop_class : UID
    place : Place

    Returns
    -------
    pydicom.dataset.FileDataset
        Explicit VR Little Endian, UTF-8.
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = place.instance
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = IMPLEMENTATION
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = sop_class
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = place.study, place.series, place.instance
    ds.Manufacturer = ds.ManufacturerModelName = "MedCore"
    ds.SoftwareVersions = __version__
    ds.SeriesNumber = ds.InstanceNumber = 1
    ds.AccessionNumber = ds.ReferringPhysicianName = ""
    ds.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
    ds.PhotometricInterpretation = "MONOCHROME2" if pixels.ndim == 2 else "RGB"
    if pixels.ndim == 3:
        ds.PlanarConfiguration = 0
    ds.Rows, ds.Columns = pixels.shape[:2]
    ds.BitsAllocated = ds.BitsStored = 8 * pixels.itemsize
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = 0
    stored = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<")).tobytes()
    ds.PixelData = stored + b"\0" * (len(stored) % 2)
    return ds


def as_bytes(ds: FileDataset) -> bytes:
    """Return a data set as a file; the same bytes for the same data set."""
    file = BytesIO()
    ds.save_as(file, enforce_file_format=True)
    return file.getvalue()


def uid_of(name: str) -> UID:
    """Return the UID of a name."""
    return UID(f"2.25.{uuid.uuid5(NAMESPACE, name).int}")
