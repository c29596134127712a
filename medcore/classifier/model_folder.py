"""A model's folder: its files, and that they are the ones which its card describes."""

import hashlib
import json
from pathlib import Path

from medcore.classifier.card import ModelCard
from medcore.classifier.certainty import Certainty
from medcore.classifier.familiarity import Familiarity
from medcore.classifier.quality import QualityModel
from medcore.errors import ModelError

MODEL_FILE = "model.keras"
CERTAINTY_FILE = "certainty.json"
FAMILIARITY_FILE = "familiarity.npz"
QUALITY_FILE = "quality.npz"
TRAINING_FILMS_FILE = "training_films.txt"
PARTS = (CERTAINTY_FILE, FAMILIARITY_FILE, QUALITY_FILE, TRAINING_FILMS_FILE)


def file_sha256(file: Path) -> str:
    """Return a file's SHA-256, as hexadecimal digits.

    Raises
    ------
    ModelError
        If the file is missing.
    """
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise _not_readable(file) from error


def check_files(folder: Path, card: ModelCard) -> None:
    """See that a model's files are those that its card describes.

    Raises
    ------
    ModelError
        If a file is missing or another one.
    """
    for name, sha256 in {MODEL_FILE: card.sha256, **card.parts}.items():
        check_file(folder / name, sha256)


def check_file(file: Path, sha256: str) -> None:
    """See that a file is the one that a card describes.

    Raises
    ------
    ModelError
        If it is missing or another one.
    """
    if file_sha256(file) != sha256:
        raise ModelError(
            f"The file {file.name} of the model {file.parent.name} is not the one that its card describes (SHA-256 "
            "differs), so the model is not opened. Restore the folder from MedCore's own files or a backup."
        )


def read_certainty(folder: Path) -> Certainty:
    """Read what calibration taught.

    Raises
    ------
    ModelError
        If the file is missing or not what it should be.
    """
    file = folder / CERTAINTY_FILE
    try:
        return Certainty.from_json(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _not_readable(file) from error


def read_familiarity(folder: Path, card: ModelCard) -> Familiarity | None:
    """Read what tells films like the training films from other pictures; None for a model without.

    Raises
    ------
    ModelError
        If the file is missing or not what it should be.
    """
    return Familiarity.read(folder / FAMILIARITY_FILE) if FAMILIARITY_FILE in card.parts else None


def read_quality(folder: Path, card: ModelCard) -> QualityModel | None:
    """Read what tells upright films from inverted and turned ones; None for a model without.

    Raises
    ------
    ModelError
        If the file is missing or not what it should be.
    """
    if QUALITY_FILE not in card.parts:
        return None
    check_file(folder / QUALITY_FILE, card.parts[QUALITY_FILE])  # it is read before the network is
    return QualityModel.read(folder / QUALITY_FILE)


def read_training_films(folder: Path) -> frozenset[str]:
    """Read the SHA-256 of the pixels of every film that the model was made from, and must not be measured on.

    Raises
    ------
    ModelError
        If the file is missing.
    """
    file = folder / TRAINING_FILMS_FILE
    try:
        return frozenset(file.read_text(encoding="ascii").split())
    except (OSError, UnicodeDecodeError) as error:
        raise _not_readable(file) from error


def _not_readable(file: Path) -> ModelError:
    return ModelError(
        f"The model {file.parent.name} has no readable {file.name}. Restore the folder from MedCore's own files or "
        "a backup."
    )
