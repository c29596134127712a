import re
from pathlib import Path

from playwright.sync_api import Browser

from tests.browsers import watched
from tests.servers import Server, build_site, running_server


def test_a_page_that_fails_shows_a_reference_that_is_in_the_log(server: Server, chromium: Browser):
    with watched(chromium) as browser:
        page = browser.open(server.url + "/?fail=1")
        alert = page.get_by_test_id("stAlert").inner_text()
        shown = page.inner_text("body")
    reference = re.search(r"reference ([0-9A-F]{6})", alert)
    assert reference is not None
    assert not re.search(r"Doe|Traceback|ValueError|\.py", shown)
    log = server.log.read_text()
    assert re.search(rf"Reference {reference[1]}: ValueError at .*frame\.py:\d+", log)
    assert "Doe" not in log


def test_every_widget_works_under_the_policy(server: Server, chromium: Browser):
    with watched(chromium) as browser:
        page = browser.open(server.url)
        page.get_by_text("0 bytes").wait_for()
        page.locator("input[type=file]").set_input_files([{"name": "a", "mimeType": "", "buffer": b"x" * 1000}])
        page.get_by_text("1000 bytes").wait_for()
        with page.expect_download() as download:
            page.get_by_role("button", name="Save").click()
        assert download.value.suggested_filename == "film.png"
        page.locator(".js-plotly-plot .heatmaplayer image").wait_for()
        assert page.get_by_alt_text("A film").evaluate("image => image.naturalWidth") == 64
        assert page.get_by_test_id("stDataFrame").locator("canvas").first.bounding_box() is not None
        page.get_by_role("button", name="Open dialog").click()
        page.get_by_text("Inside the dialog").wait_for()
        browser.assert_clean()
        session = [c for c in browser.context.cookies() if c["name"].startswith("medcore")]
        assert [(c["sameSite"], c["httpOnly"]) for c in session] == [("Strict", True)]
        assert page.evaluate("document.cookie").count("medcore") == 0


def test_another_local_page_cannot_read_or_drive_this_one(server: Server, chromium: Browser, media: str):
    with watched(chromium) as browser:
        browser.open(server.url).get_by_text("0 bytes").wait_for()
        page = browser.open(f"http://localhost:{server.port}/health")
        tries = """async ([url, media]) => {
            const image = await new Promise(done => {
                const element = new Image(); element.onload = () => done('read');
                element.onerror = () => done('refused'); element.src = url + media; });
            const fetched = await fetch(url + media, {credentials: 'include'}).then(() => 'read', () => 'refused');
            const socket = await new Promise(done => {
                const stream = new WebSocket(url.replace('http', 'ws') + '/_stcore/stream');
                stream.onopen = () => done('read'); stream.onerror = () => done('refused'); });
            return [image, fetched, socket]; }"""
        assert page.evaluate(tries, [server.url, media]) == ["refused"] * 3


def test_a_link_from_another_site_opens_a_page_that_works(server: Server, chromium: Browser):
    with watched(chromium) as browser:
        page = browser.open(f"http://localhost:{server.port}/health")
        page.evaluate("address => { location.href = address }", server.url)
        page.get_by_text("0 bytes").wait_for()
        assert page.get_by_alt_text("A film").evaluate("image => image.decode().then(() => image.naturalWidth)") == 64
        assert browser.violations() == []


def test_an_open_tab_finds_its_way_back_after_a_restart(tmp_path: Path, chromium: Browser):
    site = build_site(tmp_path)
    with watched(chromium) as browser:
        with running_server(tmp_path, site=site) as first:
            page = browser.open(first.url)
            page.get_by_text(f"Served by process {first.process.pid}").wait_for()
        with running_server(tmp_path, site=site, port=first.port) as second:
            page.get_by_text(f"Served by process {second.process.pid}").wait_for(timeout=60_000)


def test_a_deep_link_on_a_fresh_server_goes_through_the_frame(tmp_path: Path, chromium: Browser):
    with running_server(tmp_path) as server, watched(chromium) as browser:
        page = browser.open(server.url + "/review")
        page.get_by_text("Not a medical device. For research and demonstration.").wait_for()
        page.get_by_role("link", name="About").first.wait_for()
