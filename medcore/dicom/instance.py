"""Read an instance's attributes from its header.

Source: DICOM PS3.3, C.7; ages: PS3.5, 6.2 (AS); lengths: PS3.3, 10.7.1.3 (spacing).
"""

import re
from datetime import date

from pydicom.dataset import Dataset

from medcore.dicom import functional_groups, layout
from medcore.dicom.attributes import Attributes
from medcore.dicom.elements import decimals, integer, items, person_name, tag_of, text, unsigned
from medcore.dicom.functional_groups import with_group
from medcore.dicom.header import Header

DAYS_A_YEAR = 365.25
UID_FORM = re.compile(r"[0-9.]{1,64}")
OLDEST = 130.0  # years; beyond is a mistake
SLIGHT = 1e-9  # years, a thirtieth of a second
# Beyond these is a mistake, which a viewer would draw into nothing and reckon with until its numbers overflow.
SMALLEST_MM, LARGEST_MM = 1e-6, 1e4  # of a pixel: a nanometre, ten metres
LONGEST = 1000.0  # times that a pixel is as high as it is wide, or as wide as it is high
FARTHEST_MM = 1e6  # from the origin of a Frame of Reference, which lies in the room
AGE_UNITS = {"D": DAYS_A_YEAR, "W": DAYS_A_YEAR / 7, "M": 12.0, "Y": 1.0}  # how many are a year
TEXTS = {
    "patient_id": "PatientID",
    "patient_sex": "PatientSex",
    "study_description": "StudyDescription",
    "accession_number": "AccessionNumber",
    "modality": "Modality",
    "series_description": "SeriesDescription",
    "manufacturer": "Manufacturer",
    "manufacturer_model": "ManufacturerModelName",
    "institution": "InstitutionName",
}
UIDS = {
    "sop_instance_uid": "SOPInstanceUID",
    "study_instance_uid": "StudyInstanceUID",
    "series_instance_uid": "SeriesInstanceUID",
}
# Codes that stand in for a missing View Position: SNOMED RT and CT, PS3.16, CID 4010.
VIEW_CODES = {"R-10206": "AP", "399348003": "AP", "R-10214": "PA", "272479007": "PA"}
KEYWORDS = (
    *TEXTS.values(),
    *UIDS.values(),
    *functional_groups.KEYWORDS,
    "SOPClassUID",
    "PatientName",
    "PatientBirthDate",
    "PatientAge",
    "StudyDate",
    "BodyPartExamined",
    "AnatomicRegionSequence",
    "ViewPosition",
    "ViewCodeSequence",
    "ImageLaterality",
    "Laterality",
    "SeriesNumber",
    "InstanceNumber",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "PixelAspectRatio",
    "SyntheticData",
)
TAGS = frozenset(tag_of(keyword) for keyword in (*KEYWORDS, *layout.KEYWORDS))


def read_attributes(header: Header, sha256: str) -> Attributes:
    """Return what MedCore keeps of a header.

    A UID that is missing is made from the file's own hash `sha256` (a UUID-derived UID, PS3.5, B.2), so that
    nameless files do not fall into one study together.
    """
    ds = header.ds
    study_date = read_date(ds, "StudyDate")
    birth_date = read_date(ds, "PatientBirthDate")
    spacing, spacing_source = read_spacing(ds)
    return Attributes(
        **{name: read_uid(ds, keyword) or made_uid(sha256, name) for name, keyword in UIDS.items()},
        **{name: text(ds, keyword) for name, keyword in TEXTS.items()},
        sop_class_uid=text(ds, "SOPClassUID"),
        transfer_syntax_uid=header.syntax,
        patient_name=person_name(ds, "PatientName"),
        patient_birth_date=birth_date,
        patient_age_years=age_years(text(ds, "PatientAge"), birth_date, study_date),
        study_date=study_date,
        body_part_examined=text(ds, "BodyPartExamined") or _meaning(ds, "AnatomicRegionSequence"),
        view_position=text(ds, "ViewPosition") or _view(ds),
        laterality=text(ds, "ImageLaterality") or text(ds, "Laterality"),
        series_number=integer(ds, "SeriesNumber"),
        instance_number=integer(ds, "InstanceNumber"),
        rows=unsigned(ds, "Rows") or 0,
        columns=unsigned(ds, "Columns") or 0,
        number_of_frames=integer(ds, "NumberOfFrames") or 1,
        photometric_interpretation=text(ds, "PhotometricInterpretation"),
        bits_stored=unsigned(ds, "BitsStored") or unsigned(ds, "BitsAllocated") or 0,
        image_position_mm=read_position(ds),
        image_orientation=read_orientation(ds),
        pixel_spacing_mm=spacing,
        spacing_source=spacing_source,
        pixel_aspect_ratio=read_aspect(ds),
        synthetic=text(ds, "SyntheticData").upper() == "YES",
        has_pixels=header.pixels is not None,
    )


def read_uid(ds: Dataset, keyword: str) -> str:
    """Return a UID, "" where what stands there is none; PS3.5, 9.1."""
    value = text(ds, keyword)
    return value if UID_FORM.fullmatch(value) else ""


def made_uid(sha256: str, kind: str) -> str:
    """Return a UID for a file that has none of its own; the same bytes give the same UID."""
    offset = list(UIDS).index(kind)
    return f"2.25.{(int(sha256[:32], 16) + offset) % 2**128}"


def read_date(ds: Dataset, keyword: str) -> date | None:
    """Return a DA element as a date; the old form 1999.12.31 counts, what is no date is None."""
    digits = text(ds, keyword).replace(".", "").replace("-", "")
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) if len(digits) == 8 else None
    except ValueError:
        return None


def age_years(stated: str, birth_date: date | None, study_date: date | None) -> float | None:
    """Return the age in years from Patient's Age ("018M"), else from the dates by the calendar; None if neither can be.

    An age above 130 years or a study before birth is a mistake and counts as missing.
    """
    age = None
    if stated[:-1].isdecimal() and stated[-1:].upper() in AGE_UNITS:
        age = int(stated[:-1]) / AGE_UNITS[stated[-1].upper()]
    elif birth_date and study_date:
        age = _years_between(birth_date, study_date)
    return age if age is not None and 0 <= age <= OLDEST else None


def _years_between(birth: date, day: date) -> float | None:
    """Return calendar years in whole months and the part of the running one, the first two months in days.

    A birthday is a whole number of years. Returns None before birth and after the last year that Python counts.
    """
    if day < birth or day.year == date.max.year:
        return None
    months = 12 * (day.year - birth.year) + day.month - birth.month
    months -= _months_after(birth, months) > day
    if months < 2:
        return min((day - birth).days / DAYS_A_YEAR, 2 / 12 - SLIGHT)
    last, following = _months_after(birth, months), _months_after(birth, months + 1)
    return (months + (day - last) / (following - last)) / 12


def _months_after(birth: date, months: int) -> date:
    """Return the day of the month on which `birth` was, or the first of the next month where there is none."""
    year, month = divmod(12 * birth.year + birth.month - 1 + months, 12)
    try:
        return date(year, month + 1, birth.day)
    except ValueError:  # 29 February, or the 31st
        return date(year, month + 2, 1)


def read_aspect(ds: Dataset) -> tuple[float, float] | None:
    """Return the height and the width of a pixel in any unit, None where the file gives no ratio; C.7.6.3.1.7."""
    ratio = decimals(ds, "PixelAspectRatio")
    return (ratio[0], ratio[1]) if _is_shape(ratio) else None


def read_spacing(ds: Dataset, frame: int = 0) -> tuple[tuple[float, float] | None, str]:
    """Return the distance between rows and between columns in mm, and the attribute that says so."""
    measured = decimals(with_group(ds, frame, "PixelMeasuresSequence", "PixelSpacing"), "PixelSpacing")
    for values, source in (measured, "Pixel Spacing"), (decimals(ds, "ImagerPixelSpacing"), "Imager Pixel Spacing"):
        if _is_shape(values) and min(values) >= SMALLEST_MM and max(values) <= LARGEST_MM:
            return (values[0], values[1]), source
    return None, ""


def _is_shape(values: tuple[float, ...]) -> bool:
    """Whether these are the height and the width that a pixel can have, whatever their unit."""
    return len(values) == 2 and min(values) > 0 and max(values) <= LONGEST * min(values)


def read_position(ds: Dataset, frame: int = 0) -> tuple[float, float, float] | None:
    """Return where the centre of a frame's first pixel lies in the patient, in mm; None where the file does not say."""
    values = _place(ds, frame, "PlanePositionSequence", "ImagePositionPatient")
    return (values[0], values[1], values[2]) if len(values) == 3 else None


def read_orientation(ds: Dataset, frame: int = 0) -> tuple[float, float, float, float, float, float] | None:
    """Return the directions of a frame's rows and columns in the patient; None where the file does not say."""
    values = _place(ds, frame, "PlaneOrientationSequence", "ImageOrientationPatient")
    return (values[0], values[1], values[2], values[3], values[4], values[5]) if len(values) == 6 else None


def _place(ds: Dataset, frame: int, group: str, keyword: str) -> tuple[float, ...]:
    values = decimals(with_group(ds, frame, group, keyword), keyword)
    return values if all(abs(value) <= FARTHEST_MM for value in values) else ()


def _meaning(ds: Dataset, sequence: str) -> str:
    codes = items(ds, sequence)
    return text(codes[0], "CodeMeaning") if codes else ""


def _view(ds: Dataset) -> str:
    codes = items(ds, "ViewCodeSequence")
    return VIEW_CODES.get(text(codes[0], "CodeValue"), "") if codes else ""
