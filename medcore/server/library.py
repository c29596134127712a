"""The server's own library: one for all routes, opened when the first of them needs it."""

import threading
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from medcore.settings import Settings

if TYPE_CHECKING:
    from medcore.library import Library


class ServerLibrary:
    """Opens the library of a data folder once, and never in the thread that answers requests."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opening = threading.Lock()
        self._library: Library | None = None

    async def opened(self) -> "Library":
        """Give the library, opened now where it is not yet.

        Raises
        ------
        LibraryError
            If the data folder cannot be used; the next call tries again.
        """
        if self._library is not None:
            return self._library
        return await run_in_threadpool(self.open)

    def open(self) -> "Library":
        """Give the library to a caller that is not in the server's event loop; see `opened`."""
        from medcore.library import Library  # half a second that the server's start has no need of

        with self._opening:
            library = self._library or Library.open(self._settings)
            self._library = library
            return library

    def close(self) -> None:
        """Let go of the library's files; without effect where it was never opened."""
        with self._opening:
            if self._library is not None:
                self._library.close()
                self._library = None
