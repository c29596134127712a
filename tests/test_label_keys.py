"""The Label page by keys alone in Chromium, under the server's policy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from medcore.library import Library
from medcore.library.labels import REVIEW_SET
from medcore.settings import REPOSITORY, Settings
from tests.browsers import watched
from tests.films import ramp, write_film
from tests.servers import Server, running_server
from tests.test_browser import assert_quiet, take_picture

# As a key that is held down for a moment gives it; one by one, a busy machine takes seconds for as many.
HELD_DOWN = """() => Array.from({ length: 20 }, (_, time) => document.body.dispatchEvent(new KeyboardEvent(
  'keydown', { key: '3', code: 'Digit3', keyCode: 51, which: 51, bubbles: true, repeat: time > 0 })))"""
LOOK_MS = 500  # a key that comes sooner was meant for the film before


@pytest.fixture
def films(tmp_path: Path) -> Iterator[tuple[Server, Library]]:
    """A server with four films to label, of adults: the background needs no network to refuse them."""
    adult = {"PatientAge": "061Y", "PatientBirthDate": None}
    for number in range(4):
        write_film(tmp_path / "films" / str(number), ramp(300 + number, 400), PatientID=f"P{number}", **adult)
    library = Library.open(Settings(tmp_path / "data", REPOSITORY / "assets" / "models"))
    library.add([tmp_path / "films"])
    with running_server(tmp_path) as server:
        yield server, library
    library.close()


def look(page: Page) -> None:
    """Wait until the film is there, and then as long as a look takes."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.wait_for_timeout(LOOK_MS)


def press(page: Page, key: str, then: str) -> None:
    """Press a key as a reader does, after a look at the film."""
    look(page)
    page.keyboard.press(key)
    expect(page.get_by_text(then, exact=True)).to_be_visible()


def test_films_are_labelled_skipped_and_taken_back_by_keys(films: tuple[Server, Library], chromium: Browser) -> None:
    server, library = films
    with watched(chromium) as browser:
        page = browser.open(f"{server.url}/label")
        page.get_by_placeholder("Your name (not verified)").fill("A. Reader")
        page.get_by_placeholder("Your name (not verified)").press("Enter")
        expect(page.get_by_text("0 of 4", exact=True)).to_be_visible()
        take_picture(page, "label")
        page.set_viewport_size({"width": 1280, "height": 720})
        film = page.locator(".st-key-label_plate").bounding_box()
        assert film is not None and film["height"] >= 360  # half of the screen
        press(page, "2", "1 of 4, 1 need a second reader")
        press(page, "u", "0 of 4")
        press(page, "p", "1 of 4")
        look(page)
        page.evaluate(HELD_DOWN)
        press(page, "9", "2 of 4, 1 need a second reader")
        assert_quiet(browser)
    said = [label.classes or label.reason for label in library.labels.read(REVIEW_SET)]
    assert said == [("bacterial",), "taken back", "poor film", ("viral",)]
