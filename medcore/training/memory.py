"""What a fit remembers, so that it goes on where it stood: the network with its optimizer, and the best epoch."""

import dataclasses
import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from medcore.classifier.runtime import import_keras
from medcore.training.watching import Judgement

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)

STATE = "fit.keras"  # the network with its optimizer
BEST = "best.npz"  # the weights of the best epoch so far
PLACE = "fit.json"  # how far that is, and of which fit


class Memory:
    """The memory of one fit: in a folder, or only for as long as it runs."""

    def __init__(self, folder: Path | None, identity: str) -> None:
        self._folder, self._identity = folder, identity
        self._best_epoch = -1
        self._best: Judgement | None = None
        self._best_weights: list[np.ndarray] | None = None

    def resume(self) -> tuple[Any, int]:
        """Return the network as it was and the steps that it has seen; None and 0 where there is none."""
        place = self._place()
        if self._folder is None or not place:
            return None, 0
        log.info("resuming after step %d", place["steps"])
        network = import_keras().saving.load_model(self._folder / place["state"], safe_mode=True)
        for state, value in zip(_random_states(network), place["random"], strict=True):
            state.assign(value)
        if place["best"]:
            self._best_epoch, self._best = place["best"]["epoch"], Judgement(**place["best"]["judgement"])
            with np.load(self._folder / place["best_state"], allow_pickle=False) as weights:
                self._best_weights = [weights[f"arr_{number}"] for number in range(len(weights.files))]
        return network, int(place["steps"])

    def note(self, network: "keras.Model", epoch: int, judgement: Judgement) -> None:
        """Remember the network of an epoch, from 0, where it is the best so far."""
        if self._best is None or judgement.rank > self._best.rank:
            self._best_epoch, self._best = epoch, judgement
            self._best_weights = [np.array(weight) for weight in network.get_weights()]

    def is_over(self, epoch: int, patience: int | None) -> bool:
        """Say whether so many epochs before this one, from 0, brought nothing better."""
        return patience is not None and self._best_epoch >= 0 and epoch - self._best_epoch > patience

    def best_weights(self) -> list[np.ndarray] | None:
        """Return the weights of the best epoch; None where none was judged."""
        return self._best_weights

    def keep(self, network: "keras.Model", steps: int) -> None:
        """Write the network beside the last one, then in one step say that it counts."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{self._identity[:16]}-{steps}"  # never over the last one, not even another fit's
        network.save(self._folder / f"{name}-{STATE}")
        best = None
        if self._best is not None and self._best_weights is not None:
            best = {"epoch": self._best_epoch, "judgement": dataclasses.asdict(self._best)}
            np.savez(self._folder / f"{name}-{BEST}", *self._best_weights)
        place = {
            "identity": self._identity,
            "steps": steps,
            "state": f"{name}-{STATE}",
            "best_state": f"{name}-{BEST}",
            "best": best,
            "random": [np.asarray(state).tolist() for state in _random_states(network)],
        }
        draft = self._folder / f"{PLACE}.new"
        draft.write_text(json.dumps(place))
        os.sync()  # the state is on the disk before it counts
        draft.replace(self._folder / PLACE)
        for old in (*self._folder.glob(f"*-{STATE}"), *self._folder.glob(f"*-{BEST}")):
            if not old.name.startswith(f"{name}-"):
                old.unlink()

    def _place(self) -> dict[str, Any]:
        try:
            place: dict[str, Any] = json.loads((self._folder / PLACE).read_text()) if self._folder else {}
        except FileNotFoundError:
            return {}
        except ValueError:  # a power cut
            log.warning("what was kept of a fit cannot be read, so that it begins anew")
            return {}
        return place if place.get("identity") == self._identity and "steps" in place else {}


def _random_states(network: "keras.Model") -> list[Any]:
    """Return what dropout draws from; Keras leaves it out of its files."""
    weights = {id(weight) for weight in network.weights}
    return [variable for variable in network.variables if id(variable) not in weights]
