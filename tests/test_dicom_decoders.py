"""A child that crashes, hangs or eats memory is an error message, and the pool lives on."""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import pebble
import pytest

from medcore.dicom import check_files, decoders, read_frame, start_decoders, stop_decoders
from medcore.dicom.decoders import outcome, submit
from medcore.dicom.limits import TimeLimitError, allow, check_time, decoding_s, file_limits
from medcore.errors import IntakeError, PixelError
from medcore.settings import REPOSITORY
from tests.attacks import children
from tests.films import write_film


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


def swallow_once() -> None:
    with file_limits(0.1):
        with suppress(TimeLimitError):
            while True:
                pass
        check_time()


def longer() -> str:
    with file_limits(0.2):
        allow(5)
        end = time.process_time() + 0.6
        while time.process_time() < end:
            pass
    return "done"


def doze() -> str:
    with file_limits(0.2):
        time.sleep(0.5)
    return "done"


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
    with pytest.raises(PixelError, match="takes longer"):
        outcome(submit(task, 30))  # type: ignore[arg-type]
    assert time.perf_counter() - start < 10


def test_a_child_that_waits_for_ever_is_ended_by_the_parent() -> None:
    with pytest.raises(PixelError, match="takes longer"):
        outcome(submit(sleep, 0.5))


@pytest.mark.skipif(sys.platform != "linux", reason="looks for children in /proc")
def test_a_pool_whose_idle_children_were_killed_is_started_again() -> None:
    start_decoders()
    for pid in children():
        if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.5)
    assert outcome(submit(os.getpid, 10)) != os.getpid()


@pytest.mark.skipif(sys.platform != "linux", reason="looks for children in /proc")
def test_many_threads_that_meet_a_broken_pool_share_one_new_one() -> None:
    start_decoders()
    before = decoders._pool
    for pid in children():
        if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.5)
    pools, failures = set(), []

    def work() -> None:
        try:
            outcome(submit(os.getpid, 10))
            pools.add(decoders._pool)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
            failures.append(repr(error))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(pools) == 1 and before not in pools


def test_a_thread_that_comes_late_to_a_broken_pool_leaves_the_new_one_alone() -> None:
    start_decoders()
    current, broken = decoders._pool, pebble.ProcessPool(1)
    decoders._forget(broken)
    assert decoders._pool is current


def test_a_task_that_is_cancelled_is_an_error_of_its_own_kind(tmp_path: Path) -> None:
    future: Future[int] = Future()
    future.cancel()
    future.set_running_or_notify_cancel()
    with pytest.raises(PixelError, match="being stopped"):
        outcome(future)


def test_stopping_while_files_are_checked_is_an_intake_error(tmp_path: Path) -> None:
    start_decoders()
    film = write_film(tmp_path / "film").read_bytes()
    (tmp_path / "many").mkdir()
    (tmp_path / "staging").mkdir()
    for number in range(400):
        (tmp_path / "many" / f"{number:03d}").write_bytes(film)
    outcomes = check_files([tmp_path / "many"], tmp_path / "staging")
    for checked in outcomes:
        checked.staged.unlink()
        stop_decoders()
        break
    try:
        for checked in outcomes:
            checked.staged.unlink()
    except IntakeError as error:
        assert "being stopped" in str(error)
    assert not list((tmp_path / "staging").iterdir())


def test_children_leave_no_core_and_never_load_tensorflow() -> None:
    assert outcome(submit(dump_core_limit, 5)) == (0, 0)
    assert not {"tensorflow", "keras", "streamlit", "sqlalchemy"} & set(outcome(submit(imported, 5)))


def test_stopping_ends_the_children_and_the_next_task_starts_new_ones() -> None:
    first = outcome(submit(os.getpid, 10))
    stop_decoders()
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert outcome(submit(os.getpid, 10)) != first


def test_large_frames_may_take_longer_and_padding_buys_nothing() -> None:
    assert decoding_s(15_065_600, 10_066_330) == pytest.approx(9.04, abs=0.01)  # 4280 x 3520, 9.6 MiB
    assert decoding_s(64 * 64, 2**30) < 0.003  # a small image in a large file
    assert decoding_s(10**9, 2000) < 0.002  # a large claim in a small one


def test_time_that_is_allowed_later_counts_from_then_on() -> None:
    assert outcome(submit(longer, 30)) == "done"
    allow(0.001)  # without effect where nothing is limited
    time.sleep(0.01)


def test_sleep_is_no_use_of_time() -> None:
    assert outcome(submit(doze, 30)) == "done"


def test_an_interruption_that_a_library_swallows_is_known_afterwards() -> None:
    with pytest.raises(PixelError, match="takes longer"):
        outcome(submit(swallow_once, 30))


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
