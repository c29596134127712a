"""Raw Grad-CAM maps by tf-keras-vis, for any network that ends in a map of features.

Source: Selvaraju et al., Grad-CAM, ICCV 2017.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from medcore.classifier.card import ModelCard
from medcore.classifier.classifier import Classifier
from medcore.classifier.network import FEATURES_LAYER
from medcore.classifier.normalization import normalize
from medcore.errors import ModelError
from medcore.explanation.maps import targets


def grad_cam(classifier: Classifier, inputs: np.ndarray, target: str) -> np.ndarray:
    """Map where the network saw evidence for a target, on the network's own cells and in its own scale.

    Parameters
    ----------
    classifier : Classifier
    inputs : numpy.ndarray, shape (n, 224, 224), float32
        As `Classifier.predict` takes them.
    target : str
        A class, or the finding.

    Returns
    -------
    numpy.ndarray, shape (n, 7, 7), float32
        Not below 0; never stretched.

    Raises
    ------
    ModelError
        If the network knows no such target.
    """
    from tf_keras_vis.gradcam import Gradcam

    return np.asarray(
        Gradcam(classifier.network)(
            _score(target, classifier.card),
            normalize(inputs, classifier.card.normalization),
            penultimate_layer=FEATURES_LAYER,
            seek_penultimate_conv_layer=False,
            expand_cam=False,
            normalize_cam=False,
        )
    )


def _score(target: str, card: ModelCard) -> Callable[[Any], Any]:
    import tensorflow as tf

    if target in card.answers:
        place = card.answers.index(target)
        return lambda logits: logits[:, place]
    if card.several and target in (card.classes[0], card.finding):
        sign = -1 if target == card.classes[0] else 1
        return lambda logits: sign * _any_logit(logits)
    if target != card.finding:
        raise ModelError(f"There is no heatmap for {target!r}. Choose one of {', '.join(targets(card))}.")
    return lambda logits: tf.reduce_logsumexp(logits[:, 1:], axis=1) - logits[:, 0]  # as positive_logit


def _any_logit(logits: Any) -> Any:
    """Do as `medcore.classifier.decision.any_logit`, so that a gradient can be taken."""
    import tensorflow as tf

    all_absent = tf.reduce_sum(tf.math.softplus(logits), axis=1)
    return all_absent + tf.math.log(-tf.math.expm1(-all_absent))
