"""What stands on the screen: grey levels and colours of the viewer's picture at places of the image."""

import cv2
import numpy as np
from playwright.sync_api import Page

from tests.viewers import point


def screen(page: Page) -> np.ndarray:
    """Return what the page shows, (height, width, 3) RGB."""
    picture = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))


def colors_at(page: Page, places: list[tuple[float, float]]) -> np.ndarray:
    """Return the colours (places, 3) at places of the image: column and row."""
    picture = screen(page)
    points = [point(page, column, row) for column, row in places]
    return np.array([picture[round(y), round(x)] for x, y in points], np.int64)


def greys_at(page: Page, places: list[tuple[float, float]]) -> list[int]:
    """Return the grey levels at places of the image, and check that they are grey."""
    colors = colors_at(page, places)
    assert (np.ptp(colors, axis=1) == 0).all(), f"not grey: {colors.tolist()}"
    return [int(grey) for grey in colors[:, 0]]


def hide_overlays(page: Page) -> None:
    """Take the texts and letters off the pictures, so that only image is left."""
    page.locator(".cell .cover").evaluate_all(
        "covers => covers.forEach(cover => { cover.style.visibility = 'hidden' })"
    )
