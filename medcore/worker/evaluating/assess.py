"""Evaluate a model on labelled films: ask it, leave out what it knows, measure the rest, and name the worst errors."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import medcore
from medcore.classifier import ModelCard
from medcore.classifier.decision import CLASSES, PNEUMONIA
from medcore.classifier.model_folder import TRAINING_FILMS_FILE, read_training_films
from medcore.errors import ModelError
from medcore.evaluation.evaluating import evaluate
from medcore.evaluation.intervals import RESAMPLES
from medcore.worker.answers import Explains
from medcore.worker.evaluating.asking import KNOWN, Asked, AskedFilms, ask_cases, is_wrong
from medcore.worker.evaluating.assessment import VERSION, Assessment, Cover, Reason, WorstFilm
from medcore.worker.evaluating.cases import Case, Cases
from medcore.worker.evaluating.groups import KINDS

WORST = 24  # films
MOST_REASONS = 8
OnProgress = Callable[[int, int | None], object]


@dataclass(frozen=True, eq=False)
class Assessed:
    """An assessment with the films of its worst errors, which stay on this machine."""

    assessment: Assessment
    worst: tuple[Case, ...]


@dataclass(frozen=True, eq=False)
class _Film:
    case: Case
    asked: Asked


def known_films(folder: Path, card: ModelCard) -> frozenset[str]:
    """Return the hashes of the films that a model was trained on; none where its folder does not list them.

    Raises
    ------
    ModelError
        If the list cannot be read.
    """
    return read_training_films(folder) if TRAINING_FILMS_FILE in card.parts else frozenset()


def check_labels(card: ModelCard, cases: Cases) -> None:
    """See that a model tells what the labels name.

    Raises
    ------
    ModelError
        If the labels name a class that it lacks, or several findings of one film.
    """
    if cases.several:
        raise ModelError(
            f"The films of {cases.name} can have several findings, and the model {card.name} gives one label a film. "
            "Give films with one label each."
        )
    lacking = sorted(set(cases.classes) - set(card.classes))
    if lacking:
        raise ModelError(
            f"The data name {', '.join(map(repr, lacking[:5]))}, which the model {card.name} does not tell; it tells "
            f"{', '.join(card.classes)}. Rename the labels, or leave these films out."
        )


def assess(
    model: Explains,
    cases: Cases,
    known: frozenset[str],
    asked: AskedFilms,
    *,
    split: str = "",
    on_progress: OnProgress | None = None,
    is_outranked: Callable[[], bool] = lambda: False,
    resamples: int = RESAMPLES,
) -> Assessed | None:
    """Evaluate a model on labelled films.

    Parameters
    ----------
    model : Explains
    cases : Cases
    known : frozenset of str
        Hashes of the films that the model was trained on; all films of their patients are left out.
    asked : AskedFilms
        What became of films so far.
    split : str
        Which part of the data this is, for the record.
    on_progress : callable, optional
        Called with films done and their total.
    is_outranked : callable
        Says between batches whether to give way.
    resamples : int
        Of the draws behind the intervals.

    Returns
    -------
    Assessed or None
        None where it gave way; with the same `asked` it goes on.

    Raises
    ------
    ModelError
        If the model does not tell what the labels name, or answers for no film.
    """
    check_labels(model.card, cases)
    done = sum(asked.get(case.key) is not None for case in cases.films)
    for found in ask_cases(model, cases.films, known, asked):
        asked.add(found)
        done += len(found)
        if on_progress:
            on_progress(done, len(cases.films))
        if is_outranked():
            return None
    return _measure(model, cases, asked, split, resamples)


def _measure(model: Explains, cases: Cases, asked: AskedFilms, split: str, resamples: int) -> Assessed:
    films = [_Film(case, asked.get(case.key) or Asked("failed")) for case in cases.films]
    seen = {film.case.patient for film in films if film.asked.state == KNOWN}
    fresh = [film for film in films if film.case.patient not in seen]
    answered = [film for film in fresh if film.asked.state == "answered"]
    cover = _cover(cases, fresh)
    if not answered:
        raise ModelError(_why_none(cover))
    card = model.card
    shares = np.array([film.asked.probabilities for film in answered])
    labels = np.array([card.classes.index(next(iter(film.case.classes))) for film in answered])
    evaluation = evaluate(
        shares,
        labels,
        card.classes,
        [film.case.patient for film in answered],
        decision=PNEUMONIA if card.classes == CLASSES else f"not {card.classes[0]}",
        threshold=card.operating_point.threshold,
        groups={kind: [film.case.groups.get(kind, "") for film in answered] for kind in KINDS},
        resamples=resamples,
    )
    worst = _worst(card, answered, shares, labels)
    assessment = Assessment(
        version=VERSION,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        medcore_version=medcore.__version__,
        model=model.version,
        model_sha256=card.sha256,
        map_scale=card.map_scale,
        data=cases.name,
        split=split,
        notes=cases.notes,
        cover=cover,
        evaluation=evaluation,
        worst=tuple(_as_worst(card, film, number) for number, film in enumerate(worst, 1)),
    )
    return Assessed(assessment, tuple(film.case for film in worst))


def _cover(cases: Cases, fresh: Sequence[_Film]) -> Cover:
    states = Counter(film.asked.state for film in fresh)
    reasons = Counter(film.asked.reason for film in fresh if film.asked.reason)
    return Cover(
        films=len(cases.films) + cases.other_labels,
        answered=states["answered"],
        refused=states["refused"],
        needs_age=states["needs age"],
        failed=states["failed"],
        known=len(cases.films) - len(fresh),
        other_labels=cases.other_labels,
        reasons=tuple(Reason(said, count) for said, count in reasons.most_common(MOST_REASONS)),
    )


def _why_none(cover: Cover) -> str:
    said = f" Most often: {cover.reasons[0].said}" if cover.reasons else ""
    known = f" {cover.known} are of patients whose films it was trained on." if cover.known else ""
    return f"The model answers for none of the {cover.films} films, so there is nothing to measure.{known}{said}"


def _worst(card: ModelCard, films: Sequence[_Film], shares: np.ndarray, labels: np.ndarray) -> list[_Film]:
    """Return the films that are wrong: first by the decision, then by class; the true class least likely first."""
    of_truth = shares[np.arange(labels.size), labels]
    called = shares[:, 1:].sum(axis=1) >= card.operating_point.threshold
    order = np.lexsort((of_truth, called == (labels > 0))).tolist()
    wrong = [films[place] for place in order if is_wrong(card, shares[place], films[place].case.classes)]
    return wrong[:WORST]


def _as_worst(card: ModelCard, film: _Film, number: int) -> WorstFilm:
    shares = film.asked.probabilities
    return WorstFilm(
        number=number,
        film=film.asked.film,
        truth=next(iter(film.case.classes)),
        likeliest=card.classes[int(np.argmax(shares))],
        probabilities=shares,
        called=sum(shares[1:]) >= card.operating_point.threshold,
        heatmap=film.asked.heatmap,
    )
