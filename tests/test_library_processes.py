"""Several processes on one library, and processes that are killed in the middle."""

import hashlib
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from medcore.library import Library, StudyQuery, StudyRow
from medcore.library.database import HEAD, revision_of
from medcore.settings import REPOSITORY, Settings
from tests.films import write_film
from tests.libraries import stored_files

ADD = """
import sys
from pathlib import Path
from medcore.library import Library
from medcore.settings import Settings

def main():
    library = Library.open(Settings(data_dir=Path(sys.argv[1]), models_dir=Path(sys.argv[1])))
    print("open", flush=True)
    sys.stdin.readline()
    summary = library.add([Path(path) for path in sys.argv[2:]])
    print(summary.added, summary.already, len(summary.refused))

if __name__ == "__main__":
    main()
"""
ADD_MANY = """
import sys
from pathlib import Path
from medcore import dicom
from medcore.library import Library, adding
from medcore.settings import Settings
from tests.libraries import make_attributes, quick_check

adding.BATCH = 7
images = (make_attributes(sop_instance_uid=f"1.9.{number}", patient_id=f"P{number // 3}", patient_name="Invented")
          for number in range(int(sys.argv[2]), int(sys.argv[3])))
dicom.check_files = quick_check(images, size=5000)
library = Library.open(Settings(data_dir=Path(sys.argv[1]), models_dir=Path(sys.argv[1])))
print("open", flush=True)
library.add([])
print("done", flush=True)
"""
OPEN = """
import sys
from pathlib import Path
from medcore.library import Library
from medcore.settings import Settings
Library.open(Settings(data_dir=Path(sys.argv[1]), models_dir=Path(sys.argv[1])))
print("open")
"""


def start(script: str, *arguments: object, folder: Path | None = None) -> "subprocess.Popen[str]":
    if folder is not None:
        script_file = folder / f"script{random.getrandbits(32)}.py"
        script_file.write_text(script)
        command = [sys.executable, str(script_file)]
    else:
        command = [sys.executable, "-c", script]
    return subprocess.Popen(
        [*command, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(REPOSITORY), "PATH": "/usr/bin:/bin"},
    )


def rows_and_files(settings: Settings) -> tuple[dict[str, str], dict[str, bytes]]:
    """Return the library's SOP Instance UIDs by hash, and its files' bytes by the hash in their name."""
    with closing(sqlite3.connect(settings.data_dir / "library" / "library.sqlite")) as connection:
        rows = dict(connection.execute("SELECT sha256, sop_instance_uid FROM instance"))
    return rows, {path.parent.name + path.name: path.read_bytes() for path in stored_files(settings)}


def assert_whole(settings: Settings) -> int:
    """Check that every image is wholly in or not in, and that nothing else is left; return how many are in."""
    rows, files = rows_and_files(settings)
    assert rows.keys() == files.keys()
    assert all(hashlib.sha256(data).hexdigest() == name for name, data in files.items())
    assert list((settings.data_dir / "staging").iterdir()) == []
    return len(rows)


def all_rows(library: Library) -> list[StudyRow]:
    """Read every page of the worklist."""
    total = library.studies().total
    pages = [library.studies(StudyQuery(limit=500, offset=start)).rows for start in range(0, total, 500)]
    return [row for page in pages for row in page]


def test_two_processes_that_add_at_once_lose_nothing(settings: Settings, tmp_path: Path) -> None:
    films = [write_film(tmp_path / "films" / str(number), InstanceNumber=number) for number in range(30)]
    shared, first, second = films[:10], films[10:20], films[20:]
    adders = [start(ADD, settings.data_dir, *shared, *own, folder=tmp_path) for own in (first, second)]
    for adder in adders:
        assert adder.stdout is not None
        assert adder.stdout.readline() == "open\n"
    counts = []
    for adder in adders:
        assert adder.stdin is not None
        adder.stdin.write("go\n")
        adder.stdin.flush()
    for adder in adders:
        added, already, refused = map(int, adder.communicate(timeout=120)[0].split())
        assert added + already == 20
        counts.append((added, already, refused))
    assert sum(added for added, _, _ in counts) == 30
    assert sum(already for _, already, _ in counts) == 10
    assert sum(refused for _, _, refused in counts) == 0
    assert assert_whole(settings) == 30


def test_many_small_transactions_of_two_processes_lose_nothing(settings: Settings) -> None:
    adders = [start(ADD_MANY, settings.data_dir, *numbers) for numbers in ((0, 400), (200, 600))]
    for adder in adders:
        assert adder.communicate(timeout=120)[0].split() == ["open", "done"]
    assert assert_whole(settings) == 600


def test_processes_that_open_a_fresh_folder_at_once_make_one_library(settings: Settings) -> None:
    openers = [start(OPEN, settings.data_dir) for _ in range(3)]
    assert [opener.communicate(timeout=60)[0] for opener in openers] == ["open\n"] * 3
    assert revision_of(settings.data_dir / "library" / "library.sqlite") == HEAD


@pytest.mark.parametrize("delay_s", [0.0, 0.03, 0.1, 0.25, 0.5])
def test_a_kill_in_the_middle_of_adding_leaves_every_file_in_or_out(settings: Settings, delay_s: float) -> None:
    adder = start(ADD_MANY, settings.data_dir, 0, 20_000)
    assert adder.stdout is not None
    assert adder.stdout.readline() == "open\n"
    time.sleep(delay_s * random.uniform(0.5, 1.5))
    adder.send_signal(signal.SIGKILL)
    adder.communicate(timeout=10)
    assert adder.returncode == -signal.SIGKILL
    with closing(Library.open(settings)) as library:
        taken = assert_whole(settings)
        assert sum(row.images for row in all_rows(library)) == taken
        (waiting,) = [
            len(library.unpredicted("any", intake_id=job.payload["intake"])) for job in library.jobs.active()
        ] or [0]
        assert waiting == taken
    with closing(Library.open(settings)):
        again = start(ADD_MANY, settings.data_dir, 0, taken + 20)
        assert again.communicate(timeout=60)[0].split() == ["open", "done"]
    assert assert_whole(settings) == taken + 20


def test_a_kill_between_moving_a_file_and_committing_its_row_leaves_no_file(settings: Settings, tmp_path: Path) -> None:
    script = ADD_MANY + (
        "import os, signal\n"
        "from medcore.library.layout import FileStore\n"
        "take = FileStore.take\n"
        "FileStore.take = lambda *a: (take(*a), os.kill(os.getpid(), signal.SIGKILL))\n"
        "dicom.check_files = quick_check([make_attributes()])\n"
        "library.add([])\n"
    )
    adder = start(script, settings.data_dir, 0, 0)
    adder.communicate(timeout=60)
    assert adder.returncode == -signal.SIGKILL
    assert len(stored_files(settings)) == 1
    with closing(Library.open(settings)):
        assert assert_whole(settings) == 0


def test_an_intake_under_way_is_left_alone_when_another_process_opens_the_library(settings: Settings) -> None:
    adder = start(ADD_MANY, settings.data_dir, 0, 2_000)
    assert adder.stdout is not None
    assert adder.stdout.readline() == "open\n"
    for _ in range(20):
        Library.open(settings).close()
    assert adder.communicate(timeout=120)[0] == "done\n"
    assert assert_whole(settings) == 2_000


def test_a_disk_that_fills_up_while_adding_leaves_the_library_as_it_was(settings: Settings) -> None:
    script = "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + ADD_MANY.replace(
        "library.add([])",
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))\n"
        "from medcore.errors import LibraryError\n"
        "try:\n    library.add([])\nexcept LibraryError as error:\n    print(error)\n",
    )
    adder = start(script, settings.data_dir, 0, 5_000)
    said = adder.communicate(timeout=120)[0]
    assert "disk" in said and "room" in said.lower()
    with closing(Library.open(settings)) as library:
        taken = assert_whole(settings)
        assert library.studies().total > 0
    again = start(ADD_MANY, settings.data_dir, 0, taken + 50)
    assert again.communicate(timeout=60)[0].split() == ["open", "done"]
    assert assert_whole(settings) == taken + 50
