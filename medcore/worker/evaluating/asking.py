"""Ask a model about labelled films in batches, so that memory stays flat, and go on where that was cut short."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from medcore.classifier import ModelCard
from medcore.classifier.film_hash import SIDE, film_hash
from medcore.evaluation.plain import read_plain
from medcore.evaluation.questions import HALF
from medcore.library import StoredPrediction
from medcore.worker.answers import BATCH, READERS, Explains, ask
from medcore.worker.evaluating.cases import Case, folded

KNOWN = "known"  # the model was made from this film
SHORT = 12  # digits by which a film is named outside of this machine
DIGITS = 4  # of a heatmap's cells


@dataclass(frozen=True)
class Asked:
    """What became of one film."""

    state: str  # answered, refused, needs age, failed, or known: then it was not asked
    reason: str = ""
    probabilities: tuple[float, ...] = ()  # in the order of the model's classes
    film: str = ""  # the first digits of its pixels' SHA-256
    heatmap: tuple[tuple[float, ...], ...] = ()  # of a film that the model has wrong


class AskedFilms:
    """What became of films so far, on disk, so that a run that is cut short goes on where it stood."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._found: dict[str, Asked] = {}
        if file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                self._take(line)

    def get(self, key: str) -> Asked | None:
        """Return what became of a film; None for one that was not asked yet."""
        return self._found.get(key)

    def add(self, found: Sequence[tuple[str, Asked]]) -> None:
        """Keep what became of films."""
        with self._file.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps([key, asdict(asked)]) + "\n" for key, asked in found)
        self._found |= dict(found)

    def forget(self) -> None:
        """Remove what was kept, once the run has ended."""
        self._file.unlink(missing_ok=True)

    def _take(self, line: str) -> None:
        try:
            key, entries = json.loads(line)
            self._found[key] = read_plain(Asked, entries)
        except (ValueError, TypeError):  # the last line of a run that was killed while it wrote
            return


def ask_cases(
    model: Explains, cases: Sequence[Case], known: frozenset[str], asked: AskedFilms
) -> Iterator[list[tuple[str, Asked]]]:
    """Ask a model about films, some at a time.

    Parameters
    ----------
    model : Explains
    cases : sequence of Case
    known : frozenset of str
        Hashes of films that are not asked about, for the model was made from them.
    asked : AskedFilms
        Films in it are passed over.

    Yields
    ------
    list of (str, Asked)
        What became of the next films, by their keys.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    """
    waiting = (case for case in cases if asked.get(case.key) is None)
    with ThreadPoolExecutor(READERS) as readers:
        while batch := list(islice(waiting, BATCH)):
            looked = list(readers.map(partial(_look, model), batch))
            yield _ask_batch(model, batch, looked, known)


@dataclass(frozen=True, eq=False)
class _Looked:
    """What a film looks like to a model, or why it is not asked."""

    outcome: StoredPrediction | np.ndarray
    sha256: str = ""  # by which the film is known again


def _look(model: Explains, case: Case) -> _Looked:
    outcome = case.look(model.card, model.quality)
    if isinstance(outcome, StoredPrediction):
        return _Looked(outcome)
    compared = outcome
    if model.card.input_size != (SIDE, SIDE):  # films are known again at one size, whatever a network's own is
        whole = case.look(replace(model.card, input_size=(SIDE, SIDE)), None)
        compared = outcome if isinstance(whole, StoredPrediction) else whole
    return _Looked(outcome, _hash(compared))


def _ask_batch(
    model: Explains, batch: Sequence[Case], looked: Sequence[_Looked], known: frozenset[str]
) -> list[tuple[str, Asked]]:
    found: dict[int, Asked] = {}
    inputs: dict[int, np.ndarray] = {}
    for place, one in enumerate(looked):
        if isinstance(one.outcome, StoredPrediction):
            found[place] = Asked(one.outcome.state, one.outcome.reason)
        elif one.sha256 in known:
            found[place] = Asked(KNOWN)
        else:
            inputs[place] = one.outcome
    for place, answer in ask(model, inputs).items():
        found[place] = _answered(model, batch[place], looked[place].sha256, answer)
    return [(case.key, found[place]) for place, case in enumerate(batch)]


def _answered(model: Explains, case: Case, sha256: str, answer: StoredPrediction) -> Asked:
    if answer.state != "answered":
        return Asked(answer.state, answer.reason, film=sha256[:SHORT])
    shares = tuple(answer.probabilities[name] for name in model.card.classes)
    cells = answer.maps.get(model.card.finding) if is_wrong(model.card, shares, case.classes) else None
    kept = () if cells is None else np.round(cells.astype(float), DIGITS).tolist()
    return Asked("answered", "", shares, sha256[:SHORT], tuple(tuple(row) for row in kept))


def is_wrong(card: ModelCard, shares: Sequence[float], classes: frozenset[str]) -> bool:
    """Say whether a film's likeliest class is not its label, or the decision at the operating point is wrong."""
    if card.several:
        found = {name for name, share in zip(card.answers, shares[1:], strict=True) if share >= HALF}
        return folded(found) != classes or (1 - shares[0] >= card.operating_point.threshold) != bool(classes)
    called = sum(shares[1:]) >= card.operating_point.threshold
    likeliest = card.classes[int(np.argmax(shares))]
    return folded({likeliest}) != classes or called == (classes == folded(card.classes[:1]))


def _hash(film: np.ndarray) -> str:
    """Return the hash by which a model knows the films that it was made from."""
    pixels = np.rint(np.clip(film, 0, 255)).astype(np.uint8)
    return film_hash(pixels if pixels.shape == (SIDE, SIDE) else cv2.resize(pixels, (SIDE, SIDE)))
