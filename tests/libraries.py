"""Libraries for tests: quick intake of made-up instances, and answers without a network."""

import hashlib
import itertools
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from medcore.classifier import default_model_folder, read_model_card
from medcore.dicom import Attributes, CheckedFile, Refusal
from medcore.library import AddSummary, StoredPrediction
from medcore.settings import Settings

SHIPPED = read_model_card(default_model_folder())
LIVE = f"{SHIPPED.name} {SHIPPED.version}"  # answers of another model would not stand
Bring = Callable[..., AddSummary]
NUMBERS = itertools.count(1)


def make_attributes(**values: Any) -> Attributes:
    """Describe one chest film of an invented child; every call is another image unless `values` say otherwise."""
    number = next(NUMBERS)
    known: dict[str, Any] = {
        "sop_instance_uid": f"1.2.3.{number}",
        "sop_class_uid": "1.2.840.10008.5.1.4.1.1.1",
        "study_instance_uid": f"1.2.4.{number}",
        "series_instance_uid": f"1.2.5.{number}",
        "transfer_syntax_uid": "1.2.840.10008.1.2.1",
        "patient_id": f"P{number}",
        "patient_name": f"Invented, Child {number}",
        "patient_sex": "F",
        "patient_age_years": 4.0,
        "study_date": date(2024, 2, 3),
        "study_description": "Chest",
        "modality": "DX",
        "body_part_examined": "CHEST",
        "view_position": "AP",
        "rows": 8,
        "columns": 6,
    }
    return Attributes(**known | values)


def quick_check(images: Iterable[Attributes], size: int = 100) -> Callable[..., Iterator[CheckedFile | Refusal]]:
    """Stand in for `check_files`: every image passes, its file holding only its own UID and zeros."""

    def check_files(paths: object, staging: Path, on_progress: object = None) -> Iterator[CheckedFile | Refusal]:
        for image in images:
            data = image.sop_instance_uid.encode().ljust(size, b"\0")
            staged = staging / secrets.token_hex(8)
            staged.write_bytes(data)
            yield CheckedFile(staged, hashlib.sha256(data).hexdigest(), len(data), image, "film.dcm")

    return check_files


def make_answer(pneumonia: float = 0.8, threshold: float = 0.5, **values: Any) -> StoredPrediction:
    """Make an answer as the classifier gives it, the two kinds of pneumonia alike."""
    known: dict[str, Any] = {
        "state": "answered",
        "probabilities": {"normal": 1 - pneumonia, "bacterial": pneumonia / 2, "viral": pneumonia / 2},
        "pneumonia": pneumonia,
        "decision": "pneumonia" if pneumonia >= threshold else "no pneumonia",
        "threshold": threshold,
        "model_version": LIVE,
        "pixels_sha256": "ab" * 32,
        "maps": {"pneumonia": np.arange(49, dtype=np.float32).reshape(7, 7) / 7},
    }
    return StoredPrediction(**known | values)


def make_older(file: Path) -> None:
    """Turn the tables of a library's file, in place, into those of the first release, with all that they hold."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "DROP TABLE promotion; DROP TABLE comparison; DROP TABLE model_version; DROP TABLE training_epoch;"
            "DROP TABLE training_run; DROP TABLE dataset_class; DROP TABLE dataset_image; DROP TABLE dataset_version;"
            "ALTER TABLE job DROP COLUMN wish;"
            "DROP TABLE given_class; DROP TABLE label; DROP TABLE label_class; DROP TABLE label_set;"
            "DROP TABLE reading_measurement; DROP TABLE measurement; DROP TABLE deleted_image;"
            "ALTER TABLE prediction DROP COLUMN pneumonia_low; ALTER TABLE prediction DROP COLUMN pneumonia_high;"
            "ALTER TABLE prediction DROP COLUMN not_ruled_out; ALTER TABLE prediction DROP COLUMN operating_point;"
            "UPDATE alembic_version SET version_num = '0001'"
        )


def stored_files(settings: Settings) -> list[Path]:
    """List the files in a library's store."""
    return [path for path in (settings.data_dir / "library" / "files").rglob("*") if path.is_file()]
