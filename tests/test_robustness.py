"""What a change of the films does to the answers, worked out on films of a few gray values."""

from collections.abc import Iterator

import numpy as np
import pytest

from medcore.classifier.report import RobustnessRow
from medcore.training import robustness
from medcore.training.robustness import (
    AUC_LIMIT,
    CHANGES,
    DECISION_LIMIT,
    eight_bits,
    measure_robustness,
    monochrome1,
    twelve_bits,
    windowed,
)
from medcore.training.shift import cropped

GRAYS = np.arange(256, dtype=np.float32).reshape(16, 16)


def brightness(films: np.ndarray) -> np.ndarray:
    """Call bright films positive."""
    return np.asarray(films.mean(axis=(1, 2)) / 255)


def rows_of(films: np.ndarray, truth: list[bool]) -> dict[str, RobustnessRow]:
    rows = measure_robustness(brightness, films, np.array(truth), threshold=0.5)
    return {row.change: row for row in rows}


@pytest.mark.parametrize(
    ("width", "center", "before", "after"),
    [
        (1.0, 0.0, 51, 51),
        (0.8, 0.0, 51, 31.875),  # (51 - 127.5) / 0.8 + 127.5
        (0.8, 0.0, 25.5, 0),
        (0.8, 0.0, 10, 0),
        (1.2, 0.0, 0, 21.25),  # 127.5 - 127.5 / 1.2
        (1.2, 0.0, 255, 233.75),
        (1.0, -0.2, 100, 151),  # lower by 51, and so brighter
        (1.0, -0.2, 230, 255),
        (1.0, 0.2, 100, 49),
    ],
)
def test_a_window_that_is_off_moves_the_gray_values(width: float, center: float, before: float, after: float) -> None:
    film = np.full((3, 4), before, np.float32)
    np.testing.assert_allclose(windowed(width, center)(film), after, atol=1e-3)


def test_values_turned_over_and_shown_as_monochrome1_are_the_same_picture() -> None:
    np.testing.assert_allclose(monochrome1(GRAYS), GRAYS, atol=1e-4)


def test_twelve_bits_fill_the_gaps_between_gray_values_and_no_more() -> None:
    flat = np.full((200, 200), 100, np.float32)
    shown = twelve_bits(flat)
    assert np.unique(shown).size == 17  # a gray value is 16.06 steps wide
    assert np.abs(shown - flat).max() < 0.55
    assert shown.mean() == pytest.approx(100, abs=0.01)


def test_eight_bits_lose_less_than_a_gray_value() -> None:
    lost = eight_bits(GRAYS) - twelve_bits(GRAYS)
    assert 0.5 < np.abs(lost).max() < 1
    assert np.array_equal(eight_bits(GRAYS), np.rint(eight_bits(GRAYS)))


def test_a_crop_leaves_out_the_edge_and_fills_the_frame_with_the_rest() -> None:
    film = np.full((100, 80), 255, np.float32)
    film[5:95, 4:76] = np.linspace(0, 100, 72, dtype=np.float32)
    shown = cropped(0.05)(film)
    assert shown.shape == film.shape
    assert shown.max() < 120  # in the corners, a twentieth of the white edge on either side
    source = 39.5 + 0.9 * (np.arange(20, 60) - 39.5)  # where each pixel of the crop lies in the film
    np.testing.assert_allclose(shown[50, 20:60], np.interp(source, range(80), film[50]), rtol=1e-6)


def test_every_change_is_a_row_and_keeps_to_the_gray_values() -> None:
    assert list(rows_of(np.stack([GRAYS, 255 - GRAYS, GRAYS / 2]), [True, True, False])) == list(CHANGES)
    for name, change in CHANGES.items():
        shown = np.asarray(change(GRAYS))
        assert shown.shape == GRAYS.shape, name
        assert (shown.min() >= 0, shown.max() <= 255) == (True, True), name


def test_a_changed_decision_counts_even_where_the_order_stays() -> None:
    films = np.stack([np.full((20, 20), gray, np.uint8) for gray in (100, 160)])
    rows = rows_of(films, [False, True])
    lower = rows["window center lower by 20 % of the width"]  # 151 and 211: both called
    assert (lower.auc, lower.auc_change, lower.decisions_changed, lower.within_limits) == (1.0, 0.0, 0.5, False)
    same = rows["MONOCHROME1, values inverted"]
    assert (same.auc, same.auc_change, same.decisions_changed, same.within_limits) == (1.0, 0.0, 0.0, True)


TRUTH = np.arange(100) >= 90  # 90 negatives, 10 positives
SURE = np.where(TRUTH, 0.9, 0.1)


def row_of(after: np.ndarray, threshold: float, monkeypatch: pytest.MonkeyPatch) -> RobustnessRow:
    """Let the answers go from `SURE` to these."""
    answers: Iterator[np.ndarray] = iter([SURE, after])
    monkeypatch.setattr(robustness, "CHANGES", {"none": lambda film: film})
    monkeypatch.setattr(robustness, "BEFORE", {})
    (row,) = measure_robustness(lambda films: next(answers), np.zeros((100, 2, 2)), TRUTH, threshold)
    return row


@pytest.mark.parametrize(("called", "within"), [(3, True), (4, False)])
def test_three_decisions_in_a_hundred_may_change(called: int, within: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    row = row_of(np.where(np.arange(100) < called, 0.8, SURE), 0.5, monkeypatch)  # negatives, still below all positives
    assert (row.auc, row.decisions_changed, row.within_limits) == (1.0, called / 100, within)
    assert DECISION_LIMIT == 0.03


@pytest.mark.parametrize(("outranking", "within"), [(9, True), (10, False)])  # of 900 pairs
def test_the_area_may_fall_by_a_hundredth(outranking: int, within: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    after = np.where(np.arange(100) < outranking, 0.6, SURE)
    after[-1] = 0.5
    row = row_of(after, 0.05, monkeypatch)  # all are called, before and after
    assert row.auc_change == pytest.approx(-outranking / 900)
    assert (row.decisions_changed, row.within_limits) == (0.0, within)
    assert AUC_LIMIT == 0.01


def test_eight_bits_are_compared_with_twelve_and_not_with_the_film_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    def counting(films: np.ndarray) -> np.ndarray:
        seen.append(float(films[0].mean()))
        return brightness(films)

    films = np.stack([np.full((50, 50), gray, np.float32) for gray in (10, 5)])
    monkeypatch.setattr(robustness, "CHANGES", {"8 bits instead of 12": eight_bits})
    (row,) = measure_robustness(counting, films, np.array([True, False]), threshold=9.8 / 255)
    assert len(seen) == 3  # as they are, of 12 bits, of 8 bits
    assert seen[2] < 9.8 < seen[1]
    assert row.decisions_changed == 0.5
