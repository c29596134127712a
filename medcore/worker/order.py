"""The job that works out in which order images are offered to be labelled.

Uncertainty and scope follow what the live model has answered; diversity runs its network on every image. Images that
it says nothing of come last, at random.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from medcore.dicom import display_values, read_frame
from medcore.errors import LibraryError, MedcoreError
from medcore.labelling.queue_order import ORDERS, Pool, order_queue
from medcore.library import Instance, Job, Library, StoredPrediction
from medcore.library.labels import decide
from medcore.settings import Settings
from medcore.worker.answers import BATCH, Model
from medcore.worker.installed import live_model_folder
from medcore.worker.predict import load_model

SEED = 1
NONE: np.ndarray = np.empty((0, 0), np.float32)


def work_out_order(library: Library, settings: Settings, job: Job) -> dict[str, Any]:
    """Put the images that have no label in the job's set into the job's order.

    Returns
    -------
    dict
        `films`: the images' numbers, the first to be offered first.

    Raises
    ------
    ModelError
        If there is no model that can be loaded.
    LibraryError
        If there is no such order.
    """
    how = job.payload["how"]
    if how not in ORDERS:
        raise LibraryError(f"This MedCore knows no order of the kind {how!r}. Update MedCore.")
    model = load_model(live_model_folder(library, settings))
    labelled = {one.instance_id for one in decide(library.labels.read(job.payload["label_set"])) if one.instance_id}
    waiting = [film.instance_id for film in library.labels.films() if film.instance_id not in labelled]
    if how == "diversity":
        known, pool = _by_features(library, model, job, waiting, sorted(labelled))
    else:
        known, pool = _by_answers(library.answers(model.version), waiting, how)
    first = [known[place] for place in order_queue(pool, how, SEED)] if known else []
    rest = np.random.default_rng(SEED).permutation(sorted(set(waiting) - set(known)))
    return {"films": [*first, *map(int, rest)]}


def _by_answers(answers: dict[int, StoredPrediction], waiting: Sequence[int], how: str) -> tuple[list[int], Pool]:
    """Describe the images by what was answered; for uncertainty it must hold probabilities."""
    known = [one for one in waiting if one in answers and (how != "uncertainty" or answers[one].probabilities)]
    shares = [list(answers[one].probabilities.values()) if how == "uncertainty" else [] for one in known]
    refused = [answers[one].state == "refused" for one in known]
    return known, Pool(np.array(shares), np.empty((len(known), 0)), np.array(refused, bool), NONE)


def _by_features(
    library: Library, model: Model, job: Job, waiting: Sequence[int], labelled: Sequence[int]
) -> tuple[list[int], Pool]:
    """Describe the images, and those that have a label, by what the network makes its answer from."""
    wanted = [*waiting, *labelled]
    features: dict[int, np.ndarray] = {}
    for start in range(0, len(wanted), BATCH):
        library.jobs.heartbeat(job.id, (start, len(wanted)), owner=job.owner)
        inputs = _read(library, model, wanted[start : start + BATCH])
        if inputs:
            features |= dict(zip(inputs, model.features(np.stack(list(inputs.values()))), strict=True))
    known = [one for one in waiting if one in features]
    spread = _stack([features[one] for one in known])
    count = len(known)
    with_label = _stack([features[one] for one in labelled if one in features])
    return known, Pool(np.empty((count, 0)), spread, np.zeros(count, bool), with_label)


def _read(library: Library, model: Model, ids: Sequence[int]) -> dict[int, np.ndarray]:
    """Read the network's input of each image that has one."""
    inputs = {}
    for instance_id, instance in library.instances(ids).items():
        values = _input(instance, model.card.input_size)
        if values is not None:
            inputs[instance_id] = values
    return inputs


def _input(instance: Instance, size: tuple[int, int]) -> np.ndarray | None:
    try:
        return display_values(read_frame(instance.path), size)
    except (MedcoreError, OSError):
        return None


def _stack(rows: Sequence[np.ndarray]) -> np.ndarray:
    return np.stack(rows) if rows else NONE
