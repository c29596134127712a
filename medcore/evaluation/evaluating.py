"""Evaluate a model on labelled films: one label a film, or several findings; each figure with its interval.

Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, with patients drawn; Clopper and Pearson,
Biometrika 1934; Sokolova and Lapalme, Information Processing and Management 2009 (macro averages).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from medcore.evaluation.bounded import bounded, bounded_figures, bounded_share, exact_share, mean_figures
from medcore.evaluation.confusion import confusion_matrix, count_decisions
from medcore.evaluation.curves import precision_recall_points, roc_points
from medcore.evaluation.draws import Calls, Draws, binary_draws, joined
from medcore.evaluation.evaluation import VERSION, Evaluation, GroupFigures, Likeliest, QuestionFigures
from medcore.evaluation.intervals import LEVEL, RESAMPLES, weight_parts
from medcore.evaluation.questions import Part, Question, ask_classes, ask_decision, divide_films
from medcore.evaluation.reliability import reliability
from medcore.evaluation.threshold_table import count_at, threshold_table, thresholds_with
from medcore.evaluation.weighted import weighted_calibration_error, weighted_mean

SMALL_GROUP = 10  # patients with a finding, and without it: a part of the films with fewer is marked as small
BY_DRAWS = "{:g} %, {:,} draws of patients with replacement; exact for a share of 0 or 1"
BY_FILM = (
    "{:g} %, exact for shares, as each patient has one film; {:,} draws of patients for means and the other figures"
)


@dataclass(frozen=True)
class _Bounds:
    level: float
    resamples: int
    seed: int
    exact: bool  # each patient has one film


def evaluate(
    probabilities: np.ndarray,
    truth: np.ndarray,
    classes: Sequence[str],
    patients: Sequence[str],
    *,
    decision: str = "",
    threshold: float = 0.5,
    any_finding: np.ndarray | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Evaluation:
    """Evaluate a model on labelled films.

    Parameters
    ----------
    probabilities : numpy.ndarray, shape (n, k)
        Of each class, 0 to 1; of one label a film they sum to 1.
    truth : numpy.ndarray
        Shape (n,), int: the true class, 0 to k - 1. Shape (n, k), bool: which findings a film has.
    classes : sequence of str, length k
    patients : sequence of str, length n
        Whose film each is.
    decision : str
        What "any class but the first", or "any finding", is called.
    threshold : float
        From which probability on the decision is yes; each of several findings is called from one half on.
    any_finding : numpy.ndarray, shape (n,), optional
        Of several findings, the probability of any; without it no decision is asked.
    groups : mapping of str to sequence of str, length n
        What the films are divided by, and the part that each belongs to; empty where that is not known.
    level : float
        Of the intervals.
    resamples, seed : int
        Of the draws.

    Raises
    ------
    ValueError
        If there is no film, or a probability is not from 0 to 1.
    """
    if not len(probabilities):
        raise ValueError("An evaluation needs at least one film.")
    wide, whose = probabilities.astype(np.float64), np.asarray(patients)
    bounds = _Bounds(level, resamples, seed, exact=np.unique(whose).size == whose.size)
    several = truth.ndim == 2
    by_class = list(ask_classes(wide, truth, classes, whose))
    positive = any_finding if several else wide[:, 1:].sum(axis=1)
    sick = [ask_decision(positive, truth, decision or classes[-1], whose, threshold)] if positive is not None else []
    asked = [*sick, *by_class]
    parts = list(divide_films(groups or {}))
    draws = _draw(asked, parts, patients, bounds)
    found = [_measure(question, parts, draws, place, bounds) for place, question in enumerate(asked)]
    return Evaluation(
        version=VERSION,
        classes=tuple(classes),
        films=len(wide),
        patients=int(np.unique(whose).size),
        interval=(BY_FILM if bounds.exact else BY_DRAWS).format(100 * level, resamples),
        decision=found[0] if sick else None,
        questions=tuple(found[len(sick) :]),
        macro=mean_figures([draws[len(sick) + place, -1] for place in range(len(by_class))], level),
        likeliest=None if several else _likeliest(wide, truth, patients, bounds),
    )


AllDraws = dict[tuple[int, int], Draws]  # by the question's place and the part's; -1 for all films


def _draw(asked: Sequence[Question], parts: Sequence[Part], patients: Sequence[str], bounds: _Bounds) -> AllDraws:
    """Draw patients once for all questions and parts, some draws at a time, so that memory stays flat."""
    found: dict[tuple[int, int], list[Draws]] = {}
    for weights in weight_parts(patients, resamples=bounds.resamples, seed=bounds.seed):
        for place, question in enumerate(asked):
            counted = count_at(question.calls, thresholds_with(question.threshold), weights)
            whole = binary_draws(question.calls, weights) | {f"count {n}": one for n, one in enumerate(counted)}
            found.setdefault((place, -1), []).append(whole)
            for number, part in enumerate(parts):
                drawn = binary_draws(question.calls.of(part.films), weights[:, part.films])
                found.setdefault((place, number), []).append(drawn)
    return {key: joined(some) for key, some in found.items()}


def _measure(
    question: Question, parts: Sequence[Part], draws: AllDraws, place: int, bounds: _Bounds
) -> QuestionFigures:
    calls, drawn = question.calls, draws[place, -1]
    counted = (drawn["count 0"], drawn["count 1"], drawn["count 2"], drawn["count 3"])
    has_yes, has_no = bool(calls.truth.any()), not calls.truth.all()
    thresholds = thresholds_with(question.threshold)
    return QuestionFigures(
        name=question.name,
        positives=int(np.count_nonzero(calls.truth)),
        threshold=None if question.threshold is None else float(question.threshold),
        figures=bounded_figures(calls, drawn, bounds.level, exact=bounds.exact),
        counts=count_decisions(calls.truth, calls.called),
        roc=roc_points(calls.truth, calls.probability) if has_yes and has_no else None,
        precision_recall=precision_recall_points(calls.truth, calls.probability) if has_yes else None,
        reliability=reliability(calls.truth, calls.probability, level=bounds.level),
        thresholds=threshold_table(calls, thresholds, counted, bounds.level, exact=bounds.exact),
        groups=tuple(_group(calls.of(part.films), part, draws[place, n], bounds) for n, part in enumerate(parts)),
    )


def _group(calls: Calls, part: Part, drawn: Draws, bounds: _Bounds) -> GroupFigures:
    with_it, without = (np.unique(calls.patients[films]).size for films in (calls.truth, ~calls.truth))
    return GroupFigures(
        kind=part.kind,
        value=part.value,
        films=calls.truth.size,
        patients=int(np.unique(calls.patients).size),
        positives=int(np.count_nonzero(calls.truth)),
        is_small=min(with_it, without) < SMALL_GROUP,
        figures=bounded_figures(calls, drawn, bounds.level, exact=bounds.exact),
    )


def _likeliest(probabilities: np.ndarray, labels: np.ndarray, patients: Sequence[str], bounds: _Bounds) -> Likeliest:
    likeliest, surest = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right = likeliest == labels
    parts = [
        {
            "accuracy": weighted_mean(right.astype(np.float64), weights),
            "calibration": weighted_calibration_error(right, surest, weights),
        }
        for weights in weight_parts(patients, resamples=bounds.resamples, seed=bounds.seed)
    ]
    drawn = joined(parts)
    share, error = drawn["accuracy"], drawn["calibration"]
    exact = exact_share(share[0], right.size, bounds.level)
    confusion = confusion_matrix(labels, likeliest, probabilities.shape[1])
    return Likeliest(
        accuracy=exact if bounds.exact else bounded_share(share, np.asarray(patients), bounds.level),
        expected_calibration_error=bounded(error, bounds.level),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
    )
