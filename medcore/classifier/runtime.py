"""Import TensorFlow late and quietly: it takes seconds, and it writes its own lines to the terminal."""

import os
from typing import Any


def import_keras() -> Any:
    """Import Keras on TensorFlow and return it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import keras

    return keras
