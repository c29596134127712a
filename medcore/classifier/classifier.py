"""One trained network with its card, loaded once and asked from many threads."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medcore.classifier.card import ModelCard, read_model_card
from medcore.classifier.certainty import Certainty
from medcore.classifier.decision import positive_probability
from medcore.classifier.familiarity import Familiarity
from medcore.classifier.folding import fold_batch_norms
from medcore.classifier.forward import Forward, Outputs
from medcore.classifier.model_folder import MODEL_FILE, check_files, read_certainty, read_familiarity
from medcore.classifier.runtime import import_keras
from medcore.errors import ModelError
from medcore.evaluation.operating_point import OperatingPoint

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Prediction:
    """What a model says of one film."""

    probabilities: dict[str, float]  # by class, calibrated; they sum to 1, unless a film can have several findings
    pneumonia: float  # probability of either kind
    pneumonia_low: float  # Venn-Abers range
    pneumonia_high: float
    not_ruled_out: tuple[str, ...]  # the classes of the prediction set
    decision: str  # the card's finding or none, at the operating point
    operating_point: OperatingPoint
    model_version: str
    pixels_sha256: str  # of the display values, little-endian float32
    refusal: str  # why the picture is none that the model was made for; empty where it is one


class Classifier:
    """A network with its card; safe to share between threads."""

    def __init__(
        self,
        card: ModelCard,
        network: "keras.Model",
        certainty: Certainty,
        familiarity: Familiarity | None = None,
    ) -> None:
        self.card = card
        self.network = fold_batch_norms(network)
        self.forward = Forward(self.network, card.normalization)
        self.certainty = certainty
        self.familiarity = familiarity

    @classmethod
    def load(cls, folder: Path) -> "Classifier":
        """Load a model folder after checking its file against the SHA-256 in its card.

        Raises
        ------
        ModelError
            If a file is missing, the SHA-256 differs, or the network is not one that this version knows.
        """
        card = read_model_card(folder)
        check_files(folder, card)
        try:
            network = import_keras().saving.load_model(folder / MODEL_FILE, compile=False, safe_mode=True)
            certainty = read_certainty(folder)
            found = network.output_shape[-1], len(certainty.findings)
            if found != (len(card.answers), len(card.answers) if card.several else 0):
                raise ModelError(f"The model {folder.name} has other classes than its card names. Restore its folder.")
            return cls(card, network, certainty, read_familiarity(folder, card))
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
        return self.judge(inputs, self.forward(inputs)) if len(inputs) else []

    def judge(self, inputs: np.ndarray, outputs: Outputs) -> list[Prediction]:
        """Turn what the network computed for films into predictions."""
        rows = zip(inputs, outputs.logits, outputs.features, strict=True)
        return [self._prediction(*row) for row in rows]

    def _prediction(self, film: np.ndarray, logits: np.ndarray, features: np.ndarray) -> Prediction:
        point = self.card.operating_point
        by_class = self.certainty.calibrated(logits[None])[0]
        pneumonia = float(positive_probability(by_class, several=self.card.several))
        low, high = self.certainty.interval(float(self.certainty.score(logits[None])[0]))
        return Prediction(
            probabilities=dict(zip(self.card.classes, map(float, by_class), strict=True)),
            pneumonia=pneumonia,
            pneumonia_low=low,
            pneumonia_high=high,
            not_ruled_out=self.certainty.not_ruled_out(by_class, self.card.classes),
            decision=self.card.finding if pneumonia >= point.threshold else f"no {self.card.finding}",
            operating_point=point,
            model_version=f"{self.card.name} {self.card.version}",
            pixels_sha256=hashlib.sha256(np.ascontiguousarray(film, "<f4").tobytes()).hexdigest(),
            refusal=self.familiarity.refusal(features) if self.familiarity else "",
        )
