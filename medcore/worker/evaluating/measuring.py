"""From a model's answers to an assessment: what it knows is left out, the rest is measured, the worst is named."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import compress

import numpy as np

import medcore
from medcore.classifier import ModelCard
from medcore.classifier.decision import positive_probability
from medcore.errors import ModelError
from medcore.evaluation.evaluating import evaluate
from medcore.evaluation.intervals import RESAMPLES
from medcore.evaluation.questions import HALF
from medcore.library.folding import fold
from medcore.worker.answers import Explains
from medcore.worker.evaluating.asking import KNOWN, Asked, AskedFilms
from medcore.worker.evaluating.assessment import VERSION, Assessment, Cover, Reason, WorstFilm
from medcore.worker.evaluating.cases import Case, Cases, told_classes
from medcore.worker.evaluating.groups import KINDS

WORST = 24  # films
MOST_REASONS = 8
MANY, RESAMPLES_OF_MANY = 10_000, 500  # films from which fewer draws will do, and must: 2,000 take many minutes


@dataclass(frozen=True, eq=False)
class Assessed:
    """An assessment with the films of its worst errors, which stay on this machine."""

    assessment: Assessment
    worst: tuple[Case, ...]


@dataclass(frozen=True, eq=False)
class _Film:
    case: Case
    asked: Asked


@dataclass(frozen=True, eq=False)
class _Said:
    """What the model said of n films, and what they have."""

    classes: tuple[str, ...]
    probabilities: np.ndarray  # (n, classes)
    positive: np.ndarray  # (n,): of any finding
    truth: np.ndarray  # as `evaluate` takes it
    has: np.ndarray  # (n, classes) bool
    is_wrong: np.ndarray  # (n,) bool: a class is not the true one, or a finding not as it is


def measure_answers(model: Explains, cases: Cases, asked: AskedFilms, split: str, resamples: int | None) -> Assessed:
    """Measure a model on the films that it answered; arguments as for `assess.assess`.

    Raises
    ------
    ModelError
        If it answered none.
    """
    films = [_Film(case, asked.get(case.key) or Asked("failed")) for case in cases.films]
    seen = {film.case.patient for film in films if film.asked.state == KNOWN}
    fresh = [film for film in films if film.case.patient not in seen]
    answered = [film for film in fresh if film.asked.state == "answered"]
    cover = _cover(cases, fresh)
    if not answered:
        raise ModelError(_why_none(cover))
    card = model.card
    said = (_findings if card.several else _one_label)(card, cases, answered)
    evaluation = evaluate(
        said.probabilities,
        said.truth,
        said.classes,
        [film.case.patient for film in answered],
        decision=card.finding,
        threshold=card.operating_point.threshold,
        any_finding=said.positive if card.several else None,
        groups={kind: [film.case.groups.get(kind, "") for film in answered] for kind in KINDS},
        resamples=resamples or (RESAMPLES if len(answered) <= MANY else RESAMPLES_OF_MANY),
    )
    called = said.positive >= card.operating_point.threshold
    worst = _worst(said, called)
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
        worst=tuple(
            WorstFilm(
                number=number,
                film=answered[film].asked.film,
                truth=" and ".join(compress(said.classes, said.has[film])) or card.classes[0],
                likeliest=said.classes[int(said.probabilities[film].argmax())],
                probabilities=tuple(said.probabilities[film].tolist()),
                called=bool(called[film]),
                heatmap=answered[film].asked.heatmap,
            )
            for number, film in enumerate(worst, 1)
        ),
    )
    return Assessed(assessment, tuple(answered[film].case for film in worst))


def _one_label(card: ModelCard, cases: Cases, answered: Sequence[_Film]) -> _Said:
    told = told_classes(card, cases.classes)
    shares = np.array([film.asked.probabilities for film in answered])
    positive = shares[:, 1:].sum(axis=1)
    if told != card.classes:
        shares = np.stack([shares[:, 0], positive], axis=1)
    place = {fold(name): number for number, name in enumerate(told)}
    labels = np.array([place[next(iter(film.case.classes))] for film in answered])
    has = labels[:, None] == np.arange(len(told))
    return _Said(told, shares, positive, labels, has, shares.argmax(axis=1) != labels)


def _findings(card: ModelCard, cases: Cases, answered: Sequence[_Film]) -> _Said:
    by_class = np.array([film.asked.probabilities for film in answered])
    shares = by_class[:, 1:]
    has = np.array([[fold(name) in film.case.classes for name in card.classes[1:]] for film in answered])
    is_wrong = ((shares >= HALF) != has).any(axis=1)
    return _Said(card.classes[1:], shares, positive_probability(by_class, several=True), has, has, is_wrong)


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
    known = f" {cover.known} are of patients whose films it was made from." if cover.known else ""
    return f"The model answers for none of the {cover.films} films, so there is nothing to measure.{known}{said}"


def _worst(said: _Said, called: np.ndarray) -> list[int]:
    """Return the places of wrong films: decisions first, then classes; of each what is true least likely first."""
    several = said.truth.ndim == 2
    true_ones = np.where(said.has, said.probabilities, 1 - said.probabilities if several else np.inf)
    decided = called == (said.has.any(axis=1) if several else said.truth > 0)
    order = np.lexsort((true_ones.min(axis=1), decided))
    wrong = ~decided | said.is_wrong
    return [int(place) for place in order[wrong[order]][:WORST]]
