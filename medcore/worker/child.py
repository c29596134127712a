"""The process that jobs run in: spawned, kept warm between jobs, and let go when idle.

Loading TensorFlow takes seconds and its memory never comes back, so that one child serves several jobs and ends after
a while without one. Its death, whatever the reason, costs the job it was at and nothing else.
"""

import os
import signal
import sys
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Literal

from medcore.dicom import stop_decoders
from medcore.errors import MedcoreError
from medcore.faults import describe_fault, keep_logs_private
from medcore.library import Job, Library
from medcore.processes import exit_with_parent
from medcore.settings import Settings

MAX_THREADS = 4  # of the network, so that a large machine's other cores stay free for its users
KILL_AFTER_S = 5.0  # from asking the child to end until it is killed


@dataclass(frozen=True)
class Outcome:
    """How a job ended."""

    state: Literal["done", "gave way", "failed", "died"]
    result: dict[str, Any]
    error: str = ""  # a sentence


DIED = Outcome("died", {})


class Child:
    """One spawned process that does one job at a time."""

    def __init__(self, settings: Settings) -> None:
        context = get_context("spawn")
        self._busy = False
        self._pipe, theirs = context.Pipe()
        # No daemon: it has children of its own, the decoders.
        self._process: BaseProcess = context.Process(target=serve, args=(settings, theirs), daemon=False)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int | None:
        """The child's process number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the child can take a job."""
        return self._process.is_alive()

    def give(self, job: Job) -> None:
        """Hand over a job."""
        self._busy = True
        self._pipe.send(job)

    def outcome(self, timeout_s: float) -> Outcome | None:
        """Wait for the job's end; None if it still runs after `timeout_s`."""
        ready = wait([self._pipe, self._process.sentinel], timeout_s)
        if self._pipe in ready:
            try:
                answer: Outcome = self._pipe.recv()
            except EOFError:
                return DIED
            self._busy = False
            return answer
        return DIED if ready else None

    def end(self) -> None:
        """End the child now; a job that it is at is lost, and the caller says what becomes of it."""
        self._pipe.close()  # enough for one that waits for a job
        if self._busy:
            self._process.terminate()
        self._process.join(KILL_AFTER_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()


def serve(settings: Settings, pipe: "Connection[Outcome, Job]") -> None:
    """Do jobs until the pipe closes: what the child runs."""
    exit_with_parent()
    keep_logs_private()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the worker decides
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(min(os.cpu_count() or 1, MAX_THREADS)))
    from medcore.worker.kinds import run_job

    with DiscreetEnd(), closing(Library.open(settings)) as library, closing(Decoders()):
        while True:
            try:
                job = pipe.recv()
            except EOFError:
                return
            pipe.send(_run(run_job, library, settings, job))


class Decoders:
    """The decoders that this process may come to use; they start by themselves."""

    def close(self) -> None:
        """End them in good order."""
        stop_decoders()


def _run(run_job: Any, library: Library, settings: Settings, job: Job) -> Outcome:
    try:
        result = run_job(library, settings, job)
        return Outcome("gave way", {}) if result is None else Outcome("done", result)
    except MedcoreError as error:
        return Outcome("failed", {}, str(error))


class DiscreetEnd:
    """Says where an unexpected exception came from without its message, which may quote a patient's name."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and not isinstance(error, SystemExit):
            sys.stderr.write(f"A job's process ends by {describe_fault(error)}\n")
            sys.stderr.flush()
            os._exit(1)
