"""The model's card in a real browser, on the screen and on paper."""

import re
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from playwright.sync_api import Browser, Page, expect

from medcore.settings import REPOSITORY
from tests.browsers import watched
from tests.reports import make_model_folder
from tests.servers import Server, running_server
from tests.test_browser import assert_quiet, take_picture

# The boxes around the card that hide what does not fit into them.
CUT_OFF = """card => {
  const around = [];
  for (let one = card; one && one !== document.documentElement; one = one.parentElement) around.push(one);
  return around.filter(one => getComputedStyle(one).overflowY !== 'visible' && one.scrollHeight > one.clientHeight + 1)
    .map(one => one.className);
}"""
MARGINS = {"top": "12mm", "bottom": "12mm", "left": "12mm", "right": "12mm"}


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real pages over a model folder whose figures are made up."""
    folder = tmp_path_factory.mktemp("card")
    make_model_folder(folder / "assets" / "models")
    with running_server(folder, site=build_site(folder)) as server:
        yield server


def build_site(folder: Path) -> Path:
    """Copy the app and its pages, and have them look for models in a folder of this test."""
    site = folder / "site"
    for name in ("pages", ".streamlit"):
        copytree(REPOSITORY / name, site / name)
    copytree(REPOSITORY / "assets", site / "assets", ignore=ignore_patterns("viewer", "models", "screens"))
    elsewhere = (
        f"import pathlib\nimport medcore.settings\nmedcore.settings.REPOSITORY = pathlib.Path({str(folder)!r})\n"
    )
    (site / "app.py").write_text(elsewhere + (REPOSITORY / "app.py").read_text())
    return site


def open_card(page: Page) -> None:
    """Wait until the card and its last chart are drawn."""
    expect(page.get_by_text("The recipe:")).to_be_attached()
    expect(page.locator(".js-plotly-plot .main-svg .bglayer")).to_have_count(4)


def test_the_card_draws_its_curves_under_the_policy_and_asks_no_foreign_host(card: Server, chromium: Browser) -> None:
    with watched(chromium) as browser:
        page = browser.open(card.url + "/about")
        open_card(page)
        expect(page.locator(".heatmaplayer image")).to_have_count(1)
        expect(page.locator(".errorbars").first).to_be_attached()
        assert page.locator(".scatterlayer .trace").count() >= 10
        take_picture(page, "card")
        page.get_by_text("ROC curve", exact=True).scroll_into_view_if_needed()
        take_picture(page, "card-curves")
        page.get_by_text("Where pneumonia films are rarer").scroll_into_view_if_needed()
        take_picture(page, "card-points")
        assert_quiet(browser)


@pytest.mark.parametrize("width", [1024, 1280])
def test_nothing_on_the_card_is_wider_than_the_screen(width: int, card: Server, chromium: Browser) -> None:
    with watched(chromium) as browser:
        page = browser.open(card.url + "/about", width=width)
        open_card(page)
        wide = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.innerText.slice(0, 40))"
        assert page.locator(".stMain, .st-key-about_card .stTable").evaluate_all(wide) == []


def test_the_card_is_printed_whole_in_black_on_white(card: Server, chromium: Browser) -> None:
    with watched(chromium, color_scheme="dark") as browser:
        page = browser.open(card.url + "/about")
        open_card(page)
        pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", margin=MARGINS)))
        assert 3 <= pages <= 9
        page.emulate_media(media="print", color_scheme="dark")
        expect(page.get_by_role("link", name="About")).to_have_count(0)
        expect(page.get_by_test_id("stSlider")).to_be_hidden()
        colors = "one => [getComputedStyle(one).color, getComputedStyle(document.body).backgroundColor]"
        assert page.get_by_text("The recipe:").evaluate(colors) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
        drawn = "all => [...new Set(all.map(one => getComputedStyle(one).fill))]"
        assert page.locator(".js-plotly-plot text").evaluate_all(drawn) == ["rgb(0, 0, 0)"]
        tops = [page.get_by_text(title, exact=True).bounding_box() for title in ("ROC curve", "Precision and recall")]
        assert tops[0] and tops[1] and tops[0]["y"] == tops[1]["y"]
        assert page.locator(".st-key-about_card").evaluate(CUT_OFF) == []
