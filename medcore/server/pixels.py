"""The routes that give a viewer its images: what to know about them, their stored values, their small pictures.

An image is asked for by its SOP Instance UID, which is looked up in the library and is never part of a path on disk.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

import anyio.lowlevel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from medcore.errors import LibraryError, PixelError
from medcore.server.coding import IDENTITY, choose_coding, is_known
from medcore.server.gate import REVALIDATED
from medcore.server.image_lists import ImageLists
from medcore.server.library import ServerLibrary
from medcore.server.pixel_store import PixelStore
from medcore.settings import Settings

if TYPE_CHECKING:
    from medcore.library import Instance, Series

UID = re.compile(r"[0-9.]{1,64}")
NUMBER = re.compile(r"[0-9]{1,9}")
FORM = 1  # of what is sent; a new number makes browsers and the cache forget what was sent before
THUMBNAIL_SIDE = 128  # pixels
CHUNK = 256 * 2**10  # bytes of a body that are in memory at a time
LISTING = 2  # series that are listed at the same time: a long list takes some hundred MB while it is made
CLIENT_GONE = 499  # nobody reads it
NO_IMAGE = "This image is not in the library. Go back to the studies and open one."
NO_SERIES = "This series is not in the library. Go back to the studies and open one."
NO_FRAME = "The image has no such frame."
DELETED = "The study of this image was deleted."
FILE_GONE = "The file of this image is gone from the library. Restore the last backup, or add the image again."
DISK = "The disk refuses what the viewer needs to keep. Free some room, then try again."


class RefusedError(Exception):
    """A request that is answered by a status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Pixels:
    """The routes, and what they share."""

    def __init__(self, library: ServerLibrary, settings: Settings) -> None:
        self._library = library
        self._store = PixelStore(library, settings)
        self._lists = ImageLists(self._store)
        self._listing = anyio.Semaphore(LISTING)

    def routes(self) -> list[Route]:
        """List the routes for the server."""
        return [
            Route("/pixels/{uid}", self.image),
            Route("/pixels/{uid}/thumbnail", self.thumbnail),
            Route("/pixels/{uid}/{frame}", self.frame),
            Route("/series/{series}/images", self.series),
            # The framework shows its first page at what it does not know, which no program can make sense of.
            Route("/pixels/{rest:path}", _nothing),
            Route("/series/{rest:path}", _nothing),
        ]

    async def image(self, request: Request) -> Response:
        """Say what a viewer needs to know about an image."""
        return await answered(request, lambda: self._image(request))

    async def frame(self, request: Request) -> Response:
        """Give the stored values of one frame."""
        return await answered(request, lambda: self._frame(request))

    async def thumbnail(self, request: Request) -> Response:
        """Give a small picture of an image, as PNG."""
        return await answered(request, lambda: self._thumbnail(request))

    async def series(self, request: Request) -> Response:
        """Say what a viewer needs to know about all images of a series."""
        return await answered(request, lambda: self._series(request))

    async def _image(self, request: Request) -> Response:
        instance = await self._store.look(lambda: self._find(request))
        (described,) = await self._lists.images([instance])
        if "error" in described:
            raise RefusedError(422, described["error"])
        return _json(request, described)

    async def _series(self, request: Request) -> Response:
        series = await self._store.look(lambda: self._find_series(request))
        async with self._listing:
            listed = await self._lists.series(series)
            return await self._store.look(lambda: _json(request, listed))

    async def _frame(self, request: Request) -> Response:
        instance = await self._store.look(lambda: self._find(request))
        number = _number(request.path_params["frame"])
        if number is None or number >= instance.attributes.number_of_frames:
            raise RefusedError(404, NO_FRAME)
        coding = choose_coding(request.headers.get("accept-encoding", ""))
        name = f"{number}-{coding}-{FORM}"

        async def body() -> memoryview:
            mapped: memoryview | None = None
            if coding == IDENTITY:
                mapped = await self._store.look(lambda: _sending().map_stored(instance.path, number))
            if mapped is not None:
                return mapped
            return await self._store.body(
                instance, name, lambda target: _sending().write_frame(instance.path, number, coding, target)
            )

        # The coding is named even where there is none: the framework would choose one of its own.
        headers = {"content-type": "application/octet-stream", "vary": "Accept-Encoding", "content-encoding": coding}
        return await self._unless_known(request, f"{instance.sha256}/{name}", body, headers)

    async def _thumbnail(self, request: Request) -> Response:
        instance = await self._store.look(lambda: self._find(request))
        name, middle = f"thumbnail-{FORM}", instance.attributes.number_of_frames // 2

        async def body() -> memoryview:
            return await self._store.body(
                instance, name, lambda target: _sending().write_thumbnail(instance.path, middle, THUMBNAIL_SIDE, target)
            )

        return await self._unless_known(request, f"{instance.sha256}/{name}", body, {"content-type": "image/png"})

    async def _unless_known(
        self, request: Request, key: str, body: Callable[[], Awaitable[memoryview]], headers: dict[str, str]
    ) -> Response:
        """Send a body, unless the browser has it: what it is made from is named by its hash, so its tag is known."""
        etag = _etag(key.encode())
        headers = headers | {"etag": etag, "cache-control": REVALIDATED}
        if is_known(etag, request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        return BodyResponse(await body(), headers)

    def _find(self, request: Request) -> "Instance":
        uid = request.path_params["uid"]
        if not UID.fullmatch(uid):
            raise RefusedError(404, NO_IMAGE)
        library = self._library.open()
        instance = library.find_instance(uid)
        if instance is None:
            raise RefusedError(410, DELETED) if library.was_deleted(uid) else RefusedError(404, NO_IMAGE)
        if not instance.path.exists():
            raise RefusedError(410, FILE_GONE)
        return instance

    def _find_series(self, request: Request) -> "Series":
        number = _number(request.path_params["series"])
        series = None if number is None else self._library.open().series(number)
        if series is None:
            raise RefusedError(404, NO_SERIES)
        return series


class BodyResponse(Response):
    """Sends a body that is mapped from disk, a piece at a time."""

    def __init__(self, body: memoryview, headers: dict[str, str]) -> None:
        super().__init__(headers=headers | {"content-length": str(len(body))})
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it as fast as the browser takes it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for start in range(0, len(self._body), CHUNK):
            piece = bytes(self._body[start : start + CHUNK])
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await anyio.lowlevel.checkpoint()  # to hear of a browser that has gone: else each piece is logged
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def answered(request: Request, work: Callable[[], Awaitable[Response]]) -> Response:
    """Answer a request, by a sentence where it cannot be; stop what has not begun when the browser goes away."""
    try:
        with anyio.CancelScope() as scope:
            watch = asyncio.create_task(_cancel_when_gone(request, scope))
            try:
                return await work()
            finally:
                watch.cancel()
        return Response(status_code=CLIENT_GONE)
    except RefusedError as error:
        return _refusal(error.status, str(error))
    except PixelError as error:
        return _refusal(422, str(error))
    except LibraryError as error:
        return _refusal(503, str(error))
    except FileNotFoundError:  # deleted a moment ago
        return _refusal(410, FILE_GONE)
    except OSError:
        return _refusal(507, DISK)


async def _cancel_when_gone(request: Request, scope: anyio.CancelScope) -> None:
    with suppress(RuntimeError):
        while (await request.receive())["type"] != "http.disconnect":
            pass
        scope.cancel()


async def _nothing(request: Request) -> Response:
    return _refusal(404, NO_IMAGE)


def _refusal(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status)


def _json(request: Request, values: object) -> Response:
    body = json.dumps(values, allow_nan=False, separators=(",", ":")).encode()
    headers = {"etag": _etag(body), "cache-control": REVALIDATED}
    if is_known(headers["etag"], request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def _etag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def _number(text: str) -> int | None:
    return int(text) if NUMBER.fullmatch(text) else None


def _sending() -> Any:
    """Load what needs pydicom when it is first used: it takes most of a second."""
    return import_module("medcore.dicom.sending")
