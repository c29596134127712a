"""Batches of varied films: what batch number n of an epoch holds depends on the seed alone, so that a run resumes."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from medcore.classifier.normalization import normalize
from medcore.training.augmentation import augment
from medcore.training.recipe import Phase, Recipe
from medcore.training.stored_films import StoredFilms, resize

AHEAD = 2  # batches made while the network is at another


@dataclass(frozen=True)
class Batch:
    """What one step of training sees."""

    films: np.ndarray  # (n, rows, columns, channels) float32, 0 to 255, normalized
    targets: np.ndarray  # (n, classes) float32
    weights: np.ndarray  # (n,) float32


Films = np.ndarray | StoredFilms  # (n, rows, columns) or (n, rows, columns, channels), uint8


def resize_films(films: np.ndarray, size: int) -> np.ndarray:
    """Bring films, shape (n, rows, columns) or with channels, to `size` rows and columns."""
    return np.stack([resize(film, size) for film in films])


class Batches:
    """The labelled films in one phase of the training."""

    def __init__(self, films: Films, targets: np.ndarray, weights: np.ndarray, phase: Phase, recipe: Recipe) -> None:
        """Take films and what each stands for."""
        self._films = _resized(films, phase.size)
        self._augmentation = recipe.augmentation.weakened(phase.strength)
        self._targets, self._weights, self._recipe = targets, weights, recipe

    def __len__(self) -> int:
        """Return the batches of an epoch."""
        return -(-len(self._films) // self._recipe.batch_size)

    def epoch(self, number: int, skipped: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch, counted over all phases, but for the first ones."""
        order = np.random.default_rng((self._recipe.seed, number)).permutation(len(self._films))
        starts = range(0, len(order), self._recipe.batch_size)[skipped:]
        waiting: list[Future[Batch]] = []
        with ThreadPoolExecutor(1) as maker:
            for start in starts:
                places = order[start : start + self._recipe.batch_size]
                waiting.append(maker.submit(self._make, places, (self._recipe.seed, number, start)))
                if len(waiting) > AHEAD:
                    yield waiting.pop(0).result()
            for batch in waiting:
                yield batch.result()

    def _make(self, places: np.ndarray, seed: tuple[int, ...]) -> Batch:
        generator = np.random.default_rng(seed)
        varied = np.stack([augment(self._films[int(place)], self._augmentation, generator) for place in places])
        films = normalize(varied, self._recipe.normalization)
        if films.ndim == 3:
            films = films[..., None]
        batch = Batch(films, self._targets[places], self._weights[places])
        return _mix(batch, self._recipe.mixup, generator) if self._recipe.mixup else batch


def _resized(films: Films, size: int) -> Films:
    return films.resized(size) if isinstance(films, StoredFilms) else resize_films(films, size)


def _mix(batch: Batch, alpha: float, generator: np.random.Generator) -> Batch:
    """Blend each film and its label with another's. Source: Zhang et al., mixup, ICLR 2018."""
    share = generator.beta(alpha, alpha, len(batch.films)).astype(np.float32)
    share = np.maximum(share, 1 - share)
    other = generator.permutation(len(batch.films))
    rest = 1 - share
    return Batch(
        share[:, None, None, None] * batch.films + rest[:, None, None, None] * batch.films[other],
        share[:, None] * batch.targets + rest[:, None] * batch.targets[other],
        share * batch.weights + rest * batch.weights[other],
    )
