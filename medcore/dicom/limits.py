"""Limits on time, memory and core dumps that a child process sets on itself.

Time is the processor's, so that a busy machine or a slow disk harms no film. Reading a header takes 1.2 s at most,
however long the file is; what decoding may take more is known from the header and from how many compressed bytes
there are, the smaller of the two: padding a file and claiming many pixels buy nothing by themselves. Copying and
hashing are not counted: their time follows from bytes that are there.

A timer interrupts Python; code in native libraries cannot be interrupted, so a second timer ends the whole process,
and the parent replaces it. A third one, of the wall clock, is for a disk that does not answer.
"""

import ctypes
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

FILE_S = 1.2  # processor time for all of a file but its compressed pixels
MEGAPIXEL_S = 0.6  # more for each million samples of a frame
MIB_S = 1.0  # more for each MiB of compressed pixels
COPY_MIB_S = 0.2  # wall time that copying each MiB may take on a slow disk
KILL_AFTER_S = 0.3  # processor time beyond the limit after which the process is ended
STALL = 4  # times the limit, in wall time
REPEAT_S = 0.1  # pydicom tries its decoders in turn and swallows what one raises: interrupt the next one too
GROWTH_LIMIT = 280 * 2**20  # bytes of address space beyond what the child has before the file
KEPT_BYTES = 64 * 2**20
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
TOO_LONG = (
    "Reading the file takes longer than a file of its size may. "
    "Ask the sender for it again, uncompressed if it is a large image."
)
KILLED_FOR_TIME = (-signal.SIGVTALRM, -signal.SIGXCPU)  # exit codes

_is_limited = False  # in a child: whether a file is under way
_is_up = False  # and whether its time is up


class TimeLimitError(IntakeError):
    """A file took longer than it may."""


def decoding_s(samples: int, compressed: int) -> float:
    """Return the processor time that decoding frames of `samples` samples in `compressed` bytes may take, in s."""
    return min(samples / 1e6 * MEGAPIXEL_S, compressed / 2**20 * MIB_S)


def allowed_s(size: int) -> float:
    """Return the wall time after which a child that reads a file of `size` bytes does not answer any more, in s."""
    return STALL * (FILE_S + size / 2**20 * MIB_S) + size / 2**20 * COPY_MIB_S


@contextmanager
def file_limits(seconds: float = FILE_S) -> Iterator[None]:
    """Limit what the block may take: `seconds` of processor time, 280 MiB of memory.

    Raises TimeLimitError when the time is up, and ends the process if that does not help; memory ends in MemoryError,
    or in a crash where a native library does not check.

    Only in the main thread of a child process: it uses SIGALRM, SIGPROF and SIGVTALRM.
    """
    global _is_limited, _is_up
    signal.signal(signal.SIGALRM, _raise)
    signal.signal(signal.SIGPROF, _raise)
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
    _limit_memory()
    _is_limited, _is_up = True, False
    try:
        allow(seconds)
        yield
    finally:
        _is_limited = False
        for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL, signal.ITIMER_VIRTUAL):
            signal.setitimer(timer, 0)


def allow(seconds: float) -> None:
    """Give the block of `file_limits` that this is called in `seconds` from now on; without effect outside one."""
    if _is_limited:
        _limit_cpu(seconds)
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds + KILL_AFTER_S)
        signal.setitimer(signal.ITIMER_PROF, seconds, REPEAT_S)
        signal.setitimer(signal.ITIMER_REAL, STALL * seconds, REPEAT_S)


def check_time() -> None:
    """Raise TimeLimitError if the time was up before: a library may have swallowed the first one."""
    if _is_limited and _is_up:
        raise TimeLimitError(TOO_LONG)


def _raise(number: int, frame: FrameType | None) -> None:
    global _is_up
    _is_up = True
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


def keep_memory() -> None:
    """Let this process's allocator keep up to 64 MiB that decoding a frame needed for the next one.

    By default glibc gives every array of a frame's size back to the system, and fetching its pages anew, filled with
    zeros, takes longer than decoding it from RLE.
    """
    if sys.platform == "linux":
        allocator = ctypes.CDLL(None)
        if hasattr(allocator, "mallopt"):  # musl has none
            allocator.mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
            allocator.mallopt(M_MMAP_THRESHOLD, KEPT_BYTES // 2)


def quiet_process() -> None:
    """Forbid this process core dumps and output, which hold pixels and names."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    nowhere = os.open(os.devnull, os.O_WRONLY)  # native decoders write what they like to standard error
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
