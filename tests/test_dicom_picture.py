"""Picture files become DICOM images with their own values, and hostile ones a sentence."""

import struct
import zipfile
import zlib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image

from medcore.dicom import CheckedFile, Refusal, display_values, read_frame
from medcore.dicom.intake import check_items
from medcore.dicom.items import Item, PictureFacts
from medcore.dicom.picture import looks_like_picture
from medcore.dicom.sources import expand
from tests.films import write_film

FACTS = PictureFacts("P-1", "F", 4, date(2024, 2, 3), "CR", "CHEST", "AP", "Upload")
GRAY = np.random.default_rng(1).integers(0, 256, (9, 7), np.uint8)
COLOUR = np.random.default_rng(2).integers(0, 256, (9, 7, 3), np.uint8)
DEEP = np.random.default_rng(3).integers(0, 65536, (9, 7)).astype(np.uint16)


def kept(path: Path, pixels: np.ndarray, **options: Any) -> Path:
    Image.fromarray(pixels).save(path, **options)
    return path


def outcome(path: Path, facts: PictureFacts | None = FACTS) -> CheckedFile | Refusal | None:
    """Let a picture go through intake."""
    staging = path.parent / "staging"
    staging.mkdir(exist_ok=True)
    items = (replace(item, picture=facts) for item in expand([path]) if isinstance(item, Item))
    (one,) = check_items(items, staging)
    return one


def taken(path: Path, facts: PictureFacts | None = FACTS) -> CheckedFile:
    one = outcome(path, facts)
    assert isinstance(one, CheckedFile), one
    return one


def refusal(path: Path, facts: PictureFacts | None = FACTS) -> str:
    one = outcome(path, facts)
    assert isinstance(one, Refusal)
    assert list((path.parent / "staging").iterdir()) == []
    return one.reason


def converted(path: Path) -> pydicom.FileDataset:
    return pydicom.dcmread(taken(path).staged)


@pytest.mark.parametrize(
    "pixels", [GRAY, COLOUR, DEEP, GRAY[:, :6] > 127], ids=["8 bits", "colour", "16 bits", "1 bit"]
)
def test_a_lossless_picture_keeps_every_value(tmp_path: Path, pixels: np.ndarray) -> None:
    ds = converted(kept(tmp_path / "picture.png", pixels))
    expected = pixels * np.uint8(255) if pixels.dtype == bool else pixels
    np.testing.assert_array_equal(ds.pixel_array, expected)
    assert "LossyImageCompression" not in ds


def test_a_gray_picture_is_shown_as_it_is(tmp_path: Path) -> None:
    frame = read_frame(taken(kept(tmp_path / "picture.png", GRAY)).staged)
    np.testing.assert_array_equal(np.rint(display_values(frame, GRAY.shape)), GRAY)


def test_a_jpeg_says_that_it_was_compressed_with_loss(tmp_path: Path) -> None:
    path = kept(tmp_path / "picture.jpg", GRAY, quality=95)
    ds = converted(path)
    np.testing.assert_array_equal(ds.pixel_array, np.asarray(Image.open(path)))
    assert (ds.LossyImageCompression, ds.LossyImageCompressionMethod) == ("01", "ISO_10918_1")


def test_a_gray_picture_in_three_channels_is_gray(tmp_path: Path) -> None:
    ds = converted(kept(tmp_path / "picture.png", np.stack([GRAY] * 3, axis=-1)))
    assert ds.PhotometricInterpretation == "MONOCHROME2"
    np.testing.assert_array_equal(ds.pixel_array, GRAY)


def test_a_picture_that_lies_on_its_side_is_turned_as_it_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # its top is on the right
    ds = converted(kept(tmp_path / "picture.png", GRAY, exif=exif))
    np.testing.assert_array_equal(ds.pixel_array, np.rot90(GRAY, -1))


def test_an_opaque_fourth_channel_is_left_out(tmp_path: Path) -> None:
    opaque = np.dstack([COLOUR, np.full(GRAY.shape, 255, np.uint8)])
    np.testing.assert_array_equal(converted(kept(tmp_path / "picture.png", opaque)).pixel_array, COLOUR)


def test_what_was_said_of_the_picture_is_in_the_file(tmp_path: Path) -> None:
    one = taken(kept(tmp_path / "Doe Jane.png", GRAY))
    attributes = one.attributes
    assert (attributes.patient_id, attributes.patient_sex, attributes.patient_age_years) == ("P-1", "F", 4)
    assert (attributes.modality, attributes.body_part_examined, attributes.view_position) == ("CR", "CHEST", "AP")
    assert attributes.study_date == date(2024, 2, 3)
    assert b"Doe" not in one.staged.read_bytes()
    np.testing.assert_array_equal(read_frame(one.staged).values, GRAY)


def test_the_same_picture_is_the_same_image_and_of_another_patient_another(tmp_path: Path) -> None:
    first, again = kept(tmp_path / "a.png", GRAY), kept(tmp_path / "b.png", GRAY)
    assert taken(first).sha256 == taken(again).sha256
    other = pydicom.dcmread(taken(first, PictureFacts("P-2")).staged)
    assert other.SOPInstanceUID != converted(first).SOPInstanceUID
    assert other.StudyInstanceUID != converted(first).StudyInstanceUID


def test_a_picture_of_an_unknown_patient_is_a_patient_of_its_own(tmp_path: Path) -> None:
    unknown = PictureFacts()
    first, again = (taken(kept(tmp_path / name, GRAY), unknown) for name in ("a.png", "b.png"))
    other = taken(kept(tmp_path / "c.png", COLOUR), unknown)
    assert first.attributes.patient_id == again.attributes.patient_id != other.attributes.patient_id


def test_pictures_are_known_by_their_first_bytes(tmp_path: Path) -> None:
    for name in ("a.png", "a.jpg"):
        assert looks_like_picture(kept(tmp_path / name, GRAY).read_bytes())
    assert not looks_like_picture(b"GIF89a")


def write_huge_png(path: Path) -> None:
    """Write a PNG of 60,000 x 60,000 pixels in a few kilobytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(100_000))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b""))


def test_a_picture_that_claims_too_many_pixels_is_refused_unread(tmp_path: Path) -> None:
    write_huge_png(tmp_path / "huge.png")
    assert "60000 x 60000" in refusal(tmp_path / "huge.png")


def test_a_picture_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    for name in ("a.png", "a.jpg"):
        path = kept(tmp_path / name, np.tile(GRAY, (40, 40)))
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        assert "cut short" in refusal(path)


def test_a_picture_with_transparent_parts_is_refused(tmp_path: Path) -> None:
    path = kept(tmp_path / "picture.png", np.dstack([COLOUR, GRAY]))
    assert "transparent" in refusal(path)


def test_an_animated_picture_is_refused(tmp_path: Path) -> None:
    frames = [Image.fromarray(GRAY), Image.fromarray(GRAY[::-1].copy())]
    frames[0].save(tmp_path / "moving.png", save_all=True, append_images=frames[1:])
    assert "animated" in refusal(tmp_path / "moving.png")


def test_what_is_no_such_picture_is_refused(tmp_path: Path) -> None:
    Image.fromarray(GRAY).save(tmp_path / "picture.gif")
    (tmp_path / "note.png").write_text("not a picture")
    for name in ("picture.gif", "note.png"):
        assert "not a DICOM file" in refusal(tmp_path / name)


def test_a_picture_of_which_nothing_is_known_is_left_out(tmp_path: Path) -> None:
    assert "not a DICOM file" in refusal(kept(tmp_path / "picture.png", GRAY), None)


def test_pictures_in_an_archive_and_films_beside_them_are_taken_in_their_order(tmp_path: Path) -> None:
    kept(tmp_path / "a.png", GRAY)
    write_film(tmp_path / "b.dcm")
    with zipfile.ZipFile(tmp_path / "films.zip", "w") as zipped:
        for name in ("a.png", "b.dcm"):
            zipped.write(tmp_path / name, name)
    staging = tmp_path / "staging"
    staging.mkdir()
    items = [replace(item, picture=FACTS) for item in expand([tmp_path / "films.zip"]) if isinstance(item, Item)]
    first, second = check_items(items, staging)
    assert isinstance(first, CheckedFile) and isinstance(second, CheckedFile)
    assert (first.source, second.source) == ("films.zip › a.png", "films.zip › b.dcm")
    assert (first.attributes.patient_id, second.attributes.patient_id != "P-1") == ("P-1", True)
