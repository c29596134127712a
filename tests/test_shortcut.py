"""Films with a region blanked, or all but that region."""

import numpy as np
import pytest

from medcore.classifier.report import ShortcutRow
from medcore.training.shortcut import AS_THEY_ARE, LUNG_REGION, SHOWN, Region, blank, measure_shortcut

QUARTER = Region(top=0, bottom=0.5, left=0, right=0.5)


def test_the_lung_region_is_the_middle_of_the_width_and_most_of_the_height() -> None:
    inside = LUNG_REGION.mask(100, 200)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    assert (rows[0], rows[-1]) == (15, 79)
    assert (columns[0], columns[-1]) == (30, 169)
    assert inside.sum() == 65 * 140
    assert str(LUNG_REGION) == "15 to 85 % of the width, 15 to 80 % of the height"


def test_a_blanked_part_holds_the_films_own_mean_gray_or_black() -> None:
    films = np.arange(2 * 4, dtype=np.uint8).reshape(2, 2, 2) * 10
    where = np.array([[True, False], [False, False]])
    assert blank(films, where, with_mean=True).tolist() == [[[15, 10], [20, 30]], [[55, 50], [60, 70]]]
    assert blank(films, where, with_mean=False).tolist() == [[[0, 10], [20, 30]], [[0, 50], [60, 70]]]
    assert films[0, 0, 0] == 0
    assert films[1, 0, 0] == 40


@pytest.mark.parametrize(("looks_at", "without", "alone"), [("inside", 0.5, 1.0), ("outside", 1.0, 0.5)])
def test_a_model_keeps_its_area_where_it_looks_and_loses_it_elsewhere(
    looks_at: str, without: float, alone: float
) -> None:
    """Positive films have deeper stripes everywhere; the model looks for stripes in a part of the film."""
    truth = np.arange(20) % 2 == 1
    films = np.full((20, 40, 40), 100, np.float32)
    films[:, ::2] -= np.where(truth, 60, 10)[:, None, None]
    inside = LUNG_REGION.mask(40, 40)
    seen = inside if looks_at == "inside" else ~inside

    def stripes(shown: np.ndarray) -> np.ndarray:
        return np.asarray(np.clip(shown[:, seen].std(axis=1) / 255, 0, 1))

    rows = measure_shortcut(stripes, films, truth, [str(n) for n in range(20)], resamples=50)
    assert [row.shown for row in rows] == [AS_THEY_ARE, *SHOWN]
    assert [row.auc for row in rows] == [1.0, without, without, alone, alone]
    assert all(row.auc_low <= row.auc <= row.auc_high for row in rows)


def test_the_bounds_are_drawn_over_patients_and_the_same_again() -> None:
    generator = np.random.default_rng(3)
    truth = np.arange(40) % 2 == 1
    films = generator.integers(0, 200, (40, 10, 10)) + 4.0 * truth[:, None, None]

    def brightness(shown: np.ndarray) -> np.ndarray:
        return np.asarray(shown.mean(axis=(1, 2)) / 255)

    def rows(films_a_patient: int) -> tuple[ShortcutRow, ...]:
        patients = [str(n // films_a_patient) for n in range(40)]
        return measure_shortcut(brightness, films, truth, patients, region=QUARTER, resamples=100)

    alone, grouped = rows(1), rows(8)
    assert alone == rows(1)
    assert [row.auc for row in alone] == [row.auc for row in grouped]
    assert (alone[0].auc_low, alone[0].auc_high) != (grouped[0].auc_low, grouped[0].auc_high)
