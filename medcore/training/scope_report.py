"""How pictures of every kind at hand fare at the scope checks: what should be answered, and what should be refused."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from medcore.classifier.familiarity import Familiarity
from medcore.classifier.quality import QualityModel
from medcore.classifier.report import ScopeRow
from medcore.evaluation.roc import auc
from medcore.training.scope_groups import COARSE, COARSE_CHESTS, VALIDATION, Group, scope_groups

CONTROLS = (COARSE, COARSE_CHESTS)  # chest films of 64 pixels: what tells hands from these is not the blur
Features = Callable[[np.ndarray], np.ndarray]  # films (n, rows, columns) in, features (n, 1280) out


def report_scope(
    features_of: Features, quality: QualityModel, familiarity: Familiarity, validation: np.ndarray, data: Path
) -> tuple[tuple[ScopeRow, ...], tuple[str, ...]]:
    """Show every group to both checks. The films' own size is left out: small ones would all be refused for it.

    Parameters
    ----------
    features_of : callable
        Takes display values, shape (n, 224, 224), and returns the network's features, shape (n, 1280).
    quality : QualityModel
    familiarity : Familiarity
    validation : numpy.ndarray, shape (n, 224, 224)
        Films that should be answered.
    data : Path
        The folder of real pictures; a group whose folder is not there is left out.

    Returns
    -------
    tuple of ScopeRow
        A row's areas under the ROC curve are those of the larger of both checks' scores: against the validation
        films, and against chest films that are as coarse as the small pictures of other body parts.
    tuple of str
        Which groups are left out, a sentence each.
    """
    scores: dict[str, np.ndarray] = {}
    rows, left_out = [], []
    for name, make in scope_groups(validation, data).items():
        group = make()
        if group is None:
            left_out.append(f"{name}: the pictures are not at hand.")
            continue
        both = _scores(features_of, quality, familiarity, group.films)
        scores[name] = both.max(axis=0)
        rows.append(_row(group, both, scores, quality))
    coarse = [scores[name] for name in CONTROLS if name in scores]
    return tuple(replace(row, auroc_controls=_auroc(coarse, scores[row.group])) for row in rows), tuple(left_out)


def _scores(features_of: Features, quality: QualityModel, familiarity: Familiarity, films: np.ndarray) -> np.ndarray:
    """Return both checks' scores, shape (2, n); above 1 is refused."""
    return np.stack([quality.score(films), familiarity.score(features_of(films))])


def _row(group: Group, both: np.ndarray, scores: dict[str, np.ndarray], quality: QualityModel) -> ScopeRow:
    poor = np.array([quality.check(film).kind != "good" for film in group.films])
    unfamiliar = both[1] > 1
    return ScopeRow(
        group=group.name,
        films=len(group.films),
        in_scope=group.in_scope,
        auroc=_auroc([scores[VALIDATION]], scores[group.name]),
        refused_quality=float(poor.mean()),
        refused_picture=float(unfamiliar.mean()),
        refused=float((poor | unfamiliar).mean()),
    )


def _auroc(inside: Sequence[np.ndarray], outside: np.ndarray) -> float:
    own = np.concatenate(inside)
    return auc(np.repeat([False, True], [len(own), len(outside)]), np.concatenate([own, outside]))
