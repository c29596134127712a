"""What a viewer is sent is made once, a few at a time, and not for a browser that has gone away."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest
from starlette.requests import Request
from starlette.responses import Response

from medcore.library import Instance
from medcore.server.library import ServerLibrary
from medcore.server.pixel_store import MAKING, PixelStore
from medcore.server.pixels import CLIENT_GONE, answered
from medcore.settings import Settings
from tests.libraries import make_attributes

INSTANCE = Instance(1, "ab" * 32, Path("nowhere"), make_attributes())


class Held:
    """A library that holds some images and nothing else."""

    def __init__(self, *held: int) -> None:
        self.held = set(held)

    def open(self) -> "Held":
        return self

    def instances(self, ids: list[int]) -> dict[int, Instance]:
        return {number: INSTANCE for number in ids if number in self.held}


class Maker:
    """Writes an entry slowly, and counts how often and how many at once."""

    def __init__(self, takes_s: float = 0.05) -> None:
        self.takes_s = takes_s
        self.made = self.at_once = self.most = 0
        self._lock = threading.Lock()

    def __call__(self, target: Path) -> None:
        with self._lock:
            self.made += 1
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        time.sleep(self.takes_s)
        target.write_bytes(b"pixels")
        with self._lock:
            self.at_once -= 1


def make_store(settings: Settings, *held: int) -> PixelStore:
    return PixelStore(cast(ServerLibrary, Held(*held)), settings)


@pytest.fixture(autouse=True)
def data_folder(settings: Settings) -> None:
    settings.data_dir.mkdir()


def test_eight_that_ask_for_one_entry_have_it_made_once(settings: Settings) -> None:
    maker = Maker()

    async def ask() -> list[bytes]:
        store = make_store(settings, 1)
        bodies = await asyncio.gather(*(store.body(INSTANCE, "0", maker) for _ in range(8)))
        return [bytes(body) for body in bodies]

    assert asyncio.run(ask()) == [b"pixels"] * 8
    assert maker.made == 1


def test_a_few_are_made_at_a_time(settings: Settings) -> None:
    maker = Maker()

    async def ask() -> None:
        store = make_store(settings, 1)
        await asyncio.gather(*(store.body(INSTANCE, str(number), maker) for number in range(20)))

    asyncio.run(ask())
    assert maker.made == 20
    assert maker.most == MAKING


def test_what_has_not_begun_when_the_browser_goes_away_is_never_made(settings: Settings) -> None:
    maker = Maker(takes_s=0.3)

    async def ask() -> list[Response]:
        store = make_store(settings, 1)

        def work(number: int) -> Callable[[], Awaitable[Response]]:
            async def make() -> Response:
                return Response(bytes(await store.body(INSTANCE, str(number), maker)))

            return make

        return await asyncio.gather(*(answered(_leaving_after(0.1), work(number)) for number in range(20)))

    statuses = [answer.status_code for answer in asyncio.run(ask())]
    assert statuses.count(CLIENT_GONE) == 20 - MAKING
    assert maker.made == MAKING


def test_who_stays_gets_what_another_began_and_left(settings: Settings) -> None:
    maker = Maker(takes_s=0.3)

    async def ask() -> Response:
        store = make_store(settings, 1)

        async def work() -> Response:
            return Response(bytes(await store.body(INSTANCE, "0", maker)))

        leaving = asyncio.create_task(answered(_leaving_after(0.1), work))
        await asyncio.sleep(0.05)
        stayed = await answered(_leaving_after(60), work)
        await leaving
        return stayed

    assert bytes(asyncio.run(ask()).body) == b"pixels"
    assert maker.made == 1


def test_what_was_deleted_while_it_was_made_is_not_kept(settings: Settings) -> None:
    async def ask() -> int:
        store = make_store(settings)  # the library does not hold it any more

        async def work() -> Response:
            return Response(bytes(await store.body(INSTANCE, "0", Maker())))

        return (await answered(_leaving_after(60), work)).status_code

    assert asyncio.run(ask()) == 410
    assert [path for path in (settings.data_dir / "frames").rglob("*") if path.is_file()] == []


def test_a_full_disk_is_a_sentence(settings: Settings) -> None:
    def fail(target: Path) -> None:
        raise OSError(28, "No space left on device")

    async def ask() -> Response:
        store = make_store(settings, 1)

        async def work() -> Response:
            return Response(bytes(await store.body(INSTANCE, "0", fail)))

        return await answered(_leaving_after(60), work)

    answer = asyncio.run(ask())
    assert answer.status_code == 507
    assert b"Free some room" in bytes(answer.body)


def _leaving_after(seconds: float) -> Request:
    async def receive() -> dict[str, str]:
        await asyncio.sleep(seconds)
        return {"type": "http.disconnect"}

    return Request({"type": "http", "method": "GET", "path": "/", "headers": []}, receive)
