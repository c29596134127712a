"""Which pictures are unlike the training films in a network's features."""

from pathlib import Path

import numpy as np
import pytest

from medcore.classifier.familiarity import Familiarity, hellinger
from medcore.classifier.subspace import Subspace
from medcore.errors import ModelError
from medcore.training.fit_familiarity import fit_familiarity


def features(count: int, seed: int, tilt: float = 0.0) -> np.ndarray:
    """Draw features that vary along two directions and a little along all; `tilt` moves them along another."""
    generator = np.random.default_rng(seed)
    base = np.linspace(0.2, 1, 100)
    along = generator.normal(size=(count, 2)) @ np.stack([np.sin(np.arange(100)), np.cos(np.arange(100))])
    other = np.where(np.arange(100) % 2, 1.0, -1.0)
    drawn = base + 0.05 * along + tilt * other + generator.normal(0, 0.01, (count, 100))
    return np.maximum(drawn, 0).astype(np.float32)


@pytest.fixture(scope="module")
def familiarity() -> Familiarity:
    return fit_familiarity(features(600, 0), features(400, 1))


def test_one_film_in_a_hundred_is_refused_of_the_films_that_chose_the_limit(familiarity: Familiarity) -> None:
    assert (familiarity.score(features(400, 1)) > 1).sum() == 4
    assert (familiarity.score(features(400, 2)) > 1).mean() < 0.03


def test_features_in_a_direction_never_seen_are_refused(familiarity: Familiarity) -> None:
    assert (familiarity.score(features(200, 3, tilt=0.1)) > 1).all()


def test_a_refusal_says_why_and_what_next(familiarity: Familiarity) -> None:
    assert familiarity.refusal(features(1, 4)[0]) == ""
    reason = familiarity.refusal(features(1, 4, tilt=0.2)[0])
    assert "unlike the films that the model was made from" in reason
    assert "Read it without the model." in reason


def test_a_picture_whose_features_are_all_stronger_is_as_familiar(familiarity: Familiarity) -> None:
    some = features(20, 5)
    np.testing.assert_allclose(familiarity.score(some * 3), familiarity.score(some), rtol=1e-5)


def test_a_picture_without_any_feature_is_refused(familiarity: Familiarity) -> None:
    assert familiarity.refusal(np.zeros(100, np.float32))


def test_the_transform_worked_out_by_hand() -> None:
    np.testing.assert_allclose(
        hellinger(np.array([[1.0, 3, 0, -2], [0, 8, 8, 0]])), [[0.5, 0.75**0.5, 0, 0], [0, 0.5**0.5, 0.5**0.5, 0]]
    )


def test_the_score_worked_out_by_hand() -> None:
    subspace = Subspace(np.zeros(4), np.eye(4)[:1], np.array([0.25]), 0.5)
    fit = Familiarity(subspace, limit=0.5)
    shares = np.array([[0.25, 0.75, 0, 0]])  # roots 0.5 and 0.866: (0.25 / 0.25 + 0.75 / 0.5) / 4 = 0.625
    np.testing.assert_allclose(fit.score(shares), [0.625 / 0.5])
    assert fit.refusal(shares[0])


def test_a_fit_survives_writing_and_reading(familiarity: Familiarity, tmp_path: Path) -> None:
    familiarity.write(tmp_path / "familiarity.npz")
    again = Familiarity.read(tmp_path / "familiarity.npz")
    np.testing.assert_allclose(again.score(features(50, 6)), familiarity.score(features(50, 6)), rtol=1e-3)


@pytest.mark.parametrize("parts", [{}, {"mean": np.zeros(3)}, {"limit": np.array(["x"], object)}])
def test_a_spoilt_fit_is_a_clear_error(tmp_path: Path, parts: dict[str, np.ndarray]) -> None:
    np.savez(tmp_path / "familiarity.npz", **parts)
    with pytest.raises(ModelError, match="familiarity.npz"):
        Familiarity.read(tmp_path / "familiarity.npz")


def test_axes_that_do_not_match_are_a_clear_error(familiarity: Familiarity, tmp_path: Path) -> None:
    subspace = Subspace(np.zeros(5), np.eye(4)[:2], np.ones(2), 1.0)
    Familiarity(subspace, 1.0).write(tmp_path / "familiarity.npz")
    with pytest.raises(ModelError, match="Restore the folder"):
        Familiarity.read(tmp_path / "familiarity.npz")
