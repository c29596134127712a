"""Put each batch normalization into the convolution before it, so that TensorFlow computes both as one.

Source: Jacob et al., Quantization and Training of Neural Networks, CVPR 2018, section 3.2.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from medcore.classifier.network import NORM_SUFFIX
from medcore.classifier.runtime import import_keras

if TYPE_CHECKING:
    import keras


def fold_batch_norms(network: "keras.Model") -> "keras.Model":
    """Return a network that answers the same without batch normalizations; the one given stays as it is.

    A normalization is folded if it is named after its convolution, as `build_network` names it.
    """
    keras = import_keras()
    names = {layer.name for layer in network.layers}
    folded = keras.models.clone_model(network, clone_function=lambda layer: _without_norm(layer, names))
    for layer in (layer for layer in folded.layers if layer.weights):
        weights = network.get_layer(layer.name).get_weights()
        if layer.name + NORM_SUFFIX in names:
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            weights = _folded_weights(weights[0], network.get_layer(layer.name + NORM_SUFFIX), depthwise)
        layer.set_weights(weights)
    return folded


def _without_norm(layer: Any, names: set[str]) -> Any:
    import keras

    class Pass(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
        def call(self, x: Any, training: bool | None = None, mask: Any = None) -> Any:
            return x

    if layer.name.removesuffix(NORM_SUFFIX) in names - {layer.name}:
        return Pass(name=layer.name)
    config = layer.get_config()
    if layer.name + NORM_SUFFIX in names:
        config["use_bias"] = True
    return type(layer).from_config(config)


def _folded_weights(kernel: np.ndarray, norm: Any, depthwise: bool) -> list[np.ndarray]:
    gain, offset, mean, variance = (weight.astype(np.float64) for weight in norm.get_weights())
    scale = gain / np.sqrt(variance + norm.epsilon)
    scaled = kernel * (scale[:, None] if depthwise else scale)  # (height, width, in, out), or (height, width, out, 1)
    return [scaled.astype(np.float32), (offset - mean * scale).astype(np.float32)]
