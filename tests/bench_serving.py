"""Measure the server while eight browsers scroll through a run of 2,000 frames: its memory, its errors, its speed.

Run it as `python -m tests.bench_serving`, or through `make bench`.
"""

import http.client
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medcore.dicom import stop_decoders
from medcore.library import Library
from medcore.settings import REPOSITORY, Settings
from tests.films import write_film
from tests.servers import Server, running_server

FRAMES = 2_000
SIDE = 256  # pixels of 16 bits: 131 KB a frame, 262 MB in all
BROWSERS = 8
UID = "1.2.3.2000"
SAMPLE_S = 0.05


@dataclass(frozen=True)
class Serving:
    """What the server did and what it took."""

    frames: int  # sent, to all browsers together
    errors: int
    frames_per_s: float
    before_mb: float  # memory of the server itself, what is mapped from files left out
    peak_mb: float


def measure(frames: int = FRAMES, browsers: int = BROWSERS) -> Serving:
    """Have browsers read every frame of a run, each in its own order."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_library(folder, frames)
        with running_server(folder) as server:
            cookie = server.session_cookie()
            _scroll(server, cookie, range(2))  # what is loaded at the first request is no frame's memory
            time.sleep(8)  # nor are the modules that the server loads a little after its start
            before = _own_mb(server.process.pid)
            with _peak(server.process.pid) as peak:
                began = time.perf_counter()
                orders = [np.random.default_rng(number).permutation(frames).tolist() for number in range(browsers)]
                with ThreadPoolExecutor(browsers) as threads:
                    statuses = list(threads.map(lambda order: _scroll(server, cookie, order), orders))
                took = time.perf_counter() - began
    answers = [status for each in statuses for status in each]
    return Serving(len(answers), sum(status != 200 for status in answers), len(answers) / took, before, max(peak))


def _write_library(folder: Path, frames: int) -> None:
    noise = np.random.default_rng(1).integers(0, 400, (frames, SIDE, SIDE), np.uint16)
    path = write_film(folder / "run", noise, SOPInstanceUID=UID, Modality="XA")
    library = Library.open(Settings(data_dir=folder / "data", models_dir=REPOSITORY / "assets" / "models"))
    assert library.add([path]).added == 1
    library.close()
    stop_decoders()
    path.unlink()


def _scroll(server: Server, cookie: str, order: "range | list[int]") -> list[int]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    statuses = []
    for frame in order:
        connection.request("GET", f"/pixels/{UID}/{frame}", headers={"Cookie": cookie, "Accept-Encoding": "zstd"})
        reply = connection.getresponse()
        reply.read()
        statuses.append(reply.status)
    connection.close()
    return statuses


@contextmanager
def _peak(pid: int) -> Iterator[list[float]]:
    """Look at a process's memory again and again, for the length of the block."""
    seen = [_own_mb(pid)]
    done = threading.Event()

    def look() -> None:
        while not done.wait(SAMPLE_S):
            seen.append(_own_mb(pid))

    watch = threading.Thread(target=look)
    watch.start()
    try:
        yield seen
    finally:
        done.set()
        watch.join()


def _own_mb(pid: int) -> float:
    """Read a process's anonymous memory: what is mapped from files is the system's, and given back when it needs it."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("RssAnon:")]
    return int(line.split()[1]) / 1024


def main() -> None:
    """Print what was measured."""
    if not Path("/proc/self/status").exists():
        sys.stdout.write("The server's memory is measured on Linux only\n")
        return
    found = measure()
    sys.stdout.write(
        f"{BROWSERS} browsers, {FRAMES:,} frames of {SIDE} x {SIDE} each: {found.frames_per_s:.0f} frames/s, "
        f"{found.errors} errors; its own memory {found.before_mb:.0f} MB before, {found.peak_mb:.0f} MB at most\n"
    )


if __name__ == "__main__":
    main()
