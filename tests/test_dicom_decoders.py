"""A child that crashes, hangs or eats memory is an error message, and the pool lives on."""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from medcore.dicom import check_files, read_frame, start_decoders, stop_decoders
from medcore.dicom.decoders import outcome, submit
from medcore.dicom.limits import TimeLimitError, allowed_s, file_limits
from medcore.errors import PixelError
from medcore.settings import REPOSITORY
from tests.films import write_film
from tests.test_hostile import children


def crash() -> None:
    ctypes.string_at(0)


def eat_memory() -> int:
    with file_limits(5):
        return len(bytearray(2**30))


def spin() -> None:
    with file_limits(0.2):
        while True:
            pass


def swallow() -> None:
    """Swallow every interruption, as a native library does."""
    with file_limits(0.1):
        while True:
            try:
                while True:
                    pass
            except TimeLimitError:
                continue


def sleep() -> None:
    time.sleep(60)


def dump_core_limit() -> tuple[int, int]:
    import resource

    return resource.getrlimit(resource.RLIMIT_CORE)


def imported() -> list[str]:
    return sorted({name.split(".")[0] for name in sys.modules})


def test_a_segfault_is_a_pixel_error_and_the_next_task_runs() -> None:
    with pytest.raises(PixelError, match="crashed"):
        outcome(submit(crash, 5))
    assert outcome(submit(os.getpid, 5)) != os.getpid()


def test_memory_beyond_the_limit_is_a_pixel_error() -> None:
    with pytest.raises(PixelError, match="crashed"):
        outcome(submit(eat_memory, 5))


@pytest.mark.parametrize("task", [spin, swallow])
def test_time_beyond_the_limit_is_a_pixel_error(task: object) -> None:
    start = time.perf_counter()
    with pytest.raises(PixelError, match="took too long"):
        outcome(submit(task, 30))  # type: ignore[arg-type]
    assert time.perf_counter() - start < 10


def test_a_child_that_waits_for_ever_is_ended_by_the_parent() -> None:
    with pytest.raises(PixelError, match="took too long"):
        outcome(submit(sleep, 0.5))


@pytest.mark.skipif(sys.platform != "linux", reason="looks for children in /proc")
def test_a_pool_whose_idle_children_were_killed_is_started_again() -> None:
    start_decoders()
    for pid in children():
        if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.5)
    assert outcome(submit(os.getpid, 10)) != os.getpid()


def test_children_leave_no_core_and_never_load_tensorflow() -> None:
    assert outcome(submit(dump_core_limit, 5)) == (0, 0)
    assert not {"tensorflow", "keras", "streamlit", "sqlalchemy"} & set(outcome(submit(imported, 5)))


def test_stopping_ends_the_children_and_the_next_task_starts_new_ones() -> None:
    first = outcome(submit(os.getpid, 10))
    stop_decoders()
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert outcome(submit(os.getpid, 10)) != first


def test_large_files_may_take_longer() -> None:
    assert allowed_s(0) == allowed_s(2**20) == 1.2
    assert allowed_s(11 * 2**20) == pytest.approx(5.2)


def _use_pool(folder: str, queue: "multiprocessing.Queue[str]") -> None:
    staging = Path(folder) / "staging"
    staging.mkdir()
    (checked,) = check_files([Path(folder) / "film"], staging)
    queue.put(f"{type(checked).__name__} {read_frame(checked.staged).values.shape}")
    stop_decoders()


def test_the_pool_works_inside_a_spawned_child(tmp_path: Path) -> None:
    write_film(tmp_path / "film")
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_use_pool, args=(str(tmp_path), queue), daemon=False)
    process.start()
    assert queue.get(timeout=60) == "CheckedFile (8, 6)"
    process.join(timeout=30)
    assert process.exitcode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="looks for orphans in /proc")
def test_children_end_with_a_killed_parent() -> None:
    script = """
import os, time
from medcore.dicom.decoders import outcome, start_decoders, submit
start_decoders()
print(outcome(submit(os.getpid, 10)), flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{child}").exists()


def test_children_do_not_run_the_parents_script_again(tmp_path: Path) -> None:
    script = tmp_path / "page.py"  # no guard of __main__, as a Streamlit page has none
    script.write_text(f"""
import os, sys
sys.path.insert(0, {str(REPOSITORY)!r})
open({str(tmp_path / "runs")!r}, "a").write("run ")
from medcore.dicom.decoders import outcome, start_decoders, stop_decoders, submit
start_decoders()
outcome(submit(os.getpid, 10))
stop_decoders()
""")
    subprocess.run([sys.executable, script], check=True, timeout=60)
    assert (tmp_path / "runs").read_text() == "run "
