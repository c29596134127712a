"""Colours come out as red, green and blue, however they were stored."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.pixels.processing import apply_color_lut, convert_color_space

from medcore.dicom import Refusal, check_files, read_frame
from medcore.dicom.palette import expand_segments
from medcore.errors import PixelError
from tests.films import make_film, write, write_film

COLORS = np.random.default_rng(7).integers(0, 256, (8, 6, 3)).astype(np.uint8)


@pytest.mark.parametrize("planar", [0, 1])
def test_rgb_comes_back_interleaved_or_by_plane(planar: int, tmp_path: Path) -> None:
    ds = make_film(COLORS, PlanarConfiguration=planar)
    if planar:
        ds.PixelData = COLORS.transpose(2, 0, 1).tobytes()
    frame = read_frame(write(ds, tmp_path / "film"))
    assert frame.is_color
    np.testing.assert_array_equal(frame.values, COLORS)


def test_16_bit_colors_keep_their_upper_byte(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film", COLORS.astype(np.uint16) * 256 + 17)
    np.testing.assert_array_equal(read_frame(path).values, COLORS)


def test_ybr_becomes_rgb(tmp_path: Path) -> None:
    ds = make_film(convert_color_space(COLORS, "RGB", "YBR_FULL"), PhotometricInterpretation="YBR_FULL")
    difference = read_frame(write(ds, tmp_path / "film")).values.astype(int) - COLORS
    assert np.abs(difference).max() <= 2  # YBR in 8 bits loses that much


def test_ybr_with_halved_color_becomes_rgb(tmp_path: Path) -> None:
    # Two grey pixels share one neutral colour: Y1 Y2 B R, so RGB = (Y, Y, Y).
    ds = make_film(np.zeros((1, 4, 3), np.uint8), PhotometricInterpretation="YBR_FULL_422")
    ds.PixelData = bytes([10, 20, 128, 128, 30, 40, 128, 128])
    expected = [[[10] * 3, [20] * 3, [30] * 3, [40] * 3]]
    np.testing.assert_array_equal(read_frame(write(ds, tmp_path / "film")).values, expected)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_palette_becomes_rgb(bits: int, tmp_path: Path) -> None:
    ds = make_film(np.array([[0, 1], [2, 1]], np.uint8), PhotometricInterpretation="PALETTE COLOR")
    for color, entries in zip(("Red", "Green", "Blue"), ([10, 20, 30], [40, 50, 60], [70, 80, 90]), strict=True):
        setattr(ds, f"{color}PaletteColorLookupTableDescriptor", [3, 0, bits])
        scaled = (np.array(entries) << (bits - 8)).astype("<u2" if bits == 16 else "u1").tobytes()
        setattr(ds, f"{color}PaletteColorLookupTableData", scaled + b"\0" * (len(scaled) % 2))
    frame = read_frame(write(ds, tmp_path / "film"))
    assert frame.is_color
    np.testing.assert_array_equal(frame.values, [[[10, 40, 70], [20, 50, 80]], [[30, 60, 90], [20, 50, 80]]])


def test_a_segmented_palette_is_expanded_and_never_beyond_its_entries() -> None:
    # Two values, a straight line of three to 40, and both segments once more.
    numbers = [0, 2, 5, 10, 1, 3, 40, 2, 2, 0, 0]
    assert expand_segments(numbers, 65536) == [5, 10, 20, 30, 40, 5, 10, 20, 30, 40]
    # The repeated part may stand anywhere: the line alone, from 5 to 40 again.
    assert expand_segments([0, 1, 5, 1, 2, 9, 2, 1, 3, 0], 65536) == [5, 7, 9, 9, 9]
    assert expand_segments([0, 1, 0] + [1, 65535, 9] * 1000, 256) == [0] * 256


def test_an_offset_of_an_8_bit_segment_takes_four_bytes_lower_word_first() -> None:
    filler = [0, 250] + [7] * 250  # 252 bytes, so that the next segment starts at byte 0x00FC, the one after at 0x0102
    numbers = [*filler, 0, 4, 1, 2, 3, 4, 0, 2, 8, 9]
    expected = [7] * 250 + [1, 2, 3, 4, 8, 9]
    assert expand_segments([*numbers, 2, 1, 0x02, 0x01, 0, 0], 1000, bits=8) == [*expected, 8, 9]
    assert expand_segments([*numbers, 2, 2, 0xFC, 0, 0, 0], 1000, bits=8) == [*expected, 1, 2, 3, 4, 8, 9]
    assert expand_segments([*numbers, 2, 1, 0x01, 0x02, 0, 0], 1000, bits=8, is_little=False) == [*expected, 8, 9]
    assert expand_segments([*numbers, 2, 1, 0x02, 0x01, 0, 0, 0, 1, 6], 1000, bits=8) == [*expected, 8, 9, 6]


def test_an_8_bit_segmented_palette_agrees_with_pydicom(tmp_path: Path) -> None:
    segments = bytes([0, 2, 5, 10, 1, 3, 40, 2, 2, 0, 0, 0, 0, 0, 1, 77])
    ds = make_film(np.arange(12, dtype=np.uint8).reshape(3, 4), PhotometricInterpretation="PALETTE COLOR")
    for color in ("Red", "Green", "Blue"):
        setattr(ds, f"{color}PaletteColorLookupTableDescriptor", [11, 0, 8])
        ds.add_new(f"Segmented{color}PaletteColorLookupTableData", "OW", segments)
    shown = read_frame(write(ds, tmp_path / "film")).values
    np.testing.assert_array_equal(shown, apply_color_lut(ds.pixel_array, pydicom.dcmread(tmp_path / "film")))
    assert shown[:, :, 0].tolist() == [[5, 10, 20, 30], [40, 5, 10, 20], [30, 40, 77, 77]]


@pytest.mark.parametrize(
    ("samples", "photometric"),
    [(3, "HSV"), (3, "CMYK"), (3, "ARGB"), (3, "MONOCHROME2"), (3, "PALETTE COLOR"), (1, "RGB"), (1, "YBR_FULL")],
)
def test_colors_that_cannot_be_shown_truly_are_refused(samples: int, photometric: str, tmp_path: Path) -> None:
    pixels = COLORS if samples == 3 else COLORS[..., 0]
    path = write_film(tmp_path / "film", pixels, PhotometricInterpretation=photometric)
    (refused,) = check_files([path], tmp_path)
    assert isinstance(refused, Refusal)
    assert f"Photometric Interpretation is {photometric} with {samples} sample" in refused.reason


# An offset that is cut off, one beyond the end, a first segment that repeats, one that repeats a repeating one.
BAD_OFFSETS = [[0, 1, 1, 2, 1, 0], [0, 1, 1, 2, 1, 99, 0], [2, 1, 0, 0], [0, 1, 1, 2, 1, 3, 0]]


@pytest.mark.parametrize("numbers", [[1, 5, 9], [7, 1, 1], [0, 1, 1, 1, 5], *BAD_OFFSETS])
def test_a_damaged_palette_is_an_error(numbers: list[int]) -> None:
    with pytest.raises(PixelError, match="palette"):
        expand_segments(numbers, 256)
