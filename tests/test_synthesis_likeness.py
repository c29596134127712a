"""Claims about when a film is too near to a training film, with points worked out by hand."""

import numpy as np
import pytest

from medcore.synthesis.likeness import find_nearest, too_near, variants


def at(*degrees: float) -> np.ndarray:
    """Points on the unit circle."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_the_nearest_film_is_named_whatever_variant_of_it_is_near() -> None:
    others = at(0, 90, 180, 60)  # two films, then a variant of each
    first, second = find_nearest(at(10, 65), others, known=2)
    assert (first.place, second.place) == (0, 1)
    assert first.distance == pytest.approx(1 - np.cos(np.radians(10)))
    assert second.distance == pytest.approx(1 - np.cos(np.radians(5)))


def test_the_limit_leaves_five_of_a_hundred_strangers_below() -> None:
    strangers = at(*range(1, 102))  # degrees away from the only training film
    limit = too_near(strangers, at(0), known=1)
    assert limit == pytest.approx(1 - np.cos(np.radians(6)))  # the sixth of 101: five are nearer


def test_a_mirrored_and_a_reframed_film_are_among_the_variants() -> None:
    film = np.zeros((1, 8, 8), np.uint8)
    film[0, 2:6, 1] = 200
    shown = variants(film)
    assert len(shown) == 4
    np.testing.assert_array_equal(shown[0], film[0])
    np.testing.assert_array_equal(shown[1][2:6, 6], 200)
    assert not np.array_equal(shown[2], film[0])
    assert not np.array_equal(shown[3], film[0])
