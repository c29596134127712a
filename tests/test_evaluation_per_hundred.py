"""Errors among a hundred films, worked out by hand."""

from dataclasses import replace

import pytest

from medcore.evaluation.operating_point import OperatingPoint
from medcore.evaluation.per_hundred import errors_per_hundred, positives_per_hundred
from tests.reports import make_card


def test_ten_ill_among_a_hundred() -> None:
    errors = errors_per_hundred(sensitivity=0.9, specificity=0.8, prevalence=0.1)
    assert errors.called == pytest.approx(27)  # 9 of the 10 that are ill, and 18 of the 90 that are not
    assert errors.false_alarms == pytest.approx(18)
    assert errors.misses == pytest.approx(1)
    assert errors.positive_predictive_value == pytest.approx(9 / 27)
    assert errors.negative_predictive_value == pytest.approx(72 / 73)


def test_among_the_ill_alone_there_are_only_misses_and_among_the_well_only_false_alarms() -> None:
    of_ill, of_well = errors_per_hundred(0.9, 0.8, 1), errors_per_hundred(0.9, 0.8, 0)
    assert (of_ill.misses, of_ill.false_alarms) == (pytest.approx(10), 0)
    assert (of_well.misses, of_well.false_alarms) == (0, pytest.approx(20))


def test_a_share_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        errors_per_hundred(0.9, 0.8, 10)


@pytest.mark.parametrize(("ill", "well", "expected"), [(3, 1, 75), (1, 2, 33), (1, 999, 1), (999, 1, 99)])
def test_the_share_of_positive_films_is_a_whole_number_that_a_slider_can_hold(
    ill: int, well: int, expected: int
) -> None:
    counts = {"true_positives": ill, "false_negatives": 0, "true_negatives": 0, "false_positives": well}
    point: OperatingPoint = replace(make_card().operating_point, **counts)
    assert positives_per_hundred(point) == expected
