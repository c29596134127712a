"""A real server for tests: its own process, port and data folder."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

from medcore.settings import REPOSITORY

START_LIMIT_S = 60.0
STOP_LIMIT_S = 60.0
POLL_S = 0.05
FAILING_ROUTE = """
async def boom(request: Request) -> Response:
    raise ValueError("Doe^Jane")
"""


@dataclass(frozen=True)
class Answer:
    """What came back over the wire."""

    status: int
    headers: Mapping[str, str]  # names in lower case; the last one of several
    cookies: tuple[str, ...]  # each Set-Cookie header, whole
    body: bytes


@dataclass(frozen=True)
class Server:
    """A running server."""

    url: str
    process: "subprocess.Popen[bytes]"
    data_dir: Path
    log: Path

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.url.rsplit(":", 1)[1])

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """Send one request exactly as given, without a browser's tidying; `sec_fetch_site` is Sec-Fetch-Site."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            reply = connection.getresponse()
            named = {name.lower(): value for name, value in reply.getheaders()}
            cookies = tuple(value for name, value in reply.getheaders() if name.lower() == "set-cookie")
            return Answer(reply.status, named, cookies, reply.read())
        finally:
            connection.close()

    def session_cookie(self) -> str:
        """Open the first page as a browser does, and return what to send as Cookie afterwards."""
        (cookie,) = self.ask("/").cookies
        return cookie.split(";")[0]

    def processes(self) -> set[int]:
        """List the process numbers of the server's children, and of theirs."""
        return children_of(self.process.pid)

    def stop(self, signal_number: int = signal.SIGTERM) -> int:
        """Ask the server to end, wait until it has, and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        try:
            return self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)  # Python's faulthandler writes where it hangs
            self.process.wait()
            raise


def start_server(tmp_path: Path, *, site: Path = REPOSITORY, port: int = 0, **env: str) -> Server:
    """Start `streamlit run app.py` on a free port with a data folder under `tmp_path`, and wait until it answers."""
    data_dir, log = tmp_path / "data", tmp_path / "server.log"
    port = port or free_port()
    environment = os.environ | {
        "MEDCORE_DATA_DIR": str(data_dir),
        "PYTHONPATH": str(REPOSITORY),
        "HOME": str(tmp_path),
        "PYTHONFAULTHANDLER": "1",
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=site, env=environment | env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    server = Server(f"http://127.0.0.1:{port}", process, data_dir, log)
    wait_until(lambda: _answers(server), START_LIMIT_S, f"The server did not start:\n{log.read_text()}")
    return server


@contextmanager
def running_server(tmp_path: Path, *, site: Path = REPOSITORY, port: int = 0, **env: str) -> Iterator[Server]:
    """Start a server for the length of a `with` block."""
    server = start_server(tmp_path, site=site, port=port, **env)
    try:
        yield server
    finally:
        server.stop()


def build_site(folder: Path) -> Path:
    """Copy the real app.py, with one route that fails, around a page that has one of everything."""
    site = copytree(REPOSITORY / "tests" / "site", folder / "site")
    copytree(REPOSITORY / ".streamlit", site / ".streamlit")
    text = (REPOSITORY / "app.py").read_text()
    routes = "ROUTES = [\n"
    assert routes in text
    text = text.replace(routes, FAILING_ROUTE + "\n\n" + routes)
    (site / "app.py").write_text(text.replace(routes, routes + '    Route("/boom", boom),\n'))
    return site


def children_of(root: int) -> set[int]:
    """List the descendants of a process that are alive."""
    parents = process_table()
    found, grown = set[int](), {root}
    while grown:
        grown = {pid for pid, parent in parents.items() if parent in grown}
        found |= grown
    return found


def alive(processes: set[int]) -> set[int]:
    """Keep the process numbers that still run."""
    return processes & process_table().keys()


def process_table() -> dict[int, int]:
    """Map each process that runs, zombies left out, to its parent: from /proc, or from ps where there is none."""
    if not Path("/proc/self/stat").exists():
        listing = subprocess.run(["ps", "-A", "-o", "pid=,stat=,ppid="], capture_output=True, text=True, check=True)
        rows = [line.split() for line in listing.stdout.splitlines()]
        return {int(pid): int(parent) for pid, state, parent in rows if not state.startswith("Z")}
    table = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended while we looked
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                table[int(stat.parent.name)] = int(parent)
    return table


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], object], limit_s: float, complaint: str) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, complaint
        time.sleep(POLL_S)


def _answers(server: Server) -> bool:
    assert server.process.poll() is None, f"The server ended:\n{server.log.read_text()}"
    try:
        return server.ask("/health").status == 200
    except OSError:
        return False
