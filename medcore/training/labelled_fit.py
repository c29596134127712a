"""Train on a labelled set of any kind, and measure: what another set changes are settings, not code."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medcore.classifier.network import build_network
from medcore.classifier.normalization import normalize
from medcore.errors import ModelError
from medcore.training.asking import outputs_of
from medcore.training.batches import resize_films
from medcore.training.fit import OnProgress
from medcore.training.labelled_set import LabelledSet
from medcore.training.recipe import Recipe
from medcore.training.set_figures import SetFigures, measure_answers, to_probabilities
from medcore.training.starting import Start, start_pretrained, train_network

if TYPE_CHECKING:
    import keras


def train_classifier(
    labelled: LabelledSet,
    recipe: Recipe,
    work: Path | None = None,
    on_progress: OnProgress | None = None,
    *,
    build: Callable[..., "keras.Model"] = build_network,
    start: Start | None = start_pretrained,
) -> tuple["keras.Model", SetFigures]:
    """Train on a set's training part and measure on its validation part; its test part is not looked at.

    Parameters
    ----------
    labelled : LabelledSet
    recipe : Recipe
        Pictures are brought to its phases' sizes, enlarged where they are smaller.
    work : Path, optional
        Folder that remembers the last whole epoch; an interrupted training goes on from there.
    on_progress : callable, optional
        Called after each step with steps done and steps in all.
    build : callable
        Number of classes, `shape` and `dropout` in, a network that answers with logits out.
    start : callable, optional
        Training pictures, their targets and the recipe in, what fills the network with the weights to start from out;
        None to draw the weights.

    Returns
    -------
    keras.Model, SetFigures
        The network for the last phase's size, and how good it is on the validation part.

    Raises
    ------
    ModelError
        If the training or the validation part is empty, the weights to start from are missing, or training fails; if
        the head is to be fitted first although a picture can have several findings.
    """
    if labelled.has_findings and recipe.head_first:
        raise ModelError("The head can be fitted first only where a picture has one label. Set head_first to False.")
    training, validation = labelled.part("train"), labelled.part("validation")
    for part, name in ((training, "training"), (validation, "validation")):
        if not part.patients:
            raise ModelError(f"The labelled set has no {name} pictures. Give some, or leave the split to MedCore.")
    network = train_network(
        training.inputs,
        training.labels,
        labelled.classes,
        recipe,
        build=build,
        start=start,
        work=work,
        on_progress=on_progress,
    )
    return network, measure(validation, predict(network, validation, recipe))


def predict(network: "keras.Model", pictures: LabelledSet, recipe: Recipe, *, turned: bool = False) -> np.ndarray:
    """Return the probability of each class for each picture.

    Parameters
    ----------
    network : keras.Model
    pictures : LabelledSet
    recipe : Recipe
        The one that the network was trained with.
    turned : bool
        Return the mean over the mirror images that the recipe trained with, the picture itself among them.

    Returns
    -------
    numpy.ndarray, shape (n, classes), float64
        A row sums to 1, unless a picture can have several findings.
    """
    inputs = resize_films(pictures.inputs, recipe.phases[-1].size)
    views = [inputs]
    if turned and recipe.augmentation.mirrored:
        views += [view[:, :, ::-1] for view in views]
    if turned and recipe.augmentation.upended:
        views += [view[:, ::-1] for view in views]
    outputs = [outputs_of(network, normalize(view, recipe.normalization)) for view in views]
    answers = [to_probabilities(logits, several=pictures.has_findings) for logits in outputs]
    return np.asarray(np.mean(answers, axis=0))


def measure(pictures: LabelledSet, answers: np.ndarray) -> SetFigures:
    """Compare the probabilities, shape (n, classes), with the labels of pictures; see `measure_answers`."""
    return measure_answers(pictures.labels, answers, pictures.classes)
