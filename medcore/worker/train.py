"""The job that makes a candidate from labelled images and asks the gate about it; it lets more urgent work pass."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from medcore.classifier.scope import Scope
from medcore.errors import LibraryError, ModelError
from medcore.library import EpochRow, Job, Library, TrainingRun
from medcore.library.database import FULL_DISK_ERRORS
from medcore.library.jobs import CANCEL
from medcore.settings import Settings
from medcore.training.candidate import assemble_candidate, train_candidate
from medcore.training.labelled_films import LabelledFilms, gather, open_films
from medcore.training.live_start import measure_learning_curve, read_live
from medcore.training.plan import TrainingPlan
from medcore.training.watching import Epoch, FitInterruptedError, Watch
from medcore.worker.comparing import compare
from medcore.worker.desk import MEASURING, READING, TRAINING, Desk, OtherWork
from medcore.worker.facts import scope_of
from medcore.worker.installed import model_folder, record
from medcore.worker.tracking import Tracker

NO_MEMORY = (
    "The training ended for want of memory. Close other programs, or choose a smaller input size, and start it again."
)
FULL_DISK = "The training ended because the disk is full. Free some room, and start it again."
UNWRITABLE = "The training ended because the data folder cannot be read or written. Check the disk, and start it again."


def train(library: Library, settings: Settings, job: Job, other_work: OtherWork) -> dict[str, Any] | None:
    """Train as the job's run says, record the candidate, and compare it with the live model.

    None where it was asked to pause or to end; it goes on from that very step.

    Raises
    ------
    ModelError
        With a sentence, if no candidate can be made; the live model stays as it is.
    """
    run = library.trainings.of_job(job.id)
    plan = TrainingPlan.from_json(run.plan)
    desk = Desk(library, settings, job, other_work)
    tracker = Tracker(settings, run, plan)
    try:
        with _sentences():
            result = _train(desk, run, plan, tracker)
    except FitInterruptedError:
        now = library.jobs.get(job.id)
        if now is not None and now.wish == CANCEL:
            desk.clear()
            tracker.end("cancelled")
        return None
    except ModelError as error:
        desk.clear()
        tracker.end("failed", str(error))
        raise
    desk.clear()
    tracker.end("done")
    return result


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn want of memory and of room into a sentence."""
    try:
        yield
    except _memory_errors() as error:
        raise ModelError(NO_MEMORY) from error
    except OSError as error:
        raise ModelError(FULL_DISK if error.errno in FULL_DISK_ERRORS else UNWRITABLE) from error
    except LibraryError as error:
        raise ModelError(str(error)) from error


def _memory_errors() -> tuple[type[Exception], ...]:
    """Name what is raised for want of memory: by Python, and by TensorFlow, which is loaded by then."""
    from tensorflow.errors import ResourceExhaustedError

    return MemoryError, ResourceExhaustedError


def _train(desk: Desk, run: TrainingRun, plan: TrainingPlan, tracker: Tracker) -> dict[str, Any]:
    library = desk.library
    desk.look()
    if desk.is_stopped():
        raise FitInterruptedError("Training was interrupted before it began.")
    live = read_live(model_folder(library, desk.start_model()))
    data = _data(desk, run, plan)
    tracker.note_data(data.dataset)
    desk.show(stage=TRAINING, began=None)

    def keep(epoch: Epoch) -> None:
        loss, area = (epoch.judgement.loss, epoch.judgement.auc) if epoch.judgement else (None, None)
        row = EpochRow(epoch.number, epoch.loss, loss, area)
        library.trainings.save_epoch(run.id, row)
        tracker.note_epoch(row)
        library.jobs.forget_attempts(desk.job.id, desk.job.owner)

    watch = Watch(on_epoch=keep, is_stopped=desk.is_stopped)
    network = train_candidate(data, plan, live, desk.folder / "fit", on_progress=desk.progress, watch=watch)
    desk.show(stage=MEASURING)
    scope = live.card.scope if plan.start == "live" else _scope(library, data)
    model = next((one for one in library.models.all() if one.run_id == run.id), None)
    if model is None:  # else it was recorded before an interruption
        with tempfile.TemporaryDirectory(dir=desk.folder) as draft:
            folder = assemble_candidate(network, data, plan, live, scope, Path(draft) / "model")
            model = record(library, folder, who=run.who, run_id=run.id, dataset_id=data.dataset.id)
        tracker.note_model(model, model_folder(library, model))
    desk.show(stage=MEASURING, model=model.id)
    curve = measure_learning_curve(data, plan, live)
    result = {
        "dataset": data.dataset.id,
        "model": model.id,
        "learning curve": [asdict(point) for point in curve.points],
        "advice": curve.advice,
    }
    return result | compare(library, desk.settings, model, data)


def _data(desk: Desk, run: TrainingRun, plan: TrainingPlan) -> LabelledFilms:
    """Open the films of this training, or gather them from the labels as they stand now."""
    if desk.dataset_id is not None and desk.folder.exists():
        return open_films(desk.library, desk.dataset_id, plan.classes, desk.folder)
    desk.show(stage=READING)

    def progress(done: int, total: int | None) -> None:
        desk.progress(done, total)
        if desk.is_stopped():
            raise FitInterruptedError("Training was interrupted; it reads the films anew.")

    data = gather(desk.library, run.label_set_id, plan.classes, run.who, desk.folder, progress)
    left_out = [vars(one) for one in data.left_out]
    desk.show(dataset=data.dataset.id, left_out=left_out, images=len(data.dataset.images))
    return data


def _scope(library: Library, data: LabelledFilms) -> Scope:
    instances = library.instances([image.instance_id for image in data.dataset.images])
    return scope_of([instance.attributes for instance in instances.values()])
