"""From a model's answers to an assessment: what it knows is left out, the rest is measured, the worst is named."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

import medcore
from medcore.errors import ModelError
from medcore.evaluation.evaluating import evaluate
from medcore.evaluation.intervals import RESAMPLES
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
    told = told_classes(card, cases.classes)
    shares = np.array([film.asked.probabilities for film in answered])
    if told != card.classes:
        shares = np.stack([shares[:, 0], shares[:, 1:].sum(axis=1)], axis=1)
    place = {fold(name): number for number, name in enumerate(told)}
    labels = np.array([place[next(iter(film.case.classes))] for film in answered])
    evaluation = evaluate(
        shares,
        labels,
        told,
        [film.case.patient for film in answered],
        decision=card.finding,
        threshold=card.operating_point.threshold,
        groups={kind: [film.case.groups.get(kind, "") for film in answered] for kind in KINDS},
        resamples=resamples or (RESAMPLES if len(answered) <= MANY else RESAMPLES_OF_MANY),
    )
    called = shares[:, 1:].sum(axis=1) >= card.operating_point.threshold
    worst = _worst(shares, labels, called)
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
                truth=told[labels[film]],
                likeliest=told[int(shares[film].argmax())],
                probabilities=tuple(shares[film].tolist()),
                called=bool(called[film]),
                heatmap=answered[film].asked.heatmap,
            )
            for number, film in enumerate(worst, 1)
        ),
    )
    return Assessed(assessment, tuple(answered[film].case for film in worst))


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


def _worst(shares: np.ndarray, labels: np.ndarray, called: np.ndarray) -> list[int]:
    """Return the places of wrong films: decisions first, then classes; of each the true class least likely first."""
    of_truth = shares[np.arange(labels.size), labels]
    decided = called == (labels > 0)
    order = np.lexsort((of_truth, decided))
    wrong = ~decided | (shares.argmax(axis=1) != labels)
    return [int(place) for place in order[wrong[order]][:WORST]]
