"""The cookie that shows that a client has opened a page of this server.

It is not a sign-in: it keeps patient data from other sites in the reader's browser, and from clients that
never asked for a page.
"""

import hashlib
import hmac
import secrets

from starlette.requests import cookie_parser

KEY_BYTES = 32
COOKIE_NAME = "medcore_session"


class SessionCookies:
    """Issues and checks the session's cookie; the key lives in memory and dies with the server.

    A value is 256 random bits and their keyed hash (HMAC-SHA-256), so nothing is stored for a client and a
    flood of them pushes nobody out.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(KEY_BYTES)

    def new_value(self) -> str:
        """Make a value that only this server accepts."""
        nonce = secrets.token_hex(KEY_BYTES)
        return nonce + self._hash(nonce)

    def accepts(self, value: str) -> bool:
        """Tell whether this server made the value, in a time that does not depend on it."""
        nonce, digest = value[: 2 * KEY_BYTES], value[2 * KEY_BYTES :]
        return hmac.compare_digest(digest.encode(), self._hash(nonce).encode())

    def _hash(self, nonce: str) -> str:
        return hmac.new(self._key, nonce.encode(), hashlib.sha256).hexdigest()


def cookie_name(port: int) -> str:
    """Name the cookie after the port: browsers share cookies between the ports of a host."""
    return f"{COOKIE_NAME}_{port}"


def set_cookie_header(name: str, value: str, *, secure: bool) -> str:
    """Write the cookie out of reach of scripts and of requests that another site makes."""
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")


def read_cookie(header: str, name: str) -> str:
    """Find a cookie's value in a Cookie header; empty when it is not there."""
    return cookie_parser(header).get(name, "")
