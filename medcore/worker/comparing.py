"""Ask the gate about a candidate beside the model that is live, and keep what it says."""

import tempfile
from pathlib import Path
from typing import Any

from medcore.classifier import read_model_card
from medcore.errors import ModelError
from medcore.library import Job, Library, ModelVersion
from medcore.settings import Settings
from medcore.training.contest import make_contest, verdict_json
from medcore.training.gate import judge_candidate
from medcore.training.labelled_films import LabelledFilms, read_part
from medcore.worker.facts import groups_of
from medcore.worker.installed import model_folder, record_shipped

DELETED = "A study of the test films was deleted meanwhile. Train again."


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
