"""Planes through volumes in a real browser: synthetic series with a landmark, and what the planes say and show."""

import io
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.films import write_ct_series
from tests.viewers import numbers, settle

SLICES, ROWS, COLUMNS = 24, 40, 72
SLICE_MM, ROW_MM, COLUMN_MM = 3.0, 1.25, 0.75  # nothing is a cube
ORIGIN = (-30.0, 10.0, 100.0)
LANDMARK = (16, 11, 52)  # slice, row and column of its middle
REACH = (1, 2, 3)  # voxels to each side: 9 mm high, 6.25 mm deep, 5.25 mm wide
TILT = math.radians(20)
TILTED = (1, 0, 0, 0, math.cos(TILT), math.sin(TILT))
BRIGHT, DARK = 200, 60  # grey levels that nothing but the landmark reaches, and that it never has

Point = tuple[float, float, float]


def series(folder: Path, **elements: Any) -> list[Path]:
    """Write a volume that is dark but for the landmark; `elements` by DICOM keyword replace or add."""
    values = np.zeros((SLICES, ROWS, COLUMNS), np.int16)
    inside = tuple(slice(at - reach, at + reach + 1) for at, reach in zip(LANDMARK, REACH, strict=True))
    values[inside] = 1001
    spacing = {"PixelSpacing": [ROW_MM, COLUMN_MM], "WindowCenter": 500, "WindowWidth": 1000}
    return write_ct_series(folder, values=values, spacing_mm=SLICE_MM, origin=ORIGIN, **{**spacing, **elements})


def place_of(voxel: tuple[float, float, float], orientation: tuple[float, ...] = (1, 0, 0, 0, 1, 0)) -> Point:
    """Return where a voxel (slice, row, column) lies in the patient, in mm: DICOM PS3.3, C.7.6.2.1.1."""
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    normal = np.cross(row, column)
    steps = (normal * SLICE_MM, column * ROW_MM, row * COLUMN_MM)
    x, y, z = np.array(ORIGIN) + sum(at * step for at, step in zip(voxel, steps, strict=True))
    return float(x), float(y), float(z)


# Of each plane: which way in the patient the screen's right and its bottom lie.
SCREEN = {
    "axial": (np.array([1, 0, 0]), np.array([0, 1, 0])),
    "coronal": (np.array([1, 0, 0]), np.array([0, 0, -1])),
    "sagittal": (np.array([0, 1, 0]), np.array([0, 0, -1])),
}


def plane(page: Page, name: str) -> Locator:
    """Return one plane by its name."""
    return page.locator(f'.plane[data-plane="{name}"]')


def data(page: Page, name: str, key: str) -> list[float]:
    """Return the numbers that a plane says of itself: center, cross, scale or window."""
    return numbers(plane(page, name).get_attribute(f"data-{key}") or "")


def center(page: Page) -> Point:
    """Return the crosshair's place in the patient, which must be the same in all planes."""
    x, y, z = (data(page, name, "center") for name in SCREEN)
    assert x == y == z
    return x[0], x[1], x[2]


def seen_at(page: Page, name: str, point: Point) -> tuple[float, float]:
    """Return where a point's foot lies in a plane, in pixels from its left and top, from the scale and crosshair."""
    (x, y), (scale,) = data(page, name, "cross"), data(page, name, "scale")
    away = np.subtract(point, center(page)) * scale
    right, down = SCREEN[name]
    return x + float(away @ right), y + float(away @ down)


def enter(page: Page) -> None:
    """Go from the stack to the planes, and wait until all three are drawn."""
    page.get_by_role("button", name="Planes through the volume (MPR)").click()
    for name in SCREEN:
        expect(plane(page, name)).to_have_attribute("data-cross", re.compile(r"\d"))
    settle(page)


def click(page: Page, name: str, point: Point) -> None:
    """Click on a point's foot in a plane."""
    x, y = seen_at(page, name, point)
    plane(page, name).click(position={"x": x, "y": y})
    settle(page)


def grey(page: Page, name: str, point: Point) -> float:
    """Return how bright a plane is about a point: the mean of 5 x 5 pixels of the screen, 0 to 255."""
    picture = Image.open(io.BytesIO(plane(page, name).screenshot())).convert("L")
    x, y = (round(at) for at in seen_at(page, name, point))
    return float(np.asarray(picture)[y - 2 : y + 3, x - 2 : x + 3].mean())


def beside(point: Point, name: str, mm: float) -> Point:
    """Return a point in the same plane, so many mm to the lower right."""
    right, down = SCREEN[name]
    x, y, z = np.array(point) + mm * (right + down)
    return float(x), float(y), float(z)


def choose_slab(page: Page, kind: str, thickness: float | None = None) -> None:
    """Have the planes look through a slab, its thickness in mm."""
    page.get_by_role("combobox", name="Slab").select_option(kind)
    if thickness is not None:
        page.get_by_label("Slab thickness in mm").fill(str(thickness))
        page.get_by_label("Slab thickness in mm").press("Enter")
    name = {"mip": "MIP", "minip": "MinIP", "mean": "Mean"}.get(kind, "")
    drawn = re.compile(f"^{name}.*{thickness or ''}") if name else ""
    expect(plane(page, "axial")).to_have_attribute("data-slab", drawn)
    settle(page)


def reaches(page: Page, name: str) -> tuple[float, float]:
    """Return how wide and how high what is bright in a plane is, in mm, crosshair lines left out."""
    hide = "element => { element.style.visibility = 'hidden' }"
    plane(page, name).locator(".cover").evaluate(hide)
    picture = np.asarray(Image.open(io.BytesIO(plane(page, name).screenshot())).convert("L"))
    (scale,) = data(page, name, "scale")
    bright = picture[4:-4, 4:-4] > 127
    return float(bright.any(axis=0).sum() / scale), float(bright.any(axis=1).sum() / scale)
