"""Colours come out as red, green and blue, however they were stored."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.pixels.processing import convert_color_space

from medcore.dicom import read_frame
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
    assert expand_segments([0, 1, 0] + [1, 65535, 9] * 1000, 256) == [0] * 256


@pytest.mark.parametrize("numbers", [[1, 5, 9], [7, 1, 1], [0, 1, 1, 1, 5]])
def test_a_damaged_palette_is_an_error(numbers: list[int]) -> None:
    with pytest.raises(PixelError, match="palette"):
        expand_segments(numbers, 256)
