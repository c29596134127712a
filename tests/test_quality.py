"""What is refused for its quality: blank, cut off, too small, inverted, turned, or no chest film at all."""

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from sklearn.decomposition import PCA

from medcore.classifier.quality import Quality, QualityModel, at_a_glance, clipped_share, is_blank
from medcore.classifier.subspace import Subspace
from medcore.errors import ModelError
from medcore.training.copies import with_copies
from medcore.training.films import divide, read_films, read_inputs
from medcore.training.fit_quality import fit_quality
from medcore.training.shift import bordered, changed, cropped, framed, gamma, rotated

SIZE = 224, 224


def chests(count: int, seed: int = 0) -> np.ndarray:
    """Draw two dark lungs, a bright spine between and a bright belly below; no two alike."""
    generator = np.random.default_rng(seed)
    films = []
    for _ in range(count):
        film = np.full(SIZE, generator.uniform(90, 130), np.float32)
        film[150:] = generator.uniform(170, 200)
        for center in (70, 154):
            place = center + int(generator.integers(-8, 8)), 90 + int(generator.integers(-8, 8))
            axes = 30 + int(generator.integers(-4, 4)), 60 + int(generator.integers(-6, 6))
            cv2.ellipse(film, place, axes, 0, 0, 360, generator.uniform(20, 50), -1)
        film[:, 104:120] = generator.uniform(180, 220)
        films.append(cv2.GaussianBlur(film, (0, 0), 4) + generator.normal(0, 3, SIZE))
    return np.clip(np.stack(films), 0, 255).astype(np.float32)


@pytest.fixture(scope="module")
def model() -> QualityModel:
    return fit_quality(chests(150), chests(100, 1))


def kinds(model: QualityModel, films: np.ndarray) -> Counter[str]:
    return Counter(model.check(film).kind for film in films)


@pytest.mark.parametrize(
    ("spoil", "kind", "words"),
    [
        (lambda film: np.full_like(film, 90), "blank", "all alike"),
        (lambda film: film * np.nan, "blank", "no numbers"),
        (lambda film: np.clip((film - 60) * 50, 0, 255), "clipped", "pure black or pure white"),
        (lambda film: 255 - film, "inverted", "Photometric Interpretation (0028,0004)"),
        (lambda film: (255 - film)[::-1], "inverted", "black for white"),
        (lambda film: film[::-1], "upside down", "upside down"),
        (lambda film: film[::-1, ::-1], "upside down", "Turn it at the source"),
        (lambda film: np.rot90(film, 1), "turned", "by 90 degrees to the left"),
        (lambda film: np.rot90(film, -1), "turned", "by 90 degrees to the right"),
        (lambda film: np.tile(np.linspace(0, 255, 224, dtype=np.float32), (224, 1)), "unlike", "unlike the films"),
    ],
)
def test_what_is_wrong_with_a_film_is_named_with_the_next_step(model, spoil, kind, words) -> None:  # type: ignore[no-untyped-def]
    for film in chests(5, 2):
        quality = model.check(spoil(film))
        assert quality.kind == kind
        assert words in quality.reason


@pytest.mark.parametrize(
    "change",
    [
        lambda film: film,
        lambda film: film[:, ::-1],
        lambda film: film * 0.6 + 40,
    ],
)
def test_a_film_is_good_mirrored_and_in_another_window_too(model, change) -> None:  # type: ignore[no-untyped-def]
    assert kinds(model, changed(chests(40, 3), change))["good"] >= 37


@pytest.mark.parametrize(
    ("size", "kind"),
    [((128, 128), "good"), ((127, 400), "too small"), ((3000, 127), "too small"), (None, "good")],
)
def test_a_film_is_too_small_below_128_pixels(model, size, kind) -> None:  # type: ignore[no-untyped-def]
    quality = model.check(chests(1)[0], size)
    assert quality.kind == kind
    assert kind == "good" or f"{size[0]} x {size[1]} pixels" in quality.reason


def test_the_first_thing_that_is_wrong_is_said(model: QualityModel) -> None:
    film = chests(1)[0]
    cut = np.clip((film - 60) * 50, 0, 255)
    assert model.check(np.zeros(SIZE, np.float32), (8, 8)).kind == "blank"
    assert model.check(cut[::-1], (8, 8)).kind == "clipped"
    assert model.check(255 - film, (8, 8)).kind == "too small"
    assert model.check(film, (224, 224)) == Quality("good", "")


def test_clipping_is_counted_in_the_middle_only() -> None:
    film = np.full((100, 100), 100.0)
    film[:20] = film[80:] = 0
    film[:, :20] = film[:, 80:] = 255
    assert clipped_share(film) == 0
    film[20:50, 20:80] = 0
    film[50:56, 20:80] = 254
    assert clipped_share(film) == pytest.approx(0.6)


def test_a_film_is_blank_below_one_grey_value_of_spread() -> None:
    film = np.full((10, 10), 100.0)
    film[:5] += 1.9
    assert is_blank(film)  # standard deviation 0.95
    film[:5] += 0.2
    assert not is_blank(film)


def test_a_glance_knows_neither_exposure_nor_fine_detail() -> None:
    film = chests(1)[0]
    checks = 3 * (-1.0) ** np.indices(SIZE).sum(axis=0)
    np.testing.assert_allclose(at_a_glance(film * 0.5 + 20 + checks), at_a_glance(film), atol=0.02)
    np.testing.assert_allclose(at_a_glance(255 - film), -at_a_glance(film), atol=1e-5)


def test_distances_agree_with_scikit_learns_probabilistic_pca() -> None:
    points = np.random.default_rng(5).normal(size=(400, 6)) @ np.diag([5.0, 3, 1, 1, 1, 1]) + 7
    oracle = PCA(2).fit(points)
    far = points[:50] * 1.5
    log_density = oracle.score_samples(far)
    constant = -0.5 * (6 * np.log(2 * np.pi) + np.linalg.slogdet(oracle.get_covariance())[1])
    squared = -2 * (log_density - constant) * 400 / 399  # its variances are over n - 1
    np.testing.assert_allclose(Subspace.fit(points, 2).distance(far) * 6, squared, rtol=1e-6)
    assert Subspace.fit(points, 2).distance(points).mean() == pytest.approx(1)


def test_a_fit_survives_writing_and_reading(model: QualityModel, tmp_path: Path) -> None:
    model.write(tmp_path / "quality.npz")
    again = QualityModel.read(tmp_path / "quality.npz")
    np.testing.assert_allclose(again.score(chests(5)), model.score(chests(5)), rtol=1e-4)
    assert (tmp_path / "quality.npz").stat().st_size < 20_000


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not an archive"])
def test_a_spoilt_fit_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "quality.npz").write_bytes(content)
    with pytest.raises(ModelError, match="quality.npz"):
        QualityModel.read(tmp_path / "quality.npz")
    with pytest.raises(ModelError, match="Restore the folder"):
        QualityModel.read(tmp_path / "none.npz")


def test_copies_follow_the_films_and_are_drawn_again_by_their_seed() -> None:
    films = chests(3)
    both = with_copies(films, seed=1)
    assert both.shape == (6, *SIZE)
    np.testing.assert_array_equal(both[:3], np.rint(films))
    np.testing.assert_array_equal(with_copies(films, seed=1), both)
    assert (with_copies(films, seed=2)[3:] != both[3:]).any(axis=(1, 2)).all()


@pytest.fixture(scope="module")
def real(shared_data: Path) -> tuple[QualityModel, np.ndarray]:
    """A fit on some of the training films, and validation films that chose no limit."""
    parts = divide(read_films(shared_data / "chest-xray-pediatric"))
    validation = read_inputs(parts.validation, SIZE)
    return fit_quality(read_inputs(parts.training[::8], SIZE), validation[::2]), validation[1::2]


def test_real_films_are_good_and_their_turned_and_inverted_copies_are_named(
    real: tuple[QualityModel, np.ndarray],
) -> None:
    model, films = real
    assert kinds(model, films)["good"] >= 0.97 * len(films)
    assert kinds(model, 255 - films)["inverted"] >= 0.97 * len(films)
    assert kinds(model, films[:, ::-1])["upside down"] >= 0.97 * len(films)
    for turns in (1, 3):
        assert kinds(model, np.rot90(films, turns, axes=(1, 2)))["turned"] >= 0.97 * len(films)


@pytest.mark.parametrize(
    "change", [rotated(5), rotated(-5), cropped(0.05), bordered(0.1), framed(0.8, 0.8), gamma(0.7), gamma(1.4)]
)
def test_a_real_film_that_a_reader_would_take_is_good(real, change) -> None:  # type: ignore[no-untyped-def]
    model, films = real
    assert kinds(model, changed(films, change))["good"] >= 0.93 * len(films)
