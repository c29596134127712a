"""What is sent of images: found where it was kept before, else made, a few at a time and each once."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakValueDictionary

import anyio
from anyio import to_thread

from medcore.settings import Settings

if TYPE_CHECKING:
    from medcore.library.frame_cache import FrameCache

LOOKING = 8  # requests that look into the library and the cache at the same time
MAKING = 4  # and that have something made: enough to keep the decoders busy, few enough to keep memory small

T = TypeVar("T")


class PixelStore:
    """Gives bodies that were made from images, mapped from disk and never held in memory.

    All methods belong to the server's event loop; the work is done in threads and in the decoders.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cache: FrameCache | None = None
        self._looking = anyio.CapacityLimiter(LOOKING)
        self._making = anyio.CapacityLimiter(MAKING)
        self._turns: WeakValueDictionary[tuple[str, str], anyio.Lock] = WeakValueDictionary()

    async def look(self, function: Callable[[], T]) -> T:
        """Run something short that waits for the disk, off the event loop."""
        return await to_thread.run_sync(function, limiter=self._looking)

    async def make(self, function: Callable[[], T]) -> T:
        """Run something long that keeps a processor busy, when it is its turn."""
        return await to_thread.run_sync(function, limiter=self._making)

    async def body(self, sha256: str, name: str, make: Callable[[Path], None]) -> memoryview:
        """Return what is kept of an image under a name; `make` writes it into a file where nothing is.

        What waits for its turn can be cancelled; what has begun is finished and kept.

        Raises
        ------
        PixelError
            If it cannot be made.
        OSError
            If the disk refuses.
        """
        found = await self.look(lambda: self.find(sha256, name))
        if found is not None:
            return found
        turn = self._turns.setdefault((sha256, name), anyio.Lock())
        async with turn:  # eight browsers that open one film have it decoded once
            return await self.make(lambda: self._find_or_put(sha256, name, make))

    def find(self, sha256: str, name: str) -> memoryview | None:
        """Return what is kept of an image under a name; for a thread of `look` or `make`."""
        return self._opened().find(sha256, name)

    def keep(self, sha256: str, name: str, body: bytes) -> None:
        """Keep something of an image under a name; for a thread of `look` or `make`."""
        self._opened().put(sha256, name, lambda target: target.write_bytes(body))

    def _find_or_put(self, sha256: str, name: str, make: Callable[[Path], None]) -> memoryview:
        return self.find(sha256, name) or self._opened().put(sha256, name, make)

    def _opened(self) -> "FrameCache":
        if self._cache is None:
            from medcore.library.frame_cache import FrameCache
            from medcore.library.layout import Layout

            folder = Layout(self._settings.data_dir).frames
            self._cache = FrameCache(folder, self._settings.frame_cache_mb * 10**6)
        return self._cache
