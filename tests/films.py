"""Small synthetic DICOM files for tests: nobody's pixels, invented names."""

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    CTImageStorage,
    ExplicitVRLittleEndian,
    generate_uid,
)

ROWS, COLUMNS = 8, 6


def ramp(rows: int = ROWS, columns: int = COLUMNS, dtype: Any = np.uint16, top: int = 4095) -> np.ndarray:
    """Values that rise from 0 to `top`, all rows different."""
    return np.linspace(0, top, rows * columns).reshape(rows, columns).astype(dtype)


def make_film(pixels: np.ndarray | None = None, **elements: Any) -> Dataset:
    """Make a frontal chest film of an invented child; `elements` by DICOM keyword replace or add (None removes).

    `pixels` is (rows, columns), (frames, rows, columns), (rows, columns, 3) or (frames, rows, columns, 3).
    """
    ds = Dataset()
    ds.SOPClassUID = ComputedRadiographyImageStorage
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        setattr(ds, keyword, generate_uid())
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientName = "Invented^Child"
    ds.PatientID = "TEST-1"
    ds.PatientSex = "F"
    ds.PatientBirthDate = "20200110"
    ds.PatientAge = "004Y"
    ds.StudyDate = "20240203"
    ds.StudyTime = "101500"
    ds.StudyDescription = "Chest"
    ds.SeriesDescription = "Chest frontal"
    ds.AccessionNumber = "A1"
    ds.StudyID = "1"
    ds.Modality = "DX"
    ds.BodyPartExamined = "CHEST"
    ds.ViewPosition = "AP"
    ds.SeriesNumber = 1
    ds.InstanceNumber = 1
    ds.ImagerPixelSpacing = [0.15, 0.2]
    put_pixels(ds, ramp() if pixels is None else pixels)
    for keyword, value in elements.items():
        if value is None:
            if keyword in ds:
                delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def put_pixels(ds: Dataset, pixels: np.ndarray) -> None:
    """Set Pixel Data and the attributes that describe it from an array of 8, 16 or 32-bit integers."""
    is_color = pixels.shape[-1] == 3
    *frames, rows, columns = pixels.shape[: pixels.ndim - is_color]
    bits = 8 * pixels.dtype.itemsize
    ds.SamplesPerPixel = 3 if is_color else 1
    ds.PhotometricInterpretation = "RGB" if is_color else "MONOCHROME2"
    if is_color:
        ds.PlanarConfiguration = 0
    if frames:
        ds.NumberOfFrames = frames[0]
    ds.Rows, ds.Columns = rows, columns
    ds.BitsAllocated = ds.BitsStored = bits
    ds.HighBit = bits - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    data = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    ds.add_new(0x7FE00010, "OB" if bits == 8 else "OW", data + b"\0" * (len(data) % 2))


def write(ds: Dataset, path: Path, syntax: str = ExplicitVRLittleEndian, preamble: bytes = bytes(128)) -> Path:
    """Write `ds` as a DICOM file; its Pixel Data must already suit `syntax`."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.get("SOPClassUID", "1.2")
    ds.file_meta.MediaStorageSOPInstanceUID = ds.get("SOPInstanceUID", "1.2.3")
    ds.preamble = preamble
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)
    return path


def write_film(path: Path, pixels: np.ndarray | None = None, **elements: Any) -> Path:
    """Write a chest film of `make_film` as Explicit VR Little Endian."""
    return write(make_film(pixels, **elements), path)


def write_ct_series(
    folder: Path,
    slices: int = 4,
    spacing_mm: float = 5.0,
    *,
    values: np.ndarray | None = None,
    origin: tuple[float, float, float] = (-10, -10, 0),
    orientation: tuple[int | float, ...] = (1, 0, 0, 0, 1, 0),
    **elements: Any,
) -> list[Path]:
    """Write a CT series whose file names run against the slices' positions; returned in the order of `values`.

    `values`, in HU, is (slices, rows, columns); the first pixel of the first slice lies at `origin`, the next slices
    `spacing_mm` further along the normal of `orientation`: foot to head for an axial series.
    """
    if values is None:
        values = np.stack([np.full((ROWS, COLUMNS), 10 * index - 24, np.int16) for index in range(slices)])
    uids = ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
    shared = {**{keyword: generate_uid() for keyword in uids}, **elements}
    normal = np.cross(orientation[:3], orientation[3:])
    paths = []
    for index, plane in enumerate(values):
        pixels = (plane + 1024).astype(np.int16)
        ds = make_film(pixels, SOPClassUID=CTImageStorage, Modality="CT", ViewPosition=None, ImagerPixelSpacing=None)
        ds.PixelSpacing = [0.5, 0.5]
        ds.ImageOrientationPatient = list(orientation)
        ds.ImagePositionPatient = [float(at) for at in np.add(origin, spacing_mm * index * normal)]
        ds.InstanceNumber = len(values) - index
        ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = 1, -1024, "HU"
        ds.WindowCenter, ds.WindowWidth = 40, 400
        for keyword, value in shared.items():
            setattr(ds, keyword, value)
        paths.append(write(ds, folder / f"slice{len(values) - index:04d}"))
    return paths
