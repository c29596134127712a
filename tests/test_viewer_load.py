"""What the viewer costs: requests, reruns, time, the server's memory. `make bench` prints the figures."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.bench_memory import measure_memory
from tests.bench_viewer import (
    BROWSERS,
    measure_browsers,
    measure_hand,
    measure_heatmap,
    measure_loading,
    measure_sent,
)
from tests.viewer_traffic import SLICES, Holdings, Silence, serve_holdings

HELD_MB = 64.0  # that the server may add while it sends four times as much

NOTHING = Silence(requests=0, reruns=0, changed=True)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdings]:
    with serve_holdings(tmp_path_factory.mktemp("load")) as holdings:
        yield holdings


def test_window_zoom_pan_and_scrolling_over_loaded_frames_ask_the_server_nothing(held: Holdings, chromium: Browser):
    assert measure_hand(held, chromium) == {"window": NOTHING, "zoom": NOTHING, "pan": NOTHING, "scroll": NOTHING}


def test_opacity_threshold_colours_and_class_of_the_heatmap_ask_the_server_nothing(held: Holdings, chromium: Browser):
    asked = measure_heatmap(held, chromium)
    assert asked == {"opacity": NOTHING, "threshold": NOTHING, "colour map": NOTHING, "class": NOTHING}


def test_a_ct_scrolls_while_it_loads_and_the_nearest_slices_come_first(held: Holdings, chromium: Browser):
    loading = measure_loading(held, chromium)
    assert loading.start == (SLICES - 1) // 2
    nearest = sorted(range(SLICES), key=lambda place: (abs(place - loading.start), -place))
    assert len(loading.before) >= 4
    assert loading.before == nearest[: len(loading.before)]
    assert loading.asked_at_arrival < SLICES
    distances = [abs(place - loading.end) for place in loading.after]
    assert distances == sorted(distances)
    assert loading.asked_at_arrival + len(loading.after) == SLICES  # each of them once


def test_the_server_sends_each_frame_once(held: Holdings, chromium: Browser):
    sent = measure_sent(held, chromium)
    assert sent.first == {200: SLICES}
    assert set(sent.again) <= {304}


def test_eight_browsers_at_once_see_their_images_without_an_error(held: Holdings, chromium: Browser):
    assert len(measure_browsers(held, chromium)) == BROWSERS


def test_the_servers_memory_does_not_grow_with_a_series(held: Holdings):
    memory = measure_memory(held)
    assert memory.series_mb > 4 * HELD_MB
    assert memory.peak_mb - memory.before_mb < HELD_MB
