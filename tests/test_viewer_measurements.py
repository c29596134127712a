"""Measurements in the viewer: drawn, kept under the reader's name, listed, found again where they were, exported."""

import csv
import io
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, Request, Route, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from pydicom import dcmread
from pydicom.uid import generate_uid

from medcore.dicom.measurement import Measurement
from medcore.library import Library, NewReading
from medcore.settings import REPOSITORY, Settings
from tests.browsers import Witness, watched
from tests.films import write_ct_series, write_film
from tests.servers import Server, wait_until
from tests.viewers import cell, drag, open_viewer, place, point, running_viewer, settle

SIZE, SPACING_MM = 128, 0.5
START, END = (30, 40), (70, 70)  # 40 columns and 30 rows apart: 50 pixels, 25 mm
NAME = "Your name (not verified)"
PATIENCE_S = 30  # on a busy machine; no test waits longer than it must
expect.set_options(timeout=PATIENCE_S * 1000)
PATIENT = ("Invented", "TEST-1", "20200110")


@dataclass(frozen=True)
class Ward:
    """A server with a study of a CT and a film, its patient's earlier study, and a study for each of some tests."""

    server: Server
    study: int
    prior: int
    others: tuple[int, ...]

    def saved(self, study: int) -> tuple[Measurement, ...]:
        """Read a study's measurements from the library, past the server."""
        with closing(self.library()) as library:
            return library.measurements(study)

    def library(self) -> Library:
        """Open the server's library beside it."""
        return Library.open(Settings(data_dir=self.server.data_dir, models_dir=REPOSITORY / "assets" / "models"))


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    folder = tmp_path_factory.mktemp("ward")
    values = np.full((5, SIZE, SIZE), 40, np.int16)
    shared = {"StudyInstanceUID": generate_uid(), "PixelSpacing": [SPACING_MM, SPACING_MM]}
    pixels = np.zeros((SIZE, SIZE), np.uint16)
    pixels[0, 0] = 100
    without_frame = {"FrameOfReferenceUID": None, "StudyDescription": "Earlier", "StudyDate": "20230101"}
    files = [
        *write_ct_series(folder / "ct", values=values, SeriesDescription="Head", SeriesNumber=1, **shared),
        write_film(folder / "film.dcm", pixels, SeriesDescription="Film", SeriesNumber=2, **only(shared)),
        write_film(folder / "prior.dcm", pixels, SeriesDescription="Old film", **without_frame),
        *(write_film(folder / f"{name}.dcm", pixels, PatientID=name) for name in "ABC"),
    ]
    with running_viewer(folder, files) as (server, (study, prior, *others)):
        yield Ward(server, study, prior, tuple(others))


def only(shared: dict[str, object]) -> dict[str, object]:
    return {"StudyInstanceUID": shared["StudyInstanceUID"]}


def type_name(page: Page, name: str) -> None:
    page.get_by_placeholder(NAME).fill(name)
    page.get_by_placeholder(NAME).press("Tab")


def draw_line(page: Page, start: tuple[float, float] = START, end: tuple[float, float] = END) -> None:
    page.get_by_role("button", name="Length (L)").click()
    drag(page, point(page, *start), point(page, *end))
    page.mouse.move(1, 1)


def table(page: Page) -> Locator:
    return page.get_by_role("table", name="Measurements")


def rows(page: Page) -> Locator:
    return table(page).locator("tbody tr")


def drawn_line(page: Page, number: int = 0) -> tuple[float, ...]:
    """Return the ends of the line that is drawn in a cell, in pixels of the cell; what a hand would see there."""
    line = lines(page, number).first
    expect(line).to_be_visible()
    return tuple(float(line.get_attribute(name) or "nan") for name in ("x1", "y1", "x2", "y2"))


def expected_line(page: Page, number: int = 0) -> tuple[float, ...]:
    box = cell(page, number).bounding_box()
    assert box is not None
    ends = (point(page, *START, number), point(page, *END, number))
    return tuple(at for x, y in ends for at in (x - box["x"], y - box["y"]))


def lines(page: Page, number: int = 0) -> Locator:
    return cell(page, number).locator("svg line[data-id$=-line]")


def open_with(witness: Witness, ward: Ward, study: int, name: str = "") -> Page:
    page = open_viewer(witness, ward.server, study)
    if name:
        type_name(page, name)
    return page


def test_a_line_waits_for_a_name_is_kept_and_comes_back_where_it_was(ward: Ward, chromium: Browser) -> None:
    with watched(chromium) as witness:
        page = open_with(witness, ward, ward.study)
        expect(page.get_by_role("button", name="Measurements", exact=True)).to_be_visible()
        draw_line(page)
        expect(rows(page)).to_have_count(1)
        expect(page.get_by_text("Type your name to keep the measurements.")).to_be_visible()
        expect(rows(page).first).to_contain_text("Not saved yet")
        assert ward.saved(ward.study) == ()
        type_name(page, "A.  Reader")
        expect(page.get_by_text("Type your name to keep the measurements.")).to_be_hidden()
        wait_until(lambda: len(ward.saved(ward.study)) == 1, PATIENCE_S, "the measurement did not reach the library")
        (saved,) = ward.saved(ward.study)
        assert (saved.kind, saved.reader, saved.frame, saved.length_unit) == ("length", "A. Reader", 0, "mm")
        assert saved.values["length"] == pytest.approx(25, abs=0.3)  # half a pixel of the image
        np.testing.assert_allclose(saved.points, (START, END), atol=0.3)
        expect(rows(page).first).to_contain_text(f"{saved.values['length']:.1f} mm")
        expect(rows(page).first).to_contain_text("CT Head, 3")
        expect(rows(page).first).to_contain_text("A. Reader")
        expect(page.get_by_role("button", name="Measurements (1)")).to_be_visible()
        page.reload()
        expect(rows(page)).to_have_count(1)
        expect(lines(page)).to_have_count(1)
        assert drawn_line(page) == pytest.approx(expected_line(page), abs=1)
        witness.assert_clean()


def test_reruns_and_other_series_leave_one_copy_and_a_click_leads_back_to_the_image(
    ward: Ward, chromium: Browser
) -> None:
    with watched(chromium) as witness:
        page = open_with(witness, ward, ward.study, "A. Reader")
        expect(rows(page)).to_have_count(1)
        page.get_by_role("button", name="DX Film, 1 image").click()
        expect(cell(page).locator(".corner.top-right")).to_contain_text("Film")
        expect(lines(page)).to_have_count(0)
        type_name(page, "A. Reader the second")  # a rerun of the page
        type_name(page, "A. Reader")
        rows(page).first.get_by_role("button", name="Show length").press("Enter")
        expect(cell(page).locator(".corner.top-right")).to_contain_text("Image 3 of 5")
        expect(lines(page)).to_have_count(1)
        expect(rows(page).first).to_have_attribute("aria-selected", "true")
        cell(page).focus()
        page.keyboard.press("End")
        expect(lines(page)).to_have_count(0)
        rows(page).first.locator("td.place").click()
        expect(lines(page)).to_have_count(1)
        assert place(page) == 2
        expect(rows(page)).to_have_count(1)
        witness.assert_clean()


def test_moving_labelling_and_removing_are_kept_each_in_its_latest_version(ward: Ward, chromium: Browser) -> None:
    study = ward.others[0]
    with watched(chromium) as witness:
        page = open_with(witness, ward, study, "B. Reader")
        draw_line(page)
        wait_until(lambda: len(ward.saved(study)) == 1, PATIENCE_S, "the line did not reach the library")
        first = ward.saved(study)[0]
        page.get_by_role("button", name="Window: ").click()
        sent: list[Request] = []
        page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
        drag(page, point(page, *END), point(page, 110, 100))
        page.mouse.move(1, 1)
        wait_until(lambda: ward.saved(study)[0].id != first.id, PATIENCE_S, "the change did not reach the library")
        page.wait_for_timeout(700)
        moved = ward.saved(study)[0]
        np.testing.assert_allclose(moved.points, (START, (110, 100)), atol=1)
        assert len(sent) <= 2  # of some ten steps of the hand
        rows(page).first.get_by_role("button", name="Show length").click()
        rows(page).first.get_by_label("Label").fill("=Widest, left")
        rows(page).first.get_by_label("Label").press("Enter")
        wait_until(
            lambda: ward.saved(study)[0].text == "=Widest, left", PATIENCE_S, "the label did not reach the library"
        )
        page.reload()
        expect(rows(page).first.get_by_label("Label")).to_have_value("=Widest, left")
        type_name(page, "B. Reader")
        rows(page).first.get_by_role("button", name="Remove this measurement").click()
        expect(rows(page)).to_have_count(0)
        expect(lines(page)).to_have_count(0)
        wait_until(lambda: ward.saved(study) == (), PATIENCE_S, "the removal did not reach the library")
        expect(page.get_by_text("Nothing is measured yet.")).to_be_visible()
        page.reload()
        expect(cell(page).locator(".corner.top-right")).to_contain_text("Image 1 of 1", timeout=30_000)
        page.wait_for_timeout(1000)
        expect(lines(page)).to_have_count(0)
        witness.assert_clean()


def test_another_readers_measurement_is_shown_with_the_name_and_cannot_be_changed(
    ward: Ward, chromium: Browser
) -> None:
    with watched(chromium) as witness:
        page = open_with(witness, ward, ward.study, "C. Other")
        expect(rows(page)).to_have_count(1)
        expect(rows(page).first).to_contain_text("A. Reader")
        expect(rows(page).first.get_by_role("button", name="Remove this measurement")).to_be_hidden()
        expect(rows(page).first.get_by_label("Label")).to_be_hidden()
        before = ward.saved(ward.study)
        page.get_by_role("button", name="Window: ").click()
        drag(page, point(page, *END), point(page, 110, 100))
        page.wait_for_timeout(1000)
        rows(page).first.get_by_role("button", name="Show length").click()
        cell(page).focus()
        page.keyboard.press("Delete")
        page.wait_for_timeout(1000)
        assert ward.saved(ward.study) == before
        expect(lines(page)).to_have_count(1)
        assert drawn_line(page) == pytest.approx(expected_line(page), abs=1)
        witness.assert_clean()


def test_what_a_prior_has_is_shown_locked_and_what_is_drawn_on_it_is_kept_with_it(
    ward: Ward, chromium: Browser
) -> None:
    with watched(chromium) as witness:
        page = open_with(witness, ward, ward.study, "A. Reader")
        expect(rows(page)).to_have_count(1)
        page.get_by_role("button", name="DX Old film, 1 image").click()
        expect(cell(page).locator(".corner.top-right")).to_contain_text("Old film")
        draw_line(page)
        wait_until(
            lambda: len(ward.saved(ward.prior)) == 1, PATIENCE_S, "the line on the prior did not reach the library"
        )
        (saved,) = ward.saved(ward.prior)
        assert saved.length_unit == "mm at the detector"
        assert saved.values["length"] == pytest.approx(np.hypot(40 * 0.2, 30 * 0.15), abs=0.2)
        assert len(ward.saved(ward.study)) == 1
        page.reload()
        type_name(page, "A. Reader")
        expect(rows(page)).to_have_count(2)
        old = rows(page).filter(has_text="Old film")
        expect(old.get_by_role("button", name="Remove this measurement")).to_be_hidden()
        old.get_by_role("button", name="Show length").click()
        expect(cell(page).locator(".corner.top-right")).to_contain_text("Old film")
        settle(page)
        expect(lines(page)).to_have_count(1)
        assert drawn_line(page) == pytest.approx(expected_line(page), abs=1)
        witness.assert_clean()


def test_what_cannot_be_sent_is_said_tried_again_and_asked_about_before_the_page_is_left(
    ward: Ward, chromium: Browser
) -> None:
    study = ward.others[1]
    with watched(chromium) as witness:
        page = open_with(witness, ward, study, "D. Reader")
        address = f"**/studies/{study}/measurements"
        page.route(address, refuse)
        draw_line(page)
        expect(page.get_by_text("One change is not saved. MedCore does not answer.")).to_be_visible()
        expect(rows(page).first).to_contain_text("Not saved")
        questions: list[str] = []
        page.once("dialog", lambda dialog: (questions.append(dialog.type), dialog.dismiss()))
        page.close(run_before_unload=True)
        wait_until(lambda: page.wait_for_timeout(50) or questions == ["beforeunload"], PATIENCE_S, "nobody asked")
        again = page.get_by_role("button", name="Try the measurements again")
        expect(again).to_be_visible()
        page.unroute(address)
        with suppress(PlaywrightTimeout):  # it may be sent by itself before anybody can click
            again.click(timeout=5000)
        wait_until(lambda: len(ward.saved(study)) == 1, PATIENCE_S, "the second try did not reach the library")
        expect(page.get_by_text("One change is not saved.")).to_be_hidden()
        page.route(address, lambda route: route.abort())
        page.reload()
        expect(page.get_by_text("The saved measurements could not be loaded. MedCore does not answer.")).to_be_visible()
        page.unroute(address)
        page.get_by_role("button", name="Try the measurements again").click()
        expect(rows(page)).to_have_count(1)
        expect(lines(page)).to_have_count(1)
        witness.complaints.clear()  # the requests that the test broke
        witness.assert_clean()


def refuse(route: Route) -> None:
    if route.request.method == "POST":
        route.abort()
    else:
        route.continue_()


def test_a_name_can_be_given_beside_the_measurements_where_the_page_asks_for_none(
    ward: Ward, chromium: Browser
) -> None:
    study = ward.others[2]
    with closing(ward.library()) as library:
        library.save_reading(study, NewReading(library.study(study).instances[0].id, "Earlier Reader", "normal"))
    with watched(chromium) as witness:
        page = open_with(witness, ward, study)
        expect(page.get_by_text("Earlier Reader, ")).to_be_visible()
        expect(page.get_by_placeholder(NAME)).to_have_count(0)
        draw_line(page)
        page.get_by_role("textbox", name="Your name").fill("E. Reader")
        page.get_by_role("textbox", name="Your name").press("Enter")
        wait_until(lambda: len(ward.saved(study)) == 1, PATIENCE_S, "the measurement did not reach the library")
        assert ward.saved(study)[0].reader == "E. Reader"
        expect(page.get_by_role("textbox", name="Your name")).to_be_hidden()
        witness.assert_clean()


def test_the_exports_hold_the_measurements_and_name_no_patient(ward: Ward, chromium: Browser) -> None:
    with watched(chromium, accept_downloads=True) as witness:
        page = open_with(witness, ward, ward.study)
        expect(rows(page).first).to_be_visible()
        table_text = download(page, "Export CSV").decode("utf-8-sig")
        (row,) = csv.DictReader(io.StringIO(table_text))
        assert float(row["Length (mm)"]) == pytest.approx(25, abs=0.3)
        assert row["Reader"] == "A. Reader"
        assert not [word for word in PATIENT if word in table_text]
        report = dcmread(io.BytesIO(download(page, "Export DICOM SR")))
        assert report.Modality == "SR"
        witness.assert_clean()


def download(page: Page, link: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=link).click()
    assert not [word for word in PATIENT if word in waiting.value.suggested_filename]
    return waiting.value.path().read_bytes()
