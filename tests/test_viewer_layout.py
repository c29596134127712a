"""The viewer's layouts: which series stands where, an earlier study beside the current one, and what links them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from pydicom.uid import generate_uid

from tests.browsers import watched
from tests.films import write_ct_series
from tests.servers import Server
from tests.viewers import cell, drag, matrix, numbers, open_viewer, place, running_viewer, settle, window

SIZE = 48  # rows and columns
AXIAL_MM, THIN_MM, EARLIER_MM = 4.0, 2.0, 2.5  # between slices
AXIAL_Z, THIN_Z, EARLIER_Z = -24.0, -19.0, 500.0  # of the first slice
SAGITTAL_X, SAGITTAL_MM, SAGITTAL_TOP = 20.0, 5.0, 40.0  # from the patient's left to the right


@dataclass(frozen=True)
class Ward:
    """A server with a patient's two studies."""

    server: Server
    study: int


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """A patient with a CT of three series in one frame of reference, and an earlier CT of two."""
    folder = tmp_path_factory.mktemp("ward")
    with running_viewer(folder, [*current_study(folder), *earlier_study(folder)]) as (server, (study, _)):
        yield Ward(server, study)


def current_study(folder: Path) -> list[Path]:
    shared = {"StudyInstanceUID": generate_uid(), "FrameOfReferenceUID": generate_uid(), "StudyDate": "20240203"}
    return [
        *axial(folder / "axial", 12, AXIAL_MM, AXIAL_Z, SeriesDescription="Head axial", SeriesNumber=1, **shared),
        *axial(folder / "thin", 21, THIN_MM, THIN_Z, SeriesDescription="Thin slices", SeriesNumber=2, **shared),
        *write_ct_series(
            folder / "sagittal",
            values=slices(9),
            spacing_mm=SAGITTAL_MM,
            origin=(SAGITTAL_X, -48, SAGITTAL_TOP),
            orientation=(0, 1, 0, 0, 0, -1),
            PixelSpacing=[2, 2],
            SeriesDescription="Head sagittal",
            SeriesNumber=3,
            **shared,
        ),
    ]


def earlier_study(folder: Path) -> list[Path]:
    shared = {
        "StudyInstanceUID": generate_uid(),
        "FrameOfReferenceUID": generate_uid(),
        "StudyDate": "20230110",
        "StudyDescription": "Earlier",
    }
    return [
        *axial(folder / "scout", 1, 1.0, 0.0, SeriesDescription="Scout", **shared),
        *axial(folder / "old", 20, EARLIER_MM, EARLIER_Z, 1.0, SeriesDescription="Axial head", **shared),
    ]


def axial(folder: Path, count: int, mm: float, first_z: float, pixel_mm: float = 2.0, **elements: object) -> list[Path]:
    edge = -SIZE * pixel_mm / 2
    spacing = {"PixelSpacing": [pixel_mm, pixel_mm]}
    return write_ct_series(
        folder, values=slices(count), spacing_mm=mm, origin=(edge, edge, first_z), **spacing, **elements
    )


def slices(count: int) -> np.ndarray:
    """Slices with a bright square that say which they are by their brightness."""
    values = np.full((count, SIZE, SIZE), -100, np.int16)
    values[:, 12:36, 12:36] = 4 * np.arange(count, dtype=np.int16)[:, None, None]
    return values


def layout(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def put(page: Page, title: str, number: int) -> None:
    """Drag a series into a cell and wait until it is drawn there."""
    series = page.locator(".series", has_text=title)
    series.drag_to(cell(page, number))
    wanted = series.get_attribute("data-series")
    expect(cell(page, number)).to_have_attribute("data-series", wanted or "")


def scroll(page: Page, number: int, images: int) -> None:
    """Turn the wheel over a cell, one image a notch, and wait until the cell shows where it led."""
    expected = place(page, number) + images
    cell(page, number).hover()
    for _ in range(abs(images)):
        page.mouse.wheel(0, 100 if images > 0 else -100)
        page.wait_for_timeout(60)
    expect(cell(page, number)).to_have_attribute("data-place", str(expected))
    settle(page)  # what follows has followed


def test_the_list_names_the_study_s_series_and_those_of_earlier_studies(ward: Ward, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, ward.server, ward.study)
        listed = page.get_by_role("navigation", name="Series")
        expect(listed.get_by_role("list", name="This study").get_by_role("button")).to_have_count(3)
        earlier = listed.get_by_role("list", name="Earlier: Earlier, 10 Jan 2023").get_by_role("button")
        expect(earlier).to_have_count(2)
        expect(listed.get_by_role("button", name="CT Head axial, 12 images")).to_have_attribute("aria-current", "true")
        widths = "images => images.map(image => image.complete && image.naturalWidth)"
        settle(page)
        assert page.locator(".series img").evaluate_all(widths) == [128] * 5
        listed.get_by_role("button", name="CT Thin slices, 21 images").focus()
        page.keyboard.press("Enter")
        expect(cell(page)).to_have_attribute("data-place", "10")  # the middle of 21
        expect(listed.get_by_role("button", name="CT Thin slices, 21 images")).to_have_attribute("aria-current", "true")
        page.keyboard.press("ArrowDown")
        expect(listed.get_by_role("button", name="CT Head sagittal, 9 images")).to_be_focused()
        listed.get_by_role("button", name="Hide the series list").click()
        expect(earlier.first).to_be_hidden()
        witness.assert_clean()


def test_cells_keep_what_they_show_while_the_layout_changes(ward: Ward, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, ward.server, ward.study)
        layout(page, "Two side by side")
        expect(cell(page, 1)).to_contain_text("Drag a series here or choose one from the list.")
        put(page, "Thin slices", 1)
        expect(cell(page, 1).get_by_text("Drag a series here")).to_be_hidden()
        scroll(page, 1, 3)
        layout(page, "Two by two")
        put(page, "Head sagittal", 3)
        for number, shown in ((0, 5), (1, 13), (3, 4)):
            assert place(page, number) == shown
        halves = [cell(page, number).bounding_box() for number in range(4)]
        assert len({(box["width"], box["height"]) for box in halves if box}) == 1
        cell(page, 1).dblclick()
        expect(cell(page, 0)).to_be_hidden()
        expect(cell(page, 1)).to_be_visible()
        cell(page, 1).dblclick()
        expect(cell(page, 0)).to_be_visible()
        layout(page, "One image")
        expect(cell(page, 1)).to_be_visible()  # the active one
        expect(cell(page, 0)).to_be_hidden()
        layout(page, "Two by two")
        assert [place(page, number) for number in (0, 1, 3)] == [5, 13, 4]
        witness.assert_clean()


def test_a_picture_is_fitted_into_the_room_that_it_gets(ward: Ward, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, ward.server, ward.study)
        for name in ("Two side by side", "Two by two", "One image"):
            layout(page, name)
            settle(page)
            box = cell(page).bounding_box()
            assert box is not None
            shown = SIZE * matrix(page).a
            assert shown == pytest.approx(min(box["width"], box["height"]), abs=2)
        page.set_viewport_size({"width": 1024, "height": 768})
        settle(page)
        box = cell(page).bounding_box()
        assert box is not None
        assert SIZE * matrix(page).a == pytest.approx(min(box["width"], box["height"]), abs=2)
        witness.assert_clean()


def test_an_earlier_study_stands_beside_the_current_one_and_follows_it(ward: Ward, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, ward.server, ward.study)
        page.get_by_role("button", name="Compare with the patient's earlier study").click()
        expect(cell(page, 1)).to_have_attribute("data-place", "9")  # the middle of 20
        assert "Axial head" in cell(page, 1).inner_text()
        assert "10 Jan 2023" in cell(page, 1).inner_text()
        assert "03 Feb 2024" in cell(page, 0).inner_text()
        settle(page)
        follows_by_position(page)
        follows_the_window(page)
        follows_zoom_and_position(page)
        witness.assert_clean()


def follows_by_position(page: Page) -> None:
    """The frames of reference differ, so the distance that was gone counts: 4 mm a slice here, 2.5 mm there."""
    asked = pixel_requests(page)
    start, earlier = place(page, 0), place(page, 1)
    for images in (1, 1, 3, -4, -5, 2):
        scroll(page, 0, images)
        gone = AXIAL_MM * (place(page, 0) - start)
        assert EARLIER_MM * (place(page, 1) - earlier) == pytest.approx(gone, abs=EARLIER_MM / 2 + 1e-6)
    assert place(page, 0) == start - 2
    scroll(page, 1, 3)  # and the other way round
    gone = EARLIER_MM * (place(page, 1) - earlier)
    assert AXIAL_MM * (place(page, 0) - start) == pytest.approx(gone, abs=AXIAL_MM / 2 + 1e-6)
    assert asked == [], "what is loaded was asked for again"


def pixel_requests(page: Page) -> list[str]:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/pixels/" in request.url else None)
    return asked


def middle_of(page: Page, number: int) -> tuple[float, float]:
    box = cell(page, number).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def follows_the_window(page: Page) -> None:
    x, y = middle_of(page, 0)
    before = window(page, 0)
    drag(page, (x, y), (x + 60, y + 40))
    settle(page)
    assert window(page, 0) != before
    assert window(page, 1) == pytest.approx(window(page, 0))


def follows_zoom_and_position(page: Page) -> None:
    x, y = middle_of(page, 0)
    drag(page, (x, y), (x, y + 60), button="right")
    drag(page, (x, y), (x + 30, y - 20), button="middle")
    settle(page)
    left, right = matrix(page, 0), matrix(page, 1)
    assert left.a / 2.0 == pytest.approx(right.a / 1.0, rel=1e-4)  # pixels of the screen a mm
    middle = (SIZE - 1) / 2
    assert left.apply(middle, middle) == pytest.approx(right.apply(middle, middle), abs=0.5)


def test_series_of_one_frame_of_reference_meet_at_the_same_height(ward: Ward, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, ward.server, ward.study)
        layout(page, "Two side by side")
        put(page, "Thin slices", 1)
        scroll(page, 1, 4)
        assert place(page, 0) == 5  # nothing is linked yet
        page.get_by_role("button", name="Link scrolling of all images").click()
        settle(page)
        for images in (-9, 3, 6):
            scroll(page, 1, images)
            height = THIN_Z + THIN_MM * place(page, 1)
            assert AXIAL_Z + AXIAL_MM * place(page, 0) == pytest.approx(height, abs=AXIAL_MM / 2)
        witness.assert_clean()


def test_a_line_shows_where_the_active_image_cuts_another(ward: Ward, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_viewer(witness, ward.server, ward.study)
        layout(page, "Two side by side")
        put(page, "Head sagittal", 1)
        scroll(page, 0, -3)
        z = AXIAL_Z + AXIAL_MM * place(page, 0)
        from_column, from_row, to_column, to_row = numbers(cell(page, 1).get_attribute("data-line") or "")
        assert (from_row, to_row) == pytest.approx(((SAGITTAL_TOP - z) / 2,) * 2)
        # as far as the axial image reaches
        assert sorted((from_column, to_column)) == pytest.approx([-0.5, SIZE - 0.5])
        line = cell(page, 1).locator(".reference line")
        x1, y1 = (float(line.get_attribute(name) or "nan") for name in ("x1", "y1"))
        assert (x1, y1) == pytest.approx(matrix(page, 1).apply(from_column, from_row))
        scroll(page, 1, 2)  # now the sagittal image is the active one
        x = SAGITTAL_X - SAGITTAL_MM * place(page, 1)
        columns = numbers(cell(page, 0).get_attribute("data-line") or "")[::2]
        assert columns == pytest.approx([(x + 48) / 2] * 2)
        page.get_by_role("button", name="Show where the active image cuts the others").click()
        assert cell(page, 0).get_attribute("data-line") is None
        witness.assert_clean()
