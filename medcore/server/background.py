"""What runs beside the web server: the worker that takes jobs, and the decoders kept warm.

They start some seconds after the server listens, so that the first page has the machine to itself, and stop with it.
"""

import threading
from concurrent.futures import BrokenExecutor, CancelledError
from importlib import import_module
from typing import Protocol

from medcore.settings import Settings

FIRST_PAGE_S = 4.0  # left to the first page before anything else is started
# What the first page needs, and what the others do. Whole packages only: two threads that enter a package by different
# modules can meet half-loaded ones.
FIRST_PAGE_NEEDS = "medcore.library"  # more at this time makes the first page later, not sooner
OTHER_PAGES_NEED = ("pandas", "medcore.pictures", "medcore.classifier", "medcore.explanation")


class Watcher(Protocol):
    """What starts the worker, and starts it again when it dies."""

    @property
    def pid(self) -> int | None:
        """The worker's process number, None while it does not run."""

    def start(self) -> None:
        """Start it."""

    def stop(self) -> None:
        """Stop it, and leave no process behind."""


class Background:
    """Starts and stops the worker and the decoders, and knows how they are."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._supervisor: Watcher | None = None
        self._failed = False
        self._stopping = threading.Event()

    @property
    def state(self) -> str:
        """Say how the worker is: starting, running, or failed."""
        if self._failed:
            return "failed"
        return "running" if self._supervisor is not None and self._supervisor.pid is not None else "starting"

    def start(self) -> None:
        """Start both from a thread, and return at once."""
        threading.Thread(target=self._run, name="background", daemon=True).start()

    def stop(self) -> None:
        """Stop both, whatever still starts among them, and return when they are gone."""
        self._stopping.set()
        if self._supervisor is not None:
            self._supervisor.stop()
        import_module("medcore.dicom").stop_decoders()

    def _run(self) -> None:
        done = False
        try:
            import_module(FIRST_PAGE_NEEDS)
            if not self._stopping.wait(FIRST_PAGE_S):
                self._start_worker()
                self._start_decoders()
            if not self._stopping.is_set():
                for module in OTHER_PAGES_NEED:
                    import_module(module)
            done = True
        finally:  # the error itself goes to the log by threading.excepthook
            self._failed = not done

    def _start_worker(self) -> None:
        supervisor: Watcher = import_module("medcore.worker.supervisor").Supervisor(self._settings)
        if not self._stopping.is_set():
            self._supervisor = supervisor
            supervisor.start()

    def _start_decoders(self) -> None:
        decoders = import_module("medcore.dicom")
        if self._stopping.is_set():
            return
        try:
            decoders.start_decoders()
        except (BrokenExecutor, CancelledError):  # what a pool that is stopped while it starts ends in
            if not self._stopping.is_set():
                raise
