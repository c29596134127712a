"""The models of this installation: recorded by the hash of their card, which holds the hashes of their other files.

A shipped model is copied into the data folder when it is first seen, so that an update of MedCore takes no model away
that a reading was made with.
"""

import logging
import shutil
import tempfile
from pathlib import Path

from medcore.classifier import read_model_card
from medcore.classifier.card import CARD_FILE, DEFAULT_MODEL
from medcore.classifier.model_folder import check_file, file_sha256
from medcore.errors import LibraryError, ModelError
from medcore.library import Library, ModelVersion, NewModel
from medcore.library.models import SHIPPER
from medcore.settings import Settings

LOG = logging.getLogger("medcore.worker")
NOT_HERE = (
    "The files of the model {} are not in this data folder: the backup was restored without its models. Roll back to "
    "another model on the Models page, or restore the backup with its models."
)
LIVE = "live"  # names the model that answers


def live_model_folder(library: Library, settings: Settings) -> Path:
    """Return the folder of the model that answers; the shipped one goes live where none did before.

    Raises
    ------
    ModelError
        If its card is missing or not the one on record.
    """
    record_shipped(library, settings)
    live = library.models.live()
    if live is None:
        raise ModelError("No model is live. Restore MedCore's own files, and start it again.")
    return model_folder(library, live)


def named_model_folder(library: Library, settings: Settings, name: str) -> Path:
    """Return the folder of the model that a name means: "live", the number or name of one on record, or a folder.

    Raises
    ------
    ModelError
        If there is no such model.
    """
    if name == LIVE:
        return live_model_folder(library, settings)
    for model in library.models.all():
        if name in (model.name, str(model.id)):
            return model_folder(library, model)
    if not Path(name).is_dir():
        raise ModelError(f"There is no model {name!r}. Give a number from `medcore models`, a folder, or {LIVE}.")
    return Path(name)


def model_folder(library: Library, model: ModelVersion) -> Path:
    """Return the folder of a model on record.

    Raises
    ------
    ModelError
        If its card is missing or not the one on record.
    """
    folder = library.models_folder / model.folder
    if not folder.is_dir():
        raise ModelError(NOT_HERE.format(model.name))
    check_file(folder / CARD_FILE, model.card_sha256)
    return folder


def record_shipped(library: Library, settings: Settings) -> None:
    """Record the model that ships with this MedCore, and make it live where no trained one is."""
    shipped = settings.models_dir / DEFAULT_MODEL
    sha256 = file_sha256(shipped / CARD_FILE)
    known = [model for model in library.models.all() if model.card_sha256 == sha256]
    if known and (library.models_folder / known[0].folder).exists() and library.models.live() is not None:
        return
    try:
        model = record(library, shipped, who=SHIPPER)
    except LibraryError as error:  # the same weights under a card that was written anew: the one on record counts
        LOG.warning("The shipped model stays as it was recorded: %s", error)
        return
    library.models.make_first_live(model, "It ships with this MedCore.")


def record(
    library: Library, source: Path, *, who: str, run_id: int | None = None, dataset_id: int | None = None
) -> ModelVersion:
    """Copy a model's folder into the data folder and record it.

    Raises
    ------
    ModelError
        If its card cannot be read, or the disk is full.
    """
    card = read_model_card(source)
    sha256 = file_sha256(source / CARD_FILE)
    folder = sha256[:16]
    _copy(source, library.models_folder / folder)
    new = NewModel(f"{card.name} {card.version}", folder, sha256, who, run_id, dataset_id)
    return library.models.add(new)


def _copy(source: Path, target: Path) -> None:
    """Copy a folder in one step: it is there wholly or not at all."""
    if target.exists():
        return
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as work:
            copy = Path(shutil.copytree(source, Path(work) / target.name))
            copy.rename(target)
    except OSError as error:
        if not target.exists():  # else another process was quicker
            raise ModelError(f"The model could not be kept ({error.strerror}). Free some room on the disk.") from error
