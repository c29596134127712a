"""Claims about what tells patients apart: its loss, by hand, and which films a batch holds."""

import numpy as np
import pytest

from medcore.synthesis.embedding import TEMPERATURE, _draw, _places_by_class, contrastive_loss


def test_the_loss_is_small_where_films_of_one_owner_lie_together() -> None:
    owner = np.array([[0.0], [0.0], [1.0], [1.0]], np.float32)
    together = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32)
    apart = np.array([[1, 0], [0, 1], [1, 0], [0, 1]], np.float32)
    one = 1 / TEMPERATURE
    expected = np.log(np.exp(one) + 2) - one  # of the three others one lies at the same place, two at a right angle
    np.testing.assert_allclose(np.asarray(contrastive_loss(owner, together)), expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(np.asarray(contrastive_loss(owner, apart)), np.log(np.exp(one) + 2), rtol=1e-4)


def test_a_batch_holds_two_films_of_each_patient_and_one_class() -> None:
    patients = ["a", "a", "b", "c", "c", "d", "e"]
    labels = ["ill", "ill", "ill", "well", "well", "well", "well"]
    places_of = _places_by_class(patients, labels)
    for seed in range(20):
        films, owner = _draw(places_of, 4, np.random.default_rng(seed))
        assert len({labels[film] for film in films}) == 1
        for one in np.unique(owner):
            assert len({patients[film] for film in films[owner == one]}) == 1
            assert np.count_nonzero(owner == one) == 2
        assert len({patients[film] for film in films}) == len(np.unique(owner))


@pytest.mark.parametrize("patient", ["a", "c"])
def test_of_a_patient_with_several_films_two_different_ones_are_drawn(patient: str) -> None:
    patients = ["a", "a", "c", "c"]
    places_of = _places_by_class(patients, ["ill"] * 4)
    films, _ = _draw(places_of, 2, np.random.default_rng(0))
    drawn = [int(film) for film in films if patients[film] == patient]
    assert len(set(drawn)) == len(drawn) == 2
