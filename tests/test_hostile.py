"""What attacks cost: each is refused with a reason, in 2 s of processor time and 300 MB, and leaves nothing behind."""

import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from medcore.dicom import CheckedFile, Refusal, check_files, start_decoders
from medcore.library import Library
from medcore.settings import Settings
from tests import attacks
from tests.attacks import children
from tests.films import write_film

TIME_LIMIT_S = 2.0
GROWTH_LIMIT = 300e6  # bytes, child and server together
SAMPLE_S = 0.005


def _garbage(syntax: str) -> Callable[[Path], Path]:
    return lambda path: attacks.garbage_frame(path, syntax)


ATTACKS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "deflate bomb": (attacks.deflate_bomb, "inflates to more than 32 MiB"),
    "zip bomb": (attacks.zip_bomb, "unpacks to more than 100 times its size"),
    "zip that lies about sizes": (attacks.zip_that_lies, "archive is damaged|not a DICOM file"),
    "zip with far more files than it says": (
        lambda path: attacks.crowded_zip(path, 40 * attacks.MIB),
        "too many files",
    ),
    "nested zip": (
        lambda path: attacks.archive(path, {"inner": attacks.archive(path.with_name("z"), {"a": b"b"}).read_bytes()}),
        "archive inside an archive",
    ),
    "zip entry with ..": (lambda path: attacks.archive(path, {"../../up": b"x"}), "leads out of the archive"),
    "zip entry with a root": (lambda path: attacks.archive(path, {"/etc/evil": b"x"}), "leads out of the archive"),
    "zip entry with a drive": (lambda path: attacks.archive(path, {"C:\\evil": b"x"}), "leads out of the archive"),
    "zip entry that is a link": (lambda path: attacks.archive(path, {"link": Path("/etc/passwd")}), "It is a link"),
    "RLE of 65535 x 65535": (attacks.rle_giant, "more than 64 MiB"),
    "JPEG 2000 of 60000 x 60000": (
        attacks.jpeg_2000_giant,
        "The compressed image is 60000 x 60000 x 1 samples",
    ),
    "100,000 sequences, undefined length": (attacks.deep_undefined, "nested more than 64 deep"),
    "100,000 sequences, stated length": (attacks.deep_explicit, "nested more than 64 deep"),
    "100,000 sequences, implicit, undefined": (lambda p: attacks.deep_undefined(p, True), "nested more than 64 deep"),
    "100,000 sequences, implicit, stated": (lambda p: attacks.deep_explicit(p, True), "nested more than 64 deep"),
    "100,000 sequences, deflated": (attacks.deep_deflated, "nested more than 64 deep"),
    "20 MiB of empty elements": (
        lambda path: attacks.endless_header(path, 20 * attacks.MIB),
        "more than 300,000 elements",
    ),
    "DICOMDIR that points outside": (attacks.directory_outside, "points to a file outside"),
    "DICOMDIR that points to a root": (
        lambda path: attacks.directory_outside(path, "/etc\\passwd"),
        "points to a file outside",
    ),
    "truncated pixels": (attacks.truncated, "ends too early: 95 of 96 bytes"),
    "garbage RLE": (_garbage(RLELossless), "damaged and cannot be decoded"),
    "garbage JPEG": (_garbage(JPEGBaseline8Bit), "damaged and cannot be decoded"),
    "garbage JPEG-LS": (_garbage(JPEGLSLossless), "damaged and cannot be decoded"),
    "garbage JPEG 2000": (_garbage(JPEG2000Lossless), "damaged and cannot be decoded"),
    "noise": (lambda path: path.write_bytes(os.urandom(5000)) and path, "not a DICOM file"),
}
WITHOUT_PADDING = ("zip", "DICOMDIR", "truncated", "noise")  # these would be something else with bytes at the end


def _padded(build: Callable[[Path], Path]) -> Callable[[Path], Path]:
    return lambda path: attacks.padded(build(path))


ATTACKS |= {
    f"{name}, padded to 20 MiB": (_padded(build), reason)
    for name, (build, reason) in ATTACKS.items()
    if not any(word in name for word in WITHOUT_PADDING)
}


class Meter:
    """What this process and its children take: processor time, and peak memory above what they had at the start."""

    def __enter__(self) -> "Meter":
        self.first = self._peaks(reset=True)
        self.last = dict(self.first)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.start = processor_seconds()
        self.watching = 0.0
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        end = processor_seconds()
        self.stop.set()
        self.thread.join()
        self.seconds = end - self.start - self.watching
        # A child that replaced another one starts from what its modules take.
        usual = max((size for pid, size in self.first.items() if pid != os.getpid()), default=0)
        self.growth = sum(max(size - self.first.get(pid, usual), 0) for pid, size in self.last.items())

    def _watch(self) -> None:
        while not self.stop.wait(SAMPLE_S):
            self.last.update(self._peaks(reset=False))
            self.watching = time.thread_time()

    def _peaks(self, reset: bool) -> dict[int, int]:
        peaks = {}
        for pid in [os.getpid(), *children()]:
            try:
                if reset:
                    Path(f"/proc/{pid}/clear_refs").write_text("5")
                status = Path(f"/proc/{pid}/status").read_text()
            except (OSError, ProcessLookupError):
                continue
            if "VmHWM:" in status:
                peaks[pid] = int(status.split("VmHWM:")[1].split()[0]) * 1024
        return peaks


def processor_seconds() -> float:
    """Return the processor time of this process and its children so far: a busy machine makes nothing longer."""
    seconds = sum(os.times()[:4])  # those that have ended are in it
    for pid in children():
        try:
            _, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (OSError, ProcessLookupError):
            continue
        seconds += sum(map(int, fields[10:12])) / os.sysconf("SC_CLK_TCK")
    return seconds


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module", autouse=True)
def warm_decoders() -> Iterator[None]:
    start_decoders()
    return


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "staging").mkdir(parents=True)
    (folder / "files").mkdir()
    (folder / "files" / "kept").write_bytes(b"kept")
    return folder


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Library, Path, list[Path]]]:
    """A library on a real data folder, that folder, and the two films that are in the library."""
    folder = tmp_path_factory.mktemp("filled")
    library = Library.open(Settings(data_dir=folder / "data", models_dir=folder))
    films = [write_film(folder / "first"), write_film(folder / "last")]
    assert library.add(films).added == 2
    yield library, folder / "data", films
    library.close()


def contents(data: Path) -> tuple[dict[str, bytes], list[str]]:
    """Return all files but the tables', and the tables as text."""
    with closing(sqlite3.connect(f"file:{data / 'library' / 'library.sqlite'}?mode=ro", uri=True)) as tables:
        rows = list(tables.iterdump())
    return {name: content for name, content in tree(data).items() if "library.sqlite" not in name}, rows


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_changes_no_file_and_no_row_of_a_library(
    name: str, tmp_path: Path, filled: tuple[Library, Path, list[Path]]
) -> None:
    library, data, films = filled
    build, reason = ATTACKS[name]
    attack = build(tmp_path / "attack")
    before = contents(data)
    assert len(before[0]) >= 2
    summary = library.add([films[0], attack, films[1]])
    assert contents(data) == before
    assert (summary.added, summary.already, len(summary.refused)) == (0, 2, 1)
    assert re.search(reason, summary.refused[0].reason), summary.refused[0].reason


@pytest.mark.parametrize("way", ["add", "add_uploads"])
def test_films_among_all_attacks_come_into_the_library(way: str, tmp_path: Path, settings: Settings) -> None:
    given = []
    for number, (build, _) in enumerate(ATTACKS.values()):
        folder = tmp_path / f"{number:03d}"
        folder.mkdir()
        given += [build(folder / "attack"), write_film(folder / "film", PatientID=f"GOOD-{number}")]
    library = Library.open(settings)
    with closing(library), ExitStack() as open_files:
        if way == "add":
            summary = library.add(given)
        else:
            uploads = [(str(path), open_files.enter_context(path.open("rb"))) for path in given]
            summary = library.add_uploads(uploads)
        assert (summary.added, summary.already) == (len(ATTACKS), 0)
        assert len(summary.refused) == len(ATTACKS)
        kept = [path for path in (settings.data_dir / "library" / "files").rglob("*") if path.is_file()]
        assert sorted(path.read_bytes() for path in kept) == sorted(path.read_bytes() for path in given[1::2])
        assert not list((settings.data_dir / "staging").iterdir())


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peak memory is read from Linux's /proc")
@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_refused_within_limits_and_the_rest_is_kept(name: str, tmp_path: Path, data_folder: Path) -> None:
    build, reason = ATTACKS[name]
    before = tree(data_folder)
    good = [write_film(tmp_path / "first"), write_film(tmp_path / "last")]
    attack = build(tmp_path / "attack")
    with Meter() as meter:
        outcomes = list(check_files([good[0], attack, good[1]], data_folder / "staging"))
    first, *refused, last = outcomes
    assert isinstance(first, CheckedFile) and isinstance(last, CheckedFile)
    assert [type(outcome) for outcome in refused] == [Refusal]
    assert re.search(reason, refused[0].reason), refused[0].reason
    for outcome in (first, last):
        outcome.staged.unlink()
    assert tree(data_folder) == before
    assert meter.seconds < TIME_LIMIT_S
    assert meter.growth < GROWTH_LIMIT
    print(f"{name}: {meter.seconds:.2f} s, {meter.growth / 1e6:.0f} MB")
