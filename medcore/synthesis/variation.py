"""Vary films within the graph, so that the generator learns through it.

Source: Zhao et al., Differentiable Augmentation for Data-Efficient GAN Training, NeurIPS 2020. Nothing is mirrored: a
heart on the right would be another patient's.
"""

from typing import Any

BRIGHTNESS = 0.4  # of the range -1 to 1
CONTRAST = 0.3  # share
SHIFT = 0.1  # share of the side
ZOOM = 0.1  # share
CUT = 0.35  # side of the square that is blackened, share of the film's


def vary(films: Any) -> Any:
    """Return films, a tensor of shape (n, rows, columns, 1), -1 to 1, each varied at random."""
    import tensorflow as tf

    count, side = tf.shape(films)[0], films.shape[1]

    def drawn(low: float, high: float) -> Any:
        return tf.random.uniform((count,), low, high)

    def each(values: Any) -> Any:
        return tf.reshape(values, (-1, 1, 1, 1))

    mean = tf.reduce_mean(films, axis=(1, 2, 3), keepdims=True)
    films = (films - mean) * each(drawn(1 - CONTRAST, 1 + CONTRAST)) + mean + each(drawn(-BRIGHTNESS, BRIGHTNESS))
    films = _moved(films, drawn(-SHIFT, SHIFT) * side, drawn(-SHIFT, SHIFT) * side, drawn(1 - ZOOM, 1 + ZOOM))
    places = tf.range(side, dtype=tf.float32)
    middles = (drawn(0, 1) * side, drawn(0, 1) * side)
    rows, columns = (tf.abs(places[None, :] - middle[:, None]) < CUT * side / 2 for middle in middles)
    cut = tf.logical_and(rows[:, :, None, None], columns[:, None, :, None])
    return tf.where(tf.logical_and(cut, each(drawn(0, 1)) < 0.5), -tf.ones_like(films), films)


def _moved(films: Any, down: Any, across: Any, scale: Any) -> Any:
    import tensorflow as tf

    middle = (films.shape[1] - 1) / 2
    nothing = tf.zeros_like(scale)
    transforms = tf.stack(
        [
            *(scale, nothing, (1 - scale) * middle + across),
            *(nothing, scale, (1 - scale) * middle + down),
            *(nothing, nothing),
        ],
        axis=1,
    )
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=films,
        transforms=transforms,
        output_shape=tf.shape(films)[1:3],
        fill_value=-1.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )
