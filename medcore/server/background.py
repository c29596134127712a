"""What runs beside the web server: the worker that takes jobs, and the decoders kept warm.

Both start after the server listens, so that no page waits for them, and stop with it.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from typing import Protocol

from medcore.server.faults import log_fault
from medcore.settings import Settings

LOG = logging.getLogger("medcore.server")


class Runner(Protocol):
    """Something that is started and stopped."""

    def start(self) -> None:
        """Start it."""

    def stop(self) -> None:
        """Stop it, and leave no process behind."""


class Background:
    """Starts and stops the worker and the decoders, and knows how they are."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="background")
        self._supervisor: Runner | None = None
        self.state = "starting"

    def start(self) -> None:
        """Start both in a thread of their own, and return at once."""
        self._starter.submit(self._start).add_done_callback(self._started)

    def stop(self) -> None:
        """Stop both, after whatever is still starting has started."""
        self._starter.submit(self._stop).add_done_callback(_log_failure)
        self._starter.shutdown(wait=True)
        self.state = "stopped"

    def _start(self) -> None:
        self._supervisor = import_module("medcore.worker.supervisor").Supervisor(self._settings)
        self._supervisor.start()
        import_module("medcore.dicom").start_decoders()

    def _stop(self) -> None:
        if self._supervisor is not None:
            self._supervisor.stop()
        import_module("medcore.dicom").stop_decoders()

    def _started(self, outcome: "Future[None]") -> None:
        _log_failure(outcome)
        self.state = "failed" if outcome.exception() else "running"


def _log_failure(outcome: "Future[None]") -> None:
    error = outcome.exception()
    if error is not None:
        log_fault(error)
