"""Temperature and offset against scikit-learn, and what they mend."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from medcore.evaluation.calibration import expected_calibration_error
from medcore.evaluation.platt import fit_temperature_and_offset


def films(seed: int, count: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are too sure by half and lean by two to the negative."""
    generator = np.random.default_rng(seed)
    right = generator.normal(1, 2, count)
    return 1.5 * (right - 2), generator.random(count) < expit(right)


def test_the_fit_agrees_with_scikit_learns_regression() -> None:
    logits, truth = films(0)
    temperature, offset = fit_temperature_and_offset(logits, truth)
    plain = LogisticRegression(C=np.inf, tol=1e-10).fit(logits[:, None], truth)
    assert 1 / temperature == pytest.approx(plain.coef_[0, 0], rel=1e-3)
    assert offset == pytest.approx(plain.intercept_[0], rel=1e-3)


def test_a_leaning_score_becomes_a_probability_on_other_films() -> None:
    temperature, offset = fit_temperature_and_offset(*films(1, 20_000))
    assert (temperature, offset) == (pytest.approx(1.5, rel=0.1), pytest.approx(2, abs=0.2))
    logits, truth = films(2, 20_000)
    before, after = (
        expected_calibration_error(truth, expit(scores)) for scores in (logits, logits / temperature + offset)
    )
    assert after < 0.01 < 0.1 < before


def test_films_told_apart_without_fail_stay_within_the_bounds() -> None:
    temperature, offset = fit_temperature_and_offset(np.array([-1.0, 1.0]), np.array([False, True]))
    assert 0.05 <= temperature <= 20
    assert abs(offset) <= 10


@pytest.mark.parametrize("truth", [[True, True], [False, False]])
def test_both_kinds_of_films_are_needed(truth: list[bool]) -> None:
    with pytest.raises(ValueError, match="positive and negative"):
        fit_temperature_and_offset(np.zeros(2), np.array(truth))
