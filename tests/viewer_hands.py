"""A reader's hands in the viewer: mouse, keys and fingers."""

import re

from playwright.sync_api import Page, expect

from tests.viewers import cell, drag, point

DRAWN = "new Promise(done => [1, 2, 3].reduce(next => () => requestAnimationFrame(next), done)())"
SETTLE_MS = 500  # Cornerstone3D waits 400 ms for a second click


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
