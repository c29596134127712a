"""Measure how many frames a second the decoders make ready for a viewer, against plain pydicom in the same run.

Run it as `python -m tests.bench_frames`, or through `make bench`. Plain pydicom is `dcmread(path).pixel_array` in this
process. MedCore's is what the server does for a browser that takes no compression: the stored values of a file lie in a
new file of their own, made by a child with limits, or are mapped where they lie uncompressed. What is compared is the
processor's time, so that other programs do not count; how a second core scales goes by the clock.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
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
from medcore.dicom.sending import map_stored, write_frame
from tests import bench_serving
from tests.films import make_film, write
from tests.servers import children_of

SYNTAXES = {
    "uncompressed": ExplicitVRLittleEndian,
    "RLE": RLELossless,
    "JPEG-LS": JPEGLSLossless,
    "JPEG lossless": JPEGLosslessSV1,
    "JPEG 2000": JPEG2000Lossless,
}
SIDE = 512  # pixels, of 12 bits in 16: a slice of CT
FILES = 48
ROUNDS = 3  # the best of them counts
ROUND_S = 0.5  # of processor time, which is counted in hundredths
ASKERS = 4  # threads that ask for frames, as in the server
TARGET = 0.9


@dataclass(frozen=True)
class Speed:
    """Frames a second of one transfer syntax, of one core's time."""

    plain: float  # by pydicom
    ready: float  # decoded and ready to be sent
    compressed: float  # and compressed with zstd for the network
    scaling: float  # frames a second by the clock of two cores, over those of one

    @property
    def share(self) -> float:
        """MedCore's speed over pydicom's."""
        return self.ready / self.plain


Work = Callable[[Sequence[Path]], None]


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
    """Make frames ready as the server does, which sends uncompressed ones from where they lie where it can."""
    for path in paths:
        _make_ready(path, coding, folder / path.name)


def _make_ready(path: Path, coding: str, target: Path) -> None:
    mapped = map_stored(path, 0) if coding == "identity" else None
    if mapped is None:
        write_frame(path, 0, coding, target)
        target.unlink()


def _rates(paths: Sequence[Path], works: Sequence[Work]) -> list[float]:
    """Return frames a second of processor time of each work, the best of several rounds, in turns."""
    best = [0.0] * len(works)
    for _ in range(ROUNDS):
        for number, work in enumerate(works):
            began, frames = processor_s(), 0
            while processor_s() - began < ROUND_S:
                work(paths)
                frames += len(paths)
            best[number] = max(best[number], frames / (processor_s() - began))
    return best


def processor_s() -> float:
    """Return the processor time that this process and its decoders have had: what others do does not count."""
    own = {os.getpid()} | children_of(os.getpid())
    if not Path("/proc/self/stat").exists():
        return time.perf_counter()
    ticks = 0
    for pid in own:
        with suppress(OSError):  # it has just ended
            ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _per_s(paths: Sequence[Path], work: Work) -> float:
    """Return frames a second by the clock with several askers at once, the best of several rounds."""
    best = 0.0
    with ThreadPoolExecutor(ASKERS) as askers:
        for _ in range(ROUNDS + 1):
            began = time.perf_counter()
            list(askers.map(lambda path: work([path]), paths))
            best = max(best, len(paths) / (time.perf_counter() - began))
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
            costs = {syntax: _rates(paths, [_plain, raw, packed]) for syntax, paths in files.items()}
            one = {syntax: _per_s(paths, raw) for syntax, paths in files.items()}
        with cores(2):
            two = {syntax: _per_s(paths, raw) for syntax, paths in files.items()}
    return {syntax: Speed(*costs[syntax], scaling=two[syntax] / one[syntax]) for syntax in files}


def main() -> None:
    """Print a line for each transfer syntax, and how the server holds under eight browsers."""
    say(f"Frames a second of one core, {SIDE} x {SIDE} at 12 bits: decoded and ready to be sent, and by plain pydicom")
    for name, speed in measure().items():
        missed = "" if speed.share >= TARGET else f", {TARGET} was to be reached"
        say(
            f"{name:14}{speed.ready:8.0f}, pydicom {speed.plain:6.0f}: {speed.share:.2f}{missed}; "
            f"with zstd {speed.compressed:.0f}; a second core makes it {speed.scaling:.2f} times as fast"
        )
    bench_serving.main()


if __name__ == "__main__":
    main()
