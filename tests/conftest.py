"""Fixtures that several test files share."""

import gc
import os
import re
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from medcore.classifier import Classifier, default_model_folder
from medcore.dicom import Attributes
from medcore.library import AddSummary, Library
from medcore.server import viewer_files
from medcore.settings import REPOSITORY, Settings
from tests.browsers import start_chromium, watched
from tests.libraries import Bring, quick_check
from tests.servers import Server, build_site, running_server

OPENS_VIEWER = re.compile(r"test_browser\.py|test_viewer_(?!build|files).*\.py")
# Test processes share the cores, so that more threads in each only wait for one another; set before TensorFlow starts.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
NO_VIEWER = "the viewer is not built; it is built with"
SHARED_DATA = Path(os.environ.get("MEDCORE_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real films and series, kept outside the repository."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the real films: point MEDCORE_SHARED_DATA at their folder")
    return SHARED_DATA


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with an empty data folder of its own."""
    return Settings(data_dir=tmp_path / "data", models_dir=REPOSITORY / "assets" / "models")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser; open its pages with `tests.browsers.watched`."""
    with start_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real app.py around a page with one of everything."""
    folder = tmp_path_factory.mktemp("server")
    hosts = "medcore.example, other.example"
    with running_server(folder, site=build_site(folder), MEDCORE_ALLOWED_HOSTS=hosts) as running:
        yield running


@pytest.fixture(scope="module")
def cookie(server: Server) -> str:
    """What a browser that has opened a page sends."""
    return server.session_cookie()


@pytest.fixture(scope="module")
def media(server: Server, chromium: Browser) -> str:
    """The path of a film that a page shows."""
    with watched(chromium) as browser:
        page = browser.open(server.url)
        source = page.locator("[data-testid=stImage] img").first.get_attribute("src")
    assert source is not None
    return source.removeprefix(server.url)


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    """The model that ships with MedCore, loaded once for all tests."""
    return Classifier.load(default_model_folder())


@pytest.fixture(scope="module", autouse=True)
def spare_what_is_imported() -> None:
    """Streamlit collects garbage after each run of a page: all that earlier tests left would be looked through."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def library(settings: Settings) -> Iterator[Library]:
    """An empty library."""
    library = Library.open(settings)
    yield library
    library.close()


@pytest.fixture
def seen_by_pages(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pages of this test see its library, and nothing of an earlier one."""
    import streamlit as st

    monkeypatch.setenv("MEDCORE_DATA_DIR", str(settings.data_dir))
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def bring(library: Library, monkeypatch: pytest.MonkeyPatch) -> Bring:
    """Bring made-up images into the library without reading files."""

    def bring(*images: Attributes) -> AddSummary:
        monkeypatch.setattr("medcore.dicom.check_files", quick_check(images))
        return library.add([])

    return bring


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out, where the viewer is not built, the tests that open it; mix files that wait with files that compute."""
    items[:] = mixed(items)
    if not viewer_files.is_built():
        for item in items:
            if OPENS_VIEWER.fullmatch(item.path.name):
                item.add_marker(pytest.mark.skip(reason=f"{NO_VIEWER} {viewer_files.BUILD_COMMAND}"))


def mixed(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Put the files that open a browser, which waits for most of its time, evenly between the others."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    waits = {file: any("chromium" in getattr(item, "fixturenames", ()) for item in its) for file, its in files.items()}
    groups = [[file for file in files if waits[file]], [file for file in files if not waits[file]]]
    places = {file: (number + 0.5) / len(group) for group in groups for number, file in enumerate(group)}
    return [item for file in sorted(files, key=places.__getitem__) for item in files[file]]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail, in CI, a test that skips for want of the viewer, or of real films that are at hand."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        missed = NO_VIEWER in str(report.longrepr) or (_wants_films(item, report) and SHARED_DATA.is_dir())
        if missed:
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} skipped in CI, where nothing is left out: {report.longrepr}"
    return report


def _wants_films(item: pytest.Item, report: pytest.TestReport) -> bool:
    return "shared_data" in getattr(item, "fixturenames", ()) or "MEDCORE_SHARED_DATA" in str(report.longrepr)
