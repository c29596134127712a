"""Random damage to good files ends in a picture or in a typed error, never in anything else."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless

from medcore.dicom import CheckedFile, check_files, display_values, read_frame, render
from medcore.dicom.inspection import inspect
from medcore.errors import IntakeError, PixelError
from tests.films import make_film, write
from tests.test_dicom_frames import write_meta

TRIES = 400


def _film() -> Dataset:
    table, values, group = Dataset(), Dataset(), Dataset()
    table.LUTDescriptor, table.LUTData = [4, 0, 16], [1, 2, 3, 4]
    table["LUTDescriptor"].VR = table["LUTData"].VR = "US"
    values.RescaleSlope, values.RescaleIntercept = 2, 1
    group.PixelValueTransformationSequence = [values]
    return make_film(
        np.zeros((2, 8, 8), np.int16),
        WindowCenter=[1, 2],
        WindowWidth=[3, 4],
        VOILUTSequence=[table],
        ModalityLUTSequence=[table],
        SharedFunctionalGroupsSequence=[group],
        PixelPaddingValue=5,
    )


def _palette() -> Dataset:
    ds = make_film(np.zeros((8, 8), np.uint8), PhotometricInterpretation="PALETTE COLOR")
    for color in ("Red", "Green", "Blue"):
        setattr(ds, f"{color}PaletteColorLookupTableDescriptor", [4, 0, 16])
        setattr(ds, f"Segmented{color}PaletteColorLookupTableData", np.array([0, 1, 9, 1, 3, 99], "<u2").tobytes())
    return ds


def _mutants(content: bytes, seed: int, count: int) -> list[bytes]:
    random = np.random.default_rng(seed)
    mutants = []
    for _ in range(count):
        mutant = bytearray(content)
        for _ in range(random.integers(1, 6)):
            place = int(random.integers(128, len(mutant)))
            mutant[place] = int(random.choice([0, 1, 0x7F, 0x80, 0xFF, random.integers(256)]))
        mutants.append(bytes(mutant[: random.integers(140, len(mutant))] if random.random() < 0.1 else mutant))
    return mutants


def _color() -> Dataset:
    return make_film(np.zeros((2, 8, 8, 3), np.uint8))


@pytest.mark.parametrize("build", [_film, _palette, _color])
@pytest.mark.parametrize("syntax", ["", ImplicitVRLittleEndian])
def test_damaged_uncompressed_files_end_in_typed_errors(build: object, syntax: str, tmp_path: Path) -> None:
    path = tmp_path / "film"
    write(build(), path, *([syntax] if syntax else []))  # type: ignore[operator]
    shown = 0
    for mutant in _mutants(path.read_bytes(), 1, TRIES):
        accepted = False
        try:
            inspect(BytesIO(mutant), len(mutant), "0" * 64)
            accepted = True
            path.write_bytes(mutant)
            frame = read_frame(path)
            assert render(frame).dtype == np.uint8
            assert np.isfinite(display_values(frame, (4, 4))).all()
            shown += 1
        except (IntakeError, PixelError) as error:
            assert not accepted, "what intake accepts can be shown"
            assert str(error).endswith(".")
    assert 0 < shown < TRIES


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_damaged_compressed_files_end_in_typed_errors(syntax: str, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 4096, (64, 64)).astype(np.uint16)
    ds = make_film(pixels)
    ds.file_meta = write_meta()
    ds.compress(syntax, pixels, generate_instance_uid=False)
    content = write(ds, tmp_path / "film", syntax).read_bytes()
    (tmp_path / "mutants").mkdir()
    (tmp_path / "staging").mkdir()
    for number, mutant in enumerate(_mutants(content, 2, 100)):
        (tmp_path / "mutants" / f"{number:03d}").write_bytes(mutant)
    outcomes = list(check_files([tmp_path / "mutants"], tmp_path / "staging"))
    assert len(outcomes) == 100
    for outcome in outcomes:
        if isinstance(outcome, CheckedFile):
            assert render(read_frame(outcome.staged)).shape[:2] == (outcome.attributes.rows, outcome.attributes.columns)
