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
GROWTH_LIMIT = 256 * 2**20  # bytes of address space beyond what the child has once its modules are loaded
TOO_LONG = "The file took too long to read; it may be damaged or made to do harm. Ask the sender for it again."
KILLED_FOR_TIME = (-signal.SIGPROF, -signal.SIGXCPU)  # exit codes


class TimeLimitError(IntakeError):
    """A file took longer than it may."""


def allowed_s(size: int) -> float:
    """Return the wall time in seconds that a file of `size` bytes may take."""
    return FILE_S + MIB_S * max(size / 2**20 - 1, 0)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeLimitError in the block after `seconds`, and end the process if that does not help.

    Only in the main thread of a child process: it uses SIGALRM and SIGPROF.
    """
    signal.signal(signal.SIGALRM, _raise)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    _limit_cpu(seconds)
    signal.setitimer(signal.ITIMER_PROF, seconds + KILL_AFTER_S)
    signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)


def _raise(number: int, frame: FrameType | None) -> None:
    raise TimeLimitError(TOO_LONG)


def _limit_cpu(seconds: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = math.ceil(used.ru_utime + used.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def limit_process() -> None:
    """Forbid core dumps and output, which hold pixels and names, and cap the growth of this process by 256 MiB.

    The cap is on address space; macOS does not enforce it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _silence()
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * os.sysconf("SC_PAGE_SIZE") + GROWTH_LIMIT
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)  # native decoders write what they like to standard error
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
