"""How the viewer is handled in Chromium: windows, turning, enlarging, scrolling, cine, by mouse and by touch."""

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import Witness, watched
from tests.films import make_film, write
from tests.phantoms import (
    FRAMES,
    LEFT,
    SLICES,
    TOP,
    slice_values,
    write_cine,
    write_phantom,
)
from tests.servers import Server
from tests.viewer_hands import DRAWN, Fingers, go, lines, point_at_image, press, take
from tests.viewer_pictures import greys_at
from tests.viewer_traffic import Silence, Traffic, silence
from tests.viewers import Matrix, cell, drag, matrix, open_viewer, place, point, running_viewer, window

NOTHING = Silence(requests=0, reruns=0, changed=True)


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, int]]]:
    folder = tmp_path_factory.mktemp("tools")
    pixels = (np.arange(120)[:, None] * 10 + np.arange(160)).astype(np.uint16)
    film = write(make_film(pixels, PatientID="FILM", ImagerPixelSpacing=[0.4, 0.2]), folder / "film")
    files = [*write_phantom(folder / "phantom"), film, write_cine(folder / "cine")]
    with running_viewer(folder, files) as (server, numbers_given):
        numbered = list(dict.fromkeys(numbers_given))
        yield server, dict(zip(("phantom", "film", "cine"), numbered, strict=True))


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


def test_turning_flipping_inverting_and_windows_ask_the_server_nothing(
    page: Page, pages: dict[str, Page], traffic: Traffic
) -> None:
    for other in pages.values():
        other.close()  # a film's page asks every other second whether the model has answered
    pages.clear()

    def act() -> None:
        press(page, "i", "h", ".", "Shift+L", "Shift+ArrowRight", "+", "End", "Home")
        drag(page, point(page, 100, 100), point(page, 130, 110), button="right")

    traffic.settle(page)
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
    intervals = np.diff([moment for _, moment in seen])
    assert intervals.mean() > 95  # ms; on a busy machine it is slower, but leaves nothing out
    assert intervals.min() < 1000
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
