"""What the page and the viewer tell each other: which image was looked at, and which one is asked for."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from medcore.library import Library
from medcore.settings import REPOSITORY, Settings
from tests.browsers import watched
from tests.films import write_ct_series
from tests.servers import Server
from tests.viewers import cell, open_viewer, place, running_viewer

SLICES = 5


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int]]:
    """A server with one CT of five slices."""
    folder = tmp_path_factory.mktemp("ct")
    with running_viewer(folder, write_ct_series(folder / "ct", SLICES)) as (server, (study,)):
        yield server, study


def scroll_to_the_last(page: Page) -> None:
    cell(page).hover()
    for _ in range(SLICES):
        page.mouse.wheel(0, 100)
        page.wait_for_timeout(200)
    expect(cell(page)).to_have_attribute("data-place", str(SLICES - 1))


def test_a_reading_names_the_image_that_was_looked_at(ct: tuple[Server, int], chromium: Browser) -> None:
    server, study = ct
    with watched(chromium) as browser:
        page = open_viewer(browser, server, study)
        assert place(page) == SLICES // 2
        scroll_to_the_last(page)
        page.get_by_placeholder("Your name (not verified)").fill("A. Reader")
        page.get_by_placeholder("Your name (not verified)").press("Tab")
        page.get_by_role("button", name="Normal").click()
        page.get_by_role("button", name="Save and reveal").click()
        expect(page.get_by_text("A. Reader, ")).to_be_visible()
        assert place(page) == SLICES - 1  # a rerun leaves the viewer where it is
    settings = Settings(data_dir=server.data_dir, models_dir=REPOSITORY / "assets" / "models")
    with closing(Library.open(settings)) as library:
        (reading,) = library.readings(study)
        (series,) = library.study(study).series
    assert reading.instance_id == series.instances[SLICES - 1].id
