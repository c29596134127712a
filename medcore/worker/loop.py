"""Take jobs and run each in a child process; one worker at a time for a data folder."""

import logging
import os
import secrets
import signal
import threading
import time

from medcore.library import Job, Library
from medcore.settings import Settings
from medcore.worker.child import Child, Outcome
from medcore.worker.kinds import clear_trainings, look_for_work

LOG = logging.getLogger("medcore.worker")
POLL_S = 0.5  # between looks at the queue
HEARTBEAT_S = 2.0  # between signs of life
RECOVER_EVERY_S = 5.0
IDLE_S = 180.0  # after which the warm child is let go, with TensorFlow's memory
STALLED_S = 900.0  # a job that neither ends nor gets on for this long is ended
NICENESS = 10  # pages and intake come first


def run_worker(settings: Settings, stop: threading.Event | None = None) -> None:
    """Run jobs until told to stop, by SIGTERM, SIGINT or the event.

    A second worker on the same data folder waits until the first has gone. Call it in a process of its own: it makes
    the process nicer.
    """
    stop = stop or threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    os.nice(NICENESS)
    library = Library.open(settings)
    lock = library.worker_lock()
    try:
        while not lock.take(wait=False):
            if stop.wait(POLL_S):
                return
        Worker(settings, library, stop).run()
    finally:
        lock.release()
        library.close()


class Worker:
    """The only one that runs jobs in its data folder."""

    def __init__(self, settings: Settings, library: Library, stop: threading.Event) -> None:
        self._settings = settings
        self._library = library
        self._stop = stop
        self._owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._child: Child | None = None
        self._used_at = time.monotonic()
        self._recovered_at = time.monotonic()

    def run(self) -> None:
        """Run jobs until told to stop."""
        self._library.jobs.recover(older_than_s=0)  # whoever ran jobs here before is gone: we hold the lock
        self._library.jobs.forget_old()
        look_for_work(self._library, self._settings)
        LOG.info("The worker is ready.")
        try:
            while not self._stop.is_set():
                if not self._run_next():
                    self._rest()
        finally:
            self._end_child()
            LOG.info("The worker has ended.")

    def _run_next(self) -> bool:
        job = self._library.jobs.take(self._owner)
        if job is None:
            return False
        LOG.info("Job %d (%s), attempt %d", job.id, job.kind, job.attempts)
        child = self._warm_child()
        child.give(job)
        self._end(job, self._watch(child, job))
        self._used_at = time.monotonic()
        return True

    def _watch(self, child: Child, job: Job) -> Outcome | None:
        """Show signs of life while the job runs; None where it was not allowed to end."""
        moved_at = time.monotonic()
        position: tuple[object, ...] = ()
        while not self._stop.is_set():
            outcome = child.outcome(HEARTBEAT_S)
            if outcome is not None:
                return outcome
            alive = self._library.jobs.keep_alive(self._owner)  # a long job lets others pass, in the same child
            now = self._library.jobs.get(job.id)
            if now is None or (now.state, now.owner) != ("running", self._owner):
                return None
            if alive != position:
                moved_at, position = time.monotonic(), alive
            if time.monotonic() - moved_at > STALLED_S:
                return Outcome("died", {})
            self._tidy()
        return None

    def _end(self, job: Job, outcome: Outcome | None) -> None:
        jobs = self._library.jobs
        if outcome is None or outcome.state == "died":
            self._end_child()
            jobs.give_back(job.id, owner=self._owner, counted=outcome is not None)
        elif outcome.state == "gave way":
            jobs.give_back(job.id, owner=self._owner, counted=False)
        elif outcome.state == "done":
            jobs.finish(job.id, outcome.result, owner=self._owner)
        else:
            jobs.fail(job.id, outcome.error, owner=self._owner)
        LOG.info("Job %d: %s", job.id, "interrupted" if outcome is None else outcome.state)

    def _warm_child(self) -> Child:
        if self._child is None or not self._child.alive:
            self._end_child()
            self._child = Child(self._settings)
        return self._child

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def _rest(self) -> None:
        now = time.monotonic()
        if now - self._used_at > IDLE_S:
            self._end_child()
        self._tidy()
        self._stop.wait(POLL_S)

    def _tidy(self) -> None:
        """Queue again what fell silent, and remove what trainings left behind."""
        if time.monotonic() - self._recovered_at > RECOVER_EVERY_S:
            self._recovered_at = time.monotonic()
            self._library.jobs.recover()
            clear_trainings(self._library)
