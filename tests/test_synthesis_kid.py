"""Claims about the kernel distance of two sets, against its definition written out."""

import numpy as np
import pytest

from medcore.synthesis.kid import kernel_distance


def written_out(one: np.ndarray, other: np.ndarray) -> float:
    """The unbiased estimate as three loops."""
    size = one.shape[1]

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        return float((sum(a * b for a, b in zip(x, y, strict=True)) / size + 1) ** 3)

    within = [
        sum(kernel(x, y) for i, x in enumerate(films) for j, y in enumerate(films) if i != j)
        / (len(films) * (len(films) - 1))
        for films in (one, other)
    ]
    across = sum(kernel(x, y) for x in one for y in other) / (len(one) * len(other))
    return sum(within) - 2 * across


def test_the_distance_is_the_unbiased_estimate() -> None:
    generator = np.random.default_rng(1)
    one, other = generator.normal(0, 1, (6, 4)), generator.normal(1, 1, (6, 4))
    found = kernel_distance(one, other)
    assert found.mean == pytest.approx(written_out(one, other))  # all films are in each subset
    assert found.deviation == pytest.approx(0, abs=1e-9)


def test_sets_of_one_kind_lie_nearer_than_sets_of_two() -> None:
    generator = np.random.default_rng(2)
    films = generator.normal(0, 1, (300, 16))
    halves = kernel_distance(films[:150], films[150:])
    apart = kernel_distance(films[:150], films[150:] + 1)
    assert abs(halves.mean) < 3 * halves.deviation
    assert apart.mean > 10 * abs(halves.mean)


def test_a_single_film_is_no_set() -> None:
    with pytest.raises(ValueError, match="two films"):
        kernel_distance(np.ones((1, 3)), np.ones((5, 3)))
