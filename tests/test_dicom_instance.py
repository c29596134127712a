"""Headers become attributes a clinician can read."""

import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

from medcore.dicom import Attributes
from medcore.dicom.header import read_header
from medcore.dicom.instance import TAGS, age_years, read_attributes
from medcore.library.ages import age_text
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
        ("", BIRTH, STUDY, 4),
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


@pytest.mark.parametrize(
    ("birth", "study", "years"),
    [
        ("2021-01-01", "2022-01-01", 1),
        ("2017-03-01", "2023-03-01", 6),
        ("2017-03-01", "2023-02-28", 71 / 12 + 27 / 28 / 12),  # the 28th day of a month of 28 days
        ("2020-02-29", "2021-03-01", 1),
        ("2020-02-29", "2024-02-29", 4),
        ("2022-08-31", "2024-08-31", 2),
        ("2023-01-10", "2023-07-10", 0.5),
        ("2023-01-31", "2023-05-01", 0.25),  # April has no 31st
        ("2023-12-31", "2024-02-14", 45 / 365.25),
        ("2023-07-01", "2023-08-31", 2 / 12),  # two months but for a day
        ("2023-07-01", "2023-07-01", 0),
    ],
)
def test_ages_are_counted_in_calendar_years(birth: str, study: str, years: float) -> None:
    age = age_years("", date.fromisoformat(birth), date.fromisoformat(study))
    assert age == pytest.approx(years, abs=1e-8)
    if years == int(years):
        assert age == years


def test_every_birthday_is_a_whole_number_of_years_and_the_day_before_is_less() -> None:
    day = date(2016, 1, 1)
    while day.year == 2016:
        for years in range(1, 19):
            birthday = date(2016 + years, 3, 1) if (day.month, day.day) == (2, 29) else day.replace(year=2016 + years)
            if (day.month, day.day) == (2, 29) and years % 4 == 0:
                birthday = day.replace(year=2016 + years)
            assert age_years("", day, birthday) == years
            before = age_years("", day, birthday - timedelta(days=1))
            assert before is not None and years - 1 / 300 < before < years
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("birth", "study", "shown"),
    [
        ("2020-05-17", "2022-05-17", "2 years"),
        ("2020-05-17", "2022-05-16", "23 months"),
        ("2021-05-17", "2022-05-17", "12 months"),
        ("2022-05-17", "2022-07-17", "2 months"),
        ("2022-05-17", "2022-07-16", "60 days"),
        ("2022-05-17", "2022-05-18", "1 day"),
        ("2017-03-01", "2023-03-01", "6 years"),
        ("2017-03-01", "2023-02-28", "5 years"),
    ],
)
def test_an_age_is_written_as_the_calendar_has_it(birth: str, study: str, shown: str) -> None:
    assert age_text(age_years("", date.fromisoformat(birth), date.fromisoformat(study))) == shown


@pytest.mark.parametrize("months", range(12, 121, 12))
def test_an_age_in_months_is_whole_years_each_year(months: int) -> None:
    assert age_years(f"{months:03d}M", None, None) == months // 12


def test_the_end_of_time_is_no_age() -> None:
    assert age_years("", date(9990, 1, 1), date(9999, 12, 31)) is None


@pytest.mark.parametrize("written", ["20241301", "2024", "", "202401", "notadate"])
def test_impossible_dates_are_missing(written: str, tmp_path: Path) -> None:
    film = make_film(StudyDate="19000101")
    path = write(film, tmp_path / "film")
    content = path.read_bytes().replace(b"19000101", written.ljust(8).encode())
    assert read_attributes(read_header(io.BytesIO(content), TAGS), SHA).study_date is None


def test_spacing_in_the_patient_wins_over_spacing_on_the_detector(tmp_path: Path) -> None:
    attributes = _attributes(tmp_path, PixelSpacing=[0.5, 0.6])
    assert (attributes.pixel_spacing_mm, attributes.spacing_source) == ((0.5, 0.6), "Pixel Spacing")


@pytest.mark.parametrize(
    "spacing", [[0, 0], [-1, 1], ["1E300", "1E-300"], ["1E-7", "1E-7"], ["20000", "20000"], ["2", "0.001"]]
)
def test_impossible_spacing_is_missing(spacing: list[float], tmp_path: Path) -> None:
    attributes = _attributes(tmp_path, ImagerPixelSpacing=spacing)
    assert (attributes.pixel_spacing_mm, attributes.spacing_source) == (None, "")


def test_an_aspect_ratio_stands_in_for_missing_spacing(tmp_path: Path) -> None:
    attributes = _attributes(tmp_path, ImagerPixelSpacing=None, PixelAspectRatio=[4, 3])
    assert attributes.pixel_aspect == 4 / 3  # height first
    assert Attributes.from_json(json.loads(json.dumps(attributes.as_json()))) == attributes
    assert _attributes(tmp_path, PixelSpacing=[0.5, 0.25], PixelAspectRatio=[4, 3]).pixel_aspect == 2
    assert _attributes(tmp_path, ImagerPixelSpacing=None, PixelAspectRatio=[0, 3]).pixel_aspect == 1
    assert _attributes(tmp_path, ImagerPixelSpacing=None).pixel_aspect == 1


@pytest.mark.parametrize("ratio", [["1E300", "1E-300"], ["1", "1001"], ["1001", "1"]])
def test_a_pixel_that_is_next_to_nothing_in_one_direction_counts_as_square(ratio: list[str], tmp_path: Path) -> None:
    attributes = _attributes(tmp_path, ImagerPixelSpacing=None, PixelAspectRatio=ratio)
    assert attributes.pixel_aspect == 1
    assert _attributes(tmp_path, ImagerPixelSpacing=None, PixelAspectRatio=[1000, 1]).pixel_aspect == 1000


@pytest.mark.parametrize(
    "elements",
    [
        {"ImagePositionPatient": ["0", "0", "1.7E308"], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]},
        {"ImagePositionPatient": ["-1000001", "0", "0"], "ImageOrientationPatient": ["1E300", 0, 0, 0, 1, 0]},
    ],
)
def test_a_place_beyond_any_room_is_missing(elements: dict[str, list[Any]], tmp_path: Path) -> None:
    assert _attributes(tmp_path, **elements).image_position_mm is None


def test_attributes_written_before_the_aspect_ratio_was_kept_are_read(tmp_path: Path) -> None:
    values = _attributes(tmp_path).as_json()
    del values["pixel_aspect_ratio"]
    assert Attributes.from_json(values).pixel_aspect == 0.15 / 0.2


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


@pytest.mark.parametrize("uid", ["1.2/../x", "a.b", "1" * 65])
def test_what_is_no_uid_counts_as_missing(uid: str, tmp_path: Path) -> None:
    attributes = _attributes(tmp_path, StudyInstanceUID=uid)
    assert attributes.study_instance_uid == f"2.25.{int(SHA[:32], 16) + 1}"
