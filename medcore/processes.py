"""Child processes that never outlive the process that started them."""

import os
import signal
import threading
import time
from multiprocessing import popen_spawn_posix, spawn
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

PARENT_POLL_S = 1.0


def exit_with_parent() -> None:
    """End this process within about a second after its parent has gone, even by kill -9.

    Call it first thing in a spawned child. Polling the parent's process number works on every POSIX system,
    where Linux's parent-death signal is tied to the thread that forked.
    """
    parent = os.getppid()
    threading.Thread(target=_watch, args=(parent,), name="parent-watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_POLL_S)
    os._exit(1)


class LeanContext(SpawnContext):
    """Spawns children that do not run the parent's main script again.

    Python's own spawn does, and under Streamlit that script is whatever page is being drawn at that moment: each
    child would load Streamlit and draw the page. Functions for a child must therefore live in importable modules.
    """


class _LeanProcess(SpawnProcess):
    @staticmethod
    def _Popen(process_obj: Any) -> "_LeanPopen":  # noqa: N802 - the name is multiprocessing's
        return _LeanPopen(process_obj)


class _LeanPopen(popen_spawn_posix.Popen):
    def _launch(self, process_obj: Any) -> None:
        _this_thread.is_lean = True
        # A terminal's Ctrl-C goes to every process of the group; the parent ends its children itself, and one that is
        # still starting would die of it with a traceback. A child inherits what is blocked.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            super()._launch(process_obj)  # type: ignore[misc]
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            _this_thread.is_lean = False


def _without_main(name: str) -> dict[str, Any]:
    data = _preparation_data(name)
    if getattr(_this_thread, "is_lean", False):
        data.pop("init_main_from_name", None)
        data.pop("init_main_from_path", None)
    return data


LeanContext.Process = _LeanProcess
_this_thread = threading.local()
_preparation_data = spawn.get_preparation_data
spawn.get_preparation_data = _without_main
