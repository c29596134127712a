"""The job that asks an old answer's own model again: the number must come out as it was."""

from typing import Any

from medcore.errors import LibraryError, MissingError
from medcore.library import Job, Library
from medcore.settings import Settings
from medcore.worker.answers import Film, answer_films
from medcore.worker.installed import model_folder
from medcore.worker.predict import load_model

CLOSE = 1e-5  # of a probability; another processor may add numbers in another order
NO_ANSWER = "There is no such answer in the library any more. Open the study again."
NO_MODEL = "The model {} that gave this answer is from before models were kept, so that it cannot be asked again."


def replay(library: Library, settings: Settings, job: Job) -> dict[str, Any]:
    """Ask the model that gave an answer about the same image again.

    Returns
    -------
    dict
        `probability`, and whether it is the `same`; both None and False where the model now gives no answer.

    Raises
    ------
    LibraryError
        If the answer, its image or its model is gone.
    ModelError
        If the model's files are not those on record.
    """
    stored = library.prediction(job.payload["prediction"])
    if stored is None:
        raise MissingError(NO_ANSWER)
    model = next((one for one in library.models.all() if one.name == stored.model_version), None)
    if model is None:
        raise LibraryError(NO_MODEL.format(stored.model_version))
    instance = library.instance(stored.instance_id)
    film = Film(instance.attributes, instance.path, stored.study_age_years)
    (again,) = answer_films(load_model(model_folder(library, model)), [film])
    both = again.pneumonia is not None and stored.pneumonia is not None
    same = both and abs((again.pneumonia or 0.0) - (stored.pneumonia or 0.0)) <= CLOSE
    return {"probability": again.pneumonia, "same": same}
