"""Measure the viewer in a real browser: what it asks of the server, when the first image stands, what the server holds.

WebGL is drawn in software here, so counts and ratios say more than milliseconds. Run it as
`python -m tests.bench_viewer`, or through `make bench`.
"""

import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.bench_memory import measure_memory
from tests.browsers import FRAMEWORK_SEARCH, WAIT_MS, Witness, find_row, start_chromium, watched
from tests.viewer_traffic import FRAME, QUIET_MS, SLICES, Holdings, Silence, Traffic, serve_holdings, silence
from tests.viewers import cell, drag, matrix, open_viewer, place, window

BROWSERS = 8
MOVED = 40  # places that a reader scrolls while a CT loads
LATENCY_MS = 150  # of a network, so that loading lasts while the reader scrolls
IMAGE_IS_DRAWN = ".cell[data-matrix]"


def measure_hand(held: Holdings, chromium: Browser) -> dict[str, Silence]:
    """Change window, zoom, pan and place by mouse on a CT that is loaded, and count what that asks."""
    with watched(chromium) as browser:
        traffic = Traffic.of(browser)
        page = open_viewer(browser, held.server, held.ct)
        cell(page).hover()
        traffic.settle(page)
        assert len(set(traffic.frames())) == SLICES, f"only {len(set(traffic.frames()))} of {SLICES} slices are loaded"
        assert traffic.reruns, "opening the page asked for no rerun: nothing is heard here"
        box = cell(page).bounding_box()
        assert box is not None
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        aside = (middle[0] + 60, middle[1] + 40)
        hands = {
            "window": (lambda: drag(page, middle, aside), lambda: window(page)),
            "zoom": (lambda: drag(page, middle, aside, button="right"), lambda: matrix(page).a),
            "pan": (lambda: drag(page, middle, aside, button="middle"), lambda: matrix(page).e),
            "scroll": (lambda: wheel(page, 40), lambda: place(page)),
        }
        return {name: silence(page, traffic, *hand) for name, hand in hands.items()}


def wheel(page: Page, steps: int, pause_ms: int = 15) -> None:
    """Turn the wheel over the viewer, a notch at a time."""
    for _ in range(steps):
        page.mouse.wheel(0, 100)
        page.wait_for_timeout(pause_ms)


def measure_heatmap(held: Holdings, chromium: Browser) -> dict[str, Silence]:
    """Read a film, have the heatmap shown, change all that can be chosen about it, and count what that asks."""
    with watched(chromium) as browser:
        traffic = Traffic.of(browser)
        page = open_viewer(browser, held.server, held.film)
        page.get_by_placeholder("Your name (not verified)").fill("A. Reader")
        page.get_by_placeholder("Your name (not verified)").press("Tab")
        page.get_by_role("button", name="Normal").click()
        page.get_by_role("button", name="Save and reveal").click()
        controls = page.get_by_role("group", name="Heatmap")
        expect(controls).to_be_visible(timeout=180_000)  # the model is loaded first
        controls.hover()
        traffic.settle(page)
        opacity, below = controls.get_by_label("Opacity"), controls.get_by_label("Hide below")
        target = controls.get_by_label("Finding that the heatmap speaks for")
        colors = controls.get_by_label("Colours", exact=True)
        hands = {
            "opacity": (lambda: opacity.fill("0.8"), opacity.input_value),
            "threshold": (lambda: below.press("ArrowRight"), below.input_value),
            "colour map": (lambda: colors.select_option(index=1), colors.input_value),
            "class": (lambda: target.select_option(index=1), target.input_value),
        }
        return {name: silence(page, traffic, *hand) for name, hand in hands.items()}


@dataclass(frozen=True)
class FirstImage:
    """Seconds until a 10 MB film stands that nobody has opened before, and until another stands in a new tab."""

    from_worklist_s: float  # from the click on its row
    from_address_s: float


def measure_first_image(held: Holdings, chromium: Browser) -> FirstImage:
    """Open films of 10 MB: from the worklist in a tab that is at work, and by an address in a new tab."""
    with watched(chromium) as browser:
        page = open_viewer(browser, held.server, held.ct)
        row = find_in_worklist(page, 0)
        began = time.perf_counter()
        page.mouse.click(*row)
        page.wait_for_selector(IMAGE_IS_DRAWN)
        from_worklist = time.perf_counter() - began
        assert f"study={held.film}" in page.url
        page.close()
        began = time.perf_counter()
        page = browser.open(f"{held.server.url}/review?study={held.other_film}")
        page.wait_for_selector(IMAGE_IS_DRAWN)
        return FirstImage(from_worklist, time.perf_counter() - began)


def find_in_worklist(page: Page, row: int) -> tuple[float, float]:
    """Go from Review to the worklist, and return where a row can be clicked."""
    table = page.get_by_test_id("stDataFrame")
    for _ in range(5):  # a click that falls into a redraw of the page is lost, as it is for a person
        page.get_by_role("link", name="Worklist").click()
        with suppress(PlaywrightTimeout):
            table.wait_for(timeout=5000)
            break
    return find_row(page, row)


@dataclass(frozen=True)
class Loading:
    """In what order a CT's slices were asked for, by their place in the stack."""

    start: int
    before: Sequence[int]  # asked for before the reader moved, the one that is shown first
    end: int
    asked_at_arrival: int  # slices asked for when the reader had arrived at `end`
    after: Sequence[int]  # asked for after that


def measure_loading(held: Holdings, chromium: Browser) -> Loading:
    """Open a CT over a slow line, scroll while it loads, and note which slices are asked for when."""
    with watched(chromium) as browser:
        traffic = Traffic.of(browser)
        page = browser.context.new_page()
        line = browser.context.new_cdp_session(page)
        line.send("Network.enable")
        slow = {"offline": False, "latency": LATENCY_MS, "downloadThroughput": -1, "uploadThroughput": -1}
        page.goto(f"{held.server.url}/review?study={held.ct}")
        line.send("Network.emulateNetworkConditions", slow)
        page.wait_for_selector(IMAGE_IS_DRAWN)
        start = place(page)
        page.wait_for_timeout(10 * LATENCY_MS)
        cell(page).hover()
        moved_at = len(traffic.frames())
        wheel(page, MOVED)
        expect(cell(page)).to_have_attribute("data-place", str(start + MOVED), timeout=WAIT_MS)
        arrived_at = len(traffic.frames())
        traffic.settle(page)
        places = _places(page, [uid for uid, _ in traffic.frames()])
        return Loading(start, places[:moved_at], start + MOVED, arrived_at, places[arrived_at:])


def _places(page: Page, uids: Sequence[str]) -> list[int]:
    series = cell(page).get_attribute("data-series")
    listed = page.evaluate("number => fetch(`/series/${number}/images`).then(answer => answer.json())", series)
    order = [listed["images"][index]["sop_instance_uid"] for index, _ in listed["order"]]
    return [order.index(uid) for uid in uids]


@dataclass(frozen=True)
class Sent:
    """How often the frames of a CT crossed the wire, by status."""

    first: Mapping[int, int]
    again: Mapping[int, int]


def measure_sent(held: Holdings, chromium: Browser) -> Sent:
    """Open a CT twice in one browser, and count what the server answered each time."""
    with watched(chromium) as browser:
        return Sent(_answers(browser, held), _answers(browser, held))


def _answers(browser: Witness, held: Holdings) -> dict[int, int]:
    """Count answers by their status on the wire; the page itself sees a kept frame as 200."""
    page = browser.context.new_page()
    line = browser.context.new_cdp_session(page)
    frames, statuses = set[str](), dict[str, int]()
    line.on("Network.requestWillBeSent", lambda e: FRAME.search(e["request"]["url"]) and frames.add(e["requestId"]))
    line.on("Network.responseReceivedExtraInfo", lambda e: statuses.update({e["requestId"]: e["statusCode"]}))
    line.send("Network.enable")
    page.goto(f"{held.server.url}/review?study={held.ct}")
    page.wait_for_selector(IMAGE_IS_DRAWN)
    for _ in range(600):
        if len(frames & statuses.keys()) >= SLICES:
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(QUIET_MS)
    page.close()
    found = [statuses[request] for request in frames if request in statuses]
    return {status: found.count(status) for status in sorted(set(found))}


def measure_browsers(held: Holdings, chromium: Browser) -> list[float]:
    """Open the CT and a film in eight browsers at once; return when each of them had its image, in seconds.

    Any error on a console, and any answer that is not one, ends it.
    """
    with ExitStack() as stack:
        browsers = [stack.enter_context(watched(chromium)) for _ in range(BROWSERS)]
        refused: list[str] = []
        for browser in browsers:
            browser.context.on("response", lambda answer: answer.status >= 400 and refused.append(answer.url))
        pages = [browser.context.new_page() for browser in browsers]
        began = time.perf_counter()
        for number, page in enumerate(pages):
            study = held.ct if number % 2 else held.film
            page.goto(f"{held.server.url}/review?study={study}", wait_until="commit")
        took = []
        for page in pages:
            page.wait_for_selector(IMAGE_IS_DRAWN)
            took.append(time.perf_counter() - began)
        for page in pages:
            wheel(page, 3)
        for browser in browsers:
            browser.assert_clean()
        assert [url for url in refused if not FRAMEWORK_SEARCH.search(url)] == []
    return took


def measure() -> dict[str, str]:
    """Measure everything, one after the other, and return it for people to read."""
    with tempfile.TemporaryDirectory() as name, start_chromium() as chromium, serve_holdings(Path(name)) as held:
        first = measure_first_image(held, chromium)
        loading = measure_loading(held, chromium)
        sent = measure_sent(held, chromium)
        hands = measure_hand(held, chromium) | measure_heatmap(held, chromium)
        browsers = measure_browsers(held, chromium)
        memory = measure_memory(held)
    return {
        "10 MB film, from the worklist": f"{first.from_worklist_s:.2f} s to its first image",
        "10 MB film, from an address": f"{first.from_address_s:.2f} s to its first image",
        **{what: f"{one.requests} requests, {one.reruns} reruns" for what, one in hands.items()},
        "CT of 300 slices": f"{loading.asked_at_arrival} asked for when the reader had scrolled by {MOVED} places",
        "frames sent, first opening": _counted(sent.first),
        "frames sent, second opening": _counted(sent.again),
        f"{BROWSERS} browsers at once": f"no error; images after {min(browsers):.1f} to {max(browsers):.1f} s",
        "server's memory, 2,000 frames": (
            f"{memory.before_mb:.0f} MB before, {memory.peak_mb:.0f} MB at most; {memory.series_mb:.0f} MB were sent"
        ),
    }


def _counted(statuses: Mapping[int, int]) -> str:
    return ", ".join(f"{count} x {status}" for status, count in statuses.items())


def main() -> None:
    """Print a line for each figure."""
    sys.stdout.write("The viewer, drawn in software\n")
    for figure, told in measure().items():
        sys.stdout.write(f"{figure:34}{told}\n")


if __name__ == "__main__":
    main()
