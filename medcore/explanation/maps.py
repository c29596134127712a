"""Raw Grad-CAM maps of a batch in closed form, from the same forward pass as the predictions.

Source: Selvaraju et al., Grad-CAM, ICCV 2017. Behind global average pooling and one dense layer the mean gradient of a
logit is that class' dense weight over the number of cells, so the map is the positive part of each cell's contribution.
"""

from collections.abc import Sequence

import numpy as np

from medcore.classifier.card import ModelCard
from medcore.classifier.classifier import Classifier, Prediction
from medcore.classifier.decision import any_gradient, positive_gradient


def targets(card: ModelCard) -> tuple[str, ...]:
    """Name what a model's maps can show: its finding, and each class."""
    return card.finding, *card.classes


def explain_batch(classifier: Classifier, inputs: np.ndarray) -> list[tuple[Prediction, dict[str, np.ndarray]]]:
    """Classify films and map where the network saw evidence for each target.

    Parameters
    ----------
    classifier : Classifier
    inputs : numpy.ndarray, shape (n, 224, 224), float32
        As `Classifier.predict` takes them.

    Returns
    -------
    list of (Prediction, dict of str to numpy.ndarray)
        For each film its prediction and its maps by target, each of shape (7, 7), float32, in logits a cell.

    Raises
    ------
    ModelError
        If the shape or the values are none that the network takes.
    """
    if not len(inputs):
        return []
    outputs = classifier.forward(inputs)
    predictions = classifier.judge(inputs, outputs)
    named = targets(classifier.card)
    films = zip(outputs.logits, outputs.contributions, strict=True)
    maps = [raw_maps(*film, named, several=classifier.card.several) for film in films]
    return list(zip(predictions, maps, strict=True))


def raw_maps(
    logits: np.ndarray, contributions: np.ndarray, named: Sequence[str], *, several: bool = False
) -> dict[str, np.ndarray]:
    """Return one film's raw Grad-CAM map for every target.

    Parameters
    ----------
    logits : numpy.ndarray, shape (classes,)
    contributions : numpy.ndarray, shape (rows, columns, classes)
        Each cell's part of each logit.
    named : sequence of str
        As `targets` names them.
    several : bool
        Whether the logits are of findings of which a film can have several; what speaks for none speaks against any.
    """
    each = np.eye(len(logits))
    by_target = (any_gradient(logits), -any_gradient(logits), *each) if several else (positive_gradient(logits), *each)
    every = zip(named, by_target, strict=True)
    gradients = dict(reversed(list(every)))  # of two classes, the finding's map stands for the class of that name
    return {
        target: np.maximum(contributions @ gradient, 0).astype(np.float32) for target, gradient in gradients.items()
    }
