"""The whole way in a real browser: upload, find, read, reveal, accept, come back."""

import os
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from medcore.demo import SYNTHETIC_FILMS, demonstration_files
from medcore.library import Library
from medcore.settings import REPOSITORY, Settings
from tests.browsers import Witness, find_row, watched
from tests.films import write_film
from tests.servers import Server, running_server

SCREENSHOTS = REPOSITORY / "screenshots"
SIZES = ((1280, 720), (1920, 1080))
expect.set_options(timeout=30_000)  # on a busy machine; no test waits longer than it must
PATIENCE_MS = 120_000  # the background imports TensorFlow on a busy machine
DISCLAIMER = "Not a medical device. For research and demonstration."


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose library holds the demonstration studies."""
    folder = tmp_path_factory.mktemp("demonstration")
    library = Library.open(Settings(folder / "data", REPOSITORY / "assets" / "models"))
    library.add(demonstration_files())
    library.close()
    with running_server(folder) as server:
        yield server


@pytest.fixture
def child_films(tmp_path: Path) -> Path:
    """A zip of two synthetic films of children with names of the test's own, and a note that is no image."""
    archive = tmp_path / "films.zip"
    chosen = sorted(SYNTHETIC_FILMS.glob("*.dcm"))[:2]
    with zipfile.ZipFile(archive, "w") as zipped:
        for number, (name, film) in enumerate(zip(("Findling^Anna", "Muster^Ben"), chosen, strict=True)):
            ds = pydicom.dcmread(film)
            ds.PatientName, ds.PatientID = name, f"C{number}"
            ds.save_as(tmp_path / f"{number}.dcm")
            zipped.write(tmp_path / f"{number}.dcm", f"export/IM{number}")
        zipped.writestr("export/README.txt", "not an image")
    write_film(tmp_path / "folder" / "disc" / "IM0", PatientName="Dritter^Carl", PatientID="C9")
    return archive


def take_picture(page: Page, name: str) -> None:
    """Keep a picture at every size, dark and light, for a person to look at; in CI nobody does."""
    if os.environ.get("CI") == "true":
        return
    SCREENSHOTS.mkdir(exist_ok=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(400)
            page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png")


def open_row(page: Page, row: int) -> None:
    """Click until the study opens: a click that falls into a redraw of the canvas is lost, as it is for a person."""
    reading = page.get_by_text("1 Your reading")
    for _ in range(5):
        page.mouse.click(*find_row(page, row))
        with suppress(PlaywrightTimeout):
            reading.wait_for(timeout=6000)
            return
    expect(reading).to_be_visible()


def upload(page: Page, archive: Path) -> None:
    page.get_by_role("button", name="Add studies").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(archive)
    expect(dialog.get_by_text(archive.name)).to_be_visible()
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.get_by_text("2 images of 2 studies added. 1 file not taken.")).to_be_visible(timeout=PATIENCE_MS)
    expect(dialog.get_by_text("README.txt: It is not a DICOM file, so it is left out.")).to_be_visible()
    take_picture(page, "added")
    dialog.get_by_role("button", name="Done").click()


def upload_more(page: Page, chosen: Path, kind: str, expected: str) -> None:
    page.get_by_role("button", name="Add studies").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=kind).click()
    chooser = "input[type=file][webkitdirectory]" if chosen.is_dir() else "input[type=file]:not([webkitdirectory])"
    dialog.locator(chooser).set_input_files(chosen)
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.get_by_text(expected)).to_be_visible(timeout=PATIENCE_MS)
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_have_count(0)


def read_and_reveal(page: Page) -> None:
    expect(page.get_by_text("Shown after your reading.")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("Findling, Anna")).to_be_visible()
    expect(page.get_by_text("SYNTHETIC").first).to_be_visible()
    page.get_by_placeholder("Your name (not verified)").fill("A. Reader")
    page.get_by_placeholder("Your name (not verified)").press("Tab")
    page.locator("body").press("2")  # bacterial pneumonia
    take_picture(page, "before")
    page.get_by_role("button", name="Save and reveal").click()
    expect(page.get_by_text("Pneumonia is called from")).to_be_visible()


def colored_pixels(page: Page) -> int:
    """Count the pixels of the plate that are plainly not grey."""
    picture = Image.open(BytesIO(page.locator(".cells").screenshot())).convert("RGB")
    channels = np.asarray(picture).astype(int)
    return int((channels.max(axis=2) - channels.min(axis=2) > 40).sum())


def stored_files(server: Server) -> set[Path]:
    return {path for path in (server.data_dir / "library" / "files").rglob("*") if path.is_file()}


def assert_on_screen(page: Page, width: int, height: int) -> None:
    """Check that a verdict with everything it can ask for needs no scrolling."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(500)
    box = page.get_by_role("button", name="Save verdict").bounding_box()
    assert box is not None and box["y"] + box["height"] <= height, (width, height, box)


def accept(page: Page) -> None:
    page.get_by_role("radio", name="Amend").click()
    expect(page.get_by_role("combobox", name="Final finding")).to_be_visible()
    for width, height in ((1280, 720), (1024, 768)):
        assert_on_screen(page, width, height)
        page.screenshot(path=SCREENSHOTS / f"amend-{width}-dark.png")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.get_by_role("radio", name="Accept").click()
    page.get_by_role("button", name="Save verdict").click()
    expect(page.get_by_text("Final finding: Bacterial pneumonia")).to_be_visible()


def add_addendum(page: Page) -> None:
    page.get_by_role("button", name="Add an addendum").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_placeholder("Your name (not verified)").fill("B. Reader")
    dialog.get_by_label("Addendum", exact=True).fill("Lateral film seen since.")
    dialog.get_by_label("Addendum", exact=True).press("Tab")
    take_picture(page, "addendum")
    dialog.get_by_role("button", name="Save addendum").click()
    expect(page.get_by_text("Lateral film seen since.")).to_be_visible()
    expect(page.get_by_text("Final finding: Bacterial pneumonia")).to_be_visible()


def delete(page: Page) -> None:
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog = page.get_by_role("dialog")
    go = dialog.get_by_role("button", name="Delete study")
    dialog.get_by_label("Your name (not verified)").fill("A. Reader")
    dialog.get_by_label("Reason").fill("sent twice")
    dialog.get_by_label("Reason").press("Tab")
    expect(go).to_be_disabled()
    dialog.get_by_text("Yes, delete it for good").click()
    expect(go).to_be_enabled()
    take_picture(page, "delete")
    go.click()


def test_a_film_is_uploaded_found_read_revealed_accepted_amended_and_deleted(
    child_films: Path, tmp_path: Path, chromium: Browser
) -> None:
    with running_server(tmp_path) as server, watched(chromium) as browser:
        page = browser.open(server.url)
        expect(page.get_by_text("No studies yet")).to_be_visible()
        upload(page, child_films)
        upload_more(page, child_films.parent / "0.dcm", "Files or zip", "1 image there already.")
        upload_more(page, child_films.parent / "folder", "Folder", "1 image of 1 study added.")
        page.get_by_role("textbox", name="Search").fill("anna")
        page.get_by_role("textbox", name="Search").press("Enter")
        expect(page.get_by_text("1 study.")).to_be_visible()
        open_row(page, 0)
        assert colored_pixels(page) == 0
        read_and_reveal(page)
        expect(page.get_by_text("cells: a region, not an outline")).to_be_visible()
        take_picture(page, "revealed")
        assert colored_pixels(page) > 500
        accept(page)
        page.reload()
        expect(page.get_by_text("Final finding: Bacterial pneumonia")).to_be_visible()
        expect(page.get_by_text("A. Reader")).to_be_visible()
        take_picture(page, "accepted")
        add_addendum(page)
        files = stored_files(server)
        delete(page)
        expect(page.get_by_text("2 studies.")).to_be_visible()
        assert len(stored_files(server)) == len(files) - 1
        assert "Anna" not in page.url and "C0" not in page.url
        assert_quiet(browser)
        assert "Anna" not in server.log.read_text()


def test_the_demonstration_chest_film_shows_and_the_refusal_is_said_on_opening(
    demonstration: Server, chromium: Browser
) -> None:
    with watched(chromium) as browser:
        page = browser.open(demonstration.url)
        expect(page.get_by_text("29 studies.")).to_be_visible()
        take_picture(page, "demonstration")
        page.get_by_role("textbox", name="Search").fill("RG1")
        page.get_by_role("textbox", name="Search").press("Enter")
        expect(page.get_by_text("1 study.")).to_be_visible()
        place = find_row(page, 0)
        take_picture(page, "studies")
        page.set_viewport_size({"width": 1280, "height": 720})
        page.wait_for_timeout(500)
        page.mouse.click(*place)
        expect(page.get_by_text("adult, 64 years")).to_be_visible(timeout=PATIENCE_MS)
        take_picture(page, "refused")
        assert_quiet(browser)


@pytest.mark.parametrize("path", ["/", "/review", "/about"])
def test_every_page_opens_by_its_address_and_asks_no_foreign_host(
    path: str, demonstration: Server, chromium: Browser
) -> None:
    with watched(chromium) as browser:
        page = browser.open(demonstration.url + path)
        expect(page.get_by_text(DISCLAIMER, exact=True)).to_be_visible()
        page.wait_for_timeout(1500)
        take_picture(page, path.strip("/") or "first")
        assert_quiet(browser)


def test_the_image_takes_half_of_a_small_screen_and_a_reading_needs_no_scrolling(
    demonstration: Server, chromium: Browser
) -> None:
    with watched(chromium) as browser:
        page = browser.open(demonstration.url + "/review?study=1")
        plate = page.locator(".cells")
        expect(plate).to_be_visible()
        page.wait_for_timeout(1000)
        box = plate.bounding_box()
        assert box is not None and box["height"] >= 360
        save = page.get_by_role("button", name="Save and reveal").bounding_box()
        assert save is not None and save["y"] + save["height"] <= 720


def assert_quiet(browser: Witness) -> None:
    """Check for violations, complaints and foreign hosts; the front end's own probe of sub-paths is not ours."""
    browser.complaints[:] = [one for one in browser.complaints if "/_stcore/" not in one]
    browser.assert_clean()
