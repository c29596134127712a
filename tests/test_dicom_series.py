"""Slices lie in the order of the patient's anatomy."""

from dataclasses import replace

from medcore.dicom import Attributes, sort_series

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
SLICE = Attributes("1", "2", "3", "4", "5")


def _slice(z: float, number: int | None, orientation: tuple[float, ...] = AXIAL) -> Attributes:
    return replace(SLICE, image_position_mm=(1.0, 2.0, z), image_orientation=orientation, instance_number=number)


def test_axial_slices_go_from_feet_to_head_whatever_their_numbers() -> None:
    assert sort_series([_slice(10, 1), _slice(-5, 2), _slice(2.5, 3)]) == [1, 2, 0]


def test_tilted_slices_go_along_their_own_normal() -> None:
    # Sagittal planes: the normal is (0, 1, 0) x (0, 0, -1) = (-1, 0, 0), so x counts down.
    slices = [replace(_slice(0, 1, SAGITTAL), image_position_mm=(x, 0.0, -x)) for x in (3.0, 9.0, -4.0)]
    assert sort_series(slices) == [1, 0, 2]


def test_same_place_goes_by_instance_number() -> None:
    assert sort_series([_slice(0, 7), _slice(0, 3), _slice(-1, 9)]) == [2, 1, 0]


def test_planes_that_are_not_parallel_go_by_instance_number() -> None:
    assert sort_series([_slice(5, 3), _slice(0, 2, SAGITTAL), _slice(9, 1)]) == [2, 1, 0]


def test_without_positions_instance_numbers_decide_and_nameless_come_last() -> None:
    films = [replace(SLICE, instance_number=number) for number in (None, 2, 1, None)]
    assert sort_series(films) == [2, 1, 0, 3]


def test_a_degenerate_orientation_is_no_orientation() -> None:
    assert sort_series([_slice(5, 2, (0.0,) * 6), _slice(0, 1, (0.0,) * 6)]) == [1, 0]


def test_an_empty_series_has_no_order() -> None:
    assert sort_series([]) == []
