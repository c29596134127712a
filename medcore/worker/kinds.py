"""Which function does which kind of job, and what a fresh worker finds to do by itself."""

import logging
import shutil
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from medcore.errors import LibraryError, MedcoreError
from medcore.library import Job, Library
from medcore.library.jobs import COMPARE, EVALUATE, MIRROR, PREDICT, PRIORITY_LOW, REPLAY, TRAIN
from medcore.library.orders import ORDER
from medcore.settings import Settings
from medcore.worker.installed import live_model_folder
from medcore.worker.predict import load_model, predict

LOG = logging.getLogger("medcore.worker")
Kind = Callable[[Library, Settings, Job], dict[str, Any] | None]


def _train(library: Library, settings: Settings, job: Job) -> dict[str, Any] | None:
    from medcore.worker.train import train  # what trains is loaded where something is trained

    return train(library, settings, job, run_job)


def _compare(library: Library, settings: Settings, job: Job) -> dict[str, Any] | None:
    from medcore.worker.comparing import compare_again

    return compare_again(library, settings, job)


def _replay(library: Library, settings: Settings, job: Job) -> dict[str, Any] | None:
    from medcore.worker.replay import replay

    return replay(library, settings, job)


def _order(library: Library, settings: Settings, job: Job) -> dict[str, Any] | None:
    from medcore.worker.order import work_out_order

    return work_out_order(library, settings, job)


def _evaluate(library: Library, settings: Settings, job: Job) -> dict[str, Any] | None:
    from medcore.worker.evaluating.job import evaluate_model

    return evaluate_model(library, settings, job)


def _mirror(library: Library, settings: Settings, job: Job) -> dict[str, Any] | None:
    from medcore.worker.tracking import mirror_live

    mirror_live(library, settings)
    return {}


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        PREDICT: predict,
        TRAIN: _train,
        COMPARE: _compare,
        MIRROR: _mirror,
        REPLAY: _replay,
        ORDER: _order,
        EVALUATE: _evaluate,
    }
)


def run_job(library: Library, settings: Settings, job: Job) -> dict[str, Any] | None:
    """Do one job and return its result, or None where it gave way to a more urgent one and is to go on later.

    Raises
    ------
    MedcoreError
        With a sentence, if it cannot be done.
    """
    if job.kind not in KINDS:
        raise LibraryError(f"This MedCore knows no job of the kind {job.kind!r}. Update MedCore.")
    return KINDS[job.kind](library, settings, job)


def look_for_work(library: Library, settings: Settings) -> None:
    """Queue the images that the live model has not looked at, after an update of the model for one."""
    clear_trainings(library)
    if any(job.kind == PREDICT for job in library.jobs.active()):
        return
    try:
        version = load_model(live_model_folder(library, settings)).version
    except MedcoreError as error:
        LOG.warning("No model answers: %s", error)
        return
    if wanted := library.unpredicted(version):
        library.jobs.enqueue(PREDICT, {}, PRIORITY_LOW, total=len(wanted))


def clear_trainings(library: Library) -> None:
    """Remove what trainings left behind that will not go on."""
    if not library.training_folder.exists():
        return
    kept = {job.payload.get("folder") for job in library.jobs.of_kind(TRAIN) if job.finished_at is None}
    for path in library.training_folder.iterdir():
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)
