"""Each change of a film stays within its setting."""

from dataclasses import replace

import numpy as np
import pytest

from medcore.training.augmentation import Augmentation, augment

NOTHING = Augmentation(
    mirrored=False,
    rotation_degrees=0,
    shift=0,
    zoom=0,
    gamma=0,
    contrast=0,
    brightness=0,
    detail=0,
    noise=0,
    jpeg_quality=100,
)
SEEDS = range(40)
NOISE = np.random.default_rng(0).integers(0, 256, (32, 24), np.uint8)
RAMP = np.tile(np.linspace(20, 230, 64).round().astype(np.uint8), (48, 1))


def variations(film: np.ndarray, **settings: object) -> list[np.ndarray]:
    changed = replace(NOTHING, **settings)  # type: ignore[arg-type]
    return [augment(film, changed, np.random.default_rng(seed)) for seed in SEEDS]


def square(side: int = 101, half: int = 10) -> np.ndarray:
    film = np.zeros((side, side), np.uint8)
    middle = side // 2
    film[middle - half : middle + half + 1, middle - half : middle + half + 1] = 200
    return film


def center(film: np.ndarray) -> np.ndarray:
    """The center of mass, (row, column)."""
    return np.array([np.average(np.indices(film.shape)[axis], weights=film) for axis in (0, 1)])


@pytest.mark.parametrize("shape", [(32, 24), (32, 24, 1), (32, 24, 3)])
def test_a_variation_stays_a_film_and_is_drawn_by_its_generator(shape: tuple[int, ...]) -> None:
    film = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    before = film.copy()
    everything = Augmentation(upended=True, aspect=0.2, shading=20, coarsest=0.3, erased=0.3, bordered=0.2)
    for seed in SEEDS:
        first, again, other = (augment(film, everything, np.random.default_rng(s)) for s in (seed, seed, seed + 100))
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)
        assert first.shape == film.shape
        assert first.dtype == np.float32
        assert first.min() >= 0
        assert first.max() <= 255
    np.testing.assert_array_equal(film, before)


@pytest.mark.parametrize("film", [NOISE, np.stack([NOISE, NOISE // 2, 255 - NOISE], axis=2)])
def test_a_variation_of_nothing_is_the_film_or_its_mirror_images(film: np.ndarray) -> None:
    def seen(**settings: bool) -> set[bytes]:
        return {varied.round().astype(np.uint8).tobytes() for varied in variations(film, **settings)}

    assert seen() == {film.tobytes()}
    assert seen(mirrored=True) == {film.tobytes(), film[:, ::-1].tobytes()}
    both = {film.tobytes(), film[:, ::-1].tobytes(), film[::-1].tobytes(), film[::-1, ::-1].tobytes()}
    assert seen(mirrored=True, upended=True) == both


def test_a_shift_moves_a_film_by_up_to_its_share_of_the_side() -> None:
    moves = [center(varied) - 50 for varied in variations(square(), shift=0.1)]
    assert np.abs(moves).max() <= 10.1 + 0.01
    assert np.abs(moves).max(axis=0).min() > 5


def test_a_rotation_turns_about_the_middle_by_up_to_its_angle() -> None:
    film = np.zeros((101, 101), np.uint8)
    film[48:53, 88:93] = 200  # 40 to the right of the middle
    places = np.array([center(varied) - 50 for varied in variations(film, rotation_degrees=20)])
    angles = np.degrees(np.arctan2(-places[:, 0], places[:, 1]))
    assert np.abs(angles).max() <= 20.1
    assert np.abs(angles).max() > 10
    np.testing.assert_allclose(np.hypot(*places.T), 40, atol=0.2)


def test_zoom_and_aspect_change_the_size_within_their_shares() -> None:
    def sides(varied: np.ndarray) -> tuple[float, float]:  # rows and columns of a square of 21
        return varied[:, 50].sum() / 200, varied[50].sum() / 200

    zoomed = np.array([sides(varied) for varied in variations(square(), zoom=0.2)]) / 21
    assert zoomed.min() >= 0.79
    assert zoomed.max() <= 1.21
    assert np.ptp(zoomed) > 0.2
    np.testing.assert_allclose(zoomed[:, 0], zoomed[:, 1], atol=0.01)
    stretched = np.array([sides(varied) for varied in variations(square(), aspect=0.2)]) / 21
    np.testing.assert_allclose(stretched.prod(axis=1), 1, atol=0.02)  # the area stays
    height_over_width = stretched[:, 0] / stretched[:, 1]
    assert np.abs(np.log(height_over_width)).max() <= 0.21
    assert np.ptp(height_over_width) > 0.2


def test_exposure_stays_within_its_settings() -> None:
    film = RAMP.astype(float)
    for varied in variations(RAMP, brightness=15.0):
        assert np.ptp((varied - film)[:, 10:-10]) < 1e-3
        assert abs(varied - film).max() <= 15 + 1e-3
    for varied in variations(RAMP, contrast=0.1):
        assert (varied <= np.minimum(film * 1.1, 255) + 1e-3).all()
        assert (varied >= film * 0.9 - 1e-3).all()
    for varied in variations(RAMP, gamma=0.5):
        assert (varied <= 255 * (film / 255) ** np.exp(-0.5) + 1e-3).all()
        assert (varied >= 255 * (film / 255) ** np.exp(0.5) - 1e-3).all()
        assert (np.diff(varied[0]) >= 0).all()


def test_half_of_the_films_lose_their_sides_to_black_and_keep_what_is_inside() -> None:
    bright = np.full((40, 60), 200, np.uint8)
    shuttered = variations(bright, bordered=0.2)
    whole = sum(bool((varied == 200).all()) for varied in shuttered)
    assert 10 <= whole <= 30
    for varied in shuttered:
        rows, columns = np.flatnonzero(varied.any(axis=1)), np.flatnonzero(varied.any(axis=0))
        assert rows[0] <= 8 and rows[-1] >= 31 and columns[0] <= 12 and columns[-1] >= 47
        assert (varied[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] == 200).all()


def test_shading_takes_from_one_side_what_it_gives_to_the_other() -> None:
    flat = np.full((40, 60), 128, np.uint8)
    for varied in variations(flat, shading=20.0):
        np.testing.assert_allclose(varied + varied[::-1, ::-1], 256, atol=1e-3)
        assert abs(varied - 128)[:, 30].max() <= 20.5  # along the middle, one direction counts
        assert abs(varied - 128).max() <= 40


def test_resolution_detail_and_compression_leave_a_flat_film_alone() -> None:
    flat = np.full((40, 60), 128, np.uint8)
    for varied in variations(flat, coarsest=0.25, detail=1.0, jpeg_quality=50):
        np.testing.assert_allclose(varied, 128, atol=1)


def test_half_of_the_films_lose_resolution_and_none_below_the_coarsest() -> None:
    stripes = np.tile(np.repeat(np.array([0, 255], np.uint8), 8), (64, 4))  # 16 pixels a pair
    kept = [np.array_equal(varied, stripes) for varied in variations(stripes, coarsest=0.5)]
    assert 10 < sum(kept) < 30
    for varied in variations(stripes, coarsest=0.5):
        middles = varied[:, 4::8]
        np.testing.assert_allclose(middles, np.tile([0, 255], (64, 4)), atol=40)


def test_detail_is_taken_away_or_added_up_to_its_share() -> None:
    import cv2

    detail = NOISE.astype(np.float32) - cv2.GaussianBlur(NOISE.astype(np.float32), (5, 5), 1.0)
    gains = []
    for varied in variations(NOISE, detail=0.5):
        inside = (varied > 0) & (varied < 255)
        gains.append(float(np.median((varied - NOISE)[inside] / np.where(detail == 0, 1, detail)[inside])))
    assert max(map(abs, gains)) <= 0.5
    assert min(gains) < -0.2
    assert max(gains) > 0.2


def test_noise_stays_below_its_standard_deviation() -> None:
    flat = np.full((64, 64), 128, np.uint8)
    deviations = [float(varied.std()) for varied in variations(flat, noise=4.0)]
    assert max(deviations) < 4.2
    assert max(deviations) > 3


def test_half_of_the_films_lose_one_rectangle_to_its_mean() -> None:
    erased = [np.argwhere(varied != NOISE) for varied in variations(NOISE, erased=0.5)]
    touched = [places for places in erased if len(places)]
    assert 10 < len(touched) < 30
    for varied in variations(NOISE, erased=0.5):
        places = np.argwhere(varied != NOISE)
        if len(places):
            (top, left), (bottom, right) = places.min(axis=0), places.max(axis=0)
            assert bottom - top < 16
            assert right - left < 12
            assert np.ptp(varied[top : bottom + 1, left : right + 1]) < 1e-3
            assert varied.mean() == pytest.approx(NOISE.mean(), abs=0.01)


def test_a_weakened_variation_is_a_share_as_large() -> None:
    half = Augmentation(rotation_degrees=10, gamma=0.5, coarsest=0.25, jpeg_quality=50, erased=0.4).weakened(0.5)
    assert (half.rotation_degrees, half.gamma, half.erased) == (5, 0.25, 0.2)
    assert half.coarsest == pytest.approx(0.5)  # half as many octaves
    assert half.jpeg_quality == 75


def test_at_full_strength_nothing_is_weakened_and_at_none_a_film_stays_as_it_is() -> None:
    settings = Augmentation(coarsest=0.25, erased=0.4, shading=20, aspect=0.1)
    assert settings.weakened(1) == settings
    film = np.random.default_rng(0).integers(0, 256, (16, 16), np.uint8)
    still = settings.weakened(0)
    seen = {augment(film, still, np.random.default_rng(seed)).round().astype(np.uint8).tobytes() for seed in range(20)}
    assert film.tobytes() in seen
