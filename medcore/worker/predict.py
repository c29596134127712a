"""The job that lets the classifier look at images, and draws the worklist's small pictures on the way."""

import logging
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from medcore.library import Job, Library, StoredPrediction
from medcore.settings import Settings
from medcore.worker.answers import Explains, Film, Model, answer_films
from medcore.worker.installed import live_model_folder

LOG = logging.getLogger("medcore.worker")
FIRST_CHUNK, SMALLEST_CHUNK, LARGEST_CHUNK = 16, 4, 64  # images between two signs of progress
QUICK_S, SLOW_S = 0.5, 2.0  # a chunk that took less is followed by a larger one, one that took more by a smaller
ENDED_HERE = (
    "The program that looks at images ended twice at this one, perhaps for want of memory. "
    "Look at it without the model, or send it again in a smaller format."
)


def predict(library: Library, settings: Settings, job: Job) -> dict[str, Any] | None:
    """Answer for every image of the job that the live model has not looked at.

    The payload names an intake or a study, or neither for the whole library, and says whether another model went live.
    Images whose answer is saved are passed over, so that a job that was cut short goes on where it stood. None where it
    gave way to a more urgent job.

    Raises
    ------
    ModelError
        If there is no model that can be loaded.
    """
    model = load_model(live_model_folder(library, settings))
    if job.payload.get("promoted"):
        library.refresh_answers()
    wanted = library.unpredicted(model.version, intake_id=job.payload.get("intake"), study_id=job.payload.get("study"))
    counts: dict[str, int] = {}
    done = 0
    library.jobs.heartbeat(job.id, (0, len(wanted)), owner=job.owner)
    pace = Pace()
    for chunk in _chunks(wanted, job, pace):
        if library.jobs.is_outranked(job):
            return None
        library.jobs.heartbeat(job.id, (done, len(wanted)), owner=job.owner, working_on={"instances": chunk})
        for state in _answer_chunk(library, model, chunk, gave_out=_gave_out(chunk, job)):
            counts[state] = counts.get(state, 0) + 1
        done += len(chunk)
        library.jobs.heartbeat(job.id, (done, len(wanted)), owner=job.owner)
        for study_id in library.without_thumbnail(chunk):
            library.thumbnail(study_id)
    library.jobs.heartbeat(job.id, (done, len(wanted)), owner=job.owner, working_on={})
    LOG.info("Job %d: %d images, %s", job.id, len(wanted), counts)
    return {"images": len(wanted), "states": counts, "model": model.version}


class Pace:
    """How many images to take at once, so that the progress moves every couple of seconds whatever they cost."""

    def __init__(self) -> None:
        self.size = FIRST_CHUNK
        self._began_at = time.monotonic()

    def adapt(self) -> None:
        """Take more or fewer images from here on, by how long the last ones took."""
        took_s, self._began_at = time.monotonic() - self._began_at, time.monotonic()
        if took_s < QUICK_S:
            self.size = min(2 * self.size, LARGEST_CHUNK)
        elif took_s > SLOW_S:
            self.size = max(self.size // 2, SMALLEST_CHUNK)


@lru_cache(maxsize=2)  # the live one, and one that is asked again
def load_model(folder: Path) -> Model:
    """Read a model folder once per process; the network follows when a film needs it."""
    return Model(folder)


def _chunks(wanted: Sequence[int], job: Job, pace: Pace) -> Iterator[list[int]]:
    """Cut the work into chunks; what the last attempt ended at comes last, one by one."""
    suspects = set(job.working_on.get("instances", ())) if job.attempts > 1 else set()
    rest = [instance_id for instance_id in wanted if instance_id not in suspects]
    while rest:
        chunk, rest = rest[: pace.size], rest[pace.size :]
        yield chunk
        pace.adapt()
    for instance_id in wanted:
        if instance_id in suspects:
            yield [instance_id]


def _gave_out(chunk: Sequence[int], job: Job) -> bool:
    """Say whether the last attempt ended while it was at this one image alone, not for the first time."""
    return job.attempts > 2 and len(chunk) == 1 and job.working_on.get("instances") == list(chunk)


def _answer_chunk(library: Library, model: Explains, chunk: Sequence[int], *, gave_out: bool) -> list[str]:
    instances = library.instances(chunk)
    ages = library.study_ages(chunk)
    films = [Film(instance.attributes, instance.path, ages.get(instance.id)) for instance in instances.values()]
    if gave_out:
        answers = [
            StoredPrediction("failed", ENDED_HERE, model_version=model.version, study_age_years=film.study_age_years)
            for film in films
        ]
    else:
        answers = answer_films(model, films)
    library.save_predictions(list(zip(instances, answers, strict=True)))
    return [answer.state for answer in answers]
