"""Wait for a job from the command line: a worker that runs does it, else it is done here."""

import threading
import time
from collections.abc import Callable

from medcore.errors import LibraryError
from medcore.library import Job, Library, TrainingRun
from medcore.settings import Settings
from medcore.worker.loop import Worker

LOOK_S = 1.0
OVER = ("done", "failed", "dead", "cancelled", "paused")


def follow(
    library: Library, settings: Settings, run: TrainingRun, on_progress: Callable[[int, int | None], None]
) -> Job:
    """Wait until a training has ended, and show how far it is; without a worker, be the worker meanwhile.

    Raises
    ------
    LibraryError
        If the job is gone.
    """
    lock = library.worker_lock()
    stop = threading.Event()
    thread = None
    if lock.take(wait=False):
        thread = threading.Thread(target=Worker(settings, library, stop).run, name="worker")
        thread.start()
    try:
        while (job := library.jobs.get(run.job_id)) is not None:
            on_progress(job.done, job.total or None)
            if job.state in OVER:
                return job
            if thread is not None and not thread.is_alive():
                raise LibraryError("The training could not be worked at. See the log, and start it again.")
            time.sleep(LOOK_S)
    finally:
        stop.set()
        if thread is not None:
            thread.join()
            lock.release()
    raise LibraryError("The training is no longer in the library.")
