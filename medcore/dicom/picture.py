"""Turn a picture file (PNG or JPEG) into a DICOM image, so that it is kept, shown and labelled as any other.

Source: DICOM PS3.3, A.8.1 (Secondary Capture Image IOD), C.7.6.1.1.5 (Lossy Image Compression).
"""

import hashlib
from io import BytesIO

import numpy as np
from PIL import Image, ImageOps
from pydicom.dataset import FileDataset
from pydicom.uid import SecondaryCaptureImageStorage

from medcore.dicom.items import OWN_PATIENT, PictureFacts
from medcore.dicom.limits import FILE_S, GROWTH_LIMIT, allow, check_time, decoding_s
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


def looks_like_picture(start: bytes) -> bool:
    """Say whether a file that begins so is PNG or JPEG."""
    return start.startswith(MAGICS)


def picture_as_dicom(data: bytes, facts: PictureFacts) -> bytes:
    """Turn a picture file into a DICOM file, the same bytes for the same picture; only in a child, under its limits.

    Parameters
    ----------
    data : bytes
        PNG (gray at 1, 8 or 16 bits, or colour) or JPEG. It is turned as its Exif orientation says; a colour picture
        whose channels are all alike becomes gray.
    facts : PictureFacts

    Returns
    -------
    bytes
        A Secondary Capture image, Explicit VR Little Endian.

    Raises
    ------
    IntakeError
        If the file is damaged, too large, has transparent parts or several frames.
    """
    Image.MAX_IMAGE_PIXELS = None  # `_check` bounds them by the memory that there is
    pixels, format_name = _decode(data)
    return as_bytes(_describe(pixels, format_name, hashlib.sha256(data).hexdigest(), facts))


def _decode(data: bytes) -> tuple[np.ndarray, str]:
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as picture:
            _check(picture, len(data))
            pixels = _as_pixels(ImageOps.exif_transpose(picture))
            check_time()
            return pixels, str(picture.format)
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
    patient_id = facts.patient_id or f"{OWN_PATIENT}{sha256[:12].upper()}"
    names = (f"{patient_id} {sha256} {kind}" for kind in ("study", "series", "instance"))
    ds = new_image(pixels, SecondaryCaptureImageStorage, Place(*map(uid_of, names)))
    ds.ImageType = ["DERIVED", "SECONDARY"]
    ds.ConversionType = "WSD"
    ds.Modality = facts.modality
    ds.StudyDate = f"{facts.study_date:%Y%m%d}" if facts.study_date else ""
    ds.StudyTime = ds.StudyID = ""
    ds.StudyDescription = ds.SeriesDescription = facts.description
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = "", patient_id, "", facts.sex
    if facts.age_years is not None:
        ds.PatientAge = f"{facts.age_years:03d}Y"
    ds.BodyPartExamined, ds.ViewPosition = facts.body_part, facts.view
    ds.PatientOrientation = ""
    if pixels.ndim == 2 and pixels.dtype == np.uint8:  # 8 bits are as they are to be seen; 16 may hold fewer
        ds.WindowCenter, ds.WindowWidth = 128, 256
    if format_name == "JPEG":
        ds.LossyImageCompression = "01"
        ds.LossyImageCompressionMethod = "ISO_10918_1"
    return ds
