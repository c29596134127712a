"""Where MedCore keeps its data and how it is reached, read from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from medcore.errors import MedcoreError

REPOSITORY = Path(__file__).resolve().parent.parent
FRAME_CACHE_MB = 2000  # 10,000 slices of CT, losslessly compressed


@dataclass(frozen=True)
class Settings:
    """The choices of one installation."""

    data_dir: Path  # library, files, caches; nothing is written elsewhere
    models_dir: Path  # the models that ship with MedCore
    allowed_hosts: tuple[str, ...] = ()  # names that the server answers under, besides this machine's own
    frame_cache_mb: int = FRAME_CACHE_MB  # room for frames that were made ready for the viewer
    mlflow_address: str = ""  # of a tracking server; empty: trainings are tracked in the data folder

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read MEDCORE_DATA_DIR, or use the platform's folder for user data; MEDCORE_ALLOWED_HOSTS by commas.

        MEDCORE_MLFLOW_ADDRESS names a server that trainings are tracked on.

        Raises
        ------
        MedcoreError
            If MEDCORE_FRAME_CACHE_MB is no whole number from 0.
        """
        data_dir = environ.get("MEDCORE_DATA_DIR") or platformdirs.user_data_dir("medcore", appauthor=False)
        hosts = environ.get("MEDCORE_ALLOWED_HOSTS", "").split(",")
        return cls(
            data_dir=Path(data_dir).expanduser().resolve(),
            models_dir=REPOSITORY / "assets" / "models",
            allowed_hosts=tuple(host.strip() for host in hosts if host.strip()),
            mlflow_address=environ.get("MEDCORE_MLFLOW_ADDRESS", ""),
            frame_cache_mb=_megabytes(environ.get("MEDCORE_FRAME_CACHE_MB", "")),
        )


def _megabytes(value: str) -> int:
    if value and not value.isdecimal():
        raise MedcoreError(
            f"MEDCORE_FRAME_CACHE_MB must be a whole number of megabytes from 0. Set it, or leave it out for "
            f"{FRAME_CACHE_MB:,}."
        )
    return int(value or FRAME_CACHE_MB)
