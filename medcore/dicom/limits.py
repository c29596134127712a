"""Limits on time, memory and core dumps that a child process sets on itself.

A file may take 1.2 s, and 0.4 s more for each MiB beyond the first: a large image in JPEG 2000 takes seconds to decode
and is no attack. A timer of the wall clock interrupts Python; code in native libraries cannot be interrupted, so a
second timer, of CPU time, ends the whole process, and the parent replaces it.
"""

import math
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from medcore.errors import IntakeError

FILE_S = 1.2  # wall time for one file, up to 1 MiB
MIB_S = 0.4  # wall time for each MiB more
KILL_AFTER_S = 0.3  # CPU time beyond the limit after which the process is ended
REPEAT_S = 0.1  # pydicom tries its decoders in turn and swallows what one raises: interrupt the next one too
GROWTH_LIMIT = 256 * 2**20  # bytes of address space beyond what the child has before the file
TOO_LONG = "The file took too long to read; it may be damaged or made to do harm. Ask the sender for it again."
KILLED_FOR_TIME = (-signal.SIGPROF, -signal.SIGXCPU)  # exit codes


class TimeLimitError(IntakeError):
    """A file took longer than it may."""


def allowed_s(size: int) -> float:
    """Return the wall time in seconds that a file of `size` bytes may take."""
    return FILE_S + MIB_S * max(size / 2**20 - 1, 0)


@contextmanager
def file_limits(seconds: float) -> Iterator[None]:
    """Limit what the block may take: `seconds` of time, 256 MiB of memory.

    Raises TimeLimitError when the time is up, and ends the process if that does not help; memory ends in MemoryError,
    or in a crash where a native library does not check.

    Only in the main thread of a child process: it uses SIGALRM and SIGPROF.
    """
    signal.signal(signal.SIGALRM, _raise)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    _limit_cpu(seconds)
    _limit_memory()
    signal.setitimer(signal.ITIMER_PROF, seconds + KILL_AFTER_S)
    signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)


def _raise(number: int, frame: FrameType | None) -> None:
    raise TimeLimitError(TOO_LONG)


def _limit_memory() -> None:
    """Count from what the process has now: the allocator keeps what earlier files needed, and reuses it."""
    if sys.platform == "linux":  # macOS does not enforce it
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        _set_soft(resource.RLIMIT_AS, pages * os.sysconf("SC_PAGE_SIZE") + GROWTH_LIMIT)


def _limit_cpu(seconds: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _set_soft(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime + seconds) + 2)


def _set_soft(limit: int, value: int) -> None:
    _, hard = resource.getrlimit(limit)
    resource.setrlimit(limit, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def quiet_process() -> None:
    """Forbid this process core dumps and output, which hold pixels and names."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    nowhere = os.open(os.devnull, os.O_WRONLY)  # native decoders write what they like to standard error
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
