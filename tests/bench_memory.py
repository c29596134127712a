"""Measure what the server holds in memory while a viewer goes through a long series."""

import threading
from dataclasses import dataclass
from pathlib import Path

from tests.servers import Server, children_of
from tests.viewer_traffic import FRAME_SIDE, FRAMES, Holdings

READERS = 4  # as many requests as a viewer has on their way at once
LOOK_S = 0.05


@dataclass(frozen=True)
class Memory:
    """What the server and its decoders hold of their own, in MB; files that they map are the system's to drop."""

    before_mb: float
    peak_mb: float
    series_mb: float  # the frames that were sent meanwhile


def measure_memory(held: Holdings) -> Memory:
    """Fetch every frame of a long series once, and watch the server's memory."""
    server, headers = held.server, {"Cookie": held.server.session_cookie(), "Accept-Encoding": "gzip"}
    assert server.ask(f"/pixels/{held.long_uid}/0", **headers).status == 200  # library and decoders are up
    before, peak, done = held_mb(server), [0.0], threading.Event()
    failed: list[int] = []

    def watch() -> None:
        while not done.wait(LOOK_S):
            peak[0] = max(peak[0], held_mb(server))

    def fetch(first: int) -> None:
        for number in range(first, FRAMES, READERS):
            answer = server.ask(f"/pixels/{held.long_uid}/{number}", **headers)
            if answer.status != 200:
                failed.append(number)

    watcher = threading.Thread(target=watch)
    readers = [threading.Thread(target=fetch, args=(first,)) for first in range(READERS)]
    watcher.start()
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    done.set()
    watcher.join()
    assert failed == []
    return Memory(before, peak[0], FRAMES * FRAME_SIDE**2 * 2 / 1e6)


def held_mb(server: Server) -> float:
    """Add up the memory of the server's process and its decoders; the worker, which loads the model, is not counted."""
    children = server.processes()
    workers = {pid for pid in children if "medcore.worker" in _read(pid, "cmdline")}
    others = children - workers - {pid for worker in workers for pid in children_of(worker)}
    return sum(_own_kb(pid) for pid in {server.process.pid} | others) / 1024


def _own_kb(pid: int) -> int:
    lines = dict(line.split(":", 1) for line in _read(pid, "status").splitlines() if ":" in line)
    return sum(int(lines.get(name, "0 kB").split()[0]) for name in ("RssAnon", "RssShmem"))


def _read(pid: int, name: str) -> str:
    try:
        return (Path("/proc") / str(pid) / name).read_text()
    except OSError:  # it has ended
        return ""
