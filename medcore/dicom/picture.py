"""Turn a picture file (PNG or JPEG) into a DICOM image, so that it is kept, shown and labelled as any other.

Source: DICOM PS3.3, A.8.1 (Secondary Capture Image IOD), C.7.6.1.1.5 (Lossy Image Compression).
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from pydicom.dataset import FileDataset
from pydicom.uid import SecondaryCaptureImageStorage

from medcore.dicom.decoders import GRACE_S, run_twice
from medcore.dicom.limits import (
    FILE_S,
    GROWTH_LIMIT,
    KILL_AFTER_S,
    allow,
    allowed_s,
    check_time,
    decoding_s,
    file_limits,
)
from medcore.dicom.new_image import Place, as_bytes, new_image, uid_of
from medcore.errors import IntakeError

MAGICS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
FORMATS = ("PNG", "JPEG")
LONGEST = 65_535  # rows and columns; PS3.5, 6.2, US
TYPED_BYTES = 4  # a sample, at most, while a picture is decoded
GRAY_MODES = ("1", "L")
DEEP_MODES = ("I;16", "I;16B", "I")
DAMAGED = "The picture is damaged or cut short. Export it again."
TOO_LARGE = "The picture has {} x {} pixels, more than can be read. Export it smaller, at most {} megapixels."
SEVERAL = "The picture is animated. Export each frame as a picture of its own."
TRANSPARENT = "The picture has transparent parts, which have no gray value. Export it without transparency."
NEITHER = "It is neither PNG nor JPEG, so it is left out."


@dataclass(frozen=True)
class PictureFacts:
    """What is known of a picture that its file does not say."""

    patient_id: str
    sex: str = ""  # "M", "F", "O" or unknown
    age_years: int | None = None
    study_date: date | None = None
    modality: str = "OT"  # PS3.16, CID 29
    body_part: str = ""
    view: str = ""
    description: str = ""


def looks_like_picture(start: bytes) -> bool:
    """Say whether a file that begins so is PNG or JPEG."""
    return start.startswith(MAGICS)


def picture_as_dicom(path: Path, facts: PictureFacts) -> bytes:
    """Turn a picture file into a DICOM file, in a child process with limits; the same bytes for the same picture.

    Parameters
    ----------
    path : Path
        PNG (gray at 1, 8 or 16 bits, or colour) or JPEG. It is turned as its Exif orientation says; a colour picture
        whose channels are all alike becomes gray.
    facts : PictureFacts

    Returns
    -------
    bytes
        A Secondary Capture image, Explicit VR Little Endian.

    Raises
    ------
    PixelError
        If the file is no such picture, is damaged, has transparent parts or several frames, or takes too much time or
        memory.
    OSError
        If the file cannot be read.
    """
    return run_twice(convert, allowed_s(path.stat().st_size) + KILL_AFTER_S + GRACE_S, path, facts)


def convert(path: Path, facts: PictureFacts) -> bytes:
    """Do the work of `picture_as_dicom`; only in a child."""
    data = path.read_bytes()
    Image.MAX_IMAGE_PIXELS = None  # `_check` bounds them by the memory that there is
    with file_limits(FILE_S):
        try:
            pixels, format_name = _decode(data)
        except MemoryError as error:
            raise IntakeError(TOO_LARGE.format("too many", "too many", _most_megapixels())) from error
    return as_bytes(_describe(pixels, format_name, hashlib.sha256(data).hexdigest(), facts))


def _decode(data: bytes) -> tuple[np.ndarray, str]:
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as picture:
            _check(picture, len(data))
            pixels = _as_pixels(ImageOps.exif_transpose(picture))
            check_time()
            return pixels, str(picture.format)
    except UnidentifiedImageError as error:
        raise IntakeError(NEITHER if not looks_like_picture(data) else DAMAGED) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise IntakeError(DAMAGED) from error


def _check(picture: Image.Image, size: int) -> None:
    columns, rows = picture.size
    if max(rows, columns) > LONGEST or rows * columns > _most_megapixels() * 1e6:
        raise IntakeError(TOO_LARGE.format(columns, rows, _most_megapixels()))
    if getattr(picture, "n_frames", 1) > 1:
        raise IntakeError(SEVERAL)
    allow(FILE_S + decoding_s(rows * columns * len(picture.getbands()), size))


def _most_megapixels() -> int:
    return GROWTH_LIMIT // (TYPED_BYTES * 3) // 10**6


def _as_pixels(picture: Image.Image) -> np.ndarray:
    """Return gray values, shape (rows, columns), or RGB, shape (rows, columns, 3)."""
    if picture.mode in DEEP_MODES:
        deep = np.asarray(picture)
        if deep.min() < 0 or deep.max() > np.iinfo(np.uint16).max:
            raise IntakeError(DAMAGED)
        return deep.astype(np.uint16)
    if picture.has_transparency_data:
        with_alpha = picture.convert("RGBA")
        if np.asarray(with_alpha)[..., 3].min() < 255:
            raise IntakeError(TRANSPARENT)
        picture = with_alpha
    if picture.mode in GRAY_MODES:
        return np.asarray(picture.convert("L"))
    colours = np.asarray(picture.convert("RGB"))
    is_gray = bool((colours == colours[..., :1]).all())
    return np.ascontiguousarray(colours[..., 0]) if is_gray else colours


def _describe(pixels: np.ndarray, format_name: str, sha256: str, facts: PictureFacts) -> FileDataset:
    names = (f"{facts.patient_id} {sha256} {kind}" for kind in ("study", "series", "instance"))
    ds = new_image(pixels, SecondaryCaptureImageStorage, Place(*map(uid_of, names)))
    ds.ImageType = ["DERIVED", "SECONDARY"]
    ds.ConversionType = "WSD"
    ds.Modality = facts.modality
    ds.StudyDate = f"{facts.study_date:%Y%m%d}" if facts.study_date else ""
    ds.StudyTime = ds.StudyID = ""
    ds.StudyDescription = ds.SeriesDescription = facts.description
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = "", facts.patient_id, "", facts.sex
    if facts.age_years is not None:
        ds.PatientAge = f"{facts.age_years:03d}Y"
    ds.BodyPartExamined, ds.ViewPosition = facts.body_part, facts.view
    ds.PatientOrientation = ""
    if format_name == "JPEG":
        ds.LossyImageCompression = "01"
        ds.LossyImageCompressionMethod = "ISO_10918_1"
    return ds
