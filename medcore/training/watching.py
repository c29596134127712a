"""Who looks on while a network is trained: told of each epoch, and free to break off."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medcore.errors import ModelError

if TYPE_CHECKING:
    import keras


class FitInterruptedError(ModelError):
    """A fit was asked to break off; what it has learnt is kept, and it goes on from there."""


@dataclass(frozen=True)
class Judgement:
    """What a network reaches on films that do not train it."""

    loss: float
    auc: float | None = None  # None where a class is missing

    @property
    def rank(self) -> tuple[float, float]:
        """The better, the larger: by the area, as the gate judges; the loss rises while a network grows too sure."""
        return -1.0 if self.auc is None else self.auc, -self.loss


@dataclass(frozen=True)
class Epoch:
    """What an epoch reached."""

    number: int  # from 1
    loss: float  # on the training films
    judgement: Judgement | None


@dataclass(frozen=True)
class Watch:
    """What looks on; each may be left out."""

    judge: Callable[["keras.Model"], Judgement] | None = None  # after each epoch
    on_epoch: Callable[[Epoch], None] | None = None
    is_stopped: Callable[[], bool] = lambda: False  # asked after each step


UNWATCHED = Watch()
