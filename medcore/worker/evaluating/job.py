"""The job that evaluates a model on a label set of the library."""

import logging
from typing import Any

from medcore.errors import LibraryError, MedcoreError
from medcore.library import Job, Library
from medcore.settings import Settings
from medcore.worker.answers import Model
from medcore.worker.evaluating.asking import AskedFilms
from medcore.worker.evaluating.assess import assess, known_films
from medcore.worker.evaluating.library_cases import library_cases
from medcore.worker.evaluating.store import KeptEvaluations
from medcore.worker.installed import LIVE, named_model_folder

LOG = logging.getLogger("medcore.worker")
NO_SET = "The label set is not in the library any more. Choose another one."


def evaluate_model(library: Library, settings: Settings, job: Job) -> dict[str, Any] | None:
    """Evaluate a model on a label set; None where it gave way to a more urgent job and goes on later.

    The payload names the label set by its number, and the model: "live" or a folder.

    Raises
    ------
    MedcoreError
        If the label set or the model is not there, or there is nothing to measure.
    """
    label_set = next((one for one in library.labels.sets() if one.id == job.payload["label_set"]), None)
    if label_set is None:
        raise LibraryError(NO_SET)
    folder = named_model_folder(library, settings, str(job.payload.get("model", LIVE)))
    model, kept = Model(folder), KeptEvaluations(settings)
    cases = library_cases(library, label_set, model.card)
    kept.forget_drafts({str(one.id) for one in library.jobs.active()})
    asked = AskedFilms(kept.draft(f"{job.id}-{model.card.sha256[:12]}"))
    try:
        assessed = assess(
            model,
            cases,
            known_films(folder, model.card),
            asked,
            on_progress=lambda done, total: library.jobs.heartbeat(job.id, (done, total or done), owner=job.owner),
            is_outranked=lambda: library.jobs.is_outranked(job),
        )
    except MedcoreError:
        asked.forget()
        raise
    if assessed is None:
        return None
    name = kept.save(assessed)
    asked.forget()
    LOG.info("Job %d: evaluation %s, %d films", job.id, name, assessed.assessment.evaluation.films)
    return {"evaluation": name, "films": assessed.assessment.evaluation.films}
