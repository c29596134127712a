"""A publisher's server on this machine, and the small archive that it serves."""

import hashlib
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

from PIL import Image

from medcore.fetching import Publication

NAME = "ChestXRay2017.zip"
FILMS = {  # name in the archive: (columns, rows, brightness)
    "chest_xray/train/NORMAL/IM-0115-0001.jpeg": (300, 260, 40),
    "chest_xray/train/NORMAL/NORMAL2-IM-0395-0001-0001.jpeg": (260, 300, 60),
    "chest_xray/train/PNEUMONIA/person5_bacteria_19.jpeg": (400, 240, 80),
    "chest_xray/train/PNEUMONIA/person5_virus_21.jpeg": (224, 224, 100),
    "chest_xray/test/PNEUMONIA/person447_virus_921_1.jpeg": (500, 300, 120),
}


@dataclass
class Answer:
    """What the server sends; `length` is what it claims, None for nothing."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None


@dataclass
class Publisher:
    """A running server, what it answers by path, and what it was asked for."""

    origin: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@contextmanager
def publisher() -> Iterator[Publisher]:
    """Run a server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802 # http.server's name
            site.asked.append(self.path)
            answer = site.answers.get(self.path, Answer(status=404, length=0))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.length is not None:
                self.send_header("Content-Length", str(answer.length))
            self.end_headers()
            with suppress(ConnectionError):  # the other side may have heard enough
                self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Publisher(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def jpeg(columns: int, rows: int, brightness: int, mode: str = "L") -> bytes:
    """Draw an even film."""
    stream = BytesIO()
    Image.new("L", (columns, rows), brightness).convert(mode).save(stream, "JPEG", quality=95)
    return stream.getvalue()


def archive(more: Mapping[str, bytes] = {}) -> bytes:
    """Pack the films, what a Mac adds to an archive, and `more`."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("chest_xray/.DS_Store", b"\0" * 100)
        packed.writestr("__MACOSX/chest_xray/train/NORMAL/._IM-0115-0001.jpeg", b"no film")
        for name, film in FILMS.items():
            packed.writestr(name, jpeg(*film, mode="RGB" if "virus" in name else "L"))
        for name, body in more.items():
            packed.writestr(name, body)
    return stream.getvalue()


def publish(site: Publisher, body: bytes, films: int = len(FILMS), store: Publisher | None = None) -> Publication:
    """Describe what `site` has under /film, and let it answer so."""
    site.answers["/film"] = Answer(body, length=len(body))
    return Publication(
        title="Somebody: Some films",
        doi="10.0000/films.1",
        licence="CC BY 4.0",
        name=NAME,
        url=f"{site.origin}/film",
        origins=(site.origin, (store or site).origin),
        size=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        films=films,
    )


def kept(folder: Path) -> list[str]:
    """Name every file in a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
