"""EfficientNet-Lite0 as one flat Keras graph from a grayscale film to logits.

Source: Tan and Le, EfficientNet, ICML 2019, table 1; its Lite variant leaves out squeeze-and-excite and uses ReLU6
(tensorflow/tpu, models/official/efficientnet/lite).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # TensorFlow takes seconds to import: only a call may pay for it
    import keras

ARCHITECTURE = "EfficientNet-Lite0, global average pooling, one dense layer of logits"
INPUT_SIZE = (224, 224)  # rows, columns
FEATURES_LAYER = "features"  # the last map before pooling, which Grad-CAM looks at
LOGITS_LAYER = "logits"
BATCH_NORM_EPSILON = 1e-3  # of the published weights
NORM_SUFFIX = "_norm"  # a normalization is named after its convolution


@dataclass(frozen=True)
class Stage:
    """Blocks of one kind in a row; the first of them strides."""

    kernel: int
    repeats: int
    filters: int
    expansion: int
    stride: int


STEM_FILTERS = 32
HEAD_FILTERS = 1280
STAGES = (
    Stage(kernel=3, repeats=1, filters=16, expansion=1, stride=1),
    Stage(kernel=3, repeats=2, filters=24, expansion=6, stride=2),
    Stage(kernel=5, repeats=2, filters=40, expansion=6, stride=2),
    Stage(kernel=3, repeats=3, filters=80, expansion=6, stride=2),
    Stage(kernel=5, repeats=3, filters=112, expansion=6, stride=1),
    Stage(kernel=5, repeats=4, filters=192, expansion=6, stride=2),
    Stage(kernel=3, repeats=1, filters=320, expansion=6, stride=1),
)


def build_network(classes: int, *, shape: tuple[int | None, ...] = INPUT_SIZE, dropout: float = 0.0) -> "keras.Model":
    """Build EfficientNet-Lite0 with randomly drawn weights.

    The three colour channels of the published network would all see the same film, so its first convolution has one
    channel for gray films, whose kernel is the sum of the three (`medcore.training.pretrained` adds them up).

    Parameters
    ----------
    classes : int
        Number of logits.
    shape : tuple of int or None
        Rows and columns of gray films, or rows, columns and channels; None for rows and columns that vary.
    dropout : float
        Share of the pooled features dropped while training.

    Returns
    -------
    keras.Model
        Input (n, *shape) float32, values 0 (black) to 255 (white); output (n, classes) float32 logits.
    """
    import keras

    layers = keras.layers
    film = keras.Input(shape, name="film")
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="normalize")(film)
    if len(shape) == 2:
        x = layers.Reshape((*shape, 1), name="channel")(x)
    x = _convolution(x, "stem", STEM_FILTERS, kernel=3, stride=2)
    for name, stage, stride in _blocks():
        x = _inverted_residual(x, name, stage, stride)
    x = _convolution(x, "head", HEAD_FILTERS, kernel=1, activation_name=FEATURES_LAYER)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    logits = layers.Dense(classes, dtype="float32", name=LOGITS_LAYER)(x)  # also where the rest is half precision
    return keras.Model(film, logits, name="efficientnet_lite0")


def _blocks() -> list[tuple[str, Stage, int]]:
    strided = [(stage, stage.stride if i == 0 else 1) for stage in STAGES for i in range(stage.repeats)]
    return [(f"block{number}", stage, stride) for number, (stage, stride) in enumerate(strided)]


def _inverted_residual(x: "keras.KerasTensor", name: str, stage: Stage, stride: int) -> "keras.KerasTensor":
    import keras

    channels = x.shape[-1]
    y = x
    if stage.expansion > 1:
        y = _convolution(y, f"{name}_expand", channels * stage.expansion, kernel=1)
    depthwise = keras.layers.DepthwiseConv2D(
        stage.kernel, stride, padding="same", use_bias=False, name=f"{name}_depthwise"
    )
    y = _normalized(depthwise(y), f"{name}_depthwise")
    project = keras.layers.Conv2D(stage.filters, 1, use_bias=False, name=f"{name}_project")
    y = keras.layers.BatchNormalization(epsilon=BATCH_NORM_EPSILON, name=f"{name}_project{NORM_SUFFIX}")(project(y))
    if stride == 1 and channels == stage.filters:
        y = keras.layers.Add(name=f"{name}_add")([x, y])
    return y


def _convolution(
    x: "keras.KerasTensor",
    name: str,
    filters: int,
    *,
    kernel: int,
    stride: int = 1,
    activation_name: str | None = None,
) -> "keras.KerasTensor":
    import keras

    layer = keras.layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, name=name)
    return _normalized(layer(x), name, activation_name)


def _normalized(x: "keras.KerasTensor", name: str, activation_name: str | None = None) -> "keras.KerasTensor":
    import keras

    normalize = keras.layers.BatchNormalization(epsilon=BATCH_NORM_EPSILON, name=name + NORM_SUFFIX)
    return keras.layers.ReLU(6.0, name=activation_name or f"{name}_relu6")(normalize(x))
