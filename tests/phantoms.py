"""A made-up CT on which every measurement is known, and a run of frames that tell their numbers."""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, generate_uid

from tests.films import make_film, write

ROWS, COLUMNS, SLICES = 200, 240, 12
SPACING = 0.5  # mm
LEFT, TOP, SIDE = 60, 50, 100  # of the bright square, in pixels: 50 mm
NOISE = np.random.default_rng(7).integers(-60, 60, (ROWS, COLUMNS))
FRAMES = 30


def slice_values(number: int) -> np.ndarray:
    """HU of one slice: air, noise, and a square whose brightness tells the slice."""
    values = np.full((ROWS, COLUMNS), -1000, np.int32)
    values[:, 180:] = NOISE[:, 180:]
    values[TOP : TOP + SIDE, LEFT : LEFT + SIDE] = 40 + 10 * number
    return values


def write_phantom(folder: Path) -> list[Path]:
    """Write a CT of 12 slices with a 50 mm square."""
    shared = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid()}
    return [write(make_slice(number, shared), folder / f"{number}") for number in range(SLICES)]


def make_slice(number: int, shared: dict[str, str]) -> Dataset:
    ds = make_film((slice_values(number) + 1024).astype(np.uint16), SOPClassUID=CTImageStorage, Modality="CT", **shared)
    ds.BitsStored, ds.HighBit = 12, 11
    del ds.ImagerPixelSpacing
    ds.PixelSpacing = [SPACING, SPACING]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.ImagePositionPatient = [-60, -50, 3 * number]
    ds.InstanceNumber = number + 1
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = 1, -1024, "HU"
    ds.WindowCenter, ds.WindowWidth, ds.WindowCenterWidthExplanation = [60, 300], [300, 2000], ["HEAD", "WIDE"]
    return ds


def write_cine(path: Path) -> Path:
    """Write 30 frames, each of a grey of its own, at 10 a second."""
    frames = np.stack([np.full((40, 50), 8 * number, np.uint8) for number in range(FRAMES)])
    return write(make_film(frames, PatientID="CINE", Modality="US", ImagerPixelSpacing=None, FrameTime=100), path)
