"""Pictures that look the same are found however they were saved, and others are left alone."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from medcore.labelling import duplicates
from medcore.labelling.duplicates import NEAR, Pair, find_near, perceptual_hash
from medcore.training.films import divide, read_films, read_inputs


def film(seed: int) -> np.ndarray:
    """Draw something as smooth as a film, (224, 224)."""
    coarse = np.random.default_rng(seed).uniform(0, 255, (12, 12)).astype(np.float32)
    return np.rint(np.clip(cv2.resize(coarse, (224, 224), interpolation=cv2.INTER_CUBIC), 0, 255)).astype(np.uint8)


def differing(one: np.ndarray, other: np.ndarray) -> int:
    first, second = (int.from_bytes(perceptual_hash(pixels)) for pixels in (one, other))
    return (first ^ second).bit_count()


@pytest.mark.parametrize(
    "changed",
    [
        lambda one: one,
        lambda one: cv2.imdecode(cv2.imencode(".jpg", one, [cv2.IMWRITE_JPEG_QUALITY, 70])[1], cv2.IMREAD_GRAYSCALE),
        lambda one: cv2.resize(one, (112, 112), interpolation=cv2.INTER_AREA),
        lambda one: np.stack([one] * 3, axis=-1),
        lambda one: np.rint(255 * (one / 255) ** 1.3).astype(np.uint8),
    ],
    ids=["itself", "compressed", "halved", "in colour", "exposed anew"],
)
def test_a_film_saved_anew_is_found(changed) -> None:  # noqa: ANN001
    assert max(differing(film(seed), changed(film(seed))) for seed in range(20)) <= NEAR


def test_other_films_are_left_alone() -> None:
    hashes = [perceptual_hash(film(seed)) for seed in range(60)]
    assert list(find_near(hashes)) == []


def flipped(bits: int) -> bytes:
    """Make a hash with so many bits set."""
    return ((1 << bits) - 1).to_bytes(32)


def test_pairs_are_those_that_differ_in_at_most_forty_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "BLOCK", 2)
    hashes = [flipped(0), flipped(100), flipped(40), flipped(141), flipped(256)]
    assert list(find_near(hashes)) == [Pair(0, 2, 40)]
    assert list(find_near([*hashes, flipped(101)])) == [Pair(0, 2, 40), Pair(1, 5, 1), Pair(3, 5, 40)]


def test_what_was_compared_before_is_not_compared_again() -> None:
    hashes = [flipped(0), flipped(1), flipped(2)]
    assert list(find_near(hashes, known=2)) == [Pair(0, 2, 2), Pair(1, 2, 1)]
    assert list(find_near([])) == []


def test_of_real_films_only_those_of_one_patient_look_the_same(shared_data: Path) -> None:
    films = divide(read_films(shared_data / "chest-xray-pediatric")).training[::8]
    hashes = [perceptual_hash(one) for one in read_inputs(films, (224, 224))]
    assert all(films[pair.first].patient == films[pair.second].patient for pair in find_near(hashes))
    cropped = [perceptual_hash(one[3:-3, 3:-3]) for one in read_inputs(films[:40], (224, 224))]
    found = {pair.first for pair in find_near([*hashes, *cropped], known=len(hashes))}
    assert len(found & set(range(40))) >= 39
