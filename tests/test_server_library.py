"""The library that the server's routes share."""

import asyncio
import threading

import pytest

from medcore.errors import LibraryError
from medcore.library import Library
from medcore.server.library import ServerLibrary
from medcore.settings import Settings


def test_all_routes_share_one_library_opened_outside_the_event_loop(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    real = Library.open

    def noted(given: Settings) -> Library:
        threads.append(threading.get_ident())
        return real(given)

    monkeypatch.setattr(Library, "open", noted)
    shared = ServerLibrary(settings)

    async def ask() -> list[Library]:
        return await asyncio.gather(*(shared.opened() for _ in range(8)))

    first, *others = asyncio.run(ask())
    assert all(other is first for other in others)
    assert len(threads) == 1
    assert threads[0] != threading.get_ident()
    shared.close()


def test_a_library_that_was_never_opened_is_closed_without_being_made(settings: Settings) -> None:
    ServerLibrary(settings).close()
    assert not settings.data_dir.exists()


def test_a_data_folder_that_cannot_be_used_is_tried_again(settings: Settings) -> None:
    settings.data_dir.parent.mkdir(exist_ok=True)
    settings.data_dir.write_text("in the way")
    shared = ServerLibrary(settings)
    with pytest.raises(LibraryError):
        asyncio.run(shared.opened())
    settings.data_dir.unlink()
    assert asyncio.run(shared.opened()).studies().total == 0
    shared.close()
