"""What the reader sees of the model's certainty, in a real browser."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from medcore.classifier import default_model_folder, read_model_card
from medcore.library import Library
from medcore.settings import REPOSITORY, Settings
from tests.browsers import watched
from tests.films import write_film
from tests.libraries import make_answer
from tests.servers import Server, running_server
from tests.test_browser import assert_quiet, take_picture

MEANING = "for others nothing is promised"
KIND = "A film cannot settle the cause."
DOUBT = "Cannot rule out: pneumonia, normal"


@pytest.fixture(scope="module")
def doubtful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two studies of two films each, of which the model is not sure."""
    folder = tmp_path_factory.mktemp("doubtful")
    library = Library.open(Settings(folder / "data", REPOSITORY / "assets" / "models"))
    card = read_model_card(default_model_folder())
    for study in (1, 2):
        shared = {"StudyInstanceUID": f"1.2.{study}", "SeriesInstanceUID": f"1.2.{study}.4", "PatientAge": "003Y"}
        films = [write_film(folder / f"{study}-{number}", InstanceNumber=number, **shared) for number in (1, 2)]
        for instance, pneumonia in zip(library.add(films).instances, (0.87, 0.2), strict=True):
            answer = make_answer(
                pneumonia,
                pneumonia_low=pneumonia - 0.06,
                pneumonia_high=pneumonia + 0.05,
                not_ruled_out=("normal", "bacterial", "viral"),
                operating_point="high sensitivity",
                maps=dict.fromkeys(("pneumonia", "bacterial", "viral", "normal"), np.eye(7, dtype=np.float32)),
                model_version=f"{card.name} {card.version}",  # so that the background has nothing to do
            )
            library.save_prediction(instance, answer)
    library.close()
    with running_server(folder) as server:
        yield server


def read(page: Page) -> None:
    page.get_by_placeholder("Your name (not verified)").fill("A. Reader")
    page.get_by_placeholder("Your name (not verified)").press("Tab")
    page.locator("body").press("2")
    page.get_by_role("button", name="Save and reveal").click()
    expect(page.get_by_text(DOUBT)).to_be_visible()


def place_of_the_answer(page: Page) -> tuple[float, bool]:
    """Return the height of the model's place, and whether all that is in it shows without scrolling."""
    height, fits = page.locator(".st-key-review_model").evaluate(
        "one => [one.clientHeight, one.scrollHeight <= one.clientHeight]"
    )
    return height, fits


def test_how_sure_the_model_is_stays_closed_until_the_reader_has_spoken_and_moves_nothing(
    doubtful: Server, chromium: Browser
) -> None:
    with watched(chromium) as browser:
        page = browser.open(doubtful.url + "/review?study=1")
        expect(page.get_by_text("Shown after your reading.")).to_be_visible()
        for closed in ("81 to 92 %", DOUBT, "What does this mean?", "Bacterial or viral?"):
            assert page.get_by_text(closed).count() == 0
        reserved, _ = place_of_the_answer(page)
        read(page)
        expect(page.get_by_text("87 % (81 to 92 %)")).to_be_visible()
        expect(page.get_by_role("button", name="Show film 1")).to_be_visible()
        for width, height in ((1024, 768), (1280, 720), (1920, 1080)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(500)
            assert place_of_the_answer(page) == (reserved, True), (width, height)


def test_what_it_means_and_which_kind_are_one_click_away(doubtful: Server, chromium: Browser) -> None:
    with watched(chromium) as browser:
        page = browser.open(doubtful.url + "/review?study=2")
        expect(page.get_by_text("Shown after your reading.")).to_be_visible()
        read(page)
        for label, said in (("What does this mean?", MEANING), ("Bacterial or viral?", KIND)):
            assert page.get_by_text(said).count() == 0
            page.get_by_role("button", name=label).click()
            expect(page.get_by_text(said)).to_be_visible()
            take_picture(page, f"answer-{label.split()[0].lower()}")
            page.set_viewport_size({"width": 1280, "height": 720})
            page.get_by_role("button", name=label).click()
            expect(page.get_by_text(said)).to_have_count(0)
        assert_quiet(browser)
