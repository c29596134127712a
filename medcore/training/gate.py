"""The gate: whether a candidate may take the place of the live model.

Both are asked about the same test films, of patients that neither was trained on. One figure, with a margin set
beforehand, decides: the area under the ROC curve, of several classes its mean. The other checks can stop a candidate.
A further check is a function in `CHECKS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from scipy.special import ndtri

from medcore.errors import ModelError
from medcore.evaluation.calibration import expected_calibration_error
from medcore.evaluation.comparison import AucDifference, auc_covariance, compare_decisions, compare_macro_aucs
from medcore.evaluation.intervals import LEVEL

MARGIN = 0.01  # of the area: a candidate that brings new classes may be worse by so much
FEWEST = 10  # patients with a class, and without it, that a comparison needs
LOST_SENSITIVITY = 0.02
LOST_CALIBRATION = 0.02  # of the expected calibration error
LOST_IN_GROUP = 0.02  # of the area, in a subgroup, beyond doubt
SURE = 0.05  # p value


@dataclass(frozen=True, eq=False)
class Side:
    """What one model says of the test films."""

    classes: tuple[str, ...]
    probabilities: np.ndarray  # (n, classes)
    knows: np.ndarray  # (n,) bool: films that it was made from, by their pixels
    calls: np.ndarray | None = None  # (n,) bool: what it decides at its live operating point, where there is one


@dataclass(frozen=True, eq=False)
class Contest:
    """Two models before the same test films."""

    classes: tuple[str, ...]
    truth: np.ndarray  # (n, classes) bool
    patients: Sequence[str]
    live: Side
    candidate: Side
    positive: np.ndarray | None = None  # (n,) bool: what `calls` should say
    groups: Mapping[str, np.ndarray] = field(default_factory=lambda: MappingProxyType({}))  # (n,) bool by name

    @property
    def shared(self) -> tuple[str, ...]:
        """The classes that both models tell."""
        return tuple(name for name in self.live.classes if name in self.candidate.classes and name in self.classes)

    @property
    def lost_classes(self) -> tuple[str, ...]:
        """The classes that the live model tells and the candidate does not."""
        return tuple(name for name in self.live.classes if name not in self.candidate.classes)

    @property
    def told_by_both(self) -> np.ndarray:
        """Which films, shape (n,) bool, are of classes that both models tell: only there their decisions compare."""
        return np.asarray(self.truth[:, [self.classes.index(name) for name in self.shared]].any(axis=1))

    @property
    def new_classes(self) -> tuple[str, ...]:
        """The classes that the candidate tells and the live model does not."""
        return tuple(name for name in self.candidate.classes if name not in self.live.classes)

    def of(self, films: np.ndarray) -> "Contest":
        """Return the contest before some of the films, shape (n,) bool."""
        return replace(
            self,
            truth=self.truth[films],
            patients=[patient for patient, one in zip(self.patients, films, strict=True) if one],
            live=_some(self.live, films),
            candidate=_some(self.candidate, films),
            positive=None if self.positive is None else self.positive[films],
            groups={name: group[films] for name, group in self.groups.items()},
        )


@dataclass(frozen=True)
class Check:
    """One check of the gate, and what it found in a sentence."""

    name: str
    passed: bool
    said: str


@dataclass(frozen=True)
class GateVerdict:
    """What the gate says."""

    passes: bool
    primary: AucDifference  # candidate - live
    checks: tuple[Check, ...]  # the primary one first
    films: int
    patients: int
    left_out: int  # films of patients of whom one of the models knows a film
    changed: tuple[int, ...]  # places, in the contest, of compared films whose decision changes sides


def judge_candidate(contest: Contest) -> GateVerdict:
    """Say whether the candidate may go live.

    Parameters
    ----------
    contest : Contest

    Raises
    ------
    ModelError
        If the models share no class, or too few patients are left that neither was trained on.
    """
    fresh = _unseen(contest)
    fair = contest.of(fresh)
    _check_enough(fair)
    primary = _difference(fair)
    checks = (_primary_check(fair, primary), *(check for find in CHECKS for check in find(fair)))
    changed = _changed(fair)
    return GateVerdict(
        passes=all(check.passed for check in checks),
        primary=primary,
        checks=checks,
        films=int(fresh.sum()),
        patients=len(set(fair.patients)),
        left_out=int((~fresh).sum()),
        changed=tuple(int(place) for place in np.flatnonzero(fresh)[changed]),
    )


def check_classes(contest: Contest) -> list[Check]:
    """Stop a candidate that no longer tells what the live model tells, or decides another question."""
    checks = []
    if contest.lost_classes:
        said = f"It does not tell {', '.join(contest.lost_classes)}, which the live model does."
        checks.append(Check("Classes", False, said))
    if contest.positive is None:
        said = "The two models take another class for no finding, so their decisions cannot be compared."
        checks.append(Check("Decisions", False, said))
    return checks


def check_labels(contest: Contest) -> list[Check]:
    """Stop a comparison on films whose labels look exchanged: the live model is plainly worse than a coin on a class.

    Whoever learns from exchanged labels is asked about exchanged ones too, and looks better for it.
    """
    wrong = []
    for name in contest.shared:
        truth = contest.truth[:, contest.classes.index(name)]
        scores = contest.live.probabilities[:, contest.live.classes.index(name)]
        (area,), covariance = auc_covariance(truth, scores[None])
        if area + float(ndtri((1 + LEVEL) / 2)) * float(covariance[0, 0]) ** 0.5 < 0.5:
            wrong.append(f"{name} (area {area:.2f})")
    if not wrong:
        return [Check("Labels", True, "No class of the test films looks as if it were exchanged with another.")]
    said = (
        f"On the test films the live model finds {', '.join(wrong)} worse than a coin would: labels may be exchanged. "
        "Look at some of them on the Label page."
    )
    return [Check("Labels", False, said)]


def check_sensitivity(contest: Contest) -> list[Check]:
    """Stop a candidate that misses more, each model at its live operating point."""
    if contest.positive is None or contest.live.calls is None or contest.candidate.calls is None:
        return []
    ill = contest.positive & contest.told_by_both
    if not ill.any():
        return []
    before, now = float(contest.live.calls[ill].mean()), float(contest.candidate.calls[ill].mean())
    said = f"Sensitivity {now:.3f}, of the live model {before:.3f}; it may fall by {LOST_SENSITIVITY:g}."
    return [Check("Sensitivity", now >= before - LOST_SENSITIVITY, said)]


def check_decisions(contest: Contest) -> list[Check]:
    """Stop a candidate whose decisions are wrong more often, beyond chance (McNemar)."""
    if contest.positive is None or contest.live.calls is None or contest.candidate.calls is None:
        return []
    both = contest.told_by_both
    found = compare_decisions(contest.positive[both], contest.candidate.calls[both], contest.live.calls[both])
    is_worse = found.only_second_right > found.only_first_right and found.p_value < SURE
    said = (
        f"Only the candidate is right on {found.only_first_right} films, only the live model on "
        f"{found.only_second_right} (p = {found.p_value:.2g})."
    )
    return [Check("Decisions", not is_worse, said)]


def check_calibration(contest: Contest) -> list[Check]:
    """Stop a candidate whose probabilities mean what they say less than those of the live model."""
    before, now = (_calibration_error(contest, side) for side in (contest.live, contest.candidate))
    said = f"Calibration error {now:.3f}, of the live model {before:.3f}; it may rise by {LOST_CALIBRATION:g}."
    return [Check("Calibration", now <= before + LOST_CALIBRATION, said)]


def check_groups(contest: Contest) -> list[Check]:
    """Stop a candidate that is plainly worse in a part of the films, where that is large enough to tell."""
    checks = []
    for name, films in contest.groups.items():
        part = contest.of(films)
        try:
            _check_enough(part)
        except ModelError:
            continue
        found = _difference(part)
        said = f"Area {found.first:.3f}, of the live model {found.second:.3f} ({found.low:+.3f} to {found.high:+.3f})."
        checks.append(Check(name, found.high >= -LOST_IN_GROUP, said))
    return checks


CHECKS: tuple[Callable[[Contest], list[Check]], ...] = (
    check_classes,
    check_labels,
    check_sensitivity,
    check_decisions,
    check_calibration,
    check_groups,
)


def _unseen(contest: Contest) -> np.ndarray:
    """Return the films, shape (n,) bool, of patients of whom neither model knows a film."""
    known = contest.live.knows | contest.candidate.knows
    seen = {patient for patient, one in zip(contest.patients, known, strict=True) if one}
    return np.array([patient not in seen for patient in contest.patients], bool)


def _primary_check(contest: Contest, found: AucDifference) -> Check:
    brings = contest.new_classes
    passed = found.low > 0 or (found.low > -MARGIN and bool(brings))
    said = (
        f"Area under the ROC curve {found.first:.3f}, of the live model {found.second:.3f}: "
        f"a difference of {found.low:+.3f} to {found.high:+.3f}. "
    )
    said += f"It brings {', '.join(brings)}, so {-MARGIN:+g} is enough." if brings else "It must lie above 0."
    return Check("Area under the ROC curve", passed, said)


def _difference(contest: Contest) -> AucDifference:
    truth = contest.truth[:, [contest.classes.index(name) for name in contest.shared]]
    candidate, live = (
        side.probabilities[:, [side.classes.index(name) for name in contest.shared]]
        for side in (contest.candidate, contest.live)
    )
    return compare_macro_aucs(truth, candidate, live, contest.patients)


def _check_enough(contest: Contest) -> None:
    if not contest.shared:
        raise ModelError("The two models share no class, so they cannot be compared.")
    patients = np.asarray(contest.patients, dtype=object)
    for name in contest.shared:
        has = contest.truth[:, contest.classes.index(name)]
        least = min(len(set(patients[has])), len(set(patients[~has])))
        if least < FEWEST:
            raise ModelError(
                f"Of {name}, {least} test patients with or without it were seen by neither model, and {FEWEST} are "
                "needed. Label films of more patients."
            )


def _calibration_error(contest: Contest, side: Side) -> float:
    errors = [
        expected_calibration_error(
            contest.truth[:, contest.classes.index(name)], side.probabilities[:, side.classes.index(name)]
        )
        for name in contest.shared
    ]
    return float(np.mean(errors))


def _changed(contest: Contest) -> np.ndarray:
    if contest.live.calls is None or contest.candidate.calls is None:
        return np.zeros(len(contest.truth), bool)
    return np.asarray(contest.live.calls != contest.candidate.calls)


def _some(side: Side, films: np.ndarray) -> Side:
    calls = None if side.calls is None else side.calls[films]
    return replace(side, probabilities=side.probabilities[films], knows=side.knows[films], calls=calls)
