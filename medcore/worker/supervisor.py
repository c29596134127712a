"""Keep one worker process running beside the web server."""

import logging
import os
import subprocess
import sys
import threading
import time

from medcore.settings import REPOSITORY, Settings

LOG = logging.getLogger("medcore.worker")
LOOK_S = 0.5  # between looks at the worker
STOP_S = 10.0  # from asking the worker to end until it is killed
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 20.0  # before a worker that died is started again
SETTLED_S = 60.0  # a worker that lived this long did not die of its start


class Supervisor:
    """Starts the worker, starts it again when it dies, and ends it with the server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The worker's process number, or None while it does not run."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the worker and a thread that watches it; without effect where they run."""
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._watch, name="worker-watch", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the worker and its children, and return when they are gone."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _watch(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stop.is_set():
            started_at = time.monotonic()
            self._live()
            if self._stop.is_set():
                break
            lived_s = time.monotonic() - started_at
            pause_s = FIRST_PAUSE_S if lived_s > SETTLED_S else min(2 * pause_s, LONGEST_PAUSE_S)
            self._stop.wait(pause_s)
        if self._process is not None:
            _end(self._process)

    def _live(self) -> None:
        """Start the worker, and return when it has ended or is to end."""
        try:
            self._process = process = self._spawn()
        except OSError as error:  # no memory or no process number left, for now
            LOG.warning("The worker cannot be started (%s); it is tried again.", error.strerror)
            return
        while process.poll() is None:
            if self._stop.wait(LOOK_S):
                return
        LOG.warning("The worker ended with code %s; it is started again.", process.returncode)

    def _spawn(self) -> "subprocess.Popen[bytes]":
        # Streamlit finds medcore beside the script that it runs; a fresh interpreter looks elsewhere.
        path = os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, "MEDCORE_DATA_DIR": str(self._settings.data_dir), "PYTHONPATH": path}
        arguments = [sys.executable, "-m", "medcore.worker", "--parent", str(os.getpid())]
        # A session of its own: Ctrl-C in a terminal is for the server, which then ends the worker in good order.
        return subprocess.Popen(  # nosec B603 # fixed arguments
            arguments, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        )


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
