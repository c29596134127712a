"""Put a candidate and the live model before the same test films, as the gate asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from medcore.classifier import Classifier
from medcore.classifier.decision import positive_probability
from medcore.classifier.model_folder import read_training_films
from medcore.errors import ModelError
from medcore.training.batches import resize_films
from medcore.training.gate import Contest, GateVerdict, Side
from medcore.training.labelled_films import LabelledFilms

NO_TEST = "The data set has no test films yet, so nothing can be compared. Label films of more patients."


def make_contest(data: LabelledFilms, candidate: Path, live: Path, groups: Mapping[str, Sequence[bool]]) -> Contest:
    """Ask both models about the test films of a data set.

    Parameters
    ----------
    data : LabelledFilms
    candidate, live : Path
        Model folders.
    groups : mapping
        By the name of a subgroup, which of the test films are in it.

    Raises
    ------
    ModelError
        If there are no test films, or a model cannot be loaded.
    """
    films, labels, patients = data.part("test")
    if not len(films):
        raise ModelError(NO_TEST)
    shown = films.read(range(len(films)))
    hashes = [data.dataset.images[place].pixels_sha256 for place in data.places("test")]
    one, other = Classifier.load(candidate), Classifier.load(live)
    same_finding = (one.card.finding, one.card.classes[0]) == (other.card.finding, other.card.classes[0])
    return Contest(
        classes=data.classes,
        truth=np.eye(len(data.classes), dtype=bool)[labels],
        patients=patients,
        live=_side(other, live, shown, hashes, decides=same_finding),
        candidate=_side(one, candidate, shown, hashes, decides=same_finding),
        positive=labels != 0 if same_finding else None,
        groups={name: np.asarray(films, bool) for name, films in groups.items()},
    )


def verdict_json(verdict: GateVerdict, data: LabelledFilms) -> dict[str, Any]:
    """Return what the gate said as plain entries; films that change sides by the number of their image."""
    places = data.places("test")
    changed = [data.dataset.images[places[place]].instance_id for place in verdict.changed]
    return {**asdict(verdict), "changed": changed}


def _side(classifier: Classifier, folder: Path, shown: np.ndarray, hashes: Sequence[str], *, decides: bool) -> Side:
    known = read_training_films(folder)
    logits = classifier.forward(resize_films(shown, classifier.card.input_size[0])).logits
    by_class = classifier.certainty.calibrated(logits)
    calls = positive_probability(by_class) >= classifier.card.operating_point.threshold if decides else None
    return Side(classifier.card.classes, by_class, np.array([one in known for one in hashes], bool), calls)
