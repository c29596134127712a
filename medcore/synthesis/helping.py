"""Whether films of nobody help where a class has few real ones: the committed recipe with and without them.

One class of the training films is cut to 100; the same class is then filled up with drawn films. The question is
answered on validation films, with three seeds, and the answer is written down whatever it is. The generator has seen
all films of the class, which speaks for the drawn films: where they bring nothing, a generator of 100 films would not.
"""

import dataclasses
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np

from medcore.classifier.decision import CLASSES
from medcore.classifier.network import INPUT_SIZE
from medcore.errors import ModelError
from medcore.evaluation.roc import auc
from medcore.synthesis.films import candidates, open_judge
from medcore.training.asking import outputs_of
from medcore.training.films import Film, Parts, divide, read_films, read_inputs, read_labels
from medcore.training.fit import OnProgress
from medcore.training.recipe import DEFAULT_RECIPE, Recipe
from medcore.training.starting import train_network

log = logging.getLogger(__name__)

CUT = "viral"  # the class of which few films are left
LEFT = 100  # real films of it
ADDED = 400  # drawn films of it
AT_MOST = 6 * ADDED  # films of all classes that are looked at
DRAW_SEED = 20261121


@dataclass(frozen=True)
class HelpRow:
    """What one training reached on the validation films."""

    seed: int
    drawn_films: int  # that trained beside the real ones
    cut_auc: float  # the cut class against the rest
    mean_auc: float  # mean over the classes, each against the rest


def compare_with_drawn(
    data: Path, work: Path, model: Path, out: Path, on_progress: OnProgress | None = None
) -> list[HelpRow]:
    """Compare, with films that the rule would take, drawn by the generator that is kept in `work`.

    Raises
    ------
    ModelError
        If the networks or films are missing, or too few drawn films may be taken.
    """
    parts = divide(read_films(data))

    @cache
    def drawn() -> np.ndarray:
        seen = islice(candidates(open_judge(data, work), work, model), AT_MOST)
        taken = [film.film for film in seen if film.asked == CUT and not film.refused][:ADDED]
        if len(taken) < ADDED:
            raise ModelError(
                f"Only {len(taken)} of {AT_MOST} drawn films may be taken. Train the generator for longer."
            )
        return np.stack(taken)

    return measure_help(parts, drawn, out, work=work / "compare", on_progress=on_progress)


def measure_help(
    parts: Parts,
    drawn: Callable[[], np.ndarray],
    out: Path,
    *,
    work: Path | None = None,
    seeds: Sequence[int] = (1, 2, 3),
    recipe: Recipe = DEFAULT_RECIPE,
    on_progress: OnProgress | None = None,
) -> list[HelpRow]:
    """Train with and without drawn films; `out`, a JSON file, keeps each result; what is there is not trained again.

    Parameters
    ----------
    parts : Parts
        The real films.
    drawn : callable
        Gives films that were asked to be of the cut class, shape (400, rows, columns), uint8.
    out : Path
    work : Path, optional
        Remembers a training, so that an interrupted one goes on.
    seeds : sequence of int
    recipe : Recipe
        Its seed is replaced.
    on_progress : callable, optional
        Called with training steps done and steps in all, for each training anew.
    """
    rows = [HelpRow(**entry) for entry in json.loads(out.read_text(encoding="utf-8"))] if out.exists() else []
    real = cut_class(parts.training)
    films, labels = read_inputs(real, INPUT_SIZE), read_labels(real, CLASSES)
    shown, truth = read_inputs(parts.validation, INPUT_SIZE), read_labels(parts.validation, CLASSES)
    for seed in seeds:
        for added in (0, ADDED):
            if any((row.seed, row.drawn_films) == (seed, added) for row in rows):
                continue
            nobody = drawn() if added else films[:0]
            kinds = np.full(len(nobody), CLASSES.index(CUT), labels.dtype)
            network = train_network(
                np.concatenate([films, nobody]),
                np.concatenate([labels, kinds]),
                CLASSES,
                replace(recipe, seed=seed),
                work=work,
                on_progress=on_progress,
            )
            rows.append(_judge(seed, added, truth, outputs_of(network, shown.astype(np.float32))))
            log.info("%s", rows[-1])
            out.write_text(json.dumps([dataclasses.asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    return rows


def cut_class(films: Sequence[Film]) -> tuple[Film, ...]:
    """Leave 100 films of the cut class, drawn by a fixed seed, and all others."""
    places = [place for place, film in enumerate(films) if film.label == CUT]
    left = set(np.random.default_rng(DRAW_SEED).choice(places, min(LEFT, len(places)), replace=False).tolist())
    return tuple(film for place, film in enumerate(films) if film.label != CUT or place in left)


def _judge(seed: int, added: int, truth: np.ndarray, logits: np.ndarray) -> HelpRow:
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    areas = [auc(truth == kind, shares[:, kind]) for kind in range(len(CLASSES))]
    return HelpRow(seed, added, areas[CLASSES.index(CUT)], float(np.mean(areas)))
