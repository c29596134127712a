"""Where a training is done: what it shows of itself, and when it lets more urgent work pass."""

import logging
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from medcore.errors import MedcoreError
from medcore.library import Job, Library, ModelVersion
from medcore.settings import Settings
from medcore.worker.installed import live_model_folder

LOG = logging.getLogger("medcore.worker")
LOOK_S = 1.0  # between looks at what else is wished for
READING, TRAINING, MEASURING = "reading", "training", "measuring"  # stages of a training
OtherWork = Callable[[Library, Settings, Job], dict[str, Any] | None]


class Desk:
    """The desk of one training."""

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
