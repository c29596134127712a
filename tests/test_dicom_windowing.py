"""Windows spread the right values over black to white."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_windowing

from medcore.dicom import apply_window
from medcore.dicom.luts import LookupTable, Rescale


@pytest.mark.parametrize(
    ("value", "brightness"),
    [(-1000, 0.0), (-160, 0.0), (-159.5, 0.5 / 399), (39.5, 0.5), (239, 1.0), (3000, 1.0)],
)
def test_linear_window_follows_the_standards_formula(value: float, brightness: float) -> None:
    # PS3.3 C.11.2.1.2.1: ((x - (c - 0.5)) / (w - 1) + 0.5), here c = 40 and w = 400
    image = np.array([[value]], np.float32)
    assert apply_window(image, 40, 400)[0, 0] == pytest.approx(brightness, abs=1e-6)


def test_exact_window_reaches_white_at_center_plus_half_width() -> None:
    image = np.array([0, 50, 100, 150, 200])
    np.testing.assert_allclose(apply_window(image, 100, 100, "LINEAR_EXACT"), [0, 0, 0.5, 1, 1], atol=1e-6)


def test_sigmoid_window_is_half_bright_at_its_center() -> None:
    image = np.array([100.0, 125.0, -1e6, 1e6])
    expected = [0.5, 1 / (1 + np.exp(-1)), 0, 1]
    np.testing.assert_allclose(apply_window(image, 100, 100, "SIGMOID"), expected, atol=1e-6)


def test_width_of_one_is_a_threshold() -> None:
    np.testing.assert_array_equal(apply_window(np.array([9, 10, 11]), 10, 1), [0, 1, 1])


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("center", "width"), [(40, 400), (2048, 4096), (-600.5, 1500), (7, 2)])
def test_window_agrees_with_pydicom(function: str, center: float, width: float) -> None:
    ds = Dataset()
    ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = center, width, function
    ds.PhotometricInterpretation, ds.BitsStored, ds.PixelRepresentation = "MONOCHROME2", 16, 0
    image = np.linspace(0, 65535, 997).astype(np.uint16)
    theirs = apply_windowing(image, ds) / 65535
    np.testing.assert_allclose(apply_window(image, center, width, function), theirs, atol=2e-6)


@pytest.mark.parametrize(("width", "function"), [(0.5, "LINEAR"), (0, "SIGMOID"), (-1, "LINEAR_EXACT"), (5, "CUBIC")])
def test_windows_that_the_standard_forbids_are_errors(width: float, function: str) -> None:
    with pytest.raises(ValueError, match="Window Width|VOI LUT Function"):
        apply_window(np.zeros(3), 1, width, function)


def test_window_leaves_its_input_alone() -> None:
    image = np.ones((2, 2), np.float32)
    apply_window(image, 0, 10)
    np.testing.assert_array_equal(image, 1)


def test_lookup_table_takes_its_ends_for_values_outside() -> None:
    table = LookupTable(np.array([7, 8, 9], np.uint16), first_mapped=-1, bits=8)
    np.testing.assert_array_equal(table.apply(np.array([-5, -1, 0, 1, 30])), [7, 7, 8, 9, 9])


def test_rescale_keeps_32_bit_values_to_float32_precision() -> None:
    stored = np.array([2**31 + 1, 5], np.uint32)
    np.testing.assert_allclose(Rescale(0.5, -(2.0**30)).apply(stored), [0.5, 2.5 - 2.0**30])


def test_identity_rescale_copies_nothing() -> None:
    stored = np.arange(4, dtype=np.uint16)
    assert Rescale().apply(stored) is stored
