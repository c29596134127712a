"""What stands over the pictures: whose they are, how they lie in the patient, how large they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import hypot
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pydicom.uid import generate_uid

from tests.browsers import watched
from tests.films import write_ct_series, write_film
from tests.servers import Server
from tests.viewers import cell, drag, matrix, numbers, open_viewer, point, running_viewer, settle

SIZE = 64
ROW_MM, COLUMN_MM = 0.8, 0.4  # of the CT: pixels twice as tall as wide
DETECTOR_MM = 0.15
PLANES = {
    "Axial": (1, 0, 0, 0, 1, 0),
    "Coronal": (1, 0, 0, 0, 0, -1),
    "Sagittal": (0, 1, 0, 0, 0, -1),
    "Oblique": (0.8, 0.6, 0, 0, 0, -1),
}
expect.set_options(timeout=30_000)  # on a busy machine; no test waits longer than it must
EDGES = ("left", "right", "top", "bottom")
PATIENT = "Invented, Child  TEST-1"


@dataclass(frozen=True)
class Ward:
    """A server with a synthetic CT in four planes, a film, and one whose size is not known."""

    server: Server
    ct: int
    film: int
    unknown: int


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    folder = tmp_path_factory.mktemp("ward")
    square = {"ImagerPixelSpacing": [DETECTOR_MM, DETECTOR_MM]}
    pixels = np.arange(400 * 300, dtype=np.uint16).reshape(400, 300)
    files = [
        *planes(folder),
        write_film(folder / "film.dcm", pixels, StudyInstanceUID=generate_uid(), **square),
        write_film(folder / "unknown.dcm", pixels, ImagerPixelSpacing=None),
    ]
    with running_viewer(folder, files) as (server, (ct, film, unknown)):
        yield Ward(server, ct, film, unknown)


def planes(folder: Path) -> list[Path]:
    shared = {"StudyInstanceUID": generate_uid(), "SyntheticData": "YES", "PixelSpacing": [ROW_MM, COLUMN_MM]}
    return [
        path
        for number, (name, orientation) in enumerate(PLANES.items(), start=1)
        for path in write_ct_series(
            folder / name,
            values=np.broadcast_to(np.arange(SIZE, dtype=np.int16), (3, SIZE, SIZE)),
            orientation=orientation,
            SeriesDescription=name,
            SeriesNumber=number,
            **shared,
        )
    ]


def letters(page: Page, number: int = 0) -> str:
    """Return the letters at the left, right, top and bottom edge."""
    return " ".join(cell(page, number).locator(f".letter.at-{edge}").inner_text() for edge in EDGES)


def choose(page: Page, title: str) -> None:
    page.get_by_role("navigation", name="Series").get_by_role("button", name=f"CT {title}, 3 images").click()
    expect(corner(page, "top-right")).to_contain_text(title)
    settle(page)


def corner(page: Page, name: str, number: int = 0) -> Locator:
    return cell(page, number).locator(f".corner.{name}")


def press(page: Page, key: str) -> None:
    before = cell(page).get_attribute("data-matrix")
    cell(page).hover()
    page.keyboard.press(key)
    expect(cell(page)).not_to_have_attribute("data-matrix", before or "")
    settle(page)


def bar(page: Page) -> tuple[float, str]:
    """Return the scale bar's length in pixels of the screen, and what it says."""
    height = cell(page).locator(".scale-line").evaluate("line => line.getBoundingClientRect().height")
    return height, cell(page).locator(".scale-label").inner_text()


def test_letters_say_how_slices_lie_in_the_patient_turned_and_mirrored_too(ward: Ward, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, ward.server, ward.ct)
        for title, expected in (
            ("Coronal", "R L H F"),
            ("Sagittal", "A P H F"),
            ("Oblique", "RA LP H F"),
            ("Axial", "R L A P"),
        ):
            choose(page, title)
            assert letters(page) == expected, title
        for key, expected in (("h", "L R A P"), ("v", "L R P A"), ("x", "R L A P"), (".", "P A R L"), (",", "R L A P")):
            press(page, key)
            assert letters(page) == expected, key
        witness.assert_clean()


def test_the_scale_bar_is_as_long_as_it_says_zoomed_and_turned_with_pixels_that_are_not_square(
    ward: Ward, chromium: Browser
) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, ward.server, ward.ct)
        assert_in_mm(page)
        for key in ("+", "+", ".", "-"):
            press(page, key)
            assert_in_mm(page)
        page.get_by_role("button", name="Turn (T)").click()
        drag(page, point(page, 50, 32), point(page, 40, 50))
        assert_in_mm(page)
        witness.assert_clean()


def assert_in_mm(page: Page) -> None:
    """Compare the bar with the images' own spacing: the map says how many pixels a row and a column take."""
    to_screen = matrix(page)
    pixels_per_mm = hypot(to_screen.a, to_screen.b) / COLUMN_MM
    assert hypot(to_screen.c, to_screen.d) / ROW_MM == pytest.approx(pixels_per_mm, rel=1e-3)  # the picture is not bent
    height, label = bar(page)
    (number,) = numbers(label)
    length_mm = number * (10 if label.endswith("cm") else 1)
    assert height == pytest.approx(length_mm * pixels_per_mm, abs=0.6)
    box = cell(page).bounding_box()
    assert box is not None
    assert box["height"] / 10 - 1 < height < box["height"] / 4 + 1


def test_films_are_measured_at_the_detector_or_in_pixels_and_have_no_letters(ward: Ward, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, ward.server, ward.film)
        height, label = bar(page)
        assert label.endswith("at the detector")
        scale = 10 if "cm" in label else 1
        assert height == pytest.approx(numbers(label)[0] * scale / DETECTOR_MM * matrix(page).d, abs=0.6)
        assert letters(page).strip() == ""
        expect(corner(page, "bottom-right")).to_contain_text("mm at the detector")
        page = open_viewer(witness, ward.server, ward.unknown)
        height, label = bar(page)
        assert label.endswith(" px")
        assert height == pytest.approx(numbers(label)[0] * matrix(page).d, abs=0.6)
        expect(corner(page, "bottom-right")).to_contain_text("Size in mm unknown")
        witness.assert_clean()


def test_corners_follow_the_image_the_window_and_the_zoom(ward: Ward, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, ward.server, ward.ct)
        expect(corner(page, "top-right")).to_contain_text("Image 2 of 3")
        expect(corner(page, "bottom-right")).to_contain_text("Slice at 5.0 mm")
        expect(corner(page, "bottom-left")).to_contain_text("C 40  W 400 HU")
        cell(page).hover()
        page.keyboard.press("End")
        expect(corner(page, "top-right")).to_contain_text("Image 3 of 3")
        expect(corner(page, "bottom-right")).to_contain_text("Slice at 10.0 mm")
        page.keyboard.press("Shift+H")
        expect(corner(page, "bottom-left")).to_have_text("Brain  C 40  W 80 HU")
        zoom = f"Zoom {round(100 * matrix(page).a)} %"
        expect(corner(page, "bottom-right")).to_contain_text(zoom)
        press(page, "+")
        expect(corner(page, "bottom-right")).not_to_contain_text(zoom)
        expect(corner(page, "bottom-right")).to_contain_text(f"Zoom {round(100 * matrix(page).a)} %")
        witness.assert_clean()


def test_the_patient_can_be_hidden_for_the_session_and_a_synthetic_study_says_so_all_the_same(
    ward: Ward, chromium: Browser
) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, ward.server, ward.ct)
        expect(corner(page, "top-left")).to_contain_text("SYNTHETIC")
        expect(corner(page, "top-left")).to_contain_text(PATIENT)
        page.get_by_role("button", name="Patient's name on the images").click()
        expect(corner(page, "top-left")).not_to_contain_text("Invented")
        expect(corner(page, "top-left")).not_to_contain_text("TEST-1")
        page.reload()
        expect(corner(page, "top-left")).to_contain_text("SYNTHETIC")
        expect(corner(page, "top-left")).to_contain_text("Chest, 03 Feb 2024")
        expect(corner(page, "top-left")).not_to_contain_text("Invented")
        button = page.get_by_role("button", name="Patient's name on the images")
        expect(button).to_have_attribute("aria-pressed", "false")
        button.click()
        expect(corner(page, "top-left")).to_contain_text(PATIENT)
        cell(page).hover()
        page.keyboard.press("d")
        expect(corner(page, "top-left")).not_to_contain_text("Invented")
        witness.assert_clean()


def test_the_planes_through_a_volume_say_whose_they_are(ward: Ward, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, ward.server, ward.ct)
        page.get_by_role("button", name="Planes through the volume").click()
        marks = page.locator(".plane .corner.bottom-left")
        expect(marks).to_have_count(3)
        for number in range(3):
            expect(marks.nth(number)).to_contain_text("SYNTHETIC")
            expect(marks.nth(number)).to_contain_text(PATIENT)
        page.get_by_role("button", name="Patient's name on the images").click()
        for number in range(3):
            expect(marks.nth(number)).to_have_text("SYNTHETIC")
        witness.assert_clean()


def test_texts_letters_and_bar_keep_apart_in_small_cells(ward: Ward, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, ward.server, ward.ct, width=1024)
        page.get_by_role("button", name="Two by two", exact=True).click()
        page.locator(".series", has_text="Oblique").drag_to(cell(page, 1))
        expect(corner(page, "top-right", 1)).to_contain_text("Oblique")
        page.wait_for_timeout(500)
        for number in (0, 1):
            marks = cell(page, number).locator(".corner, .letter, .scale-line, .scale-label")
            rectangles = "marks => marks.filter(one => one.textContent || one.className === 'scale-line')"
            boxes = marks.evaluate_all(f"{rectangles}.map(one => one.getBoundingClientRect().toJSON())")
            assert len(boxes) == 10
            assert not [pair for pair in combinations(boxes, 2) if overlap(*pair)]
            frame = cell(page, number).bounding_box()
            assert frame is not None
            assert all(box["left"] >= frame["x"] and box["right"] <= frame["x"] + frame["width"] for box in boxes)
        witness.assert_clean()


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return across > 0.5 and down > 0.5
