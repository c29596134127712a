"""Track every training with MLflow: in the data folder, or on a server that the settings name.

MLflow is loaded here and nowhere else, in the process of the job: it takes seconds, and the web process never needs it.
Its telemetry is off. A tracking server that does not answer costs a warning, never the training.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from medcore import __version__
from medcore.library import Dataset, EpochRow, Library, ModelVersion, TrainingRun
from medcore.settings import Settings
from medcore.training.plan import TrainingPlan

LOG = logging.getLogger("medcore.worker")
EXPERIMENT = "MedCore"
RUN_TAG, MODEL_TAG = "medcore.training", "medcore.model"
LIVE_ALIAS = "live"
STATES = {"done": "FINISHED", "failed": "FAILED", "cancelled": "KILLED"}


class Tracker:
    """One training in MLflow; after an interruption it is the same run."""

    def __init__(self, settings: Settings, run: TrainingRun, plan: TrainingPlan) -> None:
        self._client: Any = None
        self._run_id = ""  # empty where MLflow cannot be reached
        with _quietly():
            self._client = open_client(settings)
            self._run_id = self._find(run) or self._begin(settings, run, plan)

    def note_data(self, dataset: Dataset) -> None:
        """Note the data set and its hash."""
        self._tag("medcore.dataset", str(dataset.id))
        self._tag("medcore.dataset.sha256", dataset.sha256)
        self._tag("medcore.dataset.images", str(len(dataset.images)))

    def note_epoch(self, epoch: EpochRow) -> None:
        """Note what an epoch reached."""
        values = {
            "loss": epoch.loss,
            "validation_loss": epoch.validation_loss,
            "validation_auc": epoch.validation_auc,
        }
        for name, value in values.items():
            if self._run_id and value is not None:
                with _quietly():
                    self._client.log_metric(self._run_id, name, value, step=epoch.epoch)

    def note_model(self, model: ModelVersion, folder: Path) -> None:
        """Register a model, with its card and figures as artefacts; its weights stay where the library keeps them."""
        if not self._run_id:
            return
        with _quietly():
            for file in sorted(folder.glob("*.json")):
                self._client.log_artifact(self._run_id, str(file))
            name = model.name.rsplit(" ", 1)[0]
            if not any(registered.name == name for registered in self._client.search_registered_models()):
                self._client.create_registered_model(name)
            tags = {MODEL_TAG: model.card_sha256}
            self._client.create_model_version(name, folder.as_uri(), self._run_id, tags=tags, description=model.name)

    def end(self, state: str, said: str = "") -> None:
        """Say how the training ended: done, failed or cancelled."""
        if said:
            self._tag("medcore.said", said)
        if self._run_id:
            with _quietly():
                self._client.set_terminated(self._run_id, STATES[state])

    def _find(self, run: TrainingRun) -> str:
        experiment = self._client.get_experiment_by_name(EXPERIMENT)
        if experiment is None:
            return ""
        found = self._client.search_runs([experiment.experiment_id], f"tags.`{RUN_TAG}` = '{_name(run)}'")
        return str(found[0].info.run_id) if found else ""

    def _begin(self, settings: Settings, run: TrainingRun, plan: TrainingPlan) -> str:
        experiment = self._client.get_experiment_by_name(EXPERIMENT)
        number = (
            experiment.experiment_id
            if experiment
            else self._client.create_experiment(
                EXPERIMENT,
                artifact_location=None if settings.mlflow_address else (_folder(settings) / "artifacts").as_uri(),
            )
        )
        tags = {RUN_TAG: _name(run), "medcore.version": __version__}
        run_id = str(self._client.create_run(number, run_name=f"training {run.id}", tags=tags).info.run_id)
        for name, value in _flat(plan.to_json()).items():
            self._client.log_param(run_id, name, value)
        return run_id

    def _tag(self, name: str, value: str) -> None:
        if self._run_id:
            with _quietly():
                self._client.set_tag(self._run_id, name, value)


def mirror_live(library: Library, settings: Settings) -> None:
    """Give the alias "live" to the model that the library says is live; the others lose it."""
    live = library.models.live()
    if live is None:
        return
    with _quietly():
        _mirror(open_client(settings), live)


def _mirror(client: Any, live: ModelVersion) -> None:
    for registered in client.search_registered_models():
        for version in client.search_model_versions(f"name = '{registered.name}'"):
            if version.tags.get(MODEL_TAG) == live.card_sha256:
                client.set_registered_model_alias(registered.name, LIVE_ALIAS, version.version)
                break
        else:
            client.delete_registered_model_alias(registered.name, LIVE_ALIAS)


def open_client(settings: Settings) -> Any:
    """Open MLflow's tracking in the data folder, or at the address that the settings name."""
    if settings.mlflow_address:
        address = settings.mlflow_address
    else:
        _folder(settings).mkdir(mode=0o700, exist_ok=True)
        address = f"sqlite:///{_folder(settings) / 'mlflow.db'}"
    return _mlflow().MlflowClient(tracking_uri=address, registry_uri=address)


def _name(run: TrainingRun) -> str:
    """Name a training so that one of another installation on the same server has another name."""
    return f"{run.id} of {run.created_at.isoformat()}"


def _folder(settings: Settings) -> Path:
    return settings.data_dir / "tracking"


@contextmanager
def _quietly() -> Iterator[None]:
    """Let a tracking server that fails cost no more than a warning, which quotes nothing of what it says."""
    try:
        yield
    except (OSError, SQLAlchemyError, _mlflow().exceptions.MlflowException) as error:
        LOG.warning("MLflow could not be told of a training (%s); it goes on.", type(error).__name__)


@cache
def _mlflow() -> Any:
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "true"
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "1"  # a server that is down must not hold a training up
    os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = "10"
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    import mlflow

    return mlflow


def _flat(entries: dict[str, Any], above: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in entries.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{above}{name}.")
        else:
            flat[f"{above}{name}"] = str(value)
    return flat
