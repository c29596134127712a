"""What is sent of images: found where it was kept before, else made, a few at a time and each once."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakValueDictionary

import anyio
from anyio import to_thread

from medcore.errors import PixelError
from medcore.server.failures import Failures
from medcore.server.library import ServerLibrary
from medcore.settings import Settings

if TYPE_CHECKING:
    from medcore.library import Instance
    from medcore.library.frame_cache import FrameCache

GONE = "The image was deleted a moment ago."
LOOKING = 8  # requests that look into the library and the cache at the same time
MAKING = 4  # and that have something made: enough to keep the decoders busy, few enough to keep memory small

T = TypeVar("T")


class PixelStore:
    """Gives bodies that were made from images, mapped from disk and never held in memory.

    All methods belong to the server's event loop; the work is done in threads and in the decoders.
    """

    def __init__(self, library: ServerLibrary, settings: Settings) -> None:
        self._library = library
        self._settings = settings
        self._cache: FrameCache | None = None
        self._looking = anyio.CapacityLimiter(LOOKING)
        self._making = anyio.CapacityLimiter(MAKING)
        self._failures = Failures()  # by the file's hash and the name of what was wanted
        self._turns: WeakValueDictionary[tuple[str, str], anyio.Lock] = WeakValueDictionary()

    async def look(self, function: Callable[[], T]) -> T:
        """Run something short that waits for the disk, off the event loop."""
        return await to_thread.run_sync(function, limiter=self._looking)

    async def make(self, function: Callable[[], T]) -> T:
        """Run something long that keeps a processor busy, when it is its turn."""
        return await to_thread.run_sync(function, limiter=self._making)

    async def body(self, instance: "Instance", name: str, make: Callable[[Path], None]) -> memoryview:
        """Return what is kept of an image under a name; `make` writes it into a file where nothing is.

        What waits for its turn can be cancelled; what has begun is finished and kept.

        Raises
        ------
        PixelError
            If it cannot be made.
        FileNotFoundError
            If the image was deleted meanwhile.
        OSError
            If the disk refuses.
        """
        found = await self.look(lambda: self.find(instance, name))
        if found is not None:
            return found
        turn = self._turns.setdefault((instance.sha256, name), anyio.Lock())
        async with turn:  # eight browsers that open one film have it decoded once
            return await self.make(lambda: self._find_or_put(instance, name, make))

    def find(self, instance: "Instance", name: str) -> memoryview | None:
        """Return what is kept of an image under a name; for a thread of `look` or `make`."""
        return self._opened().find(instance.sha256, name)

    def keep(self, bodies: Sequence[tuple["Instance", bytes]], name: str) -> None:
        """Keep something of several images under a name; for a thread of `look` or `make`."""
        for instance, body in bodies:
            self._opened().put(instance.sha256, name, lambda target, body=body: target.write_bytes(body))  # type: ignore[misc]
        self._forget_deleted([instance for instance, _ in bodies])

    def _find_or_put(self, instance: "Instance", name: str, make: Callable[[Path], None]) -> memoryview:
        body = self.find(instance, name)
        if body is not None:
            return body
        if reason := self._failures.reason((instance.sha256, name)):
            raise PixelError(reason)
        try:
            body = self._opened().put(instance.sha256, name, make)
        except PixelError as error:
            self._failures.add((instance.sha256, name), str(error))
            raise
        self._forget_deleted([instance])
        return body

    def _forget_deleted(self, instances: Sequence["Instance"]) -> None:
        """Remove what was made of images whose deletion came between: it looked for this before it was there."""
        left = self._library.open().instances([instance.id for instance in instances])
        gone = [instance for instance in instances if instance.id not in left]
        for instance in gone:
            self._opened().remove(instance.sha256)
        if gone:
            raise FileNotFoundError(GONE)

    def _opened(self) -> "FrameCache":
        if self._cache is None:
            from medcore.library.frame_cache import FrameCache
            from medcore.library.layout import Layout

            folder = Layout(self._settings.data_dir).frames
            self._cache = FrameCache(folder, self._settings.frame_cache_mb * 10**6)
        return self._cache
