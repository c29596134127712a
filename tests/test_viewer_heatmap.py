"""The heatmap in the viewer: it lies exactly on what it is about, whatever is done to the picture, and asks nobody."""

import io
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from medcore.explanation import NO_EVIDENCE
from medcore.library import Library, NewReading
from medcore.settings import REPOSITORY, Settings
from tests.browsers import watched
from tests.films import write_film
from tests.libraries import make_answer
from tests.servers import Server, running_server, wait_until
from tests.viewers import cell, drag, matrix, open_viewer, point, settle

ROWS, COLUMNS = 700, 560  # 7 x 7 cells of 100 rows and 80 columns
HOT_ROW, HOT_COLUMN = 2, 4
SQUARE = (slice(200, 300), slice(320, 400))  # the film under the hot cell
SCALE = 2.0
WHITE, INFERNO_TOP = (255, 255, 255), (252, 255, 164)
expect.set_options(timeout=30_000)  # on a busy machine; no test waits longer than it must
CONTROLS, FINDING = "Heatmap", "Finding that the heatmap speaks for"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int, int]]:
    """A server with a film that was read and answered, and one that was answered but not read."""
    folder = tmp_path_factory.mktemp("films")
    pixels = np.zeros((ROWS, COLUMNS), np.uint16)
    pixels[SQUARE] = 4000
    files = [write_film(folder / f"{name}.dcm", pixels, PatientID=name) for name in ("READ", "UNREAD")]
    with closing(Library.open(Settings(folder / "data", REPOSITORY / "assets" / "models"))) as library:
        read, unread = (library.add([file]) for file in files)
        for summary in (read, unread):
            library.save_prediction(summary.instances[0], made_up_answer())
        library.save_reading(read.studies[0], NewReading(read.instances[0], "A. Reader", "normal"))
    with running_server(folder) as server:
        yield server, read.studies[0], unread.studies[0]


def answer_last(server: Server, study: int) -> None:
    """Let the background come to rest, then put the made-up answer above its own."""
    with closing(Library.open(Settings(server.data_dir, REPOSITORY / "assets" / "models"))) as library:
        wait_until(lambda: not library.jobs.active(), 120, "the background did not finish")
        (film,) = library.study(study).instances
        library.save_prediction(film.id, made_up_answer())


def made_up_answer():
    """Answer with one hot cell for pneumonia, another for bacterial, none for viral."""
    maps = {target: np.zeros((7, 7), np.float32) for target in ("pneumonia", "bacterial", "viral", "normal")}
    maps["pneumonia"][HOT_ROW, HOT_COLUMN] = SCALE
    maps["bacterial"][5, 1] = SCALE / 2
    return make_answer(0.9, maps=maps, map_scale=SCALE)


@pytest.fixture(scope="module")
def opened(films: tuple[Server, int, int], chromium: Browser) -> Iterator[Page]:
    server, read, _ = films
    with watched(chromium) as witness:
        yield open_viewer(witness, server, read)
        witness.assert_clean()


@pytest.fixture
def page(opened: Page) -> Page:
    """The film that was read, as it is when it is opened."""
    press("x")(opened)
    opened.get_by_role("checkbox", name=CONTROLS).check()
    opened.get_by_label("Cells").uncheck()
    opened.get_by_label(FINDING).select_option("pneumonia")
    opened.get_by_label("Colours", exact=True).select_option("Inferno")
    slide(opened, "Opacity", 0.45)
    slide(opened, "Hide below", 0)
    return opened


def seen(page: Page) -> np.ndarray:
    """Take a picture of the cell, shape (height, width, 3)."""
    box = cell(page).bounding_box()
    assert box is not None
    page.mouse.move(1, 1)
    page.wait_for_timeout(250)
    shot = page.screenshot(clip=box)  # type: ignore[arg-type]
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def slide(page: Page, label: str, value: float) -> None:
    page.get_by_role("slider", name=label).fill(str(value))


def show_cells_only(page: Page) -> None:
    """Draw the cells as they are, opaque, those alone that reach half of the scale."""
    page.get_by_label("Cells").check()
    slide(page, "Opacity", 1)
    slide(page, "Hide below", SCALE / 2)


def assert_on_the_square(page: Page) -> None:
    """Compare what the film shows with what is laid over it: within one pixel, all around."""
    switch = page.get_by_role("checkbox", name=CONTROLS)
    switch.uncheck()
    square = (seen(page).min(axis=2) > 127).astype(np.uint8)
    switch.check()
    picture = seen(page)
    overlay = (picture[:, :, 0] - picture[:, :, 2] > (INFERNO_TOP[0] - INFERNO_TOP[2]) / 2).astype(np.uint8)
    around = np.ones((3, 3), np.uint8)
    to_screen = matrix(page)
    area = abs(to_screen.a * to_screen.d - to_screen.b * to_screen.c) * 100 * 80
    assert overlay.sum() == pytest.approx(area, rel=0.03)
    assert not (overlay & ~cv2.dilate(square, around)).any(), "the overlay reaches more than a pixel beyond the square"
    assert not (cv2.erode(square, around) & ~overlay).any(), "the overlay leaves more than a pixel of the square free"


def zoom(page: Page) -> None:
    drag(page, point(page, 280, 350), point(page, 280, 300), button="right")


def pan(page: Page) -> None:
    drag(page, point(page, 280, 350), point(page, 243, 391), button="middle")


def turn_freely(page: Page) -> None:
    page.get_by_role("button", name="Turn (T)").click()
    drag(page, point(page, 450, 350), point(page, 430, 520))


def press(key: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        cell(page).hover()
        page.keyboard.press(key)

    return act


STEPS = {
    "zoom": zoom,
    "pan": pan,
    "turn right": press("."),
    "flip": press("h"),
    "flip top for bottom": press("v"),
    "turn freely": turn_freely,
}


def test_the_overlay_stays_on_the_square_after_zoom_pan_rotation_and_flips(page: Page) -> None:
    show_cells_only(page)
    assert_on_the_square(page)
    for name, act in STEPS.items():
        before = cell(page).get_attribute("data-matrix")
        act(page)
        expect(cell(page), name).not_to_have_attribute("data-matrix", before or "")
        assert_on_the_square(page)
    assert abs(matrix(page).b) > 0.05  # the last turn was not by a right angle


def test_the_overlay_follows_the_room_that_the_window_leaves(page: Page) -> None:
    show_cells_only(page)
    page.set_viewport_size({"width": 1024, "height": 768})
    page.wait_for_timeout(500)
    assert_on_the_square(page)
    page.set_viewport_size({"width": 1280, "height": 720})


def test_smooth_values_lie_between_the_cells_centres_as_opencv_spreads_them(page: Page) -> None:
    page.get_by_label("Colours", exact=True).select_option("Grey")
    slide(page, "Opacity", 1)
    slide(page, "Hide below", 0)
    for _ in range(3):
        press("+")(page)
    picture = seen(page)
    for column, row in ((290, 250), (300, 250), (310, 230), (380, 330), (360, 310)):
        share = hot_share(column, row)
        expected = 255 * share * min(share / 0.25, 1)  # on black; faint values are faded as well
        x, y = matrix(page).apply(column, row)
        assert picture[round(y), round(x), 0] == pytest.approx(expected, abs=4), (column, row)


def hot_share(column: int, row: int) -> float:
    """Work out the hot cell's share at a pixel: 1 at its centre, 0 at its neighbours'."""
    away = abs(column - 359.5) / 80, abs(row - 249.5) / 100
    return max(0.0, 1 - away[0]) * max(0.0, 1 - away[1])


def test_class_opacity_threshold_colours_and_cells_ask_the_server_nothing(page: Page) -> None:
    seen(page)  # the mouse leaves the viewer, which tells the page what was looked at
    page.wait_for_timeout(1500)
    with listening(page) as heard:
        pictures = [seen(page)]
        for change in (
            lambda: page.get_by_label(FINDING).select_option("bacterial"),
            lambda: slide(page, "Opacity", 0.9),
            lambda: page.get_by_label("Colours", exact=True).select_option("Viridis"),
            lambda: page.get_by_label("Cells").check(),
            lambda: slide(page, "Hide below", 1.2),
            lambda: slide(page, "Hide below", 0),
            lambda: page.get_by_role("checkbox", name=CONTROLS).uncheck(),
        ):
            change()
            pictures.append(seen(page))
        page.wait_for_timeout(500)
    assert heard == []
    changed = [bool((one != other).any()) for one, other in zip(pictures, pictures[1:], strict=False)]
    assert changed == [True] * 7


@contextmanager
def listening(page: Page) -> Iterator[list[str]]:
    """Note every request, and every word of the page to its server."""
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    client.on("Network.webSocketFrameSent", lambda frame: heard.append("websocket"))
    yield heard
    client.detach()


def test_a_key_switches_the_heatmap_off_and_on(page: Page) -> None:
    drawn = seen(page)
    press("g")(page)
    expect(page.get_by_role("checkbox", name=CONTROLS)).not_to_be_checked()
    assert (seen(page) != drawn).any()
    press("g")(page)
    np.testing.assert_array_equal(seen(page), drawn)


def test_a_finding_without_evidence_says_so_and_draws_nothing(page: Page) -> None:
    switch = page.get_by_role("checkbox", name=CONTROLS)
    switch.uncheck()
    plain = seen(page)
    switch.check()
    page.get_by_label(FINDING).select_option("viral")
    expect(page.get_by_text(NO_EVIDENCE)).to_be_visible()
    np.testing.assert_array_equal(seen(page), plain)


def test_the_maps_resolution_its_maximum_and_the_absolute_scale_are_stated(page: Page) -> None:
    expect(page.get_by_text("7 × 7 cells: a region, not an outline. Highest here 2;")).to_be_visible()
    bar = page.get_by_role("img", name="Colours from 0 to 2 points of the model's score for each cell")
    expect(bar).to_be_visible()
    page.get_by_label(FINDING).select_option("bacterial")
    expect(page.get_by_text("Highest here 1;")).to_be_visible()


def test_before_the_reading_nothing_hints_at_a_heatmap_and_after_it_the_heatmap_is_there(
    films: tuple[Server, int, int], chromium: Browser
) -> None:
    server, _, unread = films
    answer_last(server, unread)
    with watched(chromium) as witness:
        page = open_viewer(witness, server, unread)
        expect(page.get_by_text("Shown after your reading.")).to_be_visible()
        expect(page.get_by_role("checkbox", name=CONTROLS)).to_be_hidden()
        assert page.locator("canvas.heatmap").count() == 0
        picture = seen(page)
        assert (picture.max(axis=2) - picture.min(axis=2) < 40).all()  # no colour on the film
        page.get_by_placeholder("Your name (not verified)").fill("A. Reader")
        page.get_by_placeholder("Your name (not verified)").press("Tab")
        page.get_by_role("button", name="Normal").click()
        page.get_by_role("button", name="Save and reveal").click()
        expect(page.get_by_role("checkbox", name=CONTROLS)).to_be_visible()
        expect(page.get_by_role("radio", name="Accept")).to_be_visible()
        settle(page)
        show_cells_only(page)
        assert_on_the_square(page)
        witness.assert_clean()
