"""What is drawn with the viewer's tools in Chromium says what is there."""

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import Witness, watched
from tests.films import make_film, write
from tests.phantoms import (
    COLUMNS,
    LEFT,
    ROWS,
    SIDE,
    SLICES,
    SPACING,
    TOP,
    slice_values,
    write_phantom,
)
from tests.servers import Server
from tests.viewer_hands import SETTLE_MS, draw, go, lines, point_at_image, press, take
from tests.viewers import cell, drag, matrix, numbers, open_viewer, place, point, running_viewer


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, int]]]:
    folder = tmp_path_factory.mktemp("tools")
    pixels = (np.arange(120)[:, None] * 10 + np.arange(160)).astype(np.uint16)
    film = write(make_film(pixels, PatientID="FILM", ImagerPixelSpacing=[0.4, 0.2]), folder / "film")
    bare = write(make_film(pixels, PatientID="BARE", ImagerPixelSpacing=None), folder / "bare")
    files = [*write_phantom(folder / "phantom"), film, bare]
    with running_viewer(folder, files) as (server, numbers_given):
        numbered = list(dict.fromkeys(numbers_given))
        yield server, dict(zip(("phantom", "film", "bare"), numbered, strict=True))


@pytest.fixture(scope="module")
def witness(chromium: Browser) -> Iterator[Witness]:
    with watched(chromium) as one:
        yield one
        one.assert_clean()


@pytest.fixture(scope="module")
def phantom(studies: tuple[Server, dict[str, int]], witness: Witness) -> Page:
    """The CT, open once for all tests; each test draws on a slice of its own."""
    return open_viewer(witness, studies[0], studies[1]["phantom"])


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
