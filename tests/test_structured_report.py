"""The structured report: what was measured, where and by whom; read back by highdicom, pydicom alone, and dciodvfy."""

import math
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from highdicom.sr import GraphicTypeValues, srread
from pydicom.dataset import Dataset
from pydicom.uid import ComprehensiveSRStorage, CTImageStorage, EnhancedCTImageStorage

from medcore import dicom
from medcore.dicom import structured_report
from medcore.dicom.header import read_header
from medcore.dicom.instance import TAGS, read_attributes
from medcore.dicom.measurement import Measurement, SourceImage
from medcore.dicom.report_groups import tracking_uid
from medcore.errors import IntakeError, ReportError
from tests.films import make_film, write

UUID = "0b8f9c1e-6f5d-4c1a-9b61-8f1d2f0f5a11"
SHOWN = datetime(2026, 3, 4, 15, 6, 7, 999, UTC)
REGION = {"mean": -3.5, "standard_deviation": 2.5, "area": 12.25, "minimum": -9.0, "maximum": 4.0, "pixels": 48.0}


def source(folder: Path, **elements: Any) -> SourceImage:
    """Write a film of 8 rows and 6 columns, and describe it as intake does."""
    image = described(write(make_film(**elements), folder / f"film{len(list(folder.iterdir()))}.dcm"))
    assert image is not None
    return image


def described(path: Path) -> SourceImage | None:
    """Describe a file as intake does; None where it is no DICOM."""
    try:
        with path.open("rb") as stream:
            return SourceImage(path, read_attributes(read_header(stream, TAGS), "ab" * 32))
    except IntakeError:
        return None


@pytest.fixture
def film(tmp_path: Path) -> SourceImage:
    return source(tmp_path)


@pytest.fixture
def run(tmp_path: Path) -> SourceImage:
    """A CT of three frames."""
    pixels = np.zeros((3, 8, 6), np.int16)
    return source(tmp_path, pixels=pixels, SOPClassUID=EnhancedCTImageStorage, Modality="CT")


def drawn(image: SourceImage, kind: str, *points: tuple[float, float], **values: Any) -> Measurement:
    known = {"uid": UUID, "frame": 0, "reader": "A. Reader", "created_at": SHOWN, "length_unit": "mm"}
    uid = image.attributes.sop_instance_uid
    return Measurement(**known | values, kind=kind, points=points, sop_instance_uid=uid)  # type: ignore[arg-type]


def line(image: SourceImage, *points: tuple[float, float], **values: Any) -> Measurement:
    known = {"values": {"length": 5.0}}
    return drawn(image, "length", *(points or ((0, 0), (3, 4))), **known | values)


def write_report(*measurements: Measurement, image: SourceImage, **others: SourceImage) -> bytes:
    images = [image, *others.values()]
    return dicom.measurement_report(measurements, {one.attributes.sop_instance_uid: one for one in images})


def report(*measurements: Measurement, image: SourceImage, **others: SourceImage) -> Dataset:
    return pydicom.dcmread(BytesIO(write_report(*measurements, image=image, **others)))


def groups(ds: Dataset) -> list[Dataset]:
    """List the measurement groups by walking the tree with pydicom alone."""
    (container,) = (item for item in ds.ContentSequence if item.ValueType == "CONTAINER")
    return list(container.ContentSequence)


def below(item: Dataset, value_type: str) -> Iterator[Dataset]:
    for child in item.get("ContentSequence", []):
        if child.ValueType == value_type:
            yield child
        yield from below(child, value_type)


def name(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeMeaning)


def numbers(group: Dataset) -> dict[tuple[str, str], tuple[float, str]]:
    """Map concept and derivation of each number to its value and unit."""
    found = {}
    for item in below(group, "NUM"):
        codes = [
            child.ConceptCodeSequence[0].CodeMeaning
            for child in item.get("ContentSequence", [])
            if "ConceptCodeSequence" in child
        ]
        (measured,) = item.MeasuredValueSequence
        value = measured.get("FloatingPointValue", measured.NumericValue)
        found[name(item), " ".join(codes)] = float(value), measured.MeasurementUnitsCodeSequence[0].CodeValue
    return found


def place(group: Dataset) -> tuple[str, list[list[float]]]:
    (item,) = below(group, "SCOORD")
    return item.GraphicType, np.reshape(item.GraphicData, (-1, 2)).tolist()


def comments(group: Dataset) -> list[str]:
    return [item.TextValue for item in below(group, "TEXT") if name(item) == "Comment"]


def test_the_centre_of_a_pixel_lies_half_a_pixel_from_its_corner(film: SourceImage) -> None:
    # PS3.3, C.18.6: 0\0 is the outer corner of the first pixel, Columns\Rows that of the last one.
    (first, last) = groups(
        report(drawn(film, "probe", (0, 0), values={"value": 7.0}), drawn(film, "probe", (5, 7)), image=film)
    )
    assert place(first) == ("POINT", [[0.5, 0.5]])
    assert place(last) == ("POINT", [[5.5, 7.5]])


def test_a_length_is_in_mm_with_its_two_ends_on_the_image(film: SourceImage) -> None:
    (group,) = groups(report(line(film, (0, 0), (3, 4)), image=film))
    assert numbers(group) == {("Length", ""): (5.0, "mm")}
    assert place(group) == ("POLYLINE", [[0.5, 0.5], [3.5, 4.5]])
    (image,) = below(group, "IMAGE")
    (reference,) = image.ReferencedSOPSequence
    assert reference.ReferencedSOPInstanceUID == film.attributes.sop_instance_uid
    assert reference.ReferencedSOPClassUID == film.attributes.sop_class_uid
    assert "ReferencedFrameNumber" not in reference


def test_a_frame_is_referred_to_by_its_number_from_one(run: SourceImage) -> None:
    (group,) = groups(report(line(run, frame=2), image=run))
    (image,) = below(group, "IMAGE")
    assert image.ReferencedSOPSequence[0].ReferencedFrameNumber == 3


def test_a_length_at_the_detector_says_so_in_code_and_in_words(film: SourceImage) -> None:
    (group,) = groups(report(line(film, length_unit="mm at the detector"), image=film))
    assert numbers(group) == {("Length", "In Detector Plane"): (5.0, "mm")}
    assert any("not corrected for magnification" in comment for comment in comments(group))


def test_without_spacing_lengths_and_areas_are_in_pixels(film: SourceImage) -> None:
    corners = ((0, 0), (3, 0), (0, 4), (3, 4))
    (length, region) = groups(
        report(
            line(film, length_unit="px"),
            drawn(film, "rectangle", *corners, values={"area": 12.0}, length_unit="px"),
            image=film,
        )
    )
    assert numbers(length) == {("Length", ""): (5.0, "{pixels}")}
    assert numbers(region) == {("Area", ""): (12.0, "{squarepixels}")}


def test_an_angle_is_in_degrees_with_its_vertex_in_the_middle(film: SourceImage) -> None:
    corner = drawn(film, "angle", (0, 0), (3, 4), (5, 0), values={"angle": 31.25})
    (group,) = groups(report(corner, image=film))
    assert numbers(group) == {("Angle", ""): (31.25, "deg")}
    assert place(group) == ("POLYLINE", [[0.5, 0.5], [3.5, 4.5], [5.5, 0.5]])


def test_a_rectangle_goes_once_around_and_gives_hounsfield_units(run: SourceImage) -> None:
    corners = ((1, 2), (4, 2), (1, 6), (4, 6))  # top left, top right, bottom left, bottom right
    (group,) = groups(report(drawn(run, "rectangle", *corners, values=REGION, value_unit="HU"), image=run))
    assert place(group) == ("POLYLINE", [[1.5, 2.5], [4.5, 2.5], [4.5, 6.5], [1.5, 6.5], [1.5, 2.5]])
    assert numbers(group) == {
        ("Attenuation Coefficient", "Mean"): (-3.5, "[hnsf'U]"),
        ("Attenuation Coefficient", "Standard Deviation"): (2.5, "[hnsf'U]"),
        ("Attenuation Coefficient", "Minimum"): (-9.0, "[hnsf'U]"),
        ("Attenuation Coefficient", "Maximum"): (4.0, "[hnsf'U]"),
        ("Area", ""): (12.25, "mm2"),
        ("Number of pixels", ""): (48.0, "{pixels}"),
    }


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        # bottom, top, left, right of an upright and of a lying ellipse; the ends of the major axis come first
        ([(2, 6), (2, 0), (1, 3), (3, 3)], [[2.5, 0.5], [2.5, 6.5], [1.5, 3.5], [3.5, 3.5]]),
        ([(2, 4), (2, 2), (0, 3), (4, 3)], [[0.5, 3.5], [4.5, 3.5], [2.5, 2.5], [2.5, 4.5]]),
    ],
)
def test_an_ellipse_gives_its_major_axis_first(
    film: SourceImage, points: list[tuple[float, float]], expected: list[list[float]]
) -> None:
    (group,) = groups(report(drawn(film, "ellipse", *points, values={"mean": 100.0}), image=film))
    assert place(group) == ("ELLIPSE", expected)
    assert numbers(group) == {("Pixel value", "Mean"): (100.0, "1")}


def test_the_signal_of_an_mr_has_no_unit(tmp_path: Path) -> None:
    image = source(tmp_path, Modality="MR")
    (group,) = groups(report(drawn(image, "probe", (1, 1), values={"value": 321.0}), image=image))
    assert numbers(group) == {("MR signal intensity", ""): (321.0, "1")}


def test_an_arrow_is_a_text_at_its_tip(film: SourceImage) -> None:
    (group,) = groups(report(drawn(film, "arrow", (2, 3), (5, 7), text="Größe, 大きさ"), image=film))
    assert place(group) == ("POINT", [[2.5, 3.5]])
    assert comments(group) == ["Größe, 大きさ"]
    assert numbers(group) == {}


def test_what_lies_partly_outside_of_the_image_has_its_value_and_no_coordinates(film: SourceImage) -> None:
    edge, over = groups(report(line(film, (-0.5, 0), (5.5, 7.5)), line(film, (-0.75, 0), (3, 4)), image=film))
    assert place(edge) == ("POLYLINE", [[0.0, 0.5], [6.0, 8.0]])
    assert list(below(over, "SCOORD")) == []
    assert numbers(over) == {("Length", ""): (5.0, "mm")}
    assert any("outside" in comment for comment in comments(over))
    (image,) = below(over, "IMAGE")
    assert image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == film.attributes.sop_instance_uid


def test_the_patient_and_the_study_are_those_of_the_image(tmp_path: Path) -> None:
    image = source(
        tmp_path,
        PatientName="Łoś^Żaneta=山田^太郎",
        ReferringPhysicianName="Roe^Ann",
        SpecificCharacterSet="ISO_IR 192",
    )
    ds = report(line(image), image=image)
    original = pydicom.dcmread(image.path)
    taken = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate", "StudyTime")
    for keyword in (*taken, "StudyID", "AccessionNumber", "ReferringPhysicianName", "StudyDescription"):
        assert ds[keyword].value == original[keyword].value, keyword
    assert ds.SpecificCharacterSet == "ISO_IR 192"
    assert ds.SeriesInstanceUID != original.SeriesInstanceUID
    assert ds.SOPClassUID == ComprehensiveSRStorage
    assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID != original.SOPInstanceUID
    assert "SyntheticData" not in ds


def test_the_report_claims_no_more_than_it_is(film: SourceImage) -> None:
    ds = report(line(film), image=film)
    assert (ds.CompletionFlag, ds.VerificationFlag, ds.PreliminaryFlag) == ("PARTIAL", "UNVERIFIED", "PRELIMINARY")
    assert "VerifyingObserverSequence" not in ds
    assert ds.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert name(ds) == "Imaging Measurement Report"


def test_a_report_of_a_synthetic_image_is_marked_so(tmp_path: Path, film: SourceImage) -> None:
    synthetic = source(tmp_path, SyntheticData="YES", StudyInstanceUID=film.attributes.study_instance_uid)
    assert report(line(film), line(synthetic), image=film, other=synthetic).SyntheticData == "YES"


def test_every_reader_is_named_in_front_and_with_what_is_theirs(film: SourceImage) -> None:
    readers = ["B. Reader", "A^Reader=x\\y", "B. Reader"]
    ds = report(*(line(film, uid=f"m{n}", reader=reader) for n, reader in enumerate(readers)), image=film)
    in_front = [str(item.PersonName) for item in ds.ContentSequence if item.ValueType == "PNAME"]
    assert in_front == ["A Reader x y^", "B. Reader^"]
    named = [[str(item.PersonName) for item in below(group, "PNAME")] for group in groups(ds)]
    assert named == [["B. Reader^"], ["A Reader x y^"], ["B. Reader^"]]
    assert {group.ObservationDateTime for group in groups(ds)} == {"20260304150607+0000"}
    devices = [item.TextValue for item in ds.ContentSequence if item.ValueType == "TEXT"]
    assert "MedCore" in devices


def test_a_measurement_keeps_its_tracking_uid_from_report_to_report(film: SourceImage) -> None:
    def tracked(measurement: Measurement) -> str:
        (item,) = (item for item in below(report(measurement, image=film), "UIDREF") if "Tracking" in name(item))
        return str(item.UID)

    first = tracked(line(film))
    assert first == tracked(line(film, values={"length": 6.0})) == f"2.25.{int(UUID.replace('-', ''), 16)}"
    assert tracked(line(film, uid="no-uuid")) == tracking_uid("no-uuid") != first


def test_every_image_that_was_measured_is_listed_as_evidence(tmp_path: Path, film: SourceImage) -> None:
    attributes = film.attributes
    twin = source(
        tmp_path, StudyInstanceUID=attributes.study_instance_uid, SeriesInstanceUID=attributes.series_instance_uid
    )
    unmeasured = source(tmp_path, StudyInstanceUID=attributes.study_instance_uid)
    ds = report(line(film), line(twin), line(film), image=film, twin=twin, unmeasured=unmeasured)
    (study,) = ds.CurrentRequestedProcedureEvidenceSequence
    (series,) = study.ReferencedSeriesSequence
    listed = {item.ReferencedSOPInstanceUID for item in series.ReferencedSOPSequence}
    assert listed == {attributes.sop_instance_uid, twin.attributes.sop_instance_uid}


def test_highdicom_reads_the_same_back(run: SourceImage) -> None:
    corners = ((1, 2), (4, 2), (1, 6), (4, 6))
    uids = [f"{n}b8f9c1e-6f5d-4c1a-9b61-8f1d2f0f5a11" for n in range(4)]
    file = write_report(
        line(run, uid=uids[0], frame=1),
        drawn(run, "rectangle", *corners, uid=uids[1], values={"mean": 40.0}, value_unit="HU", frame=2),
        drawn(run, "ellipse", (2, 6), (2, 0), (1, 3), (3, 3), uid=uids[2], values={"area": 1.5}),
        drawn(run, "probe", (0, 0), uid=uids[3], values={"value": -1000.0}, value_unit="HU"),
        image=run,
    )
    content = srread(BytesIO(file)).content
    (length,) = content.get_image_measurement_groups(tracking_uid=tracking_uid(uids[0]))
    (measured,) = length.get_measurements()
    assert (measured.value, measured.unit.value, measured.name.meaning) == (5.0, "mm", "Length")
    np.testing.assert_array_equal(measured.referenced_coordinates[0].value, [[0.5, 0.5], [3.5, 4.5]])
    (rectangle,) = content.get_planar_roi_measurement_groups(tracking_uid=tracking_uid(uids[1]))
    assert rectangle.roi.graphic_type == GraphicTypeValues.POLYLINE
    (mean,) = rectangle.get_measurements()
    assert (mean.value, mean.unit.value, mean.derivation.meaning) == (40.0, "[hnsf'U]", "Mean")
    (ellipse,) = content.get_planar_roi_measurement_groups(graphic_type=GraphicTypeValues.ELLIPSE)
    assert ellipse.tracking_uid == tracking_uid(uids[2])
    (probe,) = content.get_planar_roi_measurement_groups(graphic_type=GraphicTypeValues.POINT)
    assert probe.get_measurements()[0].value == -1000.0


@pytest.mark.parametrize("value", [0.1 + 0.2, -1e12, 1e-12, 123456789.123456789, math.pi])
def test_a_number_of_any_length_is_kept_exactly(film: SourceImage, value: float) -> None:
    (group,) = groups(report(drawn(film, "probe", (1, 1), values={"value": value}), image=film))
    ((kept, _),) = numbers(group).values()
    assert kept == value


def test_an_image_that_says_nothing_of_its_patient_is_reported_all_the_same(tmp_path: Path) -> None:
    said = ("PatientName", "PatientID", "PatientSex", "PatientBirthDate", "PatientAge", "StudyDate", "StudyTime")
    image = source(tmp_path, **dict.fromkeys((*said, "StudyID", "AccessionNumber", "StudyDescription")))
    ds = report(line(image), image=image)
    for keyword in (*said[:4], *said[5:], "StudyID", "AccessionNumber"):  # type 2: there, and empty
        assert keyword in ds, keyword
        assert not ds[keyword].value, keyword


def test_odd_values_of_a_patient_are_neither_printed_nor_logged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    odd = {"PatientName": "Doe Jane", "PatientSex": "X", "PatientID": "D" * 100, "StudyTime": "99", "StudyID": "x" * 40}
    image = source(tmp_path, **odd)
    ds = report(line(image, reader="Doe"), image=image)
    assert (ds.PatientName, ds.PatientSex, ds.StudyTime) == ("Doe Jane", "", "")
    written = "".join(capfd.readouterr()) + caplog.text
    assert "Doe" not in written
    assert "DDD" not in written


def test_an_image_without_a_class_of_its_own_is_a_sentence(tmp_path: Path, film: SourceImage) -> None:
    nameless = replace(film, attributes=replace(film.attributes, sop_class_uid=""))
    with pytest.raises(ReportError, match="SOP Class UID"):
        report(line(film), image=nameless)


def test_an_image_of_a_private_class_is_reported_or_is_a_sentence(tmp_path: Path) -> None:
    image = source(tmp_path, SOPClassUID="1.2.3.4.5")
    with pytest.raises(ReportError, match="as a table"):
        report(drawn(image, "probe", (1, 1), values={"value": 1.0}), image=image)


def test_every_image_of_the_corpora_that_says_what_it_is_can_be_reported(shared_data: Path) -> None:
    reported = 0
    for path in sorted((shared_data / "dicom").rglob("*")):
        image = described(path) if path.is_file() else None
        if (
            image is not None
            and image.attributes.has_pixels
            and image.attributes.rows > 1
            and image.attributes.sop_class_uid
        ):
            ds = report(
                line(image, (0, 0), (0, 1), frame=image.attributes.number_of_frames - 1),
                drawn(image, "probe", (0, 0), values={"value": 1.0}),
                image=image,
            )
            assert ds.StudyInstanceUID == image.attributes.study_instance_uid
            assert len(groups(ds)) == 2
            reported += 1
    assert reported > 100


def test_nothing_measured_is_a_sentence(film: SourceImage) -> None:
    with pytest.raises(ReportError, match="no measurements"):
        report(image=film)


def test_more_than_a_report_takes_is_a_sentence(film: SourceImage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structured_report, "MOST", 2)
    with pytest.raises(ReportError, match="3 measurements; a report takes 2"):
        report(*[line(film)] * 3, image=film)


def test_a_file_that_is_gone_is_a_sentence(film: SourceImage) -> None:
    film.path.unlink()
    with pytest.raises(ReportError, match="cannot be read"):
        report(line(film), image=film)


def test_a_report_that_is_added_to_the_library_is_refused_with_a_kind_sentence(
    film: SourceImage, tmp_path: Path
) -> None:
    (tmp_path / "report.dcm").write_bytes(write_report(line(film), image=film))
    staging = tmp_path / "staging"
    staging.mkdir()
    (refusal,) = dicom.check_files([tmp_path / "report.dcm"], staging)
    assert isinstance(refusal, dicom.Refusal)
    assert "Comprehensive SR" in refusal.reason
    assert "left out" in refusal.reason


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy, of Debian's dicom3tools")
def test_dciodvfy_finds_no_fault(tmp_path: Path) -> None:
    image = source(tmp_path, SOPClassUID=CTImageStorage, Modality="CT", PixelSpacing=[1, 1])
    corners = ((1, 2), (4, 2), (1, 6), (4, 6))
    file = tmp_path / "report.dcm"
    file.write_bytes(
        write_report(
            line(image, length_unit="mm at the detector", text="width"),
            drawn(image, "angle", (0, 0), (3, 4), (5, 0), values={"angle": 31.25}),
            drawn(image, "rectangle", *corners, values=REGION, value_unit="HU"),
            drawn(image, "ellipse", (2, 6), (2, 0), (1, 3), (3, 3), values=REGION, value_unit="HU"),
            drawn(image, "probe", (1, 1), values={"value": 3.0}),
            drawn(image, "arrow", (1, 1), (3, 3), text="here"),
            line(image, (-2, 0), (3, 3)),
            image=image,
        )
    )
    said = subprocess.run(["dciodvfy", "-new", file], capture_output=True, text=True, check=False).stderr
    faults = [one for one in said.splitlines() if one.startswith(("Error", "Warning"))]
    assert "ComprehensiveSR" in said
    # Our own coding scheme cannot be known to it.
    assert [one for one in faults if "99MEDCORE" not in one] == []


def test_highdicom_is_loaded_only_for_a_report() -> None:
    modules = "medcore.server.measurements, medcore.library, medcore.dicom.frames"
    code = f"import sys, {modules}; print('highdicom' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
