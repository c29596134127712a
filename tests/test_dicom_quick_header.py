"""The quick reader sees what pydicom's reader sees, or leaves the file to it."""

import importlib.util
import io
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from medcore.dicom import presentation
from medcore.dicom.header import read_header
from medcore.dicom.instance import TAGS, read_attributes
from medcore.dicom.presentation import SEQUENCES
from medcore.dicom.quick_header import scan
from medcore.errors import IntakeError
from tests import attacks
from tests.films import make_film, write

KEEP = TAGS | presentation.TAGS


def _files() -> list[Path]:
    spec = importlib.util.find_spec("data_store")
    assert spec is not None and spec.origin is not None
    folders = [Path(pydicom.__file__).parent / "data" / "test_files", Path(spec.origin).parent]
    return [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]


def test_quick_and_patient_reader_agree_on_every_file_they_both_read() -> None:
    quick = 0
    for path in _files():
        content = path.read_bytes()
        try:
            with path.open("rb") as stream:  # no BytesIO, so that pydicom reads it
                patient = read_header(stream, KEEP)
        except IntakeError:
            continue
        ours = read_header(io.BytesIO(content), KEEP)
        quick += scan(content, KEEP) is not None
        assert ours.pixels == patient.pixels, path.name
        assert ours.syntax == patient.syntax, path.name
        assert read_attributes(ours, "0" * 64) == read_attributes(patient, "0" * 64), path.name
        assert set(ours.ds.keys()) == set(patient.ds.keys()), path.name
        for keyword in SEQUENCES:
            assert ours.ds.get(keyword) == patient.ds.get(keyword), path.name
    assert quick > 100  # the quick way is the usual one


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_ordinary_files_are_read_quickly(syntax: str, tmp_path: Path) -> None:
    assert scan(write(make_film(), tmp_path / "film", syntax).read_bytes(), KEEP) is not None


@pytest.mark.parametrize("syntax", [ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])
def test_other_syntaxes_are_left_to_pydicom(syntax: str, tmp_path: Path) -> None:
    ds = make_film(PixelData=None, SharedFunctionalGroupsSequence=[])
    assert scan(write(ds, tmp_path / "film", syntax).read_bytes(), KEEP) is None


def test_sequences_of_undefined_length_are_left_to_pydicom(tmp_path: Path) -> None:
    assert scan(attacks.deep_undefined(tmp_path / "film").read_bytes(), KEEP) is None


@pytest.mark.parametrize("length", [0, 10, 132, 140, 160, 300, 350, 500])
def test_a_cut_header_is_left_to_pydicom_or_ends_without_pixels(length: int, tmp_path: Path) -> None:
    found = scan(write(make_film(), tmp_path / "film").read_bytes()[:length], KEEP)
    assert found is None or found[2] is None
