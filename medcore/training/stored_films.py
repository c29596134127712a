"""Films that wait on disk while a network is trained: as many as there are, in the memory of a few."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

AT_ONCE = 256  # films read in one piece


@dataclass(frozen=True)
class StoredFilms:
    """Films in one file, one after another, or some of them; they are read when they are asked for."""

    file: Path
    grid: tuple[int, ...]  # rows and columns, or rows, columns and channels
    places: tuple[int, ...]  # which films of the file, in order
    digest: str  # SHA-256 of what the file was made from

    @property
    def shape(self) -> tuple[int, ...]:
        """As an array's."""
        return len(self.places), *self.grid

    @property
    def ndim(self) -> int:
        """As an array's."""
        return len(self.shape)

    def __len__(self) -> int:
        """Return the number of films."""
        return len(self.places)

    def __getitem__(self, place: int) -> np.ndarray:
        """Read one film, shape (rows, columns) or with channels, uint8."""
        film: np.ndarray = self.read([place])[0]
        return film

    def read(self, places: Sequence[int]) -> np.ndarray:
        """Read some films, shape (n, rows, columns) or with channels, uint8."""
        size = int(np.prod(self.grid))
        films = np.empty((len(places), *self.grid), np.uint8)
        with self.file.open("rb", buffering=0) as stream:
            for film, place in zip(films, places, strict=True):
                stream.seek(self.places[place] * size)
                stream.readinto(film.reshape(-1).data)
        return films

    def part(self, places: Sequence[int]) -> "StoredFilms":
        """Return some of the films."""
        return replace(self, places=tuple(self.places[place] for place in places))

    def resized(self, size: int) -> "StoredFilms":
        """Return the films at `size` rows and columns, from a file that is made beside this one where it is missing."""
        if self.grid[:2] == (size, size):
            return self
        file = self.file.with_name(f"{self.file.stem}-{size}{self.file.suffix}")
        if not file.exists():
            everything = replace(self, places=tuple(range(self.file.stat().st_size // int(np.prod(self.grid)))))
            write_films(file, (resize(film, size) for film in everything.each()))
        return replace(self, file=file, grid=(size, size, *self.grid[2:]))

    def each(self) -> Iterable[np.ndarray]:
        """Read the films one after another."""
        for start in range(0, len(self), AT_ONCE):
            yield from self.read(range(start, min(start + AT_ONCE, len(self))))


def resize(film: np.ndarray, size: int) -> np.ndarray:
    """Bring a film, shape (rows, columns) or with channels, to `size` rows and columns; a smaller one smoothly."""
    enlarge = max(film.shape[:2]) < size
    how = cv2.INTER_CUBIC if enlarge else cv2.INTER_AREA  # enlarging, area resizing repeats pixels
    return np.asarray(cv2.resize(film, (size, size), interpolation=how))


def write_films(file: Path, films: Iterable[np.ndarray]) -> int:
    """Write films of one shape, uint8, into a new file, which appears only once it is whole; return how many."""
    draft = file.with_name(f"{file.name}.new")
    count = 0
    try:
        with draft.open("wb") as stream:
            for film in films:
                stream.write(np.ascontiguousarray(film, np.uint8).data)
                count += 1
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return count


def digest_of(films: "np.ndarray | StoredFilms") -> str:
    """Return a SHA-256 that differs where the films differ."""
    digest = hashlib.sha256(str(films.shape).encode())
    if isinstance(films, StoredFilms):
        digest.update(repr((films.digest, films.places)).encode())
    else:
        digest.update(np.ascontiguousarray(films).data)
    return digest.hexdigest()
