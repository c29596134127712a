"""How pictures of every kind at hand fare at the scope checks: what should be answered, and what should be refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from medcore.classifier.familiarity import Familiarity
from medcore.classifier.quality import QualityModel
from medcore.classifier.report import ScopeRow
from medcore.evaluation.roc import auc
from medcore.training.scope_groups import Group, scope_groups

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
        A row's area under the ROC curve is that of the larger of both checks' scores, against the validation films.
    tuple of str
        Which groups are left out, a sentence each.
    """
    own = _scores(features_of, quality, familiarity, validation).max(axis=0)
    rows, left_out = [], []
    for name, make in scope_groups(validation, data).items():
        group = make()
        if group is None:
            left_out.append(f"{name}: the pictures are not at hand.")
        else:
            rows.append(_row(group, own, _scores(features_of, quality, familiarity, group.films), quality))
    return tuple(rows), tuple(left_out)


def _scores(features_of: Features, quality: QualityModel, familiarity: Familiarity, films: np.ndarray) -> np.ndarray:
    """Return both checks' scores, shape (2, n); above 1 is refused."""
    return np.stack([quality.score(films), familiarity.score(features_of(films))])


def _row(group: Group, own: np.ndarray, scores: np.ndarray, quality: QualityModel) -> ScopeRow:
    poor = np.array([quality.check(film).kind != "good" for film in group.films])
    unfamiliar = scores[1] > 1
    truth = np.repeat([False, True], [len(own), len(group.films)])
    return ScopeRow(
        group=group.name,
        films=len(group.films),
        in_scope=group.in_scope,
        auroc=auc(truth, np.concatenate([own, scores.max(axis=0)])),
        refused_quality=float(poor.mean()),
        refused_picture=float(unfamiliar.mean()),
        refused=float((poor | unfamiliar).mean()),
    )
