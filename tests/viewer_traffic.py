"""What a viewer under measurement is given, and what it asks of the server for it."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, Request, WebSocket
from pydicom import dcmread

from medcore.library import Library
from medcore.settings import REPOSITORY, Settings
from tests.browsers import Witness
from tests.films import write_ct_series, write_film
from tests.libraries import make_answer
from tests.servers import Server, wait_until
from tests.viewers import running_viewer

SLICES = 300
SIDE = 128
FRAMES = 2000
FRAME_SIDE = 256
FILM = (2500, 2048)
QUIET_S = 240  # for the worker, which loads the model first
QUIET_MS = 1500  # without a request: everything is loaded, and every late rerun would have come
FRAME = re.compile(r"/pixels/([0-9.]+)/(\d+)$")


@dataclass(frozen=True)
class Holdings:
    """What the server under measurement holds: its studies by number."""

    server: Server
    ct: int
    other_film: int
    film: int  # the newest: the first row of the worklist
    long_uid: str  # of the image with many frames


@contextmanager
def serve_holdings(folder: Path) -> Iterator[Holdings]:
    """Serve a CT of 300 slices, two uncompressed 16-bit films of 10 MB, and an image of 2,000 frames."""
    noise = np.random.default_rng(3)
    values = noise.integers(-900, 900, (SLICES, SIDE, SIDE)).astype(np.int16)
    ct = write_ct_series(folder / "ct", values=values, PatientID="CT")
    ramp = np.linspace(0, 3500, FILM[0] * FILM[1]).reshape(FILM)
    films = [
        write_film(
            folder / f"{name}.dcm",
            (ramp + noise.integers(0, 500, FILM)).astype(np.uint16),
            PatientID=name,
            StudyDate=date,
        )
        for name, date in (("FILM-1", "20240203"), ("FILM-2", "20250203"))
    ]
    plane = noise.integers(0, 4096, (FRAME_SIDE, FRAME_SIDE)).astype(np.uint16)
    frames = np.stack([np.roll(plane, number) for number in range(FRAMES)])
    long = write_film(folder / "long.dcm", frames, PatientID="LONG", Modality="XA", FrameTime=40, StudyDate="20200101")
    long_uid = dcmread(long, stop_before_pixels=True).SOPInstanceUID
    with running_viewer(folder, [*ct, *films, long]) as (server, studies):
        ct_study, other_film, film, _ = dict.fromkeys(studies)
        settings = Settings(data_dir=server.data_dir, models_dir=REPOSITORY / "assets" / "models")
        with closing(Library.open(settings)) as library:
            wait_until(lambda: not library.jobs.active(), QUIET_S, "the model did not finish its answers")
            for study in (other_film, film):  # the model refuses made-up films: an answer above its own
                maps = {target: np.eye(7, dtype=np.float32) for target in ("pneumonia", "bacterial", "viral", "normal")}
                library.save_prediction(library.study(study).instances[0].id, make_answer(maps=maps, map_scale=1.0))
        yield Holdings(server, ct_study, other_film, film, long_uid)


@dataclass
class Traffic:
    """What a browser asked of the server since the last `reset`: requests, and messages that ask for a rerun."""

    requests: list[str] = field(default_factory=list)
    reruns: int = 0
    last: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, witness: Witness) -> "Traffic":
        """Count what a context asks from now on."""
        traffic = cls()
        witness.context.on("request", traffic._see)
        witness.context.on("page", lambda page: page.on("websocket", traffic._listen))
        return traffic

    def reset(self) -> None:
        """Count from zero."""
        self.requests.clear()
        self.reruns = 0

    def settle(self, page: Page) -> None:
        """Wait until nothing was asked for a while."""
        while time.monotonic() - self.last < QUIET_MS / 1000:
            page.wait_for_timeout(100)

    def frames(self) -> list[tuple[str, int]]:
        """List the frames that were asked for, in the order of asking: UID and number."""
        found = [FRAME.search(url) for url in self.requests]
        return [(match[1], int(match[2])) for match in found if match]

    def _see(self, request: Request) -> None:
        if not request.url.startswith(("blob:", "data:")):
            self.requests.append(request.url)
            self.last = time.monotonic()

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", self._rerun)

    def _rerun(self, _: object) -> None:
        self.reruns += 1
        self.last = time.monotonic()


@dataclass(frozen=True)
class Silence:
    """What one kind of change asked of the server, and whether the picture changed at all."""

    requests: int
    reruns: int
    changed: bool


def silence(page: Page, traffic: Traffic, act: Callable[[], object], look: Callable[[], object]) -> Silence:
    """Count what an act asks of the server until it is quiet again."""
    before = look()
    traffic.reset()
    act()
    page.wait_for_timeout(QUIET_MS)
    return Silence(len(traffic.requests), traffic.reruns, look() != before)
