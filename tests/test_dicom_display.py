"""Pictures are as bright as the file and the standard want them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from medcore.dicom import Frame, Window, display_values, read_frame, render, thumbnail, windows_for
from medcore.dicom.luts import LookupTable, Rescale
from tests.films import make_film, ramp, write, write_film

RNG = np.random.default_rng(3)


def test_render_uses_the_first_window_of_the_file() -> None:
    frame = Frame(np.array([[0, 50, 100]], np.uint16), windows=(Window(50, 100, "", "LINEAR_EXACT"), Window(0, 1)))
    np.testing.assert_array_equal(render(frame), [[0, 128, 255]])


def test_render_uses_the_window_that_the_reader_chose() -> None:
    frame = Frame(np.array([[0, 50, 100]], np.uint16), windows=(Window(50, 100),))
    np.testing.assert_array_equal(render(frame, Window(100, 100, "", "LINEAR_EXACT")), [[0, 0, 128]])


def test_render_without_a_window_spans_all_values() -> None:
    frame = Frame(np.array([[-5, 0, 5]], np.int16))
    np.testing.assert_array_equal(render(frame), [[0, 128, 255]])


def test_monochrome1_is_turned() -> None:
    frame = Frame(np.array([[0, 100]], np.uint16), inverted=True)
    np.testing.assert_array_equal(render(frame), [[255, 0]])
    np.testing.assert_array_equal(display_values(frame, (1, 2)), [[255, 0]])


def test_a_voi_table_comes_before_the_windows() -> None:
    table = LookupTable(np.array([0, 255, 510], np.uint16), 0, 9)
    frame = Frame(np.array([[0, 1, 2]], np.uint8), voi_lut=table, windows=(Window(0, 1),))
    np.testing.assert_array_equal(render(frame), [[0, 127, 255]])


def test_padding_does_not_stretch_the_full_range() -> None:
    frame = Frame(np.array([[-2000, 0, 100]], np.int16), padding=(-2000, -2000))
    assert windows_for(frame)[-1] == Window(50, 100, "Full range", "LINEAR_EXACT")


def test_an_even_image_is_drawn_without_a_division_by_zero() -> None:
    assert render(Frame(np.full((2, 2), 7, np.uint16))).shape == (2, 2)


def test_nan_is_black_not_an_error() -> None:
    frame = Frame(np.array([[np.nan, 0.0, 2.0, np.inf]], np.float32))
    np.testing.assert_array_equal(render(frame), [[0, 0, 255, 255]])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
@pytest.mark.parametrize("inverted", [False, True])
def test_large_images_are_drawn_like_small_ones(dtype: Any, inverted: bool) -> None:
    info = np.iinfo(dtype)
    pixels = RNG.integers(info.min, info.max, (300, 300), dtype, endpoint=True)
    frame = Frame(pixels, inverted=inverted, modality_lut=Rescale(2, -10), windows=(Window(20, 150),))
    tiles = [
        render(Frame(row[None], inverted=inverted, modality_lut=Rescale(2, -10), windows=(Window(20, 150),)))
        for row in pixels
    ]
    np.testing.assert_array_equal(render(frame), np.concatenate(tiles))


def test_ct_offers_its_presets_after_the_files_windows() -> None:
    frame = Frame(np.zeros((2, 2), np.int16), unit="HU", windows=(Window(1, 2, "Mine"),))
    assert [window.name for window in windows_for(frame)] == [
        "Mine",
        "Lung",
        "Bone",
        "Soft tissue",
        "Brain",
        "Full range",
    ]


def test_other_modalities_offer_no_ct_presets_and_color_no_window() -> None:
    assert [window.name for window in windows_for(Frame(np.zeros((2, 2), np.int16)))] == ["Full range"]
    assert windows_for(Frame(np.zeros((2, 2, 3), np.uint8), is_color=True)) == ()


def _block_means(image: np.ndarray, factor: int) -> np.ndarray:
    rows, columns = image.shape[0] // factor, image.shape[1] // factor
    return image.reshape(rows, factor, columns, factor).mean(axis=(1, 3))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.uint32, np.float32])
@pytest.mark.parametrize("order", ["<", ">"])
def test_display_values_are_windowed_block_means(dtype: Any, order: str) -> None:
    pixels = RNG.integers(0, 120, (40, 60)).astype(dtype).astype(np.dtype(dtype).newbyteorder(order))
    frame = Frame(pixels, modality_lut=Rescale(3, -30), windows=(Window(150, 300, "", "LINEAR_EXACT"),))
    expected = np.clip((_block_means(pixels.astype(float), 10) * 3 - 30) / 300, 0, 1) * 255
    values = display_values(frame, (4, 6))
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, expected, atol=1.3)  # 16-bit means are whole numbers: half of 3 of 300 in 255


def _area_weights(pixels: int, cells: int) -> np.ndarray:
    """Return how much of each pixel (columns) falls into each cell (rows), each row summing to 1."""
    edges = np.arange(cells + 1) * pixels / cells
    starts = np.arange(pixels)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    return np.clip(overlap, 0, None) * cells / pixels


@pytest.mark.parametrize("size", [(2500, 2048), (2501, 2047), (1000, 1000)])
def test_a_large_film_is_averaged_by_area_to_a_level_or_so(size: tuple[int, int]) -> None:
    rows, columns = size
    waves = np.sin(np.arange(rows) / 9)[:, None] * np.cos(np.arange(columns) / 7) * 2000 + 2048
    pixels = (waves + RNG.normal(0, 30, size)).clip(0, 4095).astype(np.uint16)
    exact = _area_weights(rows, 224) @ pixels @ _area_weights(columns, 224).T
    frame = Frame(pixels, windows=(Window(2048, 4096, "", "LINEAR_EXACT"),))
    difference = display_values(frame, (224, 224)) - exact / 4096 * 255
    assert np.abs(difference).max() < 1.5
    assert np.abs(difference).mean() < 0.5


def test_a_modality_table_is_applied_before_the_shrinking() -> None:
    pixels = np.array([[0, 1], [1, 0]], np.uint16)
    table = LookupTable(np.array([0, 1000], np.uint16), 0, 10)
    frame = Frame(pixels, modality_lut=table, windows=(Window(500, 1000, "", "LINEAR_EXACT"),))
    np.testing.assert_allclose(display_values(frame, (1, 1)), [[127.5]], atol=0.1)


def test_display_values_turn_color_to_grey() -> None:
    frame = Frame(np.full((8, 8, 3), (255, 0, 0), np.uint8), is_color=True)
    np.testing.assert_allclose(display_values(frame, (2, 2)), 0.299 * 255, atol=0.01)


def test_thumbnails_keep_the_shape_of_the_image() -> None:
    assert thumbnail(Frame(ramp(200, 100))).shape == (96, 48)
    assert thumbnail(Frame(np.zeros((50, 200, 3), np.uint8), is_color=True), 32).shape == (8, 32, 3)
    assert thumbnail(Frame(ramp(1000, 1))).shape == (96, 1)


def test_thumbnail_is_the_picture_made_small() -> None:
    frame = Frame(np.repeat(np.repeat(ramp(6, 6), 32, 0), 32, 1), windows=(Window(2048, 4096),))
    np.testing.assert_allclose(thumbnail(frame, 6).astype(int), render(frame)[::32, ::32].astype(int), atol=1)


def test_drawing_leaves_the_frame_alone() -> None:
    pixels = ramp()
    frame = Frame(pixels.copy(), inverted=True)
    for draw in (render, thumbnail):
        draw(frame)
    display_values(frame, (4, 4))
    np.testing.assert_array_equal(frame.stored, pixels)


def test_a_written_film_is_drawn_as_worked_out_by_hand(tmp_path: Path) -> None:
    table = Dataset()
    table.LUTDescriptor, table.LUTData = [4, 10, 8], [255, 100, 50, 0]
    table["LUTDescriptor"].VR = table["LUTData"].VR = "US"
    ds = make_film(np.array([[0, 10, 11, 12, 13, 99]], np.uint16), VOILUTSequence=[table])
    path = write(ds, tmp_path / "film")
    np.testing.assert_array_equal(render(read_frame(path)), [[255, 255, 100, 50, 0, 0]])


def test_monochrome1_of_a_file_is_turned(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film", np.array([[0, 100]], np.uint16), PhotometricInterpretation="MONOCHROME1")
    np.testing.assert_array_equal(render(read_frame(path)), [[255, 0]])
