"""Planes through a volume: a bright landmark at a known place in the patient, seen where the crosshair says."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browsers import watched
from tests.planes import (
    BRIGHT,
    COLUMN_MM,
    COLUMNS,
    DARK,
    LANDMARK,
    ROW_MM,
    SCREEN,
    SLICE_MM,
    SLICES,
    TILTED,
    beside,
    center,
    choose_slab,
    click,
    data,
    enter,
    grey,
    place_of,
    plane,
    reaches,
    seen_at,
    series,
)
from tests.servers import Server
from tests.viewers import cell, drag, matrix, numbers, open_viewer, place, running_viewer, settle, window


@dataclass(frozen=True)
class Volumes:
    """A server with series that are volumes and one that is not."""

    server: Server
    straight: int
    tilted: int
    gap: int


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Volumes]:
    """A straight volume, one that lies obliquely with values in half units, and one with a slice missing."""
    folder = tmp_path_factory.mktemp("volumes")
    gap = series(folder / "gap", PatientID="GAP")
    del gap[7]
    halves = {"RescaleSlope": 0.5, "RescaleIntercept": -512, "WindowCenter": 250, "WindowWidth": 500}
    files = [
        *series(folder / "straight", PatientID="STRAIGHT"),
        *series(folder / "tilted", orientation=TILTED, PatientID="TILTED", **halves),
        *gap,
    ]
    with running_viewer(folder, files) as (server, studies):
        yield Volumes(server, *studies)


def test_one_click_shows_the_landmark_under_the_crosshair_of_all_three_planes(
    volumes: Volumes, chromium: Browser
) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, volumes.server, volumes.straight)
        enter(page)
        landmark = place_of(LANDMARK)
        assert center(page)[2] == pytest.approx(place_of((place_before := 11, 0, 0))[2])  # where the stack was
        plane(page, "axial").hover()
        for _ in range(LANDMARK[0] - place_before):
            page.mouse.wheel(0, 100)
            page.wait_for_timeout(60)
        settle(page)
        click(page, "axial", landmark)
        assert center(page) == pytest.approx(landmark, abs=0.3)
        expect(page.get_by_label("At the crosshair")).to_have_text("At the crosshair: 1001 HU")
        for name in SCREEN:
            assert grey(page, name, landmark) > BRIGHT, name
            assert grey(page, name, beside(landmark, name, 9)) < DARK, name
        assert reaches(page, "axial") == pytest.approx((5.25, 6.25), abs=0.8)
        assert reaches(page, "coronal") == pytest.approx((5.25, 9), abs=0.8)
        assert reaches(page, "sagittal") == pytest.approx((6.25, 9), abs=0.8)
        witness.assert_clean()


def test_the_keys_and_a_drag_move_the_crosshair(volumes: Volumes, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, volumes.server, volumes.straight)
        enter(page)
        before = center(page)
        for name, key, step in (
            ("axial", "ArrowDown", (0, 0, SLICE_MM)),
            ("coronal", "ArrowUp", (0, -ROW_MM, 0)),
            ("sagittal", "PageDown", (10 * COLUMN_MM, 0, 0)),
        ):
            plane(page, name).focus()
            page.keyboard.press(key)
            settle(page)
            before = tuple(np.add(before, step))
            assert center(page) == pytest.approx(before)
        page.keyboard.press("End")
        settle(page)
        assert center(page)[0] == pytest.approx(place_of((0, 0, COLUMNS - 1))[0])  # and no further
        box = plane(page, "coronal").bounding_box()
        assert box is not None
        goal = place_of((4, 0, 20))
        x, y = seen_at(page, "coronal", goal)
        drag(page, (box["x"] + x + 40, box["y"] + y - 30), (box["x"] + x, box["y"] + y))
        settle(page)
        assert center(page) == pytest.approx((goal[0], center(page)[1], goal[2]), abs=0.3)
        witness.assert_clean()


def test_a_slab_catches_what_lies_within_its_half_thickness(volumes: Volumes, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, volumes.server, volumes.straight)
        enter(page)
        landmark = place_of(LANDMARK)
        click(page, "axial", landmark)
        away = landmark[2] - center(page)[2]
        assert away == pytest.approx(15)  # five slices; the landmark begins 4.5 mm nearer, faded over one slice
        assert grey(page, "axial", landmark) < DARK
        choose_slab(page, "mip", 28)  # 14 mm to each side
        assert grey(page, "axial", landmark) > BRIGHT
        assert plane(page, "axial").inner_text().count("MIP of 28 mm") == 1
        choose_slab(page, "mip", 16)  # 8 mm
        assert grey(page, "axial", landmark) < DARK
        choose_slab(page, "mean", 60)  # 9 mm of 60 are bright, and all of what lies beyond the volume is none
        assert DARK / 3 < grey(page, "axial", landmark) < BRIGHT / 2
        choose_slab(page, "minip", 60)
        assert grey(page, "axial", landmark) < 10
        choose_slab(page, "slice")
        assert grey(page, "axial", landmark) < DARK
        witness.assert_clean()


def test_an_oblique_volume_is_cut_along_the_patient_s_axes(volumes: Volumes, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, volumes.server, volumes.tilted)
        enter(page)
        landmark = place_of(LANDMARK, TILTED)
        click(page, "axial", landmark)
        click(page, "coronal", landmark)
        assert center(page) == pytest.approx(landmark, abs=0.3)
        expect(page.get_by_label("At the crosshair")).to_have_text("At the crosshair: 500.5 HU")
        for name in SCREEN:
            assert grey(page, name, landmark) > BRIGHT, name
            assert grey(page, name, beside(landmark, name, 10)) < DARK, name
        witness.assert_clean()


def test_the_planes_share_the_window_with_the_stack_which_stays_where_it_was(
    volumes: Volumes, chromium: Browser
) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, volumes.server, volumes.straight)
        before = place(page), matrix(page)
        enter(page)
        page.keyboard.press("w")
        box = plane(page, "sagittal").bounding_box()
        assert box is not None
        x, y = box["x"] + 60, box["y"] + 60
        drag(page, (x, y), (x + 50, y + 30))
        settle(page)
        dragged = [data(page, name, "window") for name in SCREEN]
        assert dragged[0] == dragged[1] == dragged[2] != [500, 1000]
        page.keyboard.press("Shift+B")  # bone
        settle(page)
        assert [data(page, name, "window") for name in SCREEN] == [[300, 1500]] * 3
        page.get_by_role("button", name="Go back to the stack").click()
        expect(plane(page, "axial")).to_have_count(0)
        expect(cell(page)).to_be_visible()
        settle(page)
        assert (place(page), matrix(page)) == before
        assert window(page) == (300, 1500)
        cell(page).hover()
        page.mouse.wheel(0, 100)  # and it is alive
        expect(cell(page)).to_have_attribute("data-place", str(before[0] + 1))
        witness.assert_clean()


def test_no_image_is_asked_for_twice(volumes: Volumes, chromium: Browser) -> None:
    with watched(chromium) as witness:
        asked: list[str] = []
        witness.context.on("request", lambda request: asked.append(request.url))
        page = open_viewer(witness, volumes.server, volumes.straight)
        enter(page)  # while the stack is still loading
        frames = [url for url in asked if "/pixels/" in url and not url.endswith("thumbnail")]
        assert sorted(frames) == sorted(set(frames))
        assert len(frames) == SLICES
        page.get_by_role("button", name="Planes through the volume (MPR)").click()
        enter(page)
        assert len([url for url in asked if "/pixels/" in url]) == len(frames)
        witness.assert_clean()


def test_lengths_in_a_plane_are_in_mm(volumes: Volumes, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, volumes.server, volumes.straight)
        enter(page)
        page.keyboard.press("l")
        box = plane(page, "coronal").bounding_box()
        assert box is not None
        ends = [seen_at(page, "coronal", place_of(voxel)) for voxel in ((4, 0, 10), (18, 0, 50))]
        drag(page, *((box["x"] + x, box["y"] + y) for x, y in ends))  # type: ignore[call-arg]
        settle(page)
        true = math.hypot(40 * COLUMN_MM, 14 * SLICE_MM)
        (length,) = numbers(plane(page, "coronal").locator("svg text").first.text_content() or "")
        assert length == pytest.approx(true, abs=0.6)
        witness.assert_clean()


def test_a_series_with_a_missing_slice_stays_a_stack_and_says_why(volumes: Volumes, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, volumes.server, volumes.gap)
        button = page.get_by_role("button", name="Planes through the volume (MPR)")
        expect(button).to_have_attribute("aria-disabled", "true")
        reason = "Not a volume: one slice is missing between image 7 and 8."
        expect(button).to_have_attribute("title", reason)
        button.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").filter(has_text=reason)).to_be_visible()
        expect(page.locator(".plane")).to_have_count(0)
        expect(cell(page)).to_be_visible()
        witness.assert_clean()


def test_a_volume_whose_frame_cannot_be_read_stays_a_stack_and_says_why(volumes: Volumes, chromium: Browser) -> None:
    sentence = "The pixel data of this image end too early."
    with watched(chromium) as witness:
        served = {"frames": 0}

        def serve(route: Route) -> None:
            served["frames"] += 1
            if served["frames"] == 5:
                route.fulfill(status=422, json={"error": sentence})
            else:
                route.continue_()

        witness.context.route(re.compile(r"/pixels/[0-9.]+/0$"), serve)
        page = open_viewer(witness, volumes.server, volumes.straight)
        page.get_by_role("button", name="Planes through the volume (MPR)").click()
        expect(page.get_by_role("status").filter(has_text=sentence)).to_be_visible()
        expect(page.locator(".plane")).to_have_count(0)
        expect(cell(page)).to_be_visible()


COUNT_CONTEXTS = """
const get = HTMLCanvasElement.prototype.getContext;
window.drawn = new Set();
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  const context = get.call(this, kind, ...rest);
  if (context && kind.includes('webgl')) window.drawn.add(this);
  return context;
};
"""


def test_the_browser_s_few_drawing_contexts_suffice(volumes: Volumes, chromium: Browser) -> None:
    with watched(chromium) as witness:
        witness.context.add_init_script(COUNT_CONTEXTS)
        page = open_viewer(witness, volumes.server, volumes.straight)
        page.get_by_role("button", name="Two by two").click()
        page.get_by_role("button", name="One image").click()
        enter(page)
        most = page.evaluate("window.drawn.size")
        assert most <= 8  # of which browsers allow 16, and 8 on tablets
        for _ in range(3):
            page.keyboard.press("Shift+P")
            expect(page.locator(".plane")).to_have_count(0)
            page.keyboard.press("Shift+P")
            expect(plane(page, "axial")).to_have_attribute("data-cross", re.compile(r"\d"))
        assert page.evaluate("window.drawn.size") == most
        witness.assert_clean()
