"""Every file of three collections ends in a picture or a reason, and the pictures agree with pydicom's."""

import importlib.util
import shutil
import struct
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels import pixel_array
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from medcore.dicom import CheckedFile, Frame, Refusal, check_files, display_values, read_frame, render
from medcore.dicom.plain_text import printable
from medcore.errors import PixelError

# pydicom shows these and MedCore does not, each for a reason of its own.
REFUSED_THOUGH_PYDICOM_SHOWS = {
    "fuzz_corpus_v2_cat03_sequence_nesting_TC0265_depth_100.dcm": "nested more than 64 deep",
    "fuzz_corpus_v3_cat03_sequence_nesting_TC0265_depth_100.dcm": "nested more than 64 deep",
}
# MedCore applies a rescale that stands in the functional groups; pydicom's function looks at the top level only.
RESCALED_BY_FUNCTIONAL_GROUPS = {"eCT_Supplemental.dcm"}
# Errors of pydicom on its own files; all others of its files that show nothing have no pixels.
PYDICOM_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    pydicom.errors.BytesLengthException,
)


def _package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture(scope="module")
def malformed(shared_data: Path) -> Path:
    return shared_data / "dicom" / "malformed"


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "staging"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def _pydicom_shows(path: Path) -> tuple[Dataset, np.ndarray] | None:
    """Return what pydicom makes of the first frame, None if it makes nothing."""
    try:
        ds = pydicom.dcmread(path, force=True)
        if "TransferSyntaxUID" not in ds.file_meta:
            is_implicit, is_little = ds.original_encoding
            explicit = ExplicitVRLittleEndian if is_little else ExplicitVRBigEndian
            ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if is_implicit else explicit
        return ds, pixel_array(ds, index=0)
    except PYDICOM_ERRORS:
        return None


def _agrees(frame: Frame, ds: Dataset, theirs: np.ndarray, name: str) -> None:
    if frame.is_color:
        is_palette = ds.PhotometricInterpretation == "PALETTE COLOR"
        colors = apply_color_lut(theirs, ds) if is_palette else theirs
        shift = (8 if colors.max() > 255 else 0) if is_palette else max(ds.BitsStored - 8, 0)
        np.testing.assert_array_equal(frame.values, colors >> shift, name)
        return
    np.testing.assert_array_equal(frame.stored, theirs, name)
    if name in RESCALED_BY_FUNCTIONAL_GROUPS:
        return
    try:
        values = apply_modality_lut(theirs, ds)
        shown = _normalized_voi(values, ds)
    except (*PYDICOM_ERRORS, struct.error):
        return  # damaged tables, which MedCore leaves out
    np.testing.assert_allclose(frame.values, values, rtol=1e-6, atol=1e-3, err_msg=name)
    if shown is not None:
        brightness = 1 - shown if ds.PhotometricInterpretation == "MONOCHROME1" else shown
        np.testing.assert_allclose(render(frame), brightness * 255, atol=0.6, err_msg=name)


def _normalized_voi(values: np.ndarray, ds: Dataset) -> np.ndarray | None:
    """Return pydicom's VOI output on 0 to 1; it spans the stored range, rescaled (pydicom's apply_windowing)."""
    if "VOILUTSequence" in ds:
        return apply_voi_lut(values, ds) / (2.0 ** ds.VOILUTSequence[0].LUTDescriptor[2] - 1)
    if "WindowCenter" not in ds or ds.WindowCenter is None:
        return None
    low, high = (
        (-(2 ** (ds.BitsStored - 1)), 2 ** (ds.BitsStored - 1) - 1)
        if ds.PixelRepresentation
        else (0, 2**ds.BitsStored - 1)
    )
    slope, intercept = ds.get("RescaleSlope", 1), ds.get("RescaleIntercept", 0)
    low, high = low * slope + intercept, high * slope + intercept
    return (apply_voi_lut(values, ds) - low) / (high - low)


def _walk(folder: Path, staging: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    outcomes = {outcome.source: outcome for outcome in check_files([folder], staging)}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        outcome = outcomes.get(printable(f"{folder.name}/{path.relative_to(folder)}"))
        if outcome is not None:  # an index is neither taken nor refused
            counts[_judge(path, outcome)] += 1
    assert len(list(staging.iterdir())) == counts["picture"] + counts["picture, pydicom none"] + counts["pixel error"]
    return counts


def _judge(path: Path, outcome: CheckedFile | Refusal) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = _pydicom_shows(path)
    if isinstance(outcome, Refusal):
        assert outcome.reason.endswith(".")
        if theirs is not None:
            assert REFUSED_THOUGH_PYDICOM_SHOWS.get(path.name, "unexplained") in outcome.reason, path.name
        return "refused"
    try:
        frame = read_frame(outcome.staged)
        assert display_values(frame, (16, 16)).shape == (16, 16)
        assert render(frame).dtype == np.uint8
        if outcome.attributes.number_of_frames > 1:
            read_frame(outcome.staged, outcome.attributes.number_of_frames - 1)
    except PixelError:
        return "pixel error"
    if theirs is None:
        return "picture, pydicom none"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _agrees(frame, *theirs, path.name)
    return "picture"


def test_every_malformed_file_ends_in_a_picture_or_a_reason(malformed: Path, staging: Path) -> None:
    counts = _walk(malformed, staging)
    assert counts == {"picture": 308, "picture, pydicom none": 13, "refused": 154}


def test_every_test_file_of_pydicom_ends_in_a_picture_or_a_reason(staging: Path) -> None:
    counts = _walk(_package_folder("pydicom") / "data" / "test_files", staging)
    assert counts == {"picture": 88, "picture, pydicom none": 1, "refused": 79}


def test_every_file_of_pydicom_data_ends_in_a_picture_or_a_reason(staging: Path) -> None:
    counts = _walk(_package_folder("data_store") / "data", staging)
    assert counts == {"picture": 67, "refused": 1}
