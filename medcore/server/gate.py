"""The gate that every request and websocket passes: right host, right origin, a session, and safe headers back.

What is not named here as open needs the session's cookie, so a route that is added later is closed by default.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from medcore.server.answers import answer
from medcore.server.headers import answer_headers
from medcore.server.sessions import SessionCookies, cookie_name, read_cookie, set_cookie_header

LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")
HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")
PAGE = re.compile(r"/[A-Za-z0-9_-]*")  # the studies, and one flat name a page
STATIC = "/static/"  # the front end's own files: the same for everybody
KEPT = (STATIC, "/viewer/", "/charts/")  # what a browser may keep; every other answer is its reader's alone
# Of images a browser may keep what it asks about again before each use, and only under this header. A viewer that is
# opened again then has the pixels after one short question, which this gate and the library answer: without the
# session's cookie, or after the study was deleted, they are not shown. A lifetime would show them unasked, and never
# see the refusal. They lie in the profile of the browser's own user, in no proxy, and nothing in them names a patient.
IMAGES = ("/pixels/", "/series/")
REVALIDATED = "private, no-cache"
FRONT_END_HEALTH = "/_stcore/health"  # what an open tab asks for after the server was started again
OPEN = frozenset({"/health", "/favicon.png", "/manifest.json", FRONT_END_HEALTH})
# Served by the framework whatever its settings say, and used by no page of ours.
OFF = ("/_stcore/agent", "/_stcore/metrics", "/_stcore/script-health-check", "/auth", "/oauth2callback", "/app/static")
READING = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_FETCHES = frozenset({"", "none", "same-origin"})  # no header, the address bar or a bookmark, our own pages
ANSWER_STARTS = frozenset({"http.response.start", "websocket.http.response.start", "websocket.accept"})


@dataclass(frozen=True)
class Refusal:
    """Why a request is not answered."""

    status: int
    title: str
    text: str


WRONG_HOST = Refusal(
    400,
    "Unknown address",
    "MedCore does not answer under this host name. Open http://127.0.0.1 with its port, "
    "or start it with the name in MEDCORE_ALLOWED_HOSTS.",
)
WRONG_ORIGIN = Refusal(
    403, "Request from another site", "Only MedCore's own pages may ask for this. Open MedCore in a tab of its own."
)
NO_SESSION = Refusal(403, "No session", "Open MedCore's first page in this browser, then try again.")
NOT_SERVED = Refusal(404, "Not found", "MedCore has nothing at this address. Go back to the studies.")


class Gate:
    """ASGI middleware around everything that the server answers."""

    def __init__(self, app: ASGIApp, *, policy: str, allowed_hosts: Iterable[str] = ()) -> None:
        self._app = app
        self._policy = policy
        self._hosts = frozenset(host.lower() for host in (*LOCAL_HOSTS, *allowed_hosts))
        self._cookies = SessionCookies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what may not be answered, and dress every answer in the same headers."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        refusal = self._refusal(connection)
        send = self._sender(connection, send, new_session=refusal is None and self._opens_session(connection))
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await answer(connection, refusal.status, refusal.title, refusal.text)(scope, receive, send)

    def _refusal(self, connection: HTTPConnection) -> Refusal | None:
        if not self._host_allowed(connection):
            return WRONG_HOST
        if connection.scope["path"].startswith(OFF):
            return NOT_SERVED
        if not _origin_allowed(connection):
            return WRONG_ORIGIN
        if _is_open(connection):
            return None
        if connection.headers.get("sec-fetch-site", "") not in OWN_FETCHES:
            return WRONG_ORIGIN
        return None if self._has_session(connection) else NO_SESSION

    def _host_allowed(self, connection: HTTPConnection) -> bool:
        hosts = connection.headers.getlist("host")
        match = HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        return match is not None and match["name"].lower() in self._hosts

    def _has_session(self, connection: HTTPConnection) -> bool:
        cookies = connection.headers.get("cookie", "")
        return self._cookies.accepts(read_cookie(cookies, cookie_name(_port(connection))))

    def _opens_session(self, connection: HTTPConnection) -> bool:
        path = connection.scope["path"]
        return (_is_page(connection) or path == FRONT_END_HEALTH) and not self._has_session(connection)

    def _sender(self, connection: HTTPConnection, send: Send, *, new_session: bool) -> Send:
        scope = connection.scope
        headers = dict(answer_headers(self._policy))
        if new_session:
            secure = scope["scheme"] in ("https", "wss")
            name = cookie_name(_port(connection))
            headers["set-cookie"] = set_cookie_header(name, self._cookies.new_value(), secure=secure)
        accepted = scope["type"] == "http"

        async def send_with_headers(message: Message) -> None:
            nonlocal accepted
            if message["type"] == "websocket.close" and not accepted:
                await answer(connection, 403, WRONG_ORIGIN.title, WRONG_ORIGIN.text)(scope, _nothing, send_with_headers)
                return
            if message["type"] in ANSWER_STARTS:
                accepted = True
                _write(message, headers, scope["path"])
            await send(message)

        return send_with_headers


def _write(message: Message, headers: Mapping[str, str], path: str) -> None:
    written = MutableHeaders(raw=list(message.get("headers", [])))
    said = written.get("cache-control")
    cacheable = path.startswith(KEPT) or (path.startswith(IMAGES) and said == REVALIDATED)
    for name, value in headers.items():
        if name == "set-cookie":
            written.append(name, value)  # beside the front end's own
        elif not (name == "cache-control" and cacheable and said):
            written[name] = value
    message["headers"] = written.raw


async def _nothing() -> Message:
    return {"type": "websocket.disconnect"}


def _origin_allowed(connection: HTTPConnection) -> bool:
    """Compare Origin with the host that was asked; whatever changes something, or streams, must name one."""
    websocket = connection.scope["type"] == "websocket"
    origin = connection.headers.get("origin")
    if origin is None:
        return not websocket and connection.scope["method"] in READING
    scheme = {"ws": "http", "wss": "https"}.get(connection.scope["scheme"], connection.scope["scheme"])
    return origin == f"{scheme}://{connection.headers['host']}"


def _is_open(connection: HTTPConnection) -> bool:
    if connection.scope["type"] == "websocket":
        return False
    path = connection.scope["path"]
    reading = connection.scope["method"] in READING
    return reading and (path in OPEN or path.startswith(STATIC) or _is_page(connection))


def _is_page(connection: HTTPConnection) -> bool:
    scope = connection.scope
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or scope["path"] in OPEN:
        return False
    return PAGE.fullmatch(scope["path"]) is not None


def _port(connection: HTTPConnection) -> int:
    server = connection.scope.get("server") or ("", 0)
    return int(server[1] or 0)
