"""Child processes that never outlive the process that started them."""

import os
import threading
import time

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
