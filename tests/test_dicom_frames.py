"""Frames hold the values the scanner stored, whatever the file's form."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from medcore.dicom import Window, read_frame
from medcore.errors import PixelError
from tests.attacks import data_set_of
from tests.films import make_film, put_pixels, ramp, write, write_film

RNG = np.random.default_rng(7)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32])
def test_integers_of_every_width_come_back(dtype: Any, syntax: str, tmp_path: Path) -> None:
    info = np.iinfo(dtype)
    pixels = RNG.integers(info.min, info.max, (5, 7), dtype, endpoint=True)
    path = write(make_film(pixels), tmp_path / "film", syntax)
    np.testing.assert_array_equal(read_frame(path).stored, pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.uint32])
def test_big_endian_values_come_back(dtype: Any, tmp_path: Path) -> None:
    pixels = RNG.integers(0, 127, (6, 8)).astype(dtype)
    ds = make_film(pixels)
    data = pixels.astype(pixels.dtype.newbyteorder(">"))
    ds.PixelData = data.tobytes()
    np.testing.assert_array_equal(read_frame(write(ds, tmp_path / "film", ExplicitVRBigEndian)).values, pixels)


@pytest.mark.parametrize(("keyword", "dtype"), [("FloatPixelData", np.float32), ("DoubleFloatPixelData", np.float64)])
def test_floating_point_pixels_come_back(keyword: str, dtype: Any, tmp_path: Path) -> None:
    pixels = RNG.normal(size=(4, 6)).astype(dtype)
    ds = make_film(pixels.astype(np.uint16), PixelData=None, BitsAllocated=8 * pixels.itemsize)
    for element in ("BitsStored", "HighBit", "PixelRepresentation"):
        delattr(ds, element)
    setattr(ds, keyword, pixels.tobytes())
    np.testing.assert_array_equal(read_frame(write(ds, tmp_path / "film")).values, pixels)


def test_single_bits_come_back_frame_by_frame_across_byte_borders(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 2, (3, 3, 5)).astype(np.uint8)  # 15 bits a frame
    packed = np.packbits(pixels.ravel(), bitorder="little").tobytes()
    ds = make_film(pixels, BitsAllocated=1, BitsStored=1, HighBit=0)
    ds.PixelData = packed
    path = write(ds, tmp_path / "film")
    for frame in range(3):
        np.testing.assert_array_equal(read_frame(path, frame).values, pixels[frame])


def test_bits_above_bits_stored_are_cleared(tmp_path: Path) -> None:
    # Old overlays stand in the four bits above a 12-bit value.
    path = write_film(
        tmp_path / "film", np.array([[0xF001, 0x0FFF], [0x1000, 5]], np.uint16), BitsStored=12, HighBit=11
    )
    np.testing.assert_array_equal(read_frame(path).values, [[1, 0x0FFF], [0, 5]])


def test_the_sign_bit_is_spread_over_unused_bits(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film", np.array([[0x0FFF, 0x07FF]], np.int16), BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(read_frame(path).values, [[-1, 2047]])


def test_overlay_planes_are_ignored(tmp_path: Path) -> None:
    ds = make_film()
    ds.add_new(0x60000010, "US", 8)
    ds.add_new(0x60000011, "US", 6)
    ds.add_new(0x60003000, "OW", b"\xff" * 6)
    np.testing.assert_array_equal(read_frame(write(ds, tmp_path / "film")).values, ramp())


def test_each_frame_of_a_run_is_its_own(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 60000, (4, 5, 7)).astype(np.uint16)
    path = write_film(tmp_path / "run", pixels)
    for frame in range(4):
        np.testing.assert_array_equal(read_frame(path, frame).values, pixels[frame])


@pytest.mark.parametrize("frame", [-1, 4])
def test_a_frame_that_is_not_there_is_an_error(frame: int, tmp_path: Path) -> None:
    path = write_film(tmp_path / "run", np.zeros((4, 5, 7), np.uint8))
    with pytest.raises(PixelError, match="has 4 frames"):
        read_frame(path, frame)


LOSSLESS = [
    (syntax, dtype) for syntax in (RLELossless, JPEGLSLossless, JPEG2000Lossless) for dtype in (np.uint8, np.uint16)
]


# pydicom has no encoder for signed JPEG-LS.
@pytest.mark.parametrize(("syntax", "dtype"), [*LOSSLESS, (RLELossless, np.int16), (JPEG2000Lossless, np.int16)])
def test_lossless_compression_loses_nothing(syntax: str, dtype: Any, tmp_path: Path) -> None:
    pixels = RNG.integers(0, 250, (64, 48)).astype(dtype)
    ds = make_film(pixels)
    ds.file_meta = write_meta()
    ds.compress(syntax, pixels, generate_instance_uid=False)
    np.testing.assert_array_equal(read_frame(write(ds, tmp_path / "film", syntax)).values, pixels)


def write_meta() -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return meta


def test_compressed_frames_are_found_with_and_without_an_offset_table(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 250, (3, 16, 16)).astype(np.uint8)
    ds = make_film(pixels)
    ds.file_meta = write_meta()
    ds.compress(RLELossless, pixels, generate_instance_uid=False)
    frames = list(generate_frames(ds.PixelData, number_of_frames=3))
    for has_table in (True, False):
        ds.PixelData = encapsulate(frames, has_bot=has_table)
        path = write(ds, tmp_path / f"run{has_table}", RLELossless)
        for frame in (2, 0, 1):
            np.testing.assert_array_equal(read_frame(path, frame).values, pixels[frame])


def test_hounsfield_units_come_from_rescale(tmp_path: Path) -> None:
    pixels = np.array([[0, 1024], [2048, 4095]], np.uint16)
    path = write_film(tmp_path / "ct", pixels, Modality="CT", RescaleSlope=0.5, RescaleIntercept=-1000)
    frame = read_frame(path)
    np.testing.assert_allclose(frame.values, [[-1000, -488], [24, 1047.5]])
    assert frame.unit == "HU"


def _table(entries: list[int], first: int, bits: int) -> Dataset:
    item = Dataset()
    item.LUTDescriptor = [len(entries), first, bits]
    item.LUTData = entries
    item["LUTDescriptor"].VR = item["LUTData"].VR = "US"
    return item


def test_a_modality_table_replaces_rescale(tmp_path: Path) -> None:
    ds = make_film(np.array([[0, 1], [2, 9]], np.uint16), ModalityLUTSequence=[_table([100, 300, 700], 0, 16)])
    np.testing.assert_array_equal(read_frame(write(ds, tmp_path / "film")).values, [[100, 300], [700, 700]])


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_padding_is_read_with_the_sign_of_the_pixels(syntax: str, tmp_path: Path) -> None:
    ds = make_film(np.array([[-2000, 5]], np.int16))
    ds.add_new("PixelPaddingValue", "SS", -2000)
    assert read_frame(write(ds, tmp_path / "film", syntax)).padding == (-2000, -2000)
    ds = make_film(np.array([[0, 12592]], np.uint16))
    ds.add_new("PixelPaddingValue", "US", 12592)  # its bytes are the letters "10"
    assert read_frame(write(ds, tmp_path / "other", syntax)).padding == (12592, 12592)


@pytest.mark.parametrize(("dtype", "first"), [(np.uint16, 40000), (np.int16, -10)])
def test_a_voi_table_starts_where_the_values_do(dtype: Any, first: int, tmp_path: Path) -> None:
    item = _table([1, 2, 3], first % 2**16, 16)
    path = write_film(tmp_path / "film", np.array([[first, first + 2]], dtype), VOILUTSequence=[item])
    table = read_frame(path).voi_lut
    assert table is not None
    assert table.first_mapped == first


def test_an_enhanced_frame_uses_its_own_rescale_and_window(tmp_path: Path) -> None:
    groups = []
    for number in range(2):
        values, voi, group = Dataset(), Dataset(), Dataset()
        values.RescaleSlope, values.RescaleIntercept, values.RescaleType = 1, -100 * (number + 1), "HU"
        voi.WindowCenter, voi.WindowWidth = 10 * number, 100
        group.PixelValueTransformationSequence, group.FrameVOILUTSequence = [values], [voi]
        groups.append(group)
    pixels = np.full((2, 4, 4), 500, np.uint16)
    path = write_film(tmp_path / "run", pixels, PerFrameFunctionalGroupsSequence=groups, Modality="CT")
    assert read_frame(path, 0).values[0, 0] == 400
    assert read_frame(path, 1).values[0, 0] == 300
    assert read_frame(path, 1).windows == (Window(10, 100, "Window 1"),)


def test_windows_of_the_file_are_read_and_impossible_ones_left_out(tmp_path: Path) -> None:
    path = write_film(
        tmp_path / "film",
        WindowCenter=[40, 50, 60],
        WindowWidth=[400, 0, 100],
        WindowCenterWidthExplanation=["Soft", "Broken", "Hard"],
        VOILUTFunction="LINEAR",
    )
    assert read_frame(path).windows == (Window(40, 400, "Soft"), Window(60, 100, "Hard"))


def test_a_file_without_preamble_or_meta_is_read(tmp_path: Path) -> None:
    for is_implicit in (True, False):
        path = tmp_path / f"bare{is_implicit}"
        path.write_bytes(data_set_of(make_film(), is_implicit))
        np.testing.assert_array_equal(read_frame(path).values, ramp())


def test_a_missing_file_is_a_pixel_error(tmp_path: Path) -> None:
    with pytest.raises(PixelError):
        read_frame(tmp_path / "gone")


def test_errors_never_hold_a_name_or_a_uid(tmp_path: Path) -> None:
    ds = make_film(BitsAllocated=24)
    path = write(ds, tmp_path / "film")
    with pytest.raises(PixelError) as caught:
        read_frame(path)
    chain = str(caught.value) + str(caught.value.__cause__)
    assert "Invented" not in chain
    assert ds.StudyInstanceUID not in chain


def test_frames_are_read_from_many_threads_at_once(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 60000, (6, 50, 40)).astype(np.uint16)
    ds = make_film(pixels)
    ds.file_meta = write_meta()
    ds.compress(RLELossless, pixels, generate_instance_uid=False)
    path = write(ds, tmp_path / "run", RLELossless)
    failures: list[str] = []

    def read(frame: int) -> None:
        if not np.array_equal(read_frame(path, frame).values, pixels[frame]):
            failures.append(str(frame))

    threads = [threading.Thread(target=read, args=(frame,)) for frame in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_reading_uncompressed_pixels_starts_no_child_and_no_tensorflow(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film")
    script = f"""
import sys
from pathlib import Path
import medcore.dicom as dicom
assert "pydicom" not in sys.modules, "import medcore.dicom is to be quick"
dicom.render(dicom.read_frame(Path({str(path)!r})))
from medcore.dicom import check_files, decoders
assert decoders._pool is None
heavy = [name for name in sys.modules if name.split(".")[0] in ("tensorflow", "keras", "streamlit")]
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_put_pixels_describes_what_it_was_given() -> None:
    ds = Dataset()
    put_pixels(ds, np.zeros((2, 4, 6, 3), np.uint8))
    assert (ds.NumberOfFrames, ds.Rows, ds.Columns, ds.SamplesPerPixel) == (2, 4, 6, 3)


@pytest.mark.parametrize(("center", "width"), [(1e10, 100), (0, 1e10), (0, 1e-7)])
@pytest.mark.parametrize("function", ["LINEAR_EXACT", "SIGMOID"])
def test_windows_of_impossible_size_are_left_out(function: str, center: float, width: float, tmp_path: Path) -> None:
    film = {"WindowCenter": [center, 40], "WindowWidth": [width, 400], "VOILUTFunction": function}
    assert read_frame(write_film(tmp_path / "film", **film)).windows == (Window(40, 400, "Window 2", function),)


@pytest.mark.parametrize(("slope", "intercept"), [("1e300", "0"), ("1e-300", "0"), ("1", "1e300")])
def test_a_rescale_of_impossible_size_is_left_out(slope: str, intercept: str, tmp_path: Path) -> None:
    frame = read_frame(write_film(tmp_path / "film", RescaleSlope=slope, RescaleIntercept=intercept))
    np.testing.assert_array_equal(frame.values, ramp())


def test_an_image_of_more_frames_or_pixels_than_can_be_shown_is_refused(tmp_path: Path) -> None:
    bits = np.zeros((1, 1, 1), np.uint8)
    path = write_film(tmp_path / "run", bits, NumberOfFrames=20_001, PixelData=bytes(20_002))
    with pytest.raises(PixelError, match="Number of Frames is 20001; at most 20,000"):
        read_frame(path)
    path = write_film(tmp_path / "large", bits[0], Rows=6001, Columns=6000)
    with pytest.raises(PixelError, match="6001 x 6000 pixels; at most 36 million"):
        read_frame(path)
