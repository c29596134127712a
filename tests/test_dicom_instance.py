"""Headers become attributes a clinician can read."""

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

from medcore.dicom import Attributes
from medcore.dicom.header import read_header
from medcore.dicom.instance import TAGS, age_years, read_attributes
from tests.films import make_film, write

SHA = "ab" * 32


def _attributes(tmp_path: Path, **elements: Any) -> Attributes:
    path = write(make_film(**elements), tmp_path / "film")
    return read_attributes(read_header(io.BytesIO(path.read_bytes()), TAGS), SHA)


def test_a_films_attributes_are_read(tmp_path: Path) -> None:
    attributes = _attributes(tmp_path, StudyInstanceUID="1.2.3", SyntheticData="YES", BitsStored=12, HighBit=11)
    assert attributes.study_instance_uid == "1.2.3"
    assert attributes.patient_name == "Invented, Child"
    assert attributes.patient_birth_date == date(2020, 1, 10)
    assert attributes.study_date == date(2024, 2, 3)
    assert attributes.patient_age_years == 4
    assert (attributes.modality, attributes.body_part_examined, attributes.view_position) == ("DX", "CHEST", "AP")
    assert (attributes.rows, attributes.columns, attributes.bits_stored) == (8, 6, 12)
    assert (attributes.pixel_spacing_mm, attributes.spacing_source) == ((0.15, 0.2), "Imager Pixel Spacing")
    assert attributes.synthetic
    assert attributes.has_pixels


def test_attributes_survive_json(tmp_path: Path) -> None:
    attributes = _attributes(tmp_path, ImagePositionPatient=[1, 2, 3], ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    values = json.loads(json.dumps(attributes.as_json()))
    assert Attributes.from_json(values) == attributes
    assert attributes.image_position_mm == (1, 2, 3)


# The examples of PS3.5, annexes H to K, as Unicode text; each is written in its own character set.
NAMES = {
    "ISO_IR 100": ("Buc^Jérôme", "Buc, Jérôme"),
    "ISO_IR 101": ("Wałęsa^Żółć", "Wałęsa, Żółć"),
    "ISO_IR 109": ("Ĉapek^Ĥo", "Ĉapek, Ĥo"),
    "ISO_IR 110": ("Ā^Ģ", "Ā, Ģ"),
    "ISO_IR 144": ("Люкceмбypг", "Люкceмбypг"),
    "ISO_IR 127": ("قباني^لنزار", "قباني, لنزار"),
    "ISO_IR 126": ("Διονυσιος", "Διονυσιος"),
    "ISO_IR 138": ("שרון^דבורה", "שרון, דבורה"),
    "ISO_IR 148": ("Çavuşoğlu", "Çavuşoğlu"),
    "ISO_IR 203": ("Œuvre^Žižek", "Œuvre, Žižek"),
    "ISO_IR 13": ("ﾔﾏﾀﾞ^ﾀﾛｳ", "ﾔﾏﾀﾞ, ﾀﾛｳ"),
    "ISO_IR 166": ("นามสกุล^ชื่อ", "นามสกุล, ชื่อ"),
    "ISO_IR 192": ("Wang^XiaoDong=王^小东", "Wang, XiaoDong (王, 小东)"),
    "GB18030": ("Wang^XiaoDong=王^小东", "Wang, XiaoDong (王, 小东)"),
    "GBK": ("Wang^XiaoDong=王^小东", "Wang, XiaoDong (王, 小东)"),
}

CODECS = {"ISO_IR 13": "shift_jis", "ISO_IR 166": "tis-620", "ISO_IR 192": "utf-8", "ISO_IR 203": "iso8859-15"}


@pytest.mark.parametrize("charset", NAMES)
def test_names_are_read_in_every_single_character_set(charset: str, tmp_path: Path) -> None:
    written, shown = NAMES[charset]
    encoded = written.encode(CODECS.get(charset, charset.replace("ISO_IR ", "iso_ir_")))
    attributes = _raw_name(tmp_path, charset, encoded)
    assert attributes.patient_name == shown


# PS3.5, H.3.1, I.2 and K.2: code extensions switch the character set inside the value.
EXTENDED = {
    "Yamada, Tarou (山田, 太郎)": (
        "\\ISO 2022 IR 87",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
    ),
    "Hong, Gildong (洪, 吉洞)": (
        "\\ISO 2022 IR 149",
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
    ),
    "Zhang, XiaoDong (张, 小东)": (
        "\\ISO 2022 IR 58",
        b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
    ),
}


@pytest.mark.parametrize("shown", EXTENDED)
def test_names_are_read_through_code_extensions(shown: str, tmp_path: Path) -> None:
    charset, encoded = EXTENDED[shown]
    assert _raw_name(tmp_path, charset, encoded).patient_name == shown


@pytest.mark.parametrize("charset", ["ISO_IR 100", "ISO_IR 6", "NONSENSE"])
def test_bytes_outside_the_character_set_do_not_stop_a_film(charset: str, tmp_path: Path) -> None:
    assert _raw_name(tmp_path, charset, b"A\xff\xfe^B").patient_name.startswith("A")


def _raw_name(tmp_path: Path, charset: str, encoded: bytes) -> Attributes:
    """Write a film whose name is these very bytes."""
    encoded += b" " * (len(encoded) % 2)
    path = write(make_film(SpecificCharacterSet="ISO_IR 6", PatientName="X" * len(encoded)), tmp_path / "film")
    padded = charset.encode() + b" " * (len(charset) % 2)
    content = path.read_bytes().replace(b"X" * len(encoded), encoded)
    content = content.replace(b"CS\x08\x00ISO_IR 6", b"CS" + len(padded).to_bytes(2, "little") + padded)
    return read_attributes(read_header(io.BytesIO(content), TAGS), SHA)


def test_text_is_plain_and_bounded(tmp_path: Path) -> None:
    attributes = _attributes(tmp_path, StudyDescription="a\nb\u202ec\x1b", PatientID="I" * 5000)
    assert attributes.study_description == "abc"
    assert len(attributes.patient_id) == 1024


BIRTH, STUDY = date(2020, 1, 10), date(2024, 1, 10)


@pytest.mark.parametrize(
    ("stated", "birth", "study", "years"),
    [
        ("004Y", None, None, 4),
        ("018M", None, None, 1.5),
        ("026W", None, None, 26 * 7 / 365.25),
        ("010D", None, None, 10 / 365.25),
        ("4Y", None, None, 4),
        ("", BIRTH, STUDY, 1461 / 365.25),
        ("abc", BIRTH, STUDY, 4),
        ("", STUDY, BIRTH, None),
        ("200Y", None, None, None),
        ("-04Y", None, None, None),
        ("", BIRTH, None, None),
        ("", None, None, None),
    ],
)
def test_age_is_stated_or_worked_out_or_missing(
    stated: str, birth: date | None, study: date | None, years: float | None
) -> None:
    assert age_years(stated, birth, study) == pytest.approx(years)


@pytest.mark.parametrize("written", ["20241301", "2024", "", "202401", "notadate"])
def test_impossible_dates_are_missing(written: str, tmp_path: Path) -> None:
    film = make_film(StudyDate="19000101")
    path = write(film, tmp_path / "film")
    content = path.read_bytes().replace(b"19000101", written.ljust(8).encode())
    assert read_attributes(read_header(io.BytesIO(content), TAGS), SHA).study_date is None


def test_spacing_in_the_patient_wins_over_spacing_on_the_detector(tmp_path: Path) -> None:
    attributes = _attributes(tmp_path, PixelSpacing=[0.5, 0.6])
    assert (attributes.pixel_spacing_mm, attributes.spacing_source) == ((0.5, 0.6), "Pixel Spacing")


@pytest.mark.parametrize("spacing", [[0, 0], [-1, 1]])
def test_impossible_spacing_is_missing(spacing: list[float], tmp_path: Path) -> None:
    attributes = _attributes(tmp_path, ImagerPixelSpacing=spacing)
    assert (attributes.pixel_spacing_mm, attributes.spacing_source) == (None, "")


def test_missing_uids_are_made_from_the_files_own_hash(tmp_path: Path) -> None:
    nameless = {"StudyInstanceUID": None, "SeriesInstanceUID": None}
    first = _attributes(tmp_path, **nameless)
    assert first.study_instance_uid.startswith("2.25.")
    assert len(first.study_instance_uid) <= 64
    assert first.study_instance_uid != first.series_instance_uid
    assert first.study_instance_uid == _attributes(tmp_path, **nameless).study_instance_uid


def test_an_enhanced_image_keeps_place_and_spacing_in_its_functional_groups(tmp_path: Path) -> None:
    measures, place, orientation, group = Dataset(), Dataset(), Dataset(), Dataset()
    measures.PixelSpacing = [0.7, 0.8]
    place.ImagePositionPatient = [1, 2, 3]
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    group.PixelMeasuresSequence, group.PlanePositionSequence = [measures], [place]
    group.PlaneOrientationSequence = [orientation]
    attributes = _attributes(tmp_path, SharedFunctionalGroupsSequence=[group])
    assert attributes.pixel_spacing_mm == (0.7, 0.8)
    assert attributes.image_position_mm == (1, 2, 3)
    assert attributes.image_orientation == (1, 0, 0, 0, 1, 0)


def test_a_coded_view_and_body_part_stand_in_for_missing_text(tmp_path: Path) -> None:
    view, region = Dataset(), Dataset()
    view.CodeValue, region.CodeMeaning = "R-10214", "Chest"
    attributes = _attributes(
        tmp_path, ViewPosition=None, BodyPartExamined=None, ViewCodeSequence=[view], AnatomicRegionSequence=[region]
    )
    assert (attributes.view_position, attributes.body_part_examined) == ("PA", "Chest")
