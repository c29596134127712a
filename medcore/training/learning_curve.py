"""Whether more labels would help, and of which class: how good a head becomes with an eighth, a quarter, … of them.

The features are those of the network that the training started from. Those of the trained one have seen all films
already, so that a part of the labels would look as good as all of them.

Source: Figueroa et al., Predicting sample size required for classification performance, BMC Medical Informatics and
Decision Making 2012 (learning curves on growing parts); no curve is fitted here, the last doubling speaks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medcore.evaluation.roc import auc
from medcore.training.linear_head import fit_linear_head

SHARES = (0.125, 0.25, 0.5, 1.0)  # of the patients
DRAWS = 5  # of each part
WORTH_IT = 0.01  # area that the last doubling must have brought


@dataclass(frozen=True)
class CurvePoint:
    """How good a head is with so many films, the mean over draws."""

    films: int
    areas: dict[str, float]  # by class, against the others, on validation films


@dataclass(frozen=True)
class LearningCurve:
    """What more and more labels brought."""

    points: tuple[CurvePoint, ...]

    @property
    def gains(self) -> dict[str, float]:
        """The area that the last doubling of the labels brought each class."""
        if len(self.points) < 2:
            return {}
        before, now = self.points[-2], self.points[-1]
        return {name: area - before.areas[name] for name, area in now.areas.items()}

    @property
    def advice(self) -> str:
        """Say in a sentence whether more labels would help."""
        worth = sorted((name for name, gain in self.gains.items() if gain >= WORTH_IT), key=self.gains.__getitem__)
        if not worth:
            return "Twice as many labels brought hardly anything lately: more of the same kind will not help much."
        named = ", ".join(f"{name} ({self.gains[name]:+.3f})" for name in reversed(worth))
        return f"More labels would help, of {named}: so much area did the last doubling bring."


def learning_curve(
    features: np.ndarray,
    labels: np.ndarray,
    patients: Sequence[str],
    held_out: np.ndarray,
    expected: np.ndarray,
    classes: Sequence[str],
    seed: int = 0,
) -> LearningCurve:
    """Fit heads to growing parts of the patients and measure each on films of others.

    Parameters
    ----------
    features : numpy.ndarray, shape (n, features)
    labels : numpy.ndarray, shape (n,) int or (n, classes) bool
        Places in `classes`, or which of them a film has.
    patients : sequence of str, length n
    held_out : numpy.ndarray, shape (m, features)
    expected : numpy.ndarray, shape (m,) int or (m, classes) bool
    classes : sequence of str
    seed : int

    Returns
    -------
    LearningCurve
        Parts in which a class is missing, or that all films have, are left out.
    """
    generator = np.random.default_rng(seed)
    truth = _truth(labels, len(classes))
    names = np.asarray(patients, dtype=object)
    points = []
    for share in SHARES:
        drawn = [_draw(names, truth, share, generator) for _ in range(DRAWS if share < 1 else 1)]
        whole = [places for places in drawn if truth[places].any(axis=0).all() and not truth[places].all(axis=0).any()]
        fit_heads = _fit_each if labels.ndim == 2 else _fit_one
        areas = [
            _areas(fit_heads(features[places], truth[places], held_out), _truth(expected, len(classes)))
            for places in whole
        ]
        if areas:
            mean = np.mean(areas, axis=0)
            films = round(float(np.mean([len(places) for places in whole])))
            points.append(CurvePoint(films, dict(zip(classes, map(float, mean), strict=True))))
    return LearningCurve(tuple(points))


def _truth(labels: np.ndarray, classes: int) -> np.ndarray:
    return labels if labels.ndim == 2 else labels[:, None] == np.arange(classes)


def _draw(patients: np.ndarray, truth: np.ndarray, share: float, generator: np.random.Generator) -> np.ndarray:
    """Draw a share of each class's patients, each of the classes of its first film; return their films' places."""
    kind_of: dict[str, bytes] = {}
    for patient, classes in zip(patients, truth, strict=True):
        kind_of.setdefault(patient, classes.tobytes())
    chosen: set[str] = set()
    for kind in sorted(set(kind_of.values())):
        having = sorted(patient for patient, its_kind in kind_of.items() if its_kind == kind)
        chosen.update(generator.permutation(having)[: max(1, round(share * len(having)))])
    return np.flatnonzero([patient in chosen for patient in patients])


def _fit_one(features: np.ndarray, truth: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """Fit one head to films that have one class each, and return the logits of others, shape (m, classes)."""
    kernel, bias = fit_linear_head(features, truth.astype(np.float64))
    return np.asarray(held_out @ kernel + bias)


def _fit_each(features: np.ndarray, truth: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """Fit a head to each finding by itself, and return the logits of others, shape (m, classes)."""
    heads = [_fit_one(features, np.stack([~has, has], axis=1), held_out) for has in truth.T]
    return np.stack([logits[:, 1] - logits[:, 0] for logits in heads], axis=1)


def _areas(logits: np.ndarray, truth: np.ndarray) -> list[float]:
    return [auc(has, its) for has, its in zip(truth.T, logits.T, strict=True)]
