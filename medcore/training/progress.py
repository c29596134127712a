"""How a training stands, ready to be shown: its job, what it reached so far, and how long it takes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from medcore.library import EpochRow, Job, Library, TrainingRun
from medcore.library.jobs import TRAIN
from medcore.training.plan import TrainingPlan
from medcore.training.recipe import Recipe

# Films of 224 x 224 pixels a second and core, measured with `medcore train-default` on two cores.
PACE = 38.0
OVERHEAD_S = 40.0  # of reading, building, measuring and comparing, measured with 120 films
WHOLE_SIDE = 224
MOST_CORES = 4
UNDER_WAY = ("queued", "running", "paused")


@dataclass(frozen=True)
class TrainingState:
    """A training as it stands."""

    run: TrainingRun
    plan: TrainingPlan
    job: Job | None  # None once it is forgotten
    epochs: tuple[EpochRow, ...]
    seconds_left: float | None  # None where that cannot be said

    @property
    def is_under_way(self) -> bool:
        """Say whether it runs, waits or pauses."""
        return self.job is not None and self.job.state in UNDER_WAY


def newest_training(library: Library) -> TrainingState | None:
    """Read how the newest training stands; None where there never was one."""
    jobs = {job.id: job for job in library.jobs.of_kind(TRAIN)}
    runs = library.trainings.all()
    if not runs:
        return None
    run, job = runs[0], jobs.get(runs[0].job_id)
    plan = TrainingPlan.from_json(run.plan)
    return TrainingState(run, plan, job, library.trainings.epochs(run.id), _seconds_left(job))


def estimate_s(recipe: Recipe, films: int) -> float:
    """Return about how long a training takes, in seconds, where nothing else runs."""
    shown = sum(phase.epochs * (phase.size / WHOLE_SIDE) ** 2 for phase in recipe.phases) * films
    return OVERHEAD_S + shown / (PACE * min(os.cpu_count() or 1, MOST_CORES))


def losses(epochs: Sequence[EpochRow]) -> dict[str, list[float | None]]:
    """Return the losses by the films that they were measured on."""
    return {
        "Training films": [epoch.loss for epoch in epochs],
        "Validation films": [epoch.validation_loss for epoch in epochs],
    }


def _seconds_left(job: Job | None) -> float | None:
    """Work out from the steps of this attempt how long the others take."""
    if job is None or job.state != "running" or job.started_at is None or not job.done:
        return None
    began = job.working_on.get("began")
    if not began or job.working_on.get("stage") != "training":
        return None
    since = (datetime.now(UTC) - datetime.fromisoformat(began["at"])).total_seconds()
    steps = job.done - began["step"]
    return since / steps * (job.total - job.done) if steps > 0 else None
