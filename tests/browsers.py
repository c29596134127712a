"""A real Chromium that remembers what a page complained about and whom it talked to."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

SYSTEM_CHROMIUM = Path("/usr/bin/chromium")  # Debian's; elsewhere Playwright's own
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",  # WebGL in software, the same on every machine
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 60_000  # a machine that is busy with other things is slow, not wrong
OWN_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
LOCAL_SCHEMES = frozenset({"data", "blob", "about"})
# On a deep link the front end first looks for its server below the page's own name, and the browser notes the 404.
FRAMEWORK_SEARCH = re.compile(r"^http://[^/]+/\w+/_stcore/(health|host-config)$")
# Runs before every page: the browser's own word on what the policy stopped.
COLLECT_VIOLATIONS = """
window.cspViolations = [];
document.addEventListener('securitypolicyviolation', event => window.cspViolations.push(
  `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`));
"""


@dataclass
class Witness:
    """What a browser context saw while its pages were open."""

    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)

    def open(self, url: str, *, width: int = 1280, height: int = 720) -> Page:
        """Open a page that is watched from its first byte."""
        page = self.context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.goto(url)
        return page

    def violations(self) -> list[str]:
        """List what the content security policy stopped on the pages that are open now."""
        return [found for page in self.context.pages for found in page.evaluate("window.cspViolations || []")]

    def assert_clean(self) -> None:
        """Check that no page broke its policy, complained on its console, or asked a foreign host."""
        seen = [*self.violations(), *self.complaints, *self.foreign_requests]
        assert not seen, "\n".join(seen)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not FRAMEWORK_SEARCH.search(message.location.get("url", "")):
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def _see(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in LOCAL_SCHEMES and address.hostname not in OWN_HOSTS:
            self.foreign_requests.append(request.url)


@contextmanager
def start_chromium() -> Iterator[Browser]:
    """Start Chromium without a window, and end it afterwards."""
    own = str(SYSTEM_CHROMIUM) if SYSTEM_CHROMIUM.exists() else None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=own, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def watched(browser: Browser, **options: Any) -> Iterator[Witness]:
    """Open a browser context of its own (no shared cookies) and watch it."""
    context = browser.new_context(**options)
    context.set_default_timeout(WAIT_MS)
    witness = Witness(context)
    context.add_init_script(COLLECT_VIOLATIONS)
    context.on("console", witness._hear)
    context.on("request", witness._see)
    context.on("weberror", lambda error: witness.complaints.append(str(error.error)))
    try:
        yield witness
    finally:
        context.close()


def find_row(page: Page, row: int) -> tuple[float, float]:
    """Return where a row of the worklist can be clicked; the worklist is a canvas, so its rows are places."""
    table = page.get_by_test_id("stDataFrame")
    expect(table.locator("canvas").first).to_be_visible()
    page.wait_for_timeout(500)  # the canvas is drawn after it is there
    box = table.bounding_box()
    assert box is not None
    return box["x"] + 300, box["y"] + 34 + 56 * row + 28
