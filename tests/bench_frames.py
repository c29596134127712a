"""Measure how many frames a second the decoders make ready for a viewer, against plain pydicom in the same run.

Run it as `python -m tests.bench_frames`, or through `make bench`. Plain pydicom is `dcmread(path).pixel_array` in this
process. MedCore's is `write_frame`: the stored values of a file lie in a new file of their own, ready to be sent, made
by a child with limits where the pixels are compressed. Both have one core, then MedCore has two.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import gdcm
import numpy as np
import pydicom
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from medcore.dicom import start_decoders, stop_decoders
from medcore.dicom.sending import write_frame
from tests.films import make_film, write

SYNTAXES = {
    "uncompressed": ExplicitVRLittleEndian,
    "RLE": RLELossless,
    "JPEG-LS": JPEGLSLossless,
    "JPEG lossless": JPEGLosslessSV1,
    "JPEG 2000": JPEG2000Lossless,
}
SIDE = 512  # pixels, of 12 bits in 16: a slice of CT
FILES = 48
ROUNDS = 5  # the best of them counts
THREADS = 4  # that ask for frames, as in the server
TARGET = 0.9


@dataclass(frozen=True)
class Speed:
    """Frames a second of one transfer syntax."""

    plain: float  # pydicom on one core
    one_core: float
    two_cores: float
    compressed: float  # on one core, with zstd for the network

    @property
    def share(self) -> float:
        """MedCore's speed over pydicom's, each on one core."""
        return self.one_core / self.plain

    @property
    def scaling(self) -> float:
        """How much faster two cores are than one."""
        return self.two_cores / self.one_core


def say(text: str = "") -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def write_files(folder: Path) -> dict[str, list[Path]]:
    """Write the same slices in every transfer syntax."""
    slices = [_slice(number) for number in range(FILES)]
    return {
        name: [_write(folder / name / f"{number:03d}", pixels, syntax) for number, pixels in enumerate(slices)]
        for name, syntax in SYNTAXES.items()
    }


def _slice(seed: int) -> np.ndarray:
    """Draw an ellipse of water in a ring of bone, with a scanner's noise."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    radius = x * x + 1.3 * y * y
    values = 24 + 1040.0 * (radius < 0.16) + 900 * ((radius < 0.17) & (radius > 0.15)) + 60 * (radius < 0.01)
    return (values + np.random.default_rng(seed).normal(0, 12, values.shape)).clip(0, 4095).astype(np.uint16)


def _write(path: Path, pixels: np.ndarray, syntax: str) -> Path:
    ds = make_film(pixels, BitsStored=12, HighBit=11, RescaleSlope=1, RescaleIntercept=-1024)
    if syntax in (ExplicitVRLittleEndian, JPEGLosslessSV1):  # pydicom has no encoder for the latter
        write(ds, path)
        return path if syntax == ExplicitVRLittleEndian else _as_jpeg_lossless(path)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.compress(syntax, generate_instance_uid=False)
    return write(ds, path, syntax)


def _as_jpeg_lossless(path: Path) -> Path:
    reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
    reader.SetFileName(str(path))
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    return path


def _plain(paths: Sequence[Path]) -> None:
    for path in paths:
        assert pydicom.dcmread(path).pixel_array.size


def _ready(paths: Sequence[Path], coding: str, folder: Path) -> None:
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda path: write_frame(path, 0, coding, folder / path.name), paths))
    for path in paths:
        (folder / path.name).unlink()


def _rates(paths: Sequence[Path], works: Sequence[Callable[[Sequence[Path]], None]]) -> list[float]:
    """Return frames a second of each work, the best of several rounds, in turns so that a busy moment hits all."""
    best = [0.0] * len(works)
    for _ in range(ROUNDS + 1):
        for number, work in enumerate(works):
            began = time.perf_counter()
            work(paths)
            best[number] = max(best[number], len(paths) / (time.perf_counter() - began))
    return best


@contextmanager
def cores(count: int) -> Iterator[None]:
    """Give this process and its decoders so many cores; without effect where there are fewer, or on macOS."""
    own = os.sched_getaffinity(0) if hasattr(os, "sched_setaffinity") else set()
    try:
        if own:
            os.sched_setaffinity(0, sorted(own)[:count])
        start_decoders()
        yield
    finally:
        stop_decoders()
        if own:
            os.sched_setaffinity(0, own)


def measure() -> dict[str, Speed]:
    """Measure every transfer syntax."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = write_files(folder)
        raw, packed = (lambda paths: _ready(paths, "identity", folder)), (lambda paths: _ready(paths, "zstd", folder))
        with cores(1):
            one = {syntax: _rates(paths, [_plain, raw, packed]) for syntax, paths in files.items()}
        with cores(2):
            two = {syntax: _rates(paths, [raw])[0] for syntax, paths in files.items()}
    return {syntax: Speed(plain, ours, two[syntax], zstd) for syntax, (plain, ours, zstd) in one.items()}


def main() -> None:
    """Print a line for each transfer syntax."""
    say(f"Frames a second, {SIDE} x {SIDE} at 12 bits: decoded and ready to be sent, against plain pydicom")
    for name, speed in measure().items():
        missed = "" if speed.share >= TARGET else f", {TARGET} was to be reached"
        say(
            f"{name:14}{speed.one_core:8.0f} on one core, pydicom {speed.plain:.0f}: {speed.share:.2f}{missed}; "
            f"two cores {speed.two_cores:.0f} ({speed.scaling:.2f} times); with zstd {speed.compressed:.0f}"
        )


if __name__ == "__main__":
    main()
