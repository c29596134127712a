"""The job that makes a candidate from labelled images and asks the gate about it; it lets more urgent work pass."""

import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from medcore.classifier import read_model_card
from medcore.classifier.scope import Scope
from medcore.errors import LibraryError, MedcoreError, ModelError
from medcore.library import EpochRow, Job, Library, ModelVersion, TrainingRun
from medcore.library.database import FULL_DISK_ERRORS
from medcore.library.jobs import CANCEL
from medcore.settings import Settings
from medcore.training.candidate import assemble_candidate, measure_learning_curve, read_live, train_candidate
from medcore.training.contest import make_contest, verdict_json
from medcore.training.gate import judge_candidate
from medcore.training.labelled_films import LabelledFilms, gather, open_films, read_part
from medcore.training.plan import TrainingPlan
from medcore.training.watching import Epoch, FitInterruptedError, Watch
from medcore.worker.facts import groups_of, scope_of
from medcore.worker.installed import live_model_folder, model_folder, record, record_shipped
from medcore.worker.tracking import Tracker

LOG = logging.getLogger("medcore.worker")
LOOK_S = 1.0  # between looks at what else is wished for
READING, TRAINING, MEASURING = "reading", "training", "measuring"
NO_MEMORY = (
    "The training ended for want of memory. Close other programs, or choose a smaller input size, and start it again."
)
DELETED = "A study of the test films was deleted meanwhile. Train again."
FULL_DISK = "The training ended because the disk is full. Free some room, and start it again."
UNWRITABLE = "The training ended because the data folder cannot be read or written. Check the disk, and start it again."
OtherWork = Callable[[Library, Settings, Job], dict[str, Any] | None]


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


class Desk:
    """Where a training is done: what it shows of itself, and when it lets others pass."""

    def __init__(self, library: Library, settings: Settings, job: Job, other_work: OtherWork) -> None:
        self.library, self.settings, self.job = library, settings, job
        self._other_work = other_work
        self._shown: dict[str, Any] = dict(job.working_on)
        self._looked_at = 0.0
        self._stopped = False

    @property
    def dataset_id(self) -> int | None:
        """The data set of this training, once there is one: after an interruption it is still the same."""
        found: int | None = self._shown.get("dataset")
        return found

    @property
    def folder(self) -> Path:
        """The folder of what this training needs, and no other."""
        return self.library.training_folder / str(self.job.payload["folder"])

    def show(self, **values: object) -> None:
        """Show what the training is at."""
        self._shown |= values
        self.library.jobs.heartbeat(self.job.id, owner=self.job.owner, working_on=self._shown)

    def progress(self, done: int, total: int | None) -> None:
        """Show how far it is, at most every second."""
        if time.monotonic() - self._looked_at > LOOK_S or done == total:
            self._looked_at = time.monotonic()
            if self._shown.get("stage") == TRAINING and not self._shown.get("began"):
                self.show(began={"at": datetime.now(UTC).isoformat(), "step": done})
            self.library.jobs.heartbeat(self.job.id, (done, total or 0), owner=self.job.owner)
            self.look()

    def is_stopped(self) -> bool:
        """Say whether it was asked to pause or to end."""
        return self._stopped

    def clear(self) -> None:
        """Remove what only this training needed."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_model(self) -> ModelVersion:
        """Return the model that was live when this training began, which it starts from and takes its scope from."""
        if "live" not in self._shown:
            live_model_folder(self.library, self.settings)
            live = self.library.models.live()
            self.show(live=live.id if live else 0)
        return next(model for model in self.library.models.all() if model.id == self._shown["live"])

    def look(self) -> None:
        """See whether it is to stop, and let more urgent jobs pass."""
        now = self.library.jobs.get(self.job.id)
        self._stopped = now is None or bool(now.wish) or now.owner != self.job.owner
        while not self._stopped and self.library.jobs.is_outranked(self.job):
            self._let_pass()

    def _let_pass(self) -> None:
        """Do a more urgent job here: a second process would need the memory of another TensorFlow."""
        other = self.library.jobs.take(self.job.owner)
        if other is None:
            return
        LOG.info("Job %d (%s) passes job %d", other.id, other.kind, self.job.id)
        try:
            result = self._other_work(self.library, self.settings, other)
        except MedcoreError as error:
            self.library.jobs.fail(other.id, str(error), owner=other.owner)
            return
        except (OSError, MemoryError) as error:  # its trouble is not the training's
            LOG.warning("Job %d failed by %s", other.id, type(error).__name__)
            self.library.jobs.give_back(other.id, owner=other.owner)
            return
        if result is None:
            self.library.jobs.give_back(other.id, owner=other.owner, counted=False)
        else:
            self.library.jobs.finish(other.id, result, owner=other.owner)


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


def compare(library: Library, settings: Settings, model: ModelVersion, data: LabelledFilms) -> dict[str, Any]:
    """Ask the gate about a model beside the one that is live, and keep what it says; why not, where it cannot say."""
    record_shipped(library, settings)
    live = library.models.live()
    if live is None or live.id == model.id:
        return {}
    tested = [data.dataset.images[place].instance_id for place in data.places("test")]
    instances, ages = library.instances(tested), library.study_ages(tested)
    if len(instances) < len(tested):
        return {"not compared": DELETED}
    groups = groups_of([instances[number] for number in tested], ages)
    patients = library.datasets.patients_by_pixels()
    try:
        contest = make_contest(data, model_folder(library, model), model_folder(library, live), groups, patients)
        verdict = judge_candidate(contest)
    except ModelError as error:
        return {"not compared": str(error)}
    said = library.models.save_comparison(
        model.id, live.id, data.dataset.id, passes=verdict.passes, verdict=verdict_json(verdict, data)
    )
    return {"comparison": said.id, "passes": said.passes}


def compare_again(library: Library, settings: Settings, job: Job) -> dict[str, Any]:
    """Compare a candidate with the model that is live now, on the test films of the data set that it was made from.

    Raises
    ------
    ModelError
        If it was not made here, or its films cannot be read any more.
    """
    model = next((one for one in library.models.all() if one.id == job.payload["model"]), None)
    if model is None or model.dataset_id is None:
        raise ModelError("This model was not trained here, so that there are no test films to compare it on.")
    classes = read_model_card(model_folder(library, model)).classes
    with tempfile.TemporaryDirectory() as folder:
        data = read_part(library, model.dataset_id, classes, "test", Path(folder))
        found = compare(library, settings, model, data)
    if "not compared" in found:
        raise ModelError(str(found["not compared"]))
    return found


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
