"""Put a candidate and the live model before the same test films, as the gate asks for it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from medcore.classifier import Classifier
from medcore.classifier.decision import positive_probability
from medcore.classifier.model_folder import read_training_films
from medcore.errors import ModelError
from medcore.training.batches import resize_films
from medcore.training.certify import is_positive
from medcore.training.gate import Contest, GateVerdict, Side
from medcore.training.labelled_films import LabelledFilms
from medcore.training.targets import truth_of

NO_TEST = "The data set has no test films yet, so nothing can be compared. Label films of more patients."


def make_contest(
    data: LabelledFilms,
    candidate: Path,
    live: Path,
    groups: Mapping[str, Sequence[bool]],
    patients_of: Mapping[str, Collection[int]],
) -> Contest:
    """Ask both models about the test films of a data set.

    Parameters
    ----------
    data : LabelledFilms
    candidate, live : Path
        Model folders.
    groups : mapping
        By the name of a subgroup, which of the test films are in it.
    patients_of : mapping
        By the hash of a picture's pixels, whose it is: a patient of whom a model knows another picture is known too.

    Raises
    ------
    ModelError
        If there are no test films, or a model cannot be loaded.
    """
    films, labels, patients = data.part("test")
    if not len(films):
        raise ModelError(NO_TEST)
    shown = films.read(range(len(films)))
    images = [data.dataset.images[place] for place in data.places("test")]
    one, other = Classifier.load(candidate), Classifier.load(live)
    is_same_question = one.card.classes[0] == other.card.classes[0]

    def side(classifier: Classifier, folder: Path) -> Side:
        known = read_training_films(folder)
        patients = {patient for sha256, its in patients_of.items() if sha256 in known for patient in its}
        knows = [image.pixels_sha256 in known or image.patient_key in patients for image in images]
        return _side(classifier, shown, np.array(knows, bool), decides=is_same_question)

    return Contest(
        classes=data.classes,
        truth=truth_of(labels, len(data.classes)),
        patients=patients,
        live=side(other, live),
        candidate=side(one, candidate),
        positive=is_positive(labels) if is_same_question else None,
        groups={name: np.asarray(films, bool) for name, films in groups.items()},
    )


def verdict_json(verdict: GateVerdict, data: LabelledFilms) -> dict[str, Any]:
    """Return what the gate said as plain entries; films that change sides by the number of their image."""
    places = data.places("test")
    changed = [data.dataset.images[places[place]].instance_id for place in verdict.changed]
    return {**asdict(verdict), "changed": changed}


def _side(classifier: Classifier, shown: np.ndarray, knows: np.ndarray, *, decides: bool) -> Side:
    logits = classifier.forward(resize_films(shown, classifier.card.input_size[0])).logits
    by_class = classifier.certainty.calibrated(logits)
    positive = positive_probability(by_class, several=classifier.card.several)
    calls = positive >= classifier.card.operating_point.threshold if decides else None
    return Side(classifier.card.classes, by_class, knows, calls)
