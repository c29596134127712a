"""The headers that every answer carries, and the content security policy among them.

Source: W3C Content Security Policy Level 3; OWASP Secure Headers Project.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping

INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)

FIXED_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": (
        "camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), midi=(), payment=(), serial=(), usb=()"
    ),
    "x-robots-tag": "noindex",
}


def inline_script_hashes(html: str) -> tuple[str, ...]:
    """Name each inline script of a page as a CSP source, so that no other inline script runs."""
    scripts = INLINE_SCRIPT.findall(html)
    return tuple(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)


def content_security_policy(script_hashes: Iterable[str]) -> str:
    """Say what the pages may load: this server only, and no script but the front end's own.

    Each exception was found by leaving it out in Chromium: without it a page of ours breaks or reports a violation.
    """
    sources = {
        "default-src": "'self'",
        # The inline script of the front end's index.html, by hash. Its protobuf decoder compiles a small WebAssembly
        # module for 64-bit numbers, which allows no JavaScript from text: 'unsafe-eval' is not needed.
        # A component's few lines reach the browser as a blob:, which only a script that runs already can make.
        "script-src": " ".join(("'self'", "blob:", "'wasm-unsafe-eval'", *script_hashes)),
        "style-src": "'self' 'unsafe-inline'",  # the front end and Plotly write <style> elements while they draw
        "img-src": "'self' data: blob:",  # films in a chart and icons are data:, a chart saved as PNG is blob:
        "font-src": "'self' data:",  # the icons of the worklist's grid
        "connect-src": "'self'",
        "worker-src": "'none'",
        "frame-src": "'none'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in sources.items())


def answer_headers(policy: str) -> Mapping[str, str]:
    """List what an answer carries; no browser and no proxy keeps a copy of it."""
    return {**FIXED_HEADERS, "content-security-policy": policy, "cache-control": "no-store"}
