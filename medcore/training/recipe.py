"""The choices of one training run, saved with the model: what another data set changes are settings, not code."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Literal

from medcore.classifier.normalization import Normalization
from medcore.training.augmentation import Augmentation

Optimizer = Literal["adamw", "lion", "sgd"]
Schedule = Literal["constant", "cosine", "linear"]
Loss = Literal["cross-entropy", "focal"]  # of a softmax, or of sigmoids where a film can have several findings
Precision = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]  # auto: mixed on a GPU, where it is quicker


@dataclass(frozen=True)
class Phase:
    """Epochs at one size of the input; small films first take less time, and the network sees more of them."""

    size: int  # rows and columns
    epochs: int
    strength: float = 1.0  # of the augmentation; a mild end brings the network back to films as they are


@dataclass(frozen=True)
class Recipe:
    """The choices of one training run."""

    seed: int = 1
    phases: tuple[Phase, ...] = (Phase(224, 4),)
    head_first: bool = False  # the last layer is fitted to the untouched features before all are trained
    frozen_blocks: int = 0  # the stem and so many blocks stay as they are published, which takes half of the time away
    normalizations_kept: bool = False  # so do the normalizations, so that a film is seen in training as it is later
    batch_size: int = 32
    optimizer: Optimizer = "adamw"
    learning_rate: float = 3e-4  # after the warm-up; the schedule takes it from there
    schedule: Schedule = "cosine"
    warm_up_steps: int = 50
    weight_decay: float = 0.01
    gradient_norm: float | None = None  # longest gradient; None for any length
    weight_average: float | None = None  # momentum of the weights' moving average, which is kept; None for none
    loss: Loss = "cross-entropy"
    label_smoothing: float = 0.0  # share of a label given to all classes alike
    doubtful: tuple[tuple[str, ...], ...] = ()  # classes that the labels may mix up
    doubt: float = 0.0  # share of a label given to the classes that it may be mixed up with
    balanced: bool = False  # every class weighs as much as any other
    patience: int | None = None  # epochs without a larger area on validation films before the fit stops; None: never
    mixup: float = 0.0  # parameter of the beta distribution; 0 for none
    dropout: float = 0.2
    normalization: Normalization = "none"
    augmentation: Augmentation = field(default_factory=Augmentation)
    precision: Precision = "auto"

    @property
    def digest(self) -> str:
        """Name the recipe, whatever its seed, in eight hexadecimal digits."""
        entries = {**self.to_json(), "seed": None}
        if self.patience is None:  # recipes from before there was patience keep their names
            del entries["patience"]
        text = json.dumps(entries, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    @property
    def normalization_text(self) -> str:
        """Say what happens to the gray values."""
        return {"none": "as they are", "equalized": "equalized", "half equalized": "half equalized"}[self.normalization]

    @property
    def preprocessing(self) -> str:
        """Say what becomes of a film before the network sees it."""
        size = self.phases[-1].size
        return (
            f"Display values 0 (black) to 255 (white), area-resized to {size} x {size} without keeping the aspect "
            f"ratio, gray values {self.normalization_text}, float32; the network itself maps x to (x - 127) / 128"
        )

    @property
    def epochs(self) -> int:
        """Epochs of all phases."""
        return sum(phase.epochs for phase in self.phases)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, entries: dict[str, Any]) -> "Recipe":
        """Read the settings back."""
        parts: dict[str, Any] = {
            "phases": tuple(Phase(**phase) for phase in entries["phases"]),
            "doubtful": tuple(map(tuple, entries["doubtful"])),
            "augmentation": Augmentation(**entries["augmentation"]),
        }
        return cls(**{**entries, **parts})


# The chosen row of `medcore.training.trials`, its second half at the size that the model works at, and shuttered films:
# without them, a black border over the outer tenth of a film changed every fifth decision on validation.
DEFAULT_RECIPE = Recipe(
    phases=(Phase(128, 12), Phase(224, 6, strength=0.6), Phase(224, 3, strength=0.25)),
    frozen_blocks=3,
    normalizations_kept=True,
    augmentation=Augmentation(
        rotation_degrees=10,
        shift=0.08,
        zoom=0.15,
        aspect=0.15,
        gamma=0.5,
        contrast=0.35,
        brightness=30,
        shading=25,
        coarsest=0.4,
        bordered=0.15,
    ),
)
