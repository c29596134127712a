"""Make another model live, and have it look at everything: a person's act, with a name and a reason."""

from medcore.classifier import read_model_card
from medcore.classifier.model_folder import check_files
from medcore.library import Library, ModelVersion, Promotion
from medcore.worker.installed import model_folder


def promote(library: Library, model: ModelVersion, who: str, reason: str, *, override: bool = False) -> Promotion:
    """Make a candidate live that the gate has let through, or override the gate by name and reason.

    Raises
    ------
    ModelError
        If a file of the model is missing or another one than was recorded.
    LibraryError
        If the gate has turned the model away and is not overridden, or nobody says who decides and why.
    """
    _check(library, model)
    return library.models.promote(model.id, who, reason, override=override)


def roll_back(library: Library, model: ModelVersion, who: str, reason: str) -> Promotion:
    """Make a model live again that was live before: what it answered then stands again.

    Raises
    ------
    ModelError
        If a file of the model is missing or another one than was recorded.
    LibraryError
        If the model never was live, or nobody says who decides and why.
    """
    _check(library, model)
    return library.models.roll_back(model.id, who, reason)


def _check(library: Library, model: ModelVersion) -> None:
    folder = model_folder(library, model)
    check_files(folder, read_model_card(folder))
