"""Prove the loop in a real browser: labelled films in, a model trained, the gate, made live, a film read, and back."""

import sys
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from medcore.library import Library
from medcore.settings import REPOSITORY, Settings
from tests.browsers import start_chromium, watched
from tests.servers import running_server, wait_until
from tests.test_browser import take_picture

WHO = "A. Prover"
PATIENCE_MS = 300_000
OPENINGS = 9  # of a page, of which the median counts


def prove_in_browser(archive: Path, folder: Path) -> None:
    """Go the whole way with a zip of labelled films, in class folders, in an empty library."""
    expect.set_options(timeout=60_000)
    with running_server(folder) as server, start_chromium() as chromium, watched(chromium) as browser:
        library = Library.open(Settings(server.data_dir, REPOSITORY / "assets" / "models"))
        page = browser.open(f"{server.url}/label")
        _upload(page, archive)
        wait_until(lambda: not _under_way(library), PATIENCE_MS / 1000, "The films were not looked at.")
        quiet = _opening_s(page, server.url)
        _start_training(page, server.url)
        page.get_by_text("Area under the ROC curve, validation films").wait_for(timeout=PATIENCE_MS)
        wait_until(lambda: len(library.trainings.epochs(1)) >= 2, PATIENCE_MS / 1000, "No second epoch.")
        take_picture(page, "train-curves")
        busy = _opening_s(page, server.url)
        _say(f"  the worklist opens in {quiet:.2f} s, while a model is trained in {busy:.2f} s (medians of {OPENINGS})")
        page.goto(f"{server.url}/train")
        page.get_by_text("Gate", exact=False).first.wait_for(timeout=PATIENCE_MS)
        expect(page.get_by_text("The gate", exact=False).first).to_be_visible(timeout=PATIENCE_MS)
        take_picture(page, "train-gate")
        shipped, candidate = library.models.all()
        verdict = library.models.comparisons(candidate.id)[-1]
        _say(f"  the gate {'lets the candidate through' if verdict.passes else 'turns the candidate away'}")
        _decide(page, candidate.id, "To show what a model of our own says", override=not verdict.passes)
        tested = _a_test_film(library, candidate.dataset_id or 0)
        wait_until(lambda: _answered_by(library, tested, candidate.name), PATIENCE_MS / 1000, "No answer.")
        _read(page, f"{server.url}/review?study={tested}", candidate.name)
        now = library.study_answer(tested)
        page.goto(f"{server.url}/models")
        take_picture(page, "models")
        _evaluate(page, server.url)
        page.goto(f"{server.url}/models")
        page.locator(f".st-key-models_{shipped.id} summary").click()
        _decide(page, shipped.id, "Shown", override=False)
        wait_until(lambda: _answered_by(library, tested, shipped.name), PATIENCE_MS / 1000, "No answer.")
        page.goto(f"{server.url}/review?study={tested}")
        expect(page.get_by_text("is called from")).to_be_visible()
        take_picture(page, "review-gone-back")
        back = library.study_answer(tested)
        assert now is not None and back is not None
        said = f"the new model says {now.pneumonia:.4f}, after going back the shipped one {back.pneumonia:.4f}"
        _say(f"  a test film: {said}")
        library.close()
        browser.assert_clean()


def _upload(page: Page, archive: Path) -> None:
    _settle(page)
    page.get_by_placeholder("Your name (not verified)").fill(WHO)
    page.get_by_placeholder("Your name (not verified)").press("Enter")
    _settle(page)
    page.get_by_role("tab", name="Upload").click()
    _settle(page)
    page.get_by_role("radio", name="Files or zip").click()
    page.locator(".stFileUploader", has_text="or a zip of them").locator("input[type=file]").set_input_files(archive)
    expect(page.get_by_text(archive.name)).to_be_visible()
    page.get_by_role("button", name="What PNG and JPEG files show").click()
    for field, choice in (("Kind", "Radiograph (CR)"), ("Body part", "Chest"), ("View", "AP")):
        page.get_by_role("combobox", name=field).click()
        page.get_by_role("option", name=choice, exact=True).click()
    page.get_by_label("Age of all patients, years").fill("3")
    page.get_by_label("Age of all patients, years").press("Tab")
    page.keyboard.press("Escape")
    _settle(page)
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_text("can be taken").wait_for(timeout=PATIENCE_MS)
    take_picture(page, "label-check")
    _say(f"  {page.get_by_text('can be taken').first.inner_text()}")
    page.get_by_role("button", name="with their labels").click()
    page.get_by_text("saved").first.wait_for(timeout=PATIENCE_MS)
    take_picture(page, "label-taken")
    page.get_by_role("button", name="Done").click()


def _settle(page: Page) -> None:
    """Wait until the page stands still: what is typed while it is drawn anew is lost, as it is for a person."""
    page.wait_for_timeout(300)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def _start_training(page: Page, url: str) -> None:
    page.goto(f"{url}/train")
    _settle(page)
    page.get_by_role("radio", name="Quick").click()
    page.get_by_label("Name of the model").fill("practice")
    page.get_by_label("Name of the model").press("Enter")
    name = page.get_by_placeholder("Your name (not verified)")
    if name.count():
        name.fill(WHO)
        name.press("Enter")
    _settle(page)
    take_picture(page, "train-plan")
    page.get_by_role("button", name="Start training").click()


def _decide(page: Page, model: int, reason: str, *, override: bool) -> None:
    form = page.locator(f".st-key-model_who_{model}")
    form.get_by_role("textbox").fill(WHO)
    page.locator(f".st-key-model_reason_{model}").get_by_role("textbox").fill(reason)
    if override:
        page.locator(f".st-key-model_override_{model} label").first.click()
    name = "Make it live" if page.get_by_role("button", name="Make it live").count() else "Roll back to this model"
    page.get_by_role("button", name=name).first.click()
    page.get_by_text("Live", exact=True).first.wait_for()


def _read(page: Page, address: str, model: str) -> None:
    """Read a film before its answer is shown, reveal it, and ask the model that gave it again."""
    page.goto(address)
    expect(page.get_by_text("Shown after your reading.")).to_be_visible(timeout=PATIENCE_MS)
    _settle(page)
    name = page.get_by_placeholder("Your name (not verified)")
    if name.count():
        name.fill(WHO)
        name.press("Tab")
        _settle(page)
    page.locator("body").press("1")
    _settle(page)
    page.get_by_role("button", name="Save and reveal").click()
    expect(page.get_by_text("is called from")).to_be_visible()
    take_picture(page, "review-new-model")
    page.get_by_role("button", name="What does this mean?").click()
    expect(page.get_by_text(f"Model {model}")).to_be_visible()
    page.get_by_role("button", name="Ask the same model again").click()
    expect(page.get_by_text("the same number", exact=False)).to_be_visible(timeout=PATIENCE_MS)


def _evaluate(page: Page, url: str) -> None:
    page.goto(f"{url}/evaluate")
    page.get_by_role("button", name="New evaluation").click()
    page.get_by_role("dialog").get_by_role("button", name="Evaluate", exact=True).click()
    page.get_by_role("heading", name="Figures").wait_for(timeout=PATIENCE_MS)
    _settle(page)
    take_picture(page, "evaluate")


def _opening_s(page: Page, url: str) -> float:
    """Open the worklist several times and return the median of the seconds until it stands."""
    taken = []
    for _ in range(OPENINGS):
        began = time.monotonic()
        page.goto(url)
        expect(page.get_by_test_id("stDataFrame").locator("canvas").first).to_be_visible()
        taken.append(time.monotonic() - began)
    return sorted(taken)[len(taken) // 2]


def _under_way(library: Library) -> bool:
    return any(job.state in ("queued", "running") for job in library.jobs.active())


def _a_test_film(library: Library, dataset_id: int) -> int:
    return next(image.study_id for image in library.datasets.read(dataset_id).images if image.part == "test")


def _answered_by(library: Library, study_id: int, model: str) -> bool:
    answer = library.study_answer(study_id)
    return answer is not None and answer.model_version == model


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
