"""A pool of child processes for everything that must not happen in the process that serves people.

Hostile headers are parsed and compressed pixels decoded there, under limits (`medcore.dicom.limits`); a child that
crashes, hangs or runs out of memory is replaced and its task ends in an error. Children are spawned, never forked, and
end with their parent. They are no daemons, so any process may use the pool but one that is itself a
`multiprocessing` daemon: Python forbids those to have children. Start such a process with `daemon=False`.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, TimeoutError
from importlib import import_module
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import pebble

from medcore.dicom.limits import KILL_AFTER_S, KILLED_FOR_TIME, TOO_LONG, allowed_s, keep_memory, quiet_process
from medcore.errors import MedcoreError, PixelError
from medcore.processes import LeanContext, exit_with_parent

CHILDREN = min(os.cpu_count() or 2, 4)
TASKS_A_CHILD = 10_000  # then it is replaced, for native decoders leak; a new one takes a second to start
GRACE_S = 1.0  # beyond a task's own limit before the parent ends the child
POOLS_TRIED = 3
POLL_S = 1.0  # between looks whether a task's pool is still there
START_S = 30.0  # for a child to start and load its modules on a busy machine
CRASHED = "The image decoder crashed on this file; it may be damaged. Ask the sender for it again."
STOPPED = "The program was being stopped while it read this file. Add it again."

P = ParamSpec("P")
T = TypeVar("T")

_lock = threading.Lock()
_pool: pebble.ProcessPool | None = None
_homes: WeakKeyDictionary["Future[Any]", pebble.ProcessPool] = WeakKeyDictionary()  # where each task runs
_owner = 0  # process number of the pool's parent


def start_decoders() -> None:
    """Start the children now instead of at the first file; returns once one is ready."""
    submit(_ready, START_S).result()


def stop_decoders() -> None:
    """End the children at once."""
    global _pool
    with _lock:
        pool, _pool = _pool, None
    if pool is not None:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def submit(function: Callable[P, T], limit_s: float, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
    """Run `function` in a child and return its future.

    The future raises what `function` raised, TimeoutError after `limit_s` seconds in the child,
    pebble.ProcessExpired if the child died, or CancelledError if `stop_decoders` was called meanwhile.
    """
    for _ in range(POOLS_TRIED):
        pool = _running()
        try:
            future = pool.schedule(function, args, kwargs, timeout=limit_s)
            _homes[future] = pool
            return future
        except RuntimeError:  # the pool broke, every child having died while idle, or was stopped in this moment
            _forget(pool)
    raise PixelError(CRASHED)


def _forget(pool: pebble.ProcessPool) -> None:
    """Make room for a new pool, unless another thread has already done so."""
    global _pool
    with _lock:
        if _pool is not pool:
            return
        _pool = None
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


def _running() -> pebble.ProcessPool:
    global _pool, _owner
    with _lock:
        if _pool is None or _owner != os.getpid():
            _pool = pebble.ProcessPool(CHILDREN, TASKS_A_CHILD, _initialize, context=LeanContext())
            _owner = os.getpid()
        return _pool


def _initialize() -> None:
    exit_with_parent()
    import_module("medcore.dicom.sending")  # pydicom and its decoders, before a file's time counts
    quiet_process()
    keep_memory()


def _ready() -> int:
    return os.getpid()


def decode_in_child(path: Path, frame: int) -> np.ndarray:
    """Decode one frame of a compressed file in a child.

    Returns
    -------
    numpy.ndarray
        Stored values (rows, columns), or RGB samples (rows, columns, 3).

    Raises
    ------
    PixelError
        If the pixels are damaged, or decoding takes too much time or memory or crashes.
    """
    from medcore.dicom.inspection import decode_file

    return run_twice(decode_file, allowed_s(path.stat().st_size) + KILL_AFTER_S + GRACE_S, path, frame)


def run_twice(function: Callable[P, T], limit_s: float, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function` in a child and wait for it; where the child dies, once more: an earlier file may have harmed it.

    Raises
    ------
    PixelError
        If the function takes too much time or memory or crashes.
    OSError
        If the function raised it.
    """
    future = submit(function, limit_s, *args, **kwargs)
    end = end_of(future)
    if isinstance(end, (pebble.ProcessExpired, CancelledError)) and not is_time_out(end):
        future = submit(function, limit_s, *args, **kwargs)
    return outcome(future)


def outcome(future: "Future[T]") -> T:
    """Return a task's result; whatever ended the child becomes a PixelError, what the disk refused stays an OSError."""
    error = end_of(future)
    if error is None:
        return future.result()
    if isinstance(error, OSError) and not isinstance(error, (TimeoutError, pebble.ProcessExpired)):
        raise error
    if isinstance(error, MedcoreError):
        raise PixelError(str(error)) from error
    raise PixelError(explain_end(error)) from error


def end_of(future: "Future[T]") -> BaseException | None:
    """Wait for a task and return what it raised, if anything; a task that was cancelled raised CancelledError."""
    while True:
        try:
            return future.exception(POLL_S)
        except CancelledError as error:
            return error
        except TimeoutError:  # a stopped pool may leave a task without an end
            if not future.done() and _homes.get(future, _pool) is not _pool:
                return CancelledError()


def explain_end(error: BaseException) -> str:
    """Return a sentence for the end of a child."""
    if isinstance(error, CancelledError):
        return STOPPED
    return TOO_LONG if is_time_out(error) else CRASHED


def is_time_out(error: BaseException | None) -> bool:
    """Whether a child was ended because its task took too long."""
    return isinstance(error, TimeoutError) or getattr(error, "exitcode", None) in KILLED_FOR_TIME
