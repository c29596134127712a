"""Every kind of image in the viewer in Chromium: as the server's renderer draws it, or with a word on what is wrong."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from medcore.dicom import read_frame, render
from tests.browsers import Witness, watched
from tests.film_kinds import CENTRES, KINDS, TILE, write_damaged, write_kinds, write_mixed
from tests.servers import Server
from tests.viewer_pictures import colors_at, hide_overlays
from tests.viewers import cell, drag, matrix, numbers, open_viewer, point, running_viewer, window

TOLERANCE = 2  # grey levels
DAMAGED = (2, 3)  # of 5 frames
DRAWN = "new Promise(done => [1, 2, 3].reduce(next => () => requestAnimationFrame(next), done)())"

Studies = tuple[Server, dict[str, int]]


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_kinds(tmp_path_factory.mktemp("kinds"))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_mixed(tmp_path_factory.mktemp("mixed"))


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory, kinds: dict[str, Path], mixed: list[Path]) -> Iterator[Studies]:
    folder = tmp_path_factory.mktemp("images")
    damaged = write_damaged(folder / "damaged", DAMAGED)
    with running_viewer(folder, [*kinds.values(), *mixed, damaged]) as (server, given):
        yield server, dict(zip(("kinds", "mixed", "damaged"), dict.fromkeys(given), strict=True))


@pytest.fixture(scope="module")
def witness(chromium: Browser) -> Iterator[Witness]:
    with watched(chromium) as one:
        yield one
        one.assert_clean()


@pytest.fixture(scope="module")
def page(studies: Studies, witness: Witness) -> Page:
    """The study of every kind, open once."""
    page = open_viewer(witness, studies[0], studies[1]["kinds"])
    hide_overlays(page)
    return page


def show(page: Page, name: str) -> None:
    """Open the series of one kind, and wait for its picture."""
    button = series(page, name)
    button.click()
    expect(cell(page)).to_have_attribute("data-series", button.get_attribute("data-series") or "")


def series(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=f"DX {name}, 1 image", exact=True)


def go(page: Page, number: int) -> None:
    """Go to an image of the stack, and wait until it is drawn."""
    for key in ("Home", *["ArrowDown"] * number):
        page.keyboard.press(key)
    expect(cell(page)).to_have_attribute("data-place", str(number))
    page.evaluate(DRAWN)


def difference(page: Page, path: Path, frame: int = 0) -> int:
    """How far, in grey levels, the picture at the tiles' middles is from what the server's renderer gives."""
    picture = render(read_frame(path, frame))
    picture = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, -1)
    expected = np.array([picture[int(row), int(column)] for column, row in CENTRES], np.int64)
    assert np.ptp(expected) > 100
    return int(np.abs(colors_at(page, CENTRES) - expected).max())


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_image_looks_as_the_server_draws_it(page: Page, kinds: dict[str, Path], name: str) -> None:
    show(page, name)
    assert difference(page, kinds[name]) <= TOLERANCE


def test_pixels_of_a_film_are_as_high_as_they_are(page: Page) -> None:
    show(page, "8 bits")
    assert matrix(page).d / matrix(page).a == pytest.approx(0.15 / 0.2, rel=1e-3)


def draw_rectangle(page: Page, left: float, top: float, right: float, bottom: float) -> list[str]:
    page.keyboard.press("b")
    drag(page, point(page, left, top), point(page, right, bottom))
    page.wait_for_timeout(500)
    said = [text for text in page.locator(".cell .plate svg tspan").all_text_contents() if text]
    page.keyboard.press("Delete")
    page.keyboard.press("w")
    return said


def test_padding_counts_for_nothing(page: Page, kinds: dict[str, Path]) -> None:
    show(page, "padding")
    said = draw_rectangle(page, 2.6, 2.6, 29.4, 12.4)  # half of it padding
    inside = read_frame(kinds["padding"]).values[3:13, TILE:30]
    assert numbers(said[0])[0] == pytest.approx(inside.mean(), abs=0.05)
    assert numbers(said[2]) == [inside.min(), inside.max()]
    assert numbers(said[3])[0] == pytest.approx(26.8 * 9.8 * 0.15 * 0.2, abs=0.3)  # of all that was drawn


def test_a_region_on_colour_has_an_area_and_no_mean(page: Page) -> None:
    show(page, "RGB")
    (said,) = draw_rectangle(page, 20, 20, 40, 30)
    assert said.endswith("mm² at the detector")


def test_colour_has_brightness_but_neither_presets_nor_inversion(page: Page) -> None:
    show(page, "RGB")
    assert window(page) == (127.5, 255)
    before = colors_at(page, CENTRES)
    page.keyboard.press("w")
    drag(page, point(page, 40, 20), point(page, 40, 50))
    page.evaluate(DRAWN)
    darker = colors_at(page, CENTRES)
    assert (darker <= before).all() and darker.sum() < before.sum() - 1000
    expect(page.get_by_role("button", name="Invert")).to_be_disabled()
    page.get_by_role("button", name="Windows").click()
    expect(page.get_by_role("menuitemradio")).to_have_count(1)
    page.keyboard.press("Enter")


def test_a_window_of_fractions_can_be_dragged_finely(page: Page) -> None:
    show(page, "fractions")
    center, width = window(page)
    drag(page, point(page, 30, 30), point(page, 50, 30))
    page.evaluate(DRAWN)
    dragged = window(page)
    assert width < dragged[1] < width + 1
    assert dragged[0] == pytest.approx(center, abs=1e-6)


def test_dragging_a_sigmoid_keeps_it_one(page: Page) -> None:
    show(page, "sigmoid")
    drag(page, point(page, 30, 30), point(page, 50, 30))
    page.evaluate(DRAWN)
    center, width = window(page)
    assert center == pytest.approx(2000, abs=1) and width > 1520
    value = 4095 * 13 / 23  # of the fourteenth tile
    expected = 255 / (1 + np.exp(-4 * (np.floor(value) - center) / width))
    assert colors_at(page, [CENTRES[13]])[0, 0] == pytest.approx(expected, abs=TOLERANCE)


def test_images_of_one_series_keep_their_own_types_windows_and_colours(
    studies: Studies, witness: Witness, mixed: list[Path]
) -> None:
    page = open_viewer(witness, studies[0], studies[1]["mixed"])
    hide_overlays(page)
    cell(page).focus()
    for number in (0, 1, 2, 3, 4, 3, 1):
        go(page, number)
        assert difference(page, mixed[number]) <= TOLERANCE, number
    page.close()


@pytest.fixture
def other_witness(chromium: Browser) -> Iterator[Witness]:
    """A browser whose console may complain."""
    with watched(chromium) as one:
        yield one


def test_a_frame_that_cannot_be_decoded_says_so_on_an_empty_plate(studies: Studies, other_witness: Witness) -> None:
    asked: list[str] = []
    other_witness.context.on("request", lambda request: asked.append(request.url))
    page = other_witness.open(f"{studies[0].url}/review?study={studies[1]['damaged']}")
    notice = page.locator(".cell .notice")
    expect(notice).to_contain_text("damaged", timeout=60_000)
    expect(page.locator(".cell .plate")).to_be_hidden()
    cell(page).focus()
    page.keyboard.press("ArrowUp")
    expect(cell(page)).to_have_attribute("data-place", "1")
    expect(notice).to_be_empty()
    expect(page.locator(".cell .plate")).to_be_visible()
    assert colors_at(page, [CENTRES[-1]])[0, 0] > 200
    for key in ("ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
        expect(notice).to_contain_text("damaged")
        expect(page.locator(".cell .plate")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(cell(page)).to_have_attribute("data-place", "4")
    expect(page.locator(".cell .plate")).to_be_visible()
    frames = [url for url in asked if url.rsplit("/", 1)[1].isdigit() and "/pixels/" in url]
    assert len(frames) == len(set(frames)) == 5
    assert all("422" in complaint for complaint in other_witness.complaints)


def test_loading_is_said_quietly_and_only_after_a_while(studies: Studies, witness: Witness) -> None:
    page = open_viewer(witness, studies[0], studies[1]["kinds"])
    held: list[Route] = []
    page.route("**/pixels/*/0", lambda route: held.append(route))
    series(page, "12 bits").click()
    notice = page.locator(".cell .notice")
    page.wait_for_timeout(100)
    expect(notice).to_be_empty()
    expect(notice).to_have_text("Loading")
    held[0].continue_()
    expect(notice).to_be_empty()
    page.close()


def test_what_was_on_its_way_for_a_series_is_stopped_when_another_one_is_opened(
    studies: Studies, witness: Witness
) -> None:
    page = open_viewer(witness, studies[0], studies[1]["kinds"])
    held: list[Route] = []
    page.route("**/pixels/*/0", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/pixels/*/0") as first:
        series(page, "12 bits").click()
    with page.expect_event("requestfailed") as stopped:
        show(page, "16 bits")
    assert stopped.value.url == first.value.url
    page.close()
