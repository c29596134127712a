"""Measure intake: 10,000 DICOM files of 39 KB from a folder into a fresh library.

Run it as `python -m tests.bench_intake`, or through `make bench`.
"""

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from medcore.dicom import start_decoders, stop_decoders
from medcore.library import Library, StudyQuery
from medcore.settings import Settings
from tests.films import make_film, write

FILES = 10_000
SIDE = 140  # pixels: 16-bit, 39,200 bytes
PER_STUDY = 10
STEP = 1_000  # files over which one time per file is taken
MARK = "1.2.826.0.1.3680043.8.498.{kind}{number:020d}"  # as long in every file, so that files are cut from one template


def measure(files: int = FILES) -> dict[str, object]:
    """Add files and return the figures: files a second, time per file over each thousand, a page's time."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        write_files(source, files)
        settings = Settings(data_dir=Path(folder) / "data", models_dir=Path(folder))
        library = Library.open(settings)
        start_decoders()  # a server's are warm
        moments = [time.perf_counter()]

        def note(done: int, total: int | None) -> None:
            if done % STEP == 0:
                moments.append(time.perf_counter())

        began, before = time.perf_counter(), os.times()
        summary = library.add([source], on_progress=note)
        took = time.perf_counter() - began
        stop_decoders()  # ended children's time is counted
        after = os.times()
        page = page_ms(library)
        library.close()
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "files": summary.added,
        "refused": len(summary.refused),
        "files_per_s": round(summary.added / took, 1),
        "ms_per_file_by_thousand": [
            round((b - a) / STEP * 1000, 2) for a, b in zip(moments, moments[1:], strict=False)
        ],
        # Processor time, the children's start included: what is left of the speed when others use the machine too.
        "cpu_ms_per_file": {
            "server": round((after.user + after.system - before.user - before.system) / files * 1000, 2),
            "children": round((after.children_user + after.children_system) / files * 1000, 2),
        },
        "worklist_page_ms": page,
        "peak_mb": {
            "server": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "largest_child": children // 1024,
        },
    }


def write_files(folder: Path, files: int) -> None:
    """Write as many different files, `PER_STUDY` to a study, in folders of a thousand."""
    pixels = np.random.default_rng(1).integers(0, 4096, (SIDE, SIDE), np.uint16)
    names = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    ds = make_film(pixels, PatientID="P" + "0" * 9, **{name: _uid(kind, 0) for kind, name in enumerate(names, 1)})
    template_file = write(ds, folder / "template")
    template = template_file.read_bytes()
    template_file.unlink()
    for number in range(files):
        study = number // PER_STUDY
        data = template
        for kind, value in ((1, study), (2, study), (3, number)):
            data = data.replace(_uid(kind, 0).encode(), _uid(kind, value).encode())
        target = folder / f"{number // 1000:02d}" / f"{number:05d}"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(data.replace(b"P" + b"0" * 9, f"P{study:09d}".encode()))


def page_ms(library: Library) -> float:
    """Measure a page of 50 of the worklist, the best of five, in milliseconds."""
    took = []
    for _ in range(5):
        began = time.perf_counter()
        library.studies(StudyQuery(text="invented", offset=100))
        took.append(time.perf_counter() - began)
    return round(min(took) * 1000, 1)


def _uid(kind: int, number: int) -> str:
    return MARK.format(kind=kind, number=number + 10**19)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else FILES), indent=2) + "\n")
