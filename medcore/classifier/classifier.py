"""One trained network with its card, loaded once and asked from many threads."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medcore.classifier.card import MODEL_FILE, ModelCard, OperatingPoint, model_sha256, read_model_card
from medcore.classifier.decision import CLASSES, NO_PNEUMONIA, PNEUMONIA, pneumonia_probability, probabilities
from medcore.classifier.folding import fold_batch_norms
from medcore.classifier.forward import Forward
from medcore.classifier.runtime import import_keras
from medcore.errors import ModelError

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Prediction:
    """What a model says of one film."""

    probabilities: dict[str, float]  # by class; they sum to 1
    pneumonia: float  # probability of either kind
    decision: str  # "pneumonia" or "no pneumonia", at the operating point
    operating_point: OperatingPoint
    model_version: str
    pixels_sha256: str  # of the network's input, little-endian float32


class Classifier:
    """A network with its card; safe to share between threads."""

    def __init__(self, card: ModelCard, network: "keras.Model") -> None:
        self.card = card
        self.network = fold_batch_norms(network)
        self.forward = Forward(self.network)

    @classmethod
    def load(cls, folder: Path) -> "Classifier":
        """Load a model folder after checking its file against the SHA-256 in its card.

        Raises
        ------
        ModelError
            If a file is missing, the SHA-256 differs, or the network is not one that this version knows.
        """
        card = read_model_card(folder)
        if model_sha256(folder) != card.sha256:
            raise ModelError(
                f"The model file of {folder.name} is not the one that its card describes (SHA-256 differs), "
                "so it is not opened. Restore the folder from MedCore's own files."
            )
        if card.classes != CLASSES:
            raise ModelError(f"The model {folder.name} has other classes than {', '.join(CLASSES)}. Update MedCore.")
        try:
            network = import_keras().saving.load_model(folder / MODEL_FILE, compile=False, safe_mode=True)
            return cls(card, network)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise ModelError(f"The model {folder.name} cannot be loaded. Restore it from MedCore's files.") from error

    def predict(self, inputs: np.ndarray) -> list[Prediction]:
        """Classify one film or many.

        Parameters
        ----------
        inputs : numpy.ndarray, shape (n, 224, 224), float32
            Display values, 0 (black) to 255 (white).

        Returns
        -------
        list of Prediction
            One a film, in the order given; a film's figures do not depend on its neighbours.

        Raises
        ------
        ModelError
            If the shape or the values are none that the network takes.
        """
        return self.judge(inputs, self.forward(inputs).logits) if len(inputs) else []

    def judge(self, inputs: np.ndarray, logits: np.ndarray) -> list[Prediction]:
        """Turn the logits of films into predictions."""
        rows = zip(inputs, probabilities(logits), pneumonia_probability(logits), strict=True)
        return [self._prediction(film, by_class, float(pneumonia)) for film, by_class, pneumonia in rows]

    def _prediction(self, film: np.ndarray, by_class: np.ndarray, pneumonia: float) -> Prediction:
        point = self.card.operating_point
        return Prediction(
            probabilities=dict(zip(self.card.classes, map(float, by_class), strict=True)),
            pneumonia=pneumonia,
            decision=PNEUMONIA if pneumonia >= point.threshold else NO_PNEUMONIA,
            operating_point=point,
            model_version=f"{self.card.name} {self.card.version}",
            pixels_sha256=hashlib.sha256(np.ascontiguousarray(film, "<f4").tobytes()).hexdigest(),
        )
