"""The viewer's tools in Chromium: what is drawn says what is there, and nothing of it asks the server."""

import itertools
import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, generate_uid

from tests.browsers import Witness, watched
from tests.films import make_film, write
from tests.servers import Server
from tests.viewer_pictures import greys_at
from tests.viewer_traffic import QUIET_MS, Silence, Traffic, silence
from tests.viewers import Matrix, cell, drag, matrix, numbers, open_viewer, place, point, running_viewer, window

ROWS, COLUMNS, SLICES = 200, 240, 12
SPACING = 0.5  # mm
LEFT, TOP, SIDE = 60, 50, 100  # of the bright square, in pixels: 50 mm
NOISE = np.random.default_rng(7).integers(-60, 60, (ROWS, COLUMNS))
FRAMES = 30
NOTHING = Silence(requests=0, reruns=0, changed=True)
DRAWN = "new Promise(done => [1, 2, 3].reduce(next => () => requestAnimationFrame(next), done)())"
SETTLE_MS = 500  # Cornerstone3D waits 400 ms for a second click


def slice_values(number: int) -> np.ndarray:
    """HU of one slice: air, noise, and a square whose brightness tells the slice."""
    values = np.full((ROWS, COLUMNS), -1000, np.int32)
    values[:, 180:] = NOISE[:, 180:]
    values[TOP : TOP + SIDE, LEFT : LEFT + SIDE] = 40 + 10 * number
    return values


def write_phantom(folder: Path) -> list[Path]:
    """Write a CT of 12 slices with a 50 mm square."""
    shared = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid()}
    return [write(make_slice(number, shared), folder / f"{number}") for number in range(SLICES)]


def make_slice(number: int, shared: dict[str, str]) -> Dataset:
    ds = make_film((slice_values(number) + 1024).astype(np.uint16), SOPClassUID=CTImageStorage, Modality="CT", **shared)
    ds.BitsStored, ds.HighBit = 12, 11
    del ds.ImagerPixelSpacing
    ds.PixelSpacing = [SPACING, SPACING]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.ImagePositionPatient = [-60, -50, 3 * number]
    ds.InstanceNumber = number + 1
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = 1, -1024, "HU"
    ds.WindowCenter, ds.WindowWidth, ds.WindowCenterWidthExplanation = [60, 300], [300, 2000], ["HEAD", "WIDE"]
    return ds


def write_cine(path: Path) -> Path:
    """Write 30 frames, each of a grey of its own, at 10 a second."""
    frames = np.stack([np.full((40, 50), 8 * number, np.uint8) for number in range(FRAMES)])
    return write(make_film(frames, PatientID="CINE", Modality="US", ImagerPixelSpacing=None, FrameTime=100), path)


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, int]]]:
    folder = tmp_path_factory.mktemp("tools")
    pixels = (np.arange(120)[:, None] * 10 + np.arange(160)).astype(np.uint16)
    film = write(make_film(pixels, PatientID="FILM", ImagerPixelSpacing=[0.4, 0.2]), folder / "film")
    bare = write(make_film(pixels, PatientID="BARE", ImagerPixelSpacing=None), folder / "bare")
    files = [*write_phantom(folder / "phantom"), film, bare, write_cine(folder / "cine")]
    with running_viewer(folder, files) as (server, numbers_given):
        numbered = list(dict.fromkeys(numbers_given))
        yield server, dict(zip(("phantom", "film", "bare", "cine"), numbered, strict=True))


@pytest.fixture(scope="module")
def witness(chromium: Browser) -> Iterator[Witness]:
    with watched(chromium) as one:
        yield one
        one.assert_clean()


@pytest.fixture(scope="module")
def traffic(witness: Witness) -> Traffic:
    return Traffic.of(witness)


@pytest.fixture(scope="module")
def phantom(studies: tuple[Server, dict[str, int]], witness: Witness, traffic: Traffic) -> Page:
    """The CT, open once for all tests; each test draws on a slice of its own."""
    page = open_viewer(witness, studies[0], studies[1]["phantom"])
    traffic.settle(page)
    return page


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    """The other studies that are open already."""
    return {}


@pytest.fixture
def opened(
    studies: tuple[Server, dict[str, int]], witness: Witness, pages: dict[str, Page], request: pytest.FixtureRequest
) -> Page:
    """Another study as it was opened, named by the test's parameter."""
    if request.param not in pages:
        pages[request.param] = open_viewer(witness, studies[0], studies[1][request.param])
    page = pages[request.param]
    page.bring_to_front()
    point_at_image(page)
    press(page, "x")
    return page


@pytest.fixture(scope="module")
def slice_numbers() -> Iterator[int]:
    """Slices, one after the other."""
    return itertools.cycle(range(SLICES))


@pytest.fixture
def page(phantom: Page, slice_numbers: Iterator[int]) -> Page:
    """The CT as it was opened, on a slice that nobody has drawn on."""
    phantom.bring_to_front()
    point_at_image(phantom)
    cell(phantom).focus()
    press(phantom, "Escape", "x")
    go(phantom, next(slice_numbers))
    return phantom


def point_at_image(page: Page) -> None:
    """Put the mouse into the viewer, where keys count."""
    box = cell(page).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)


def go(page: Page, number: int) -> None:
    page.keyboard.press("Home")
    for _ in range(number):
        page.keyboard.press("ArrowDown")
    expect(cell(page)).to_have_attribute("data-place", str(number))


def press(page: Page, *keys: str) -> None:
    """Press keys, and wait until the picture is drawn anew."""
    for key in keys:
        page.keyboard.press(key)
        page.evaluate(DRAWN)


def take(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(f"^{name}")).click()


def lines(page: Page) -> list[str]:
    """What the drawings on the picture say."""
    page.wait_for_timeout(SETTLE_MS)
    return [text for text in page.locator(".cell .plate svg tspan").all_text_contents() if text]


def draw(page: Page, tool: str, *points: tuple[float, float]) -> list[str]:
    """Draw with a tool from one image point to the next, and read what it says."""
    take(page, tool)
    drag(page, point(page, *points[0]), point(page, *points[1]))
    for further in points[2:]:
        page.wait_for_timeout(SETTLE_MS)
        page.mouse.move(*point(page, *further), steps=4)
        page.mouse.down()
        page.mouse.up()
    return lines(page)


def test_a_50_mm_line_measures_50_mm_within_half_a_pixel(page: Page) -> None:
    (said,) = draw(page, "Length", (LEFT, TOP), (LEFT + SIDE, TOP))
    assert said.endswith(" mm")
    assert abs(numbers(said)[0] - 50) <= SPACING / 2


def test_the_corner_of_a_square_measures_90_degrees(page: Page) -> None:
    (said,) = draw(page, "Angle", (LEFT + SIDE, TOP), (LEFT, TOP), (LEFT, TOP + SIDE))
    assert said.endswith("°")
    assert numbers(said)[0] == pytest.approx(90, abs=0.5)


def test_a_probe_says_the_hu_at_its_place(page: Page) -> None:
    take(page, "Value at a point")
    page.mouse.click(*point(page, LEFT + 30, TOP + 30))
    assert lines(page) == [f"{40 + 10 * place(page)} HU"]


def test_a_rectangle_says_what_numpy_says(page: Page) -> None:
    said = draw(page, "Rectangle", (184.6, 20.6), (219.4, 79.4))
    inside = slice_values(place(page))[21:80, 185:220]
    mean, deviation, lowest, highest, area = (number for line in said for number in numbers(line))
    assert mean == pytest.approx(inside.mean(), abs=0.05)
    assert deviation == pytest.approx(inside.std(), abs=0.05)
    assert (lowest, highest) == (inside.min(), inside.max())
    assert area == pytest.approx(34.8 * 58.8 * SPACING**2, rel=0.02)
    assert [line.split()[-1] for line in said] == ["HU", "HU", "HU", "mm²"]


def test_an_ellipse_says_what_numpy_says(page: Page) -> None:
    take(page, "Ellipse")
    center, corner = (205.0, 100.0), (225.4, 140.4)
    drag(page, point(page, *center), point(page, *corner))
    said = lines(page)
    shape = page.locator(".cell .plate svg ellipse").first
    assert said and shape.count() == 1
    half_width, half_height = (float(shape.get_attribute(name) or 0) / matrix(page).a for name in ("rx", "ry"))
    middle = [float(shape.get_attribute(name) or 0) for name in ("cx", "cy")]
    column, row = (middle[0] - matrix(page).e) / matrix(page).a, (middle[1] - matrix(page).f) / matrix(page).d
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    inside = slice_values(place(page))[((columns - column) / half_width) ** 2 + ((rows - row) / half_height) ** 2 <= 1]
    mean, deviation, lowest, highest, area = (number for line in said for number in numbers(line))
    assert mean == pytest.approx(inside.mean(), abs=0.05)
    assert deviation == pytest.approx(inside.std(), abs=0.05)
    assert (lowest, highest) == (inside.min(), inside.max())
    assert area == pytest.approx(math.pi * half_width * half_height * SPACING**2, rel=0.001)


@pytest.mark.parametrize("opened", ["film"], indirect=True)
def test_a_film_measures_at_the_detector_and_by_its_own_spacing_in_each_direction(opened: Page) -> None:
    across = draw(opened, "Length", (30, 60), (130, 60))
    both = draw(opened, "Length", (30, 30), (90, 90))
    assert across[0].endswith("mm at the detector")
    assert numbers(across[0])[0] == pytest.approx(100 * 0.2, abs=0.1)
    assert numbers(both[1])[0] == pytest.approx(math.hypot(60 * 0.2, 60 * 0.4), abs=0.2)


@pytest.mark.parametrize("opened", ["film"], indirect=True)
def test_pixels_that_are_not_square_are_shown_as_they_are(opened: Page) -> None:
    shown = matrix(opened)
    assert shown.d / shown.a == pytest.approx(2, rel=1e-3)


@pytest.mark.parametrize("opened", ["bare"], indirect=True)
def test_without_a_spacing_a_length_is_in_pixels(opened: Page) -> None:
    (said,) = draw(opened, "Length", (30, 60), (130, 60))
    assert said.endswith(" px")
    assert numbers(said)[0] == pytest.approx(100, abs=0.5)


def test_an_arrow_asks_for_its_text_in_a_field_of_its_own_and_the_page_does_not_hear_it(page: Page) -> None:
    finding = page.get_by_role("button", name="Normal 1").or_(page.get_by_role("button", name="Normal")).first
    before = finding.evaluate("button => button.outerHTML")
    take(page, "Arrow")
    drag(page, point(page, 100, 100), point(page, 140, 60))
    field = page.get_by_label("Text of the arrow")
    expect(field).to_be_focused()
    field.press_sequentially("node 1 x ?")
    field.press("Enter")
    expect(field).to_have_count(0)
    assert lines(page) == ["node 1 x ?"]
    assert finding.evaluate("button => button.outerHTML") == before
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("given", ["Escape", "Enter"])
def test_an_arrow_without_a_text_goes_away(page: Page, given: str) -> None:
    take(page, "Arrow")
    drag(page, point(page, 100, 100), point(page, 140, 60))
    page.get_by_label("Text of the arrow").press(given)
    assert lines(page) == []
    expect(page.locator(".cell .plate svg line")).to_have_count(0)


def test_what_is_selected_can_be_deleted(page: Page) -> None:
    assert len(draw(page, "Length", (80, 60), (140, 60))) == 1
    assert len(draw(page, "Length", (80, 120), (140, 120))) == 2
    page.keyboard.press("Delete")  # what was drawn last
    assert len(lines(page)) == 1
    take(page, "Window:")
    page.mouse.click(*point(page, 110, 60))
    page.wait_for_timeout(SETTLE_MS)
    take(page, "Delete what")
    assert lines(page) == []
    expect(page.get_by_role("button", name="Delete what is selected")).to_be_disabled()


def test_an_end_can_be_moved_afterwards(page: Page) -> None:
    draw(page, "Length", (80, 60), (140, 60))
    take(page, "Window:")
    drag(page, point(page, 140, 60), point(page, 180, 60))
    assert numbers(lines(page)[0])[0] == pytest.approx(50, abs=SPACING)
    page.keyboard.press("Delete")


def test_each_tool_is_pressed_while_the_mouse_has_it(page: Page) -> None:
    group = page.get_by_role("group", name="Mouse tools")
    for key, name in {
        "z": "Zoom",
        "m": "Move",
        "t": "Turn",
        "s": "Scroll",
        "p": "Value",
        "l": "Length",
        "w": "Window",
    }.items():
        page.keyboard.press(key)
        pressed = group.locator("[aria-pressed=true]")
        expect(pressed).to_have_count(1)
        assert (pressed.get_attribute("aria-label") or "").startswith(name)


def test_a_drag_of_the_window_is_the_readers_own_and_stays_while_scrolling(page: Page) -> None:
    take(page, "Window:")
    drag(page, point(page, 100, 100), point(page, 150, 100))
    center, width = window(page)
    assert center == pytest.approx(60, abs=1) and width > 320
    drag(page, point(page, 100, 100), point(page, 100, 140))
    darker, same = window(page)
    assert darker > center + 20 and same == pytest.approx(width)
    press(page, "ArrowDown")
    assert window(page) == (darker, same)
    press(page, "Shift+F")
    assert window(page) == (60, 300)


def test_the_windows_are_the_files_own_by_name_then_the_usual_ones(page: Page) -> None:
    page.get_by_role("button", name="Windows").click()
    menu = page.get_by_role("menu", name="Windows")
    names = menu.get_by_role("menuitemradio").locator("span").all_text_contents()
    assert names == ["From the file", "HEAD", "WIDE", "Lung", "Bone", "Soft tissue", "Brain", "Full range"]
    menu.get_by_text("WIDE").click()
    page.evaluate(DRAWN)
    assert window(page) == (300, 2000)
    for key, expected in {"L": (-600, 1500), "B": (300, 1500), "S": (40, 400), "H": (40, 80)}.items():
        press(page, f"Shift+{key}")
        assert window(page) == expected
    press(page, "Shift+R")
    values = slice_values(place(page))
    assert window(page) == ((values.min() + values.max()) / 2, values.max() - values.min())


def test_a_menu_goes_by_keys(page: Page) -> None:
    opener = page.get_by_role("button", name="Windows")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitemradio", name="From the file")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(opener).to_be_focused()
    page.evaluate(DRAWN)
    assert window(page) == (300, 2000)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)


def test_invert_changes_black_and_white_over(page: Page) -> None:
    places = [(LEFT + 50.0, TOP + 50.0), (20.0, 100.0)]
    before = greys_at(page, places)
    take(page, "Invert")
    page.wait_for_timeout(200)
    assert greys_at(page, places) == [255 - grey for grey in before]
    expect(page.get_by_role("button", name="Invert")).to_have_attribute("aria-pressed", "true")


def linear(shown: Matrix) -> tuple[float, ...]:
    """How the picture is turned and enlarged."""
    return shown.a, shown.b, shown.c, shown.d


def test_flips_and_turns_are_as_the_reader_sees_them(page: Page) -> None:
    scale = matrix(page).a
    steps = {".": (0, 1, -1, 0), "h": (0, 1, 1, 0), ",": (1, 0, 0, -1), "v": (1, 0, 0, 1)}
    for key, directions in steps.items():
        press(page, key)
        assert linear(matrix(page)) == pytest.approx([scale * one for one in directions], abs=1e-6)
        press(page, "ArrowDown")
        assert linear(matrix(page)) == pytest.approx([scale * one for one in directions], abs=1e-6)


def test_turning_by_drag_turns_about_the_middle(page: Page) -> None:
    take(page, r"Turn \(")
    drag(page, point(page, 120, 40), point(page, 180, 100))
    shown = matrix(page)
    angle = math.degrees(math.atan2(shown.b, shown.a))
    assert angle == pytest.approx(90, abs=3)
    assert shown.apply(119.5, 99.5) == pytest.approx(centre(page), abs=1)


def centre(page: Page) -> tuple[float, float]:
    box = cell(page).bounding_box()
    assert box is not None
    return box["width"] / 2, box["height"] / 2


def test_fit_and_one_to_one(page: Page) -> None:
    fitted = matrix(page)
    press(page, "o")
    assert matrix(page).a == pytest.approx(1, abs=1e-6)
    drag(page, point(page, 100, 100), point(page, 160, 130), button="middle")
    press(page, "f")
    assert linear(matrix(page)) == pytest.approx(linear(fitted), abs=1e-6)
    assert matrix(page).apply(119.5, 99.5) == pytest.approx(centre(page), abs=1)


def test_the_right_button_zooms_and_the_middle_one_moves(page: Page) -> None:
    before = matrix(page)
    drag(page, point(page, 100, 60), point(page, 100, 100), button="right")
    larger = matrix(page)
    assert larger.a > 1.2 * before.a
    start, end = point(page, 100, 100), point(page, 110, 120)
    drag(page, start, end, button="middle")
    assert point(page, 100, 100) == pytest.approx(end, abs=1.5)


def test_the_wheel_scrolls_and_with_ctrl_it_enlarges_about_the_mouse(page: Page) -> None:
    number, held = place(page), point(page, 150, 120)
    page.mouse.move(*held)
    page.mouse.wheel(0, 100 if number == 0 else -100)
    expect(cell(page)).to_have_attribute("data-place", str(number + 1 if number == 0 else number - 1))
    scale = matrix(page).a
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.wait_for_timeout(150)
    assert matrix(page).a > 1.1 * scale
    assert point(page, 150, 120) == pytest.approx(held, abs=0.5)


@pytest.mark.parametrize("opened", ["film"], indirect=True)
def test_the_wheel_enlarges_a_single_film(opened: Page) -> None:
    scale = matrix(opened).a
    opened.mouse.wheel(0, -100)
    opened.wait_for_timeout(150)
    assert matrix(opened).a > 1.1 * scale


def test_keys_and_a_drag_go_through_the_stack(page: Page) -> None:
    for key, number in {
        "Home": 0,
        "ArrowDown": 1,
        "ArrowRight": 2,
        "ArrowUp": 1,
        "End": 11,
        "PageUp": 1,
        "PageDown": 11,
    }.items():
        page.keyboard.press(key)
        expect(cell(page)).to_have_attribute("data-place", str(number))
    take(page, "Scroll")
    drag(page, point(page, 120, 150), point(page, 120, 30))
    assert place(page) < 8


def test_keys_do_nothing_while_mouse_and_focus_are_elsewhere(page: Page) -> None:
    before = matrix(page)
    page.get_by_test_id("stTextInputField").click()
    page.keyboard.type("h v i .")
    assert matrix(page) == before
    assert page.get_by_test_id("stTextInputField").input_value().endswith("h v i .")


def test_every_control_of_the_toolbar_can_be_reached_by_tab_and_has_a_name(page: Page) -> None:
    buttons = page.locator(".viewer .toolbar button:visible:enabled")
    names = [button.get_attribute("aria-label") or button.inner_text() for button in buttons.all()]
    assert len(names) > 20 and all(names)
    buttons.first.focus()
    for number in range(1, len(names)):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.shadowRoot?.activeElement?.matches('input')"):
            page.keyboard.press("Tab")  # the rate of the cine
        expect(buttons.nth(number)).to_be_focused()
    for button in buttons.all():
        box = button.bounding_box()
        assert box is not None and min(box["width"], box["height"]) >= 28


def test_the_help_lists_every_key_and_closes_with_escape(page: Page) -> None:
    page.keyboard.press("?")
    help_panel = page.get_by_role("dialog", name="Keys and mouse")
    expect(help_panel).to_be_visible()
    said = help_panel.inner_text()
    for label in ("Length", "From the file", "Flip left for right", "Page down", "Play or pause", "Right drag"):
        assert label in said
    before = matrix(page)
    page.keyboard.press("h")
    for _ in range(3):
        page.keyboard.press("Tab")
        assert page.evaluate("!document.activeElement.shadowRoot?.activeElement?.closest('.toolbar')")
    page.keyboard.press("Escape")
    expect(help_panel).to_have_count(0)
    assert matrix(page) == before


def test_turning_flipping_inverting_and_windows_ask_the_server_nothing(page: Page, traffic: Traffic) -> None:
    def act() -> None:
        press(page, "i", "h", ".", "Shift+L", "Shift+ArrowRight", "+", "End", "Home")
        drag(page, point(page, 100, 100), point(page, 130, 110), button="right")

    assert silence(page, traffic, act, lambda: matrix(page)) == NOTHING


@pytest.mark.parametrize("opened", ["cine"], indirect=True)
def test_a_cine_plays_every_frame_at_the_files_rate_and_only_when_asked(opened: Page) -> None:
    start = place(opened)
    opened.wait_for_timeout(500)
    assert place(opened) == start
    opened.evaluate(WATCH_PLACES)
    opened.keyboard.press("Space")
    opened.wait_for_timeout(2500)
    opened.keyboard.press("Space")
    opened.wait_for_timeout(200)
    seen = opened.evaluate("window.places")
    assert [(number - start) % FRAMES for number, _ in seen] == [(1 + step) % FRAMES for step in range(len(seen))]
    rate = (len(seen) - 1) / (seen[-1][1] - seen[0][1]) * 1000
    assert 7 < rate < 10.5  # on a busy machine it is slower, but leaves nothing out
    stopped = place(opened)
    opened.wait_for_timeout(400)
    assert place(opened) == stopped


WATCH_PLACES = """() => {
  window.places = [];
  const host = [...document.querySelectorAll('*')].find(one => one.shadowRoot?.querySelector('.cell'));
  const cell = host.shadowRoot.querySelector('.cell');
  new MutationObserver(() => {
    const place = Number(cell.dataset.place);
    if (window.places.at(-1)?.[0] !== place) window.places.push([place, performance.now()]);
  }).observe(cell, { attributeFilter: ['data-place'] });
}"""


@pytest.mark.parametrize("opened", ["cine"], indirect=True)
def test_a_cine_stops_when_the_reader_scrolls_and_its_rate_can_be_changed(opened: Page) -> None:
    expect(opened.get_by_label("Images a second")).to_have_value("10")
    opened.keyboard.press(">")
    expect(opened.get_by_label("Images a second")).to_have_value("11")
    opened.get_by_role("button", name="Play").click()
    expect(opened.get_by_role("button", name="Pause")).to_be_visible()
    opened.mouse.move(*point(opened, 25, 20))
    opened.mouse.wheel(0, 100)
    expect(opened.get_by_role("button", name="Play")).to_be_visible()


class Fingers:
    """Fingers on a page, by the browser's own touch events."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session = page.context.new_cdp_session(page)

    def move(self, *ways: tuple[tuple[float, float], tuple[float, float]], steps: int = 8) -> None:
        """Put fingers down, one for each way from a start to an end, and move them together."""
        for step in range(steps + 1):
            share = step / steps
            points = [(a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share) for a, b in ways]
            self._send("touchMove" if step else "touchStart", points)
            self.page.evaluate(DRAWN)
        self._send("touchEnd", [])
        self.page.wait_for_timeout(SETTLE_MS)

    def _send(self, kind: str, points: list[tuple[float, float]]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def test_on_a_tablet_one_finger_has_the_tool_and_two_zoom_and_move(
    studies: tuple[Server, dict[str, int]], chromium: Browser
) -> None:
    with watched(chromium, has_touch=True) as touched:
        page = open_viewer(touched, studies[0], studies[1]["phantom"], width=1024, height=768)
        fingers, scale = Fingers(page), matrix(page).a
        x, y = point(page, 110, 100)
        fingers.move(((x - 40, y), (x - 80, y)), ((x + 40, y), (x + 80, y)))
        assert matrix(page).a > 1.5 * scale
        before = matrix(page)
        fingers.move(((x - 40, y), (x, y + 40)), ((x + 40, y), (x + 80, y + 40)))
        assert matrix(page).a == pytest.approx(before.a, rel=0.02)
        assert (matrix(page).e - before.e, matrix(page).f - before.f) == pytest.approx((40, 40), abs=10)
        width = window(page)[1]
        fingers.move(((x, y), (x + 60, y)))
        assert window(page)[1] > width + 20
        page.get_by_role("button", name="Value at a point").tap()
        page.touchscreen.tap(*point(page, 110, 100))
        assert f"{40 + 10 * place(page)} HU" in lines(page)
        touched.assert_clean()


def test_digits_and_enter_reach_the_reading_from_the_image_but_not_from_a_button(page: Page) -> None:
    page.get_by_test_id("stTextInputField").fill("Dr Reader")
    page.get_by_test_id("stTextInputField").press("Tab")
    page.wait_for_timeout(QUIET_MS)
    cell(page).focus()
    page.keyboard.press("8")
    save = page.get_by_role("button", name="Save and reveal")
    expect(save).to_be_enabled()
    page.get_by_role("button", name="Fit (F)").focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(QUIET_MS)
    expect(save).to_be_visible()
    cell(page).focus()
    page.keyboard.press("Enter")
    expect(save).to_have_count(0)
