"""Write the measurements of a study as a DICOM structured report: Comprehensive SR, TID 1500.

Comprehensive SR is the plainest class that holds TID 1500 with places in an image; the 3D one would only be needed for
places in the patient, and fewer archives take it. The report says of itself that it is partial, preliminary and
unverified, since the reader's name was typed and nobody has signed.

Source: DICOM PS3.3, A.35.3 (Comprehensive SR IOD), C.17 (SR modules); PS3.16, TID 1500 (Measurement Report).
"""

import logging
import re
import uuid
from collections.abc import Mapping, Sequence
from io import BytesIO

from highdicom import sr
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from medcore import __version__
from medcore.dicom.attributes import Attributes
from medcore.dicom.elements import DAMAGE, tag_of, text
from medcore.dicom.header import read_header
from medcore.dicom.instance import UID_FORM
from medcore.dicom.measurement import Measurement, SourceImage
from medcore.dicom.report_groups import SCHEME, make_group, person_name
from medcore.errors import IntakeError, ReportError

NAME = "MedCore"
DEVICE_UID = "2.25.246518376221180170912342917459838811467"  # of this program, whichever installation runs it
SERIES_NUMBER = 9001
TIME = re.compile(r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?")  # PS3.5, 6.2, TM
SEXES = ("M", "F", "O")
UTF_8 = "ISO_IR 192"
FROM_FILE = (
    "PatientName",
    "PatientID",
    "ReferringPhysicianName",
    "StudyID",
    "AccessionNumber",
    "StudyDescription",
)
CHECKED = ("PatientBirthDate", "PatientSex", "StudyDate", "StudyTime")
TAGS = frozenset(tag_of(keyword) for keyword in (*FROM_FILE, *CHECKED, "SpecificCharacterSet"))
MOST = 500  # measurements; each takes about 15 ms to write
TOO_MANY = "The study has {} measurements; a report takes {}. Take them as a table instead, or remove some."
EMPTY = "There are no measurements in this study yet. Draw one, then ask for the report again."
GONE = "An image that was measured is no longer in the study. Open the study again."
UNFIT = (
    "The images that were measured say too little of themselves for a structured report: one has no proper "
    "SOP Class UID, SOP Instance UID, Series Instance UID or Study Instance UID. "
    "Take the measurements as a table instead."
)
logging.getLogger("highdicom").setLevel(logging.CRITICAL + 1)  # what it logs quotes the values that it is given


def measurement_report(measurements: Sequence[Measurement], images: Mapping[str, SourceImage]) -> bytes:
    """Write measurements of one study into one file.

    Parameters
    ----------
    measurements : sequence of Measurement
        Current ones, each of an image in `images`.
    images : mapping of str to SourceImage
        The study's images by SOP Instance UID.

    Returns
    -------
    bytes
        A DICOM file, Explicit VR Little Endian, text in UTF-8.

    Raises
    ------
    ReportError
        If there are no measurements, or more than 500, or the images cannot be referred to.
    """
    if not measurements:
        raise ReportError(EMPTY)
    if len(measurements) > MOST:
        raise ReportError(TOO_MANY.format(len(measurements), MOST))
    if not all(measurement.sop_instance_uid in images for measurement in measurements):
        raise ReportError(GONE)
    measured = {measurement.sop_instance_uid: images[measurement.sop_instance_uid] for measurement in measurements}
    if not all(_can_be_referred_to(image.attributes) for image in measured.values()):
        raise ReportError(UNFIT)
    try:
        report = _report(measurements, measured)
        file = BytesIO()
        report.save_as(file, enforce_file_format=True)
    except MemoryError:
        raise
    except DAMAGE as error:
        raise ReportError(UNFIT) from error
    return file.getvalue()


def _report(measurements: Sequence[Measurement], images: Mapping[str, SourceImage]) -> sr.ComprehensiveSR:
    groups = [
        make_group(measurement, images[measurement.sop_instance_uid].attributes, number)
        for number, measurement in enumerate(measurements, 1)
    ]
    content = sr.MeasurementReport(
        observation_context=_observers(sorted({measurement.reader for measurement in measurements})),
        procedure_reported=codes.SCT.ImagingProcedure,
        imaging_measurements=groups,
    )
    report = sr.ComprehensiveSR(
        evidence=[_reference(image.attributes) for image in images.values()],
        content=content,
        series_instance_uid=_new_uid(),
        series_number=SERIES_NUMBER,
        series_description="Measurements",
        sop_instance_uid=_new_uid(),
        instance_number=1,
        manufacturer=NAME,
        manufacturer_model_name=NAME,
        software_versions=__version__,
        specific_character_set=UTF_8,
        coding_schemes=[CodingSchemeIdentificationItem(SCHEME, name=NAME)],
    )
    report.update(_patient(next(iter(images.values()))))
    if any(image.attributes.synthetic for image in images.values()):
        report.SyntheticData = "YES"
    return report


def _reference(image: Attributes) -> Dataset:
    """Give what highdicom needs to refer to an image; of the patient nothing, since it prints what it thinks odd."""
    ds = Dataset()
    for keyword in (*FROM_FILE, *CHECKED):
        setattr(ds, keyword, None)
    ds.StudyInstanceUID = image.study_instance_uid
    ds.SeriesInstanceUID = image.series_instance_uid
    ds.SOPInstanceUID = image.sop_instance_uid
    ds.SOPClassUID = image.sop_class_uid
    return ds


def _patient(image: SourceImage) -> Dataset:
    """Give what a report takes over from an image of its patient and its study; what makes no sense stays empty."""
    found, attributes = _header(image), image.attributes
    born, day, time = attributes.patient_birth_date, attributes.study_date, text(found, "StudyTime")
    ds = Dataset()
    for keyword in FROM_FILE:
        setattr(ds, keyword, text(found, keyword))
    ds.PatientBirthDate = born.strftime("%Y%m%d") if born else ""
    ds.PatientSex = attributes.patient_sex if attributes.patient_sex in SEXES else ""
    ds.StudyDate = day.strftime("%Y%m%d") if day else ""
    ds.StudyTime = time if TIME.fullmatch(time) else ""
    return ds


def _header(image: SourceImage) -> Dataset:
    try:
        with image.path.open("rb") as stream:
            return read_header(stream, TAGS).ds
    except (OSError, IntakeError) as error:
        raise ReportError("The file of an image that was measured cannot be read. Restore the last backup.") from error


def _can_be_referred_to(image: Attributes) -> bool:
    uids = (image.sop_class_uid, image.sop_instance_uid, image.series_instance_uid, image.study_instance_uid)
    return all(UID_FORM.fullmatch(uid) for uid in uids)


def _observers(readers: Sequence[str]) -> sr.ObservationContext:
    """Name everybody who measured, as they typed themselves, and the program."""
    context = sr.ObservationContext()
    for reader in readers:
        person = sr.PersonObserverIdentifyingAttributes(name=person_name(reader))
        context.extend(sr.ObserverContext(codes.DCM.Person, person))
    device = sr.DeviceObserverIdentifyingAttributes(
        uid=DEVICE_UID, name=NAME, manufacturer_name=NAME, model_name=f"{NAME} {__version__}"
    )
    context.extend(sr.ObserverContext(codes.DCM.Device, device))
    return context


def _new_uid() -> str:
    return f"2.25.{uuid.uuid4().int}"
