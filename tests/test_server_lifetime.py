import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browsers import watched
from tests.servers import Server, alive, running_server, wait_until


def state_of_worker(server: Server) -> str:
    return str(json.loads(server.ask("/health").body)["worker"])


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Server]:
    """The real site with its worker running."""
    with running_server(tmp_path) as running:
        wait_until(lambda: state_of_worker(running) != "starting", 60, "The worker did not start.")
        assert state_of_worker(running) == "running", running.log.read_text()
        wait_until(lambda: len(running.processes()) > 2, 60, "The decoders did not start.")
        yield running


def test_a_server_that_is_told_to_end_leaves_no_process_behind(whole: Server):
    children = whole.processes()
    whole.stop(signal.SIGTERM)
    wait_until(lambda: not alive(children), 2, "A child outlived the server.")


def test_ctrl_c_in_a_terminal_ends_everything_in_good_order(whole: Server):
    children = whole.processes()
    os.killpg(whole.process.pid, signal.SIGINT)  # what a terminal does
    whole.process.wait(60)
    wait_until(lambda: not alive(children), 2, "A child outlived the server.")
    assert "Traceback" not in whole.log.read_text()


def test_a_server_that_is_killed_leaves_no_process_behind(whole: Server):
    children = whole.processes()
    whole.stop(signal.SIGKILL)
    wait_until(lambda: not alive(children), 10, "A child outlived the server.")


def test_a_server_that_ends_while_it_starts_leaves_no_process_behind(tmp_path: Path):
    with running_server(tmp_path) as server:
        wait_until(server.processes, 30, "No child was started.")
        children = server.processes()
        server.stop()
        wait_until(lambda: not alive(children), 10, "A child outlived the server.")


def test_the_web_process_serves_every_page_without_tensorflow(whole: Server, chromium: Browser):
    with watched(chromium) as browser:
        for path in ("/review", "/", "/about"):
            page = browser.open(whole.url + path)
            page.get_by_text("Not a medical device").first.wait_for()
            page.wait_for_load_state("networkidle")
        browser.assert_clean()
    loaded = Path(f"/proc/{whole.process.pid}/maps")
    if not loaded.exists():
        pytest.skip("needs /proc to see what a process has loaded")
    assert "tensorflow" not in loaded.read_text()
