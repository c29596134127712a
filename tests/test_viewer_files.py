"""The route that serves the viewer: to whom, in what form, and what it says where nothing is built."""

import asyncio
import gzip
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from medcore.server import viewer_files
from tests.servers import Server


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


def ask(name: str, **headers: str) -> Reply:
    """Ask the route alone, without a server around it."""
    sent = []

    async def receive() -> dict[str, object]:
        await asyncio.Event().wait()  # the browser stays
        return {}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/viewer/{name}",
        "root_path": "",
        "query_string": b"",
        "headers": [(key.replace("_", "-").lower().encode(), value.encode()) for key, value in headers.items()],
    }
    app = Starlette(routes=[Route("/viewer/{name}", viewer_files.viewer_file)])
    asyncio.run(app(scope, receive, send))
    named = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], named, b"".join(part.get("body", b"") for part in sent[1:]))


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty dist folder that the route serves."""
    path = viewer_files.viewer_path(tmp_path)
    path.parent.mkdir(parents=True)
    monkeypatch.setattr(viewer_files, "viewer_path", lambda: path)
    return path


def test_the_bundle_is_served_as_a_module_and_packed_for_who_takes_it(served: Path):
    served.write_bytes(b"export {}")
    served.with_name("viewer.js.gz").write_bytes(gzip.compress(b"export {}"))
    plain, packed = ask("viewer.js"), ask("viewer.js", accept_encoding="br, gzip;q=0.5")
    assert (plain.status, plain.body) == (packed.status, gzip.decompress(packed.body)) == (200, b"export {}")
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
    assert (plain.headers["content-encoding"], packed.headers["content-encoding"]) == ("identity", "gzip")
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert ask("viewer.js", accept_encoding="gzip;q=0").headers["content-encoding"] == "identity"


def test_a_browser_that_has_the_bundle_is_told_so_until_it_is_rebuilt(served: Path):
    served.write_bytes(b"export {}")
    first = ask("viewer.js")
    assert first.headers["cache-control"] == "no-cache"
    again = ask("viewer.js", if_none_match=f'"other", W/{first.headers["etag"]}')
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    served.write_bytes(b"export const rebuilt = 1")
    rebuilt = ask("viewer.js", if_none_match=first.headers["etag"])
    assert (rebuilt.status, rebuilt.body) == (200, b"export const rebuilt = 1")


def test_an_older_packed_bundle_is_not_taken_for_the_new_one(served: Path):
    served.with_name("viewer.js.gz").write_bytes(gzip.compress(b"old"))
    os.utime(served.with_name("viewer.js.gz"), (1, 1))
    served.write_bytes(b"new")
    assert ask("viewer.js", accept_encoding="gzip").body == b"new"


def test_what_is_not_built_is_not_found_and_the_answer_says_what_builds_it(served: Path):
    answer = ask("viewer.js", accept_encoding="gzip")
    assert (answer.status, answer.body) == (404, b"The viewer is not built. Build it with: make viewer\n")
    served.with_name("viewer.js.gz").write_bytes(gzip.compress(b"without the bundle itself"))
    assert ask("viewer.js", accept_encoding="gzip").status == 404


def test_only_the_bundle_and_its_notices_are_served(served: Path):
    for name in ("viewer.js", "licenses.txt", "inputs.sha256", "viewer.js.gz", "other.js"):
        served.with_name(name).write_bytes(b"here")
    names = ("viewer.js", "licenses.txt", "inputs.sha256", "viewer.js.gz", "other.js", "..", "../build.py")
    assert [ask(name).status for name in names] == [200, 200, 404, 404, 404, 404, 404]


def test_whether_it_is_built_is_whether_the_bundle_is_there(tmp_path: Path):
    assert not viewer_files.is_built(tmp_path)
    path = viewer_files.viewer_path(tmp_path)
    assert path == tmp_path / "assets" / "viewer" / "dist" / "viewer.js"
    path.parent.mkdir(parents=True)
    path.write_text("export {}")
    assert viewer_files.is_built(tmp_path)


def test_the_server_hands_the_viewer_to_its_own_pages_only(server: Server, cookie: str):
    assert server.ask("/viewer/viewer.js").status == 403
    assert server.ask("/viewer/viewer.js", Cookie=cookie, Sec_Fetch_Site="cross-site").status == 403
    shown = server.ask("/viewer/viewer.js", Cookie=cookie, Accept_Encoding="gzip")
    assert shown.status == (200 if viewer_files.is_built() else 404)
    if shown.status == 200:
        assert shown.headers["cache-control"] == "no-cache"
        same = server.ask(
            "/viewer/viewer.js", Cookie=cookie, Accept_Encoding="gzip", If_None_Match=shown.headers["etag"]
        )
        assert (same.status, same.body, same.headers["cache-control"]) == (304, b"", "no-cache")
