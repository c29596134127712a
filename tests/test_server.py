import json
import re
import socket

import pytest

from tests.servers import Answer, Server

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
POLICY = (
    "default-src 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "worker-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
)
EVERY_KIND = [
    "/",
    "/review",
    "/health",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/stream",
    "/_stcore/upload_file/a/b",
    "/_stcore/bidi-components/a/b.js",
    "/media/0123456789.png",
    "/component/a/b.js",
    "/static/js/none.js",
    "/favicon.png",
]
WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


def assert_guarded(answer: Answer) -> None:
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    directives = answer.headers["content-security-policy"].split("; ")
    assert set(POLICY) <= set(directives)
    assert "'unsafe-eval'" not in answer.headers["content-security-policy"]
    assert not re.search(r"https?:|\*", answer.headers["content-security-policy"])
    assert answer.headers["permissions-policy"]


@pytest.mark.parametrize("path", EVERY_KIND)
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8501", "user@127.0.0.1", "127.0.0.1:x", ""]
)
def test_a_wrong_host_is_refused_on_every_kind_of_route(server: Server, cookie: str, path: str, host: str):
    answer = server.ask(path, Host=host, Cookie=cookie)
    assert answer.status == 400
    assert_guarded(answer)


def test_media_are_refused_under_a_wrong_host(server: Server, cookie: str, media: str):
    assert server.ask(media, Cookie=cookie).status == 200
    assert server.ask(media, Cookie=cookie, Host="evil.example").status == 400


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost:9", "LOCALHOST", "[::1]:8501", "medcore.example", "other.example:443"]
)
def test_own_hosts_and_those_of_the_setting_are_answered(server: Server, host: str):
    assert server.ask("/", Host=host).status == 200


def test_the_websocket_opens_for_its_own_page_only(server: Server, cookie: str):
    own = {**WEBSOCKET, "Origin": server.url, "Cookie": cookie}
    assert server.ask("/_stcore/stream", **own).status == 101
    for change in (
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": server.url.replace("http", "https")},
        {"Origin": f"http://localhost:{server.port}"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "same-site"},
        {"Cookie": ""},
        {"Cookie": cookie[:-1] + ("0" if cookie[-1] != "0" else "1")},
    ):
        refused = server.ask("/_stcore/stream", **{**own, **change})
        assert refused.status in (400, 403), change
        assert_guarded(refused)
    without_origin = server.ask("/_stcore/stream", **WEBSOCKET, Cookie=cookie)
    assert without_origin.status == 403


def test_an_accepted_websocket_carries_the_headers_too(server: Server, cookie: str):
    assert_guarded(server.ask("/_stcore/stream", **WEBSOCKET, Origin=server.url, Cookie=cookie))


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/_stcore/upload_file/a/b", "/", "/health", "/media/a.png"])
def test_what_changes_something_needs_the_own_origin(server: Server, cookie: str, method: str, path: str):
    for origin in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        assert server.ask(path, method, b"", Cookie=cookie, **origin).status == 403
    assert server.ask(path, method, b"", Origin=server.url).status == 403  # no cookie


def test_media_go_to_the_own_pages_only(server: Server, cookie: str, media: str):
    for headers in (
        {},
        {"Cookie": "medcore_session=1"},
        {"Cookie": cookie.split("=")[0] + "=" + "0" * 128},
        {"Cookie": cookie, "Origin": "http://evil.example"},
        {"Cookie": cookie, "Sec_Fetch_Site": "cross-site"},
        {"Cookie": cookie, "Sec_Fetch_Site": "same-site"},
    ):
        refused = server.ask(media, **headers)
        assert refused.status == 403
        assert b"JFIF" not in refused.body
        assert_guarded(refused)
    shown = server.ask(media, Cookie=cookie, Sec_Fetch_Site="same-origin")
    assert (shown.status, shown.headers["cache-control"]) == (200, "no-store")
    assert_guarded(shown)
    assert server.ask(media, Cookie=cookie, Range="bytes=6-9").body == b"JFIF"


@pytest.mark.parametrize(
    "path",
    ["/_stcore/host-config", "/media/a.png", "/component/a/b", "/_stcore/bidi-components/a/b", "/pixels/1", "/x/y"],
)
def test_without_the_cookie_nothing_but_the_shell_is_served(server: Server, path: str):
    assert server.ask(path).status == 403


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/agent/openapi.json",
        "/_stcore/agent/interact",
        "/_stcore/metrics",
        "/_stcore/script-health-check",
        "/auth/login",
        "/oauth2callback",
        "/app/static/a",
    ],
)
def test_what_the_framework_serves_and_no_page_uses_is_off(server: Server, cookie: str, path: str):
    assert server.ask(path, Cookie=cookie).status == 404
    assert server.ask(path, "POST", b"{}", Cookie=cookie, Origin=server.url).status == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/review?study=1", 200),
        ("/health", 200),
        ("/_stcore/health", 200),
        ("/_stcore/host-config", 200),
        ("/favicon.png", 200),
        ("/static/none.js", 200),
        ("/review/", 301),
        ("/media/none.png", 404),
        ("/component/none/none.js", 404),
        ("/_stcore/agent", 404),
        ("//evil.example", 400),
        ("/boom", 500),
    ],
)
def test_every_answer_carries_the_headers(server: Server, cookie: str, path: str, status: int):
    answer = server.ask(path, Cookie=cookie)
    assert answer.status == status
    assert_guarded(answer)
    assert answer.headers["cache-control"] in ("no-store", "no-cache")


def test_only_the_front_ends_own_files_may_be_kept_by_a_browser(server: Server):
    page = server.ask("/").body.decode()
    script = re.search(r'src="\./(static/js/index\.[^"]+)"', page)
    assert script is not None
    answer = server.ask("/" + script[1])
    assert_guarded(answer)
    assert "immutable" in answer.headers["cache-control"]


def test_the_sessions_cookie_is_out_of_reach(server: Server, cookie: str):
    (header,) = server.ask("/review").cookies
    value, *attributes = header.split("; ")
    assert set(attributes) == {"Path=/", "HttpOnly", "SameSite=Strict"}
    assert len(value.split("=")[1]) * 4 >= 256
    assert value != cookie
    assert server.ask("/", Cookie=cookie).cookies == ()  # one that is good is kept


def test_the_cookie_is_secure_behind_a_proxy_that_speaks_https(server: Server):
    (header,) = server.ask("/", X_Forwarded_Proto="https").cookies
    assert header.endswith("; Secure")


def test_health_says_nothing_private(server: Server):
    answer = server.ask("/health")
    assert json.loads(answer.body).keys() == {"status", "version", "worker"}
    assert answer.cookies == ()


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../../../../../etc/passwd",
        "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/static/%2e%2e%2f%2e%2e%2fapp.py",
        "/static/..%5c..%5capp.py",
        "/static//etc/passwd",
        "/media/../../app.py",
        "/media/%2e%2e%2fapp.py",
        "/component/..%2f..%2fapp.py",
        "/_stcore/bidi-components/..%2f..%2f..%2fetc/passwd",
        "/app.py",
        "/pages/frame.py",
        "/.streamlit/config.toml",
        "/static/%00",
    ],
)
def test_no_path_reaches_a_file_outside_the_front_end(server: Server, cookie: str, path: str):
    answer = server.ask(path, Cookie=cookie)
    assert answer.status < 500
    assert not re.search(rb"root:|st\.App|import streamlit|\[server\]", answer.body)
    assert_guarded(answer)


def test_the_server_listens_on_this_machine_only(server: Server):
    for address in ("127.0.0.2", "::1"):
        with pytest.raises(OSError, match="."):
            socket.create_connection((address, server.port), timeout=1).close()


def test_a_request_that_fails_names_neither_the_patient_nor_the_code(server: Server):
    for accept in ("text/html", "application/json"):
        answer = server.ask("/boom", Accept=accept, Cookie=server.session_cookie())
        text = answer.body.decode()
        reference = re.search(r"reference ([0-9A-F]{6})", text)
        assert reference is not None
        assert not re.search(r"Doe|Traceback|ValueError|\.py", text)
        log = server.log.read_text()
        assert f"Reference {reference[1]}: ValueError at " in log
        assert "Doe" not in log
