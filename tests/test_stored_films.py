"""Films on disk are read as they were written, some or all, at any size."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from medcore.training.stored_films import StoredFilms, digest_of, write_films

FILMS = np.random.default_rng(0).integers(0, 256, (7, 12, 10), np.uint8)
COLORED = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)


def store(folder: Path, films: np.ndarray) -> StoredFilms:
    file = folder / "films.bin"
    assert write_films(file, films) == len(films)
    return StoredFilms(file, films.shape[1:], tuple(range(len(films))), "made for a test")


@pytest.mark.parametrize("films", [FILMS, COLORED], ids=["gray", "colored"])
def test_films_are_read_as_they_were_written(tmp_path: Path, films: np.ndarray) -> None:
    stored = store(tmp_path, films)
    assert (stored.shape, stored.ndim, len(stored)) == (films.shape, films.ndim, len(films))
    np.testing.assert_array_equal(stored[3], films[3])
    np.testing.assert_array_equal(stored.read([4, 0, 4]), films[[4, 0, 4]])
    np.testing.assert_array_equal(np.stack(list(stored.each())), films)


def test_a_part_has_its_own_places(tmp_path: Path) -> None:
    part = store(tmp_path, FILMS).part([6, 2, 1]).part([2, 0])
    np.testing.assert_array_equal(part.read(range(2)), FILMS[[1, 6]])


def test_another_size_is_made_once_and_for_all_films(tmp_path: Path) -> None:
    stored = store(tmp_path, FILMS)
    part = stored.part([5, 1]).resized(4)
    assert part.shape == (2, 4, 4)
    np.testing.assert_array_equal(part[0], cv2.resize(FILMS[5], (4, 4), interpolation=cv2.INTER_AREA))
    made = part.file.stat()
    np.testing.assert_array_equal(stored.resized(4)[0], cv2.resize(FILMS[0], (4, 4), interpolation=cv2.INTER_AREA))
    assert part.file.stat() == made
    assert sorted(path.name for path in tmp_path.iterdir()) == ["films-4.bin", "films.bin"]


def test_the_digest_differs_where_the_films_or_their_choice_differ(tmp_path: Path) -> None:
    stored = store(tmp_path, FILMS)
    digests = [digest_of(stored), digest_of(stored.part([0, 1])), digest_of(stored.part([1, 0])), digest_of(FILMS)]
    assert len(set(digests)) == 4
    assert digest_of(FILMS) != digest_of(FILMS[::-1])
