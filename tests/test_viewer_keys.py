"""The viewer by keys alone in Chromium, and what of them reaches the page."""

import itertools
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import Witness, watched
from tests.phantoms import (
    SLICES,
    write_phantom,
)
from tests.servers import Server
from tests.viewer_hands import DRAWN, go, point_at_image, press, take
from tests.viewer_traffic import QUIET_MS
from tests.viewers import cell, drag, matrix, open_viewer, place, point, running_viewer, window


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, int]]]:
    folder = tmp_path_factory.mktemp("keys")
    with running_viewer(folder, write_phantom(folder / "phantom")) as (server, given):
        yield server, {"phantom": given[0]}


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
