"""The worker: jobs run in a child, whatever happens to it, and nobody is left behind."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from medcore.library import Job, Library
from medcore.settings import REPOSITORY, Settings
from medcore.worker.supervisor import Supervisor
from tests.films import write_film

LIMIT_S = 60.0
# The child imports this script too, as every spawned process does, and so knows the same kinds of job.
WORKER = """
import os, signal, sys, time
from pathlib import Path
from typing import Any
from medcore.errors import ModelError
from medcore.settings import Settings
from medcore.worker import kinds, loop

def whoami(library, settings, job):
    return {"pid": os.getpid(), "niceness": os.nice(0), "tensorflow": "tensorflow" in sys.modules}

def die(library, settings, job):
    os.kill(os.getpid(), signal.SIGKILL)

def stumble(library, settings, job):
    raise ValueError("Doe, Jane")

def refuse(library, settings, job):
    raise ModelError("The model is missing. Restore it.")

def last(library, settings, job):
    library.jobs.heartbeat(job.id, (1, 2), working_on={"pid": os.getpid()})
    time.sleep(600)

def decode(library, settings, job):
    from medcore.dicom import read_frame
    return {"shape": list(read_frame(Path(job.payload["file"])).values.shape)}

kinds.KINDS = {one.__name__: one for one in (whoami, die, stumble, refuse, last, decode)}
loop.POLL_S = 0.1
loop.HEARTBEAT_S = 0.2
loop.IDLE_S = float(os.environ.get("IDLE_S", "180"))

if __name__ == "__main__":
    loop.run_worker(Settings.from_environment())
"""
SERVER = """
import os, sys, threading
from medcore.settings import Settings
from medcore.worker.supervisor import Supervisor
from tests.films import write_film

if __name__ == "__main__":
    supervisor = Supervisor(Settings.from_environment())
    supervisor.start()
    sys.stdin.readline()
    supervisor.stop()
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "worker.log"


@pytest.fixture
def start(settings: Settings, tmp_path: Path, log: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Start a script as a process of its own, with this test's data folder."""
    started = []

    def start(script: str, **environment: str) -> "subprocess.Popen[bytes]":
        file = tmp_path / f"script{len(started)}.py"
        file.write_text(script)
        variables = {**os.environ, "MEDCORE_DATA_DIR": str(settings.data_dir), "PYTHONPATH": str(REPOSITORY)}
        with log.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, str(file)], env=variables | environment, stdin=subprocess.PIPE, stdout=out, stderr=out
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_for(look: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    """Look until there is something to see."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        seen = look()
        if seen:
            return seen
        time.sleep(0.05)
    raise AssertionError(f"nothing came within {limit_s} s")


def ended(library: Library, job_id: int) -> Job:
    """Wait until a job has ended."""

    def look() -> Job | None:
        job = library.jobs.get(job_id)
        return job if job is not None and job.finished_at is not None else None

    return wait_for(look)


def busy_child(library: Library, job_id: int, besides: int = 0) -> int:
    """Wait until a child is at the job that never ends, and return its process number."""

    def look() -> int:
        job = library.jobs.get(job_id)
        pid = job.working_on.get("pid", 0) if job is not None and job.state == "running" else 0
        return pid if pid != besides else 0

    return wait_for(look)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return "Z" in subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout


def test_one_warm_child_does_several_jobs_and_each_end_is_told(library: Library, start: Callable, log: Path) -> None:
    kinds = ("whoami", "refuse", "whoami", "unheard", "stumble", "die", "whoami")
    ids = [library.jobs.enqueue(kind, {}) for kind in kinds]
    worker = start(WORKER)
    first, refused, second, unknown, stumbled, died, last = (ended(library, job_id) for job_id in ids)
    assert first.state == second.state == last.state == "done"
    assert first.result["pid"] == second.result["pid"] != worker.pid
    assert last.result["pid"] != first.result["pid"]
    assert first.result["niceness"] == min(os.nice(0) + 10, 19)
    assert not first.result["tensorflow"]
    assert (refused.state, refused.error) == ("failed", "The model is missing. Restore it.")
    assert (unknown.state, unknown.attempts) == ("failed", 1)
    assert (stumbled.state, stumbled.attempts) == (died.state, died.attempts) == ("dead", 3)
    said = log.read_text()
    assert "ValueError" in said
    assert "Doe" not in said


def test_a_child_can_use_the_decoders(library: Library, start: Callable) -> None:
    from medcore.demo import demonstration_files

    (cine,) = [path for path in demonstration_files() if "jpeg" in path.name]
    job_id = library.jobs.enqueue("decode", {"file": str(cine)})
    start(WORKER)
    assert ended(library, job_id).result == {"shape": [480, 640, 3]}


def test_an_orderly_stop_gives_the_job_back_and_leaves_nobody(library: Library, start: Callable) -> None:
    job_id = library.jobs.enqueue("last", {})
    worker = start(WORKER)
    child = busy_child(library, job_id)
    worker.terminate()
    assert worker.wait(20) == 0
    assert is_gone(child)
    job = library.jobs.get(job_id)
    assert job is not None
    assert (job.state, job.attempts) == ("queued", 0)


def test_a_killed_worker_leaves_nobody_and_the_next_takes_its_job_at_once(library: Library, start: Callable) -> None:
    job_id = library.jobs.enqueue("last", {})
    first = start(WORKER)
    child = busy_child(library, job_id)
    second = start(WORKER)
    time.sleep(1)
    assert library.jobs.active()[0].attempts == 1
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert busy_child(library, job_id, besides=child)
    assert library.jobs.active()[0].attempts == 2
    wait_for(lambda: is_gone(child), 5)
    second.terminate()
    second.wait(20)


def test_a_child_without_work_is_let_go(library: Library, start: Callable) -> None:
    job_id = library.jobs.enqueue("whoami", {})
    start(WORKER, IDLE_S="0.5")
    child = ended(library, job_id).result["pid"]
    wait_for(lambda: is_gone(child), 10)


@pytest.fixture
def worker_pid(settings: Settings) -> Callable[[int], int]:
    """Find the worker that a server process started."""

    def find(server: int) -> int:
        def look() -> int:
            listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,command="], capture_output=True, text=True).stdout
            for line in listed.splitlines():
                pid, parent, command = line.split(None, 2)
                if int(parent) == server and "medcore.worker" in command:
                    return int(pid)
            return 0

        return wait_for(look)

    return find


def test_a_worker_that_dies_is_started_again_and_ends_with_its_server(
    library: Library, start: Callable, worker_pid: Callable[[int], int]
) -> None:
    server = start(SERVER)
    first = worker_pid(server.pid)
    os.kill(first, signal.SIGKILL)
    second = wait_for(lambda: worker_pid(server.pid) if is_gone(first) else 0, 10)
    assert second != first
    server.communicate(b"stop\n", timeout=20)
    assert server.returncode == 0
    assert is_gone(second)


def test_a_killed_server_leaves_no_worker(library: Library, start: Callable, worker_pid: Callable[[int], int]) -> None:
    server = start(SERVER)
    worker = worker_pid(server.pid)
    server.send_signal(signal.SIGKILL)
    server.communicate()
    wait_for(lambda: is_gone(worker), 10)


def test_a_worker_that_cannot_be_started_is_tried_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[float] = []
    real = subprocess.Popen

    def reluctant(*arguments: Any, **options: Any) -> "subprocess.Popen[bytes]":
        tries.append(time.monotonic())
        if len(tries) < 3:
            raise OSError(errno.EAGAIN, "no process left")
        return real([sys.executable, "-c", "import time; time.sleep(60)"])

    monkeypatch.setattr("medcore.worker.supervisor.FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("medcore.worker.supervisor.subprocess.Popen", reluctant)
    supervisor = Supervisor(settings)
    supervisor.start()
    pid = wait_for(lambda: supervisor.pid, 10)
    supervisor.stop()
    assert len(tries) == 3
    assert is_gone(pid)


SLOW_MODEL = """
import time
from medcore.settings import Settings
from medcore.worker import answers, kinds, loop, predict
from tests.test_predict import BrightnessModel

class Slow(BrightnessModel):
    def explain(self, inputs):
        end = time.monotonic() + 0.05 * len(inputs)
        while time.monotonic() < end:  # as busy as a network
            inputs.sum()
        return super().explain(inputs)

predict.load_model = kinds.load_model = lambda folder, model=Slow(): model

if __name__ == "__main__":
    loop.run_worker(Settings.from_environment())
"""
MANY = 2000


def small_films(folder: Path) -> Path:
    """Write many small films that differ in their SOP Instance UID."""
    uid = "1.2.3.4.5.1000000"
    data = write_film(folder / "0", SOPInstanceUID=uid).read_bytes()
    for number in range(1, MANY):
        (folder / str(number)).write_bytes(data.replace(uid.encode(), f"1.2.3.4.5.{1000000 + number}".encode()))
    return folder


def test_adding_many_files_is_not_slowed_by_the_looking_at_earlier_ones(
    library: Library, start: Callable, tmp_path: Path
) -> None:
    first = small_films(tmp_path / "first")
    data = [(file, file.read_bytes()) for file in first.iterdir()]
    second = tmp_path / "second"
    second.mkdir()
    for file, content in data:
        (second / file.name).write_bytes(content.replace(b"1.2.3.4.5.1", b"1.2.3.4.5.2"))
    library.add([write_film(tmp_path / "warm")])  # the decoders' start is nobody's time for one file
    alone_s = timed(lambda: library.add([first]))
    start(SLOW_MODEL)
    (busy,) = wait_for(
        lambda: [job for job in library.jobs.active() if job.state == "running" and job.done and job.total == MANY]
    )
    beside_s = timed(lambda: library.add([second]))
    after = library.jobs.get(busy.id)
    assert after is not None and after.state == "running"
    wait_for(lambda: [job for job in library.jobs.active() if job.id == busy.id and job.done > busy.done])
    assert sum(row.images for row in library.studies().rows) == 2 * MANY + 1
    assert beside_s < 3 * alone_s + 1, (
        f"{alone_s / MANY * 1000:.2f} ms a file alone, {beside_s / MANY * 1000:.2f} beside"
    )


def timed(work: Callable[[], object]) -> float:
    began_at = time.monotonic()
    work()
    return time.monotonic() - began_at
