"""Measure the server in a real browser: the first page after its start, and Review on a warm library."""

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from medcore.demo import STUDIES, demonstration_files
from medcore.library import Library
from medcore.settings import REPOSITORY, Settings
from tests.browsers import find_row, start_chromium, watched
from tests.servers import running_server, wait_until


def measure() -> dict[str, float]:
    """Return seconds from the server's start to the first page, and from a click in the worklist to an open Review."""
    with tempfile.TemporaryDirectory() as name, start_chromium() as chromium:
        folder = Path(name)
        library = Library.open(Settings(folder / "data", REPOSITORY / "assets" / "models"))
        library.add(demonstration_files()[: len(STUDIES)])
        began = time.perf_counter()
        with running_server(folder) as server, watched(chromium) as browser:
            answers = time.perf_counter() - began
            page = browser.open(server.url)
            expect(page.get_by_text("5 studies.")).to_be_visible(timeout=60_000)
            first_page = time.perf_counter() - began
            wait_until(lambda: not library.jobs.active(), 120, "the background did not finish")
            reviews = [open_review(page, server.url, row) for row in (0, 1, 2, 3, 4)]
            again = open_review(page, server.url, 3)
        library.close()
    return {
        "start to the first answer": answers,
        "start to the first page": first_page,
        "Review opens, slowest": max(reviews),
        "Review opens, again": again,
    }


def open_review(page: Page, url: str, row: int) -> float:
    """Return the seconds from a click on a row of the worklist to its film on screen."""
    page.goto(url)
    place = find_row(page, row)
    began = time.perf_counter()
    page.mouse.click(*place)
    expect(page.get_by_text("The model does not answer")).to_be_visible()
    expect(page.locator(".cell[data-matrix]").first).to_be_visible()
    return time.perf_counter() - began
