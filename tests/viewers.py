"""The viewer in a real browser: a server with studies of a test's own, and what the viewer says of its cells."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from medcore.classifier import default_model_folder, read_model_card
from medcore.library import Library, StoredPrediction
from medcore.settings import REPOSITORY, Settings
from tests.browsers import Witness
from tests.servers import Server, running_server

READY_MS = 60_000


@dataclass(frozen=True)
class Matrix:
    """The map from image coordinates (column, row; pixel centres at whole numbers) to pixels of the cell."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def apply(self, column: float, row: float) -> tuple[float, float]:
        """Return where a point of the image lies in its cell, in CSS pixels from its left and top."""
        return self.a * column + self.c * row + self.e, self.b * column + self.d * row + self.f


@contextmanager
def running_viewer(folder: Path, files: Sequence[Path], **env: str) -> Iterator[tuple[Server, tuple[int, ...]]]:
    """Start a server whose library holds `files`; gives the server and its studies in the order they were added.

    The model has refused them all already: it would take seconds of every server's start, and the viewer shows images.
    """
    settings = Settings(data_dir=folder / "data", models_dir=REPOSITORY / "assets" / "models")
    with closing(Library.open(settings)) as library:
        summary = library.add(files)
        assert not summary.refused, summary.refused
        card, ages = read_model_card(default_model_folder()), library.study_ages(summary.instances)
        refused = StoredPrediction("refused", "Not asked.", model_version=f"{card.name} {card.version}")
        answers = [(one, replace(refused, study_age_years=ages.get(one))) for one in summary.instances]
        library.save_predictions(answers)
    with running_server(folder, **env) as server:
        yield server, summary.studies


def open_viewer(witness: Witness, server: Server, study: int, *, width: int = 1280, height: int = 720) -> Page:
    """Open a study in Review and wait until its first image is drawn."""
    page = witness.open(f"{server.url}/review?study={study}", width=width, height=height)
    expect(page.locator(".cell[data-matrix]").first).to_be_visible(timeout=READY_MS)
    return page


def cell(page: Page, number: int = 0) -> Locator:
    """Return one cell of the layout, from 0."""
    return page.locator(".cell").nth(number)


def matrix(page: Page, number: int = 0) -> Matrix:
    """Return where a cell's image lies in it."""
    return Matrix(*(float(value) for value in _data(page, number, "matrix").split()))


def window(page: Page, number: int = 0) -> tuple[float, float]:
    """Return the center and the width that a cell is drawn with."""
    center, width = _data(page, number, "window").split()
    return float(center), float(width)


def place(page: Page, number: int = 0) -> int:
    """Return which image of its stack a cell shows, from 0."""
    return int(_data(page, number, "place"))


def point(page: Page, column: float, row: float, number: int = 0) -> tuple[float, float]:
    """Return where a point of the image lies on the page, for the mouse."""
    box = cell(page, number).bounding_box()
    assert box is not None
    x, y = matrix(page, number).apply(column, row)
    return box["x"] + x, box["y"] + y


def drag(page: Page, start: tuple[float, float], end: tuple[float, float], *, button: str = "left") -> None:
    """Drag the mouse as a hand does: in steps."""
    page.mouse.move(*start)
    page.mouse.down(button=button)  # type: ignore[arg-type]
    page.mouse.move(*end, steps=8)
    page.mouse.up(button=button)  # type: ignore[arg-type]


def settle(page: Page, quiet_ms: int = 400) -> None:
    """Wait until what cells and planes say of themselves has not changed for a while."""
    read = "found => JSON.stringify(found.map(one => ({...one.dataset})))"
    before, deadline = "", time.monotonic() + READY_MS / 1000
    while time.monotonic() < deadline:
        page.wait_for_timeout(quiet_ms)
        now = page.locator(".cell, .plane").evaluate_all(read)
        if now == before:
            return
        before = now
    raise AssertionError("the viewer does not come to rest")


def numbers(text: str) -> list[float]:
    """Return the numbers of a text, in order."""
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?", text)]


def _data(page: Page, number: int, name: str) -> str:
    value = cell(page, number).get_attribute(f"data-{name}")
    assert value is not None, f"the cell has no {name} yet"
    return value
