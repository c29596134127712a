"""What the network is asked to answer for each film: one label or several, as sure as the labels are."""

from collections.abc import Sequence

import numpy as np

from medcore.training.recipe import Recipe


def make_targets(labels: np.ndarray, classes: Sequence[str], recipe: Recipe) -> np.ndarray:
    """Return the share of each class that a film's label stands for.

    Parameters
    ----------
    labels : numpy.ndarray, shape (n,) int or (n, classes) bool
        Each film's place in `classes`, or which findings it has (several or none).
    classes : sequence of str
    recipe : Recipe
        Its `label_smoothing` (Szegedy et al., CVPR 2016, section 7), `doubtful` and `doubt`.

    Returns
    -------
    numpy.ndarray, shape (n, classes), float32
        A film with one label sums to 1.
    """
    if labels.ndim == 2:
        return np.asarray(labels * (1 - recipe.label_smoothing) + recipe.label_smoothing / 2, np.float32)
    shares = np.eye(len(classes))
    for group in recipe.doubtful:
        places = [classes.index(name) for name in group]
        moved = np.eye(len(classes))
        moved[places, places] = 1 - recipe.doubt
        moved[np.ix_(places, places)] += recipe.doubt / len(places)
        shares = shares @ moved
    smoothed = shares * (1 - recipe.label_smoothing) + recipe.label_smoothing / len(classes)
    return np.asarray(smoothed[labels], np.float32)


def truth_of(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return which classes a film has, shape (n, classes), bool; the first one is to have no finding.

    Parameters
    ----------
    labels : numpy.ndarray, shape (n,) int or (n, classes - 1) bool
        Each film's place among the classes, or which of all but the first it has.
    classes : int
    """
    if labels.ndim == 1:
        return np.asarray(labels[:, None] == np.arange(classes))
    return np.hstack([~labels.any(axis=1, keepdims=True), labels])


def film_weights(labels: np.ndarray, classes: int, balanced: bool) -> np.ndarray:
    """Return each film's weight in the loss, shape (n,), float32, with a mean of 1.

    Balanced, every class that occurs weighs as much as any other; films with several findings weigh alike.
    """
    if not balanced or labels.ndim == 2:
        return np.ones(len(labels), np.float32)
    counts = np.bincount(labels, minlength=classes)
    return np.asarray(len(labels) / (np.count_nonzero(counts) * counts[labels]), np.float32)
