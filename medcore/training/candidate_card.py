"""The card of a candidate: whom it is for, what it was made from and how."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from medcore import __version__
from medcore.classifier.card import HERE, ModelCard, StartingWeights, TrainingData
from medcore.classifier.model_folder import MODEL_FILE, PARTS, file_sha256
from medcore.classifier.network import ARCHITECTURE
from medcore.classifier.scope import Scope
from medcore.evaluation.operating_point import BALANCED, OperatingPoint
from medcore.training import pretrained
from medcore.training.labelled_films import LabelledFilms
from medcore.training.live_start import Live
from medcore.training.plan import TrainingPlan

NEEDED = ("train", "calibration", "validation")  # parts that a training needs


def candidate_card(
    folder: Path,
    data: LabelledFilms,
    plan: TrainingPlan,
    live: Live,
    scope: Scope,
    points: tuple[OperatingPoint, ...],
    scale: float,
) -> ModelCard:
    """Return the card of the model whose files lie in a folder, all but the card."""
    sha256 = file_sha256(folder / MODEL_FILE)
    today = datetime.now(UTC).date().isoformat()
    size = plan.recipe.phases[-1].size
    return ModelCard(
        name=plan.name,
        version=f"{today}-{sha256[:8]}",
        purpose=f"{plan.finding[:1].upper()}{plan.finding[1:]} on films like those that it was made from",
        classes=plan.classes,
        input_size=(size, size),
        normalization=plan.recipe.normalization,
        preprocessing=plan.recipe.preprocessing,
        architecture=ARCHITECTURE,
        operating_points=points,
        live_point=BALANCED,
        map_scale=scale,
        scope=scope,
        training_data=TrainingData(
            name=f"Labelled films of this installation, data set {data.dataset.id}, SHA-256 {data.dataset.sha256[:16]}",
            source=HERE,
            licence="as its owner decides",
            attribution="this installation's readers",
            **_counts(data),
        ),
        starting_weights=_starting_weights(plan, live),
        recipe=plan.recipe.to_json(),
        medcore_version=__version__,
        created=today,
        sha256=sha256,
        parts={name: file_sha256(folder / name) for name in PARTS if (folder / name).exists()},
        finding=plan.finding,
    )


def _starting_weights(plan: TrainingPlan, live: Live) -> StartingWeights:
    if plan.start == "live":
        return StartingWeights(
            f"{live.card.name} {live.card.version}", HERE, "as that model's card says", live.card.sha256
        )
    return pretrained.STARTING_WEIGHTS


def _counts(data: LabelledFilms) -> dict[str, dict[str, dict[str, int]]]:
    films: dict[str, dict[str, int]] = {}
    patients: dict[str, dict[str, int]] = {}
    for part in (*NEEDED, "test"):
        _, labels, whose = data.part(part)
        named = [data.classes[label] for label in labels]
        films[part] = {name: Counter(named)[name] for name in data.classes}
        both = Counter(name for name, _ in set(zip(named, whose, strict=True)))
        patients[part] = {name: both[name] for name in data.classes}
    return {"films": films, "patients": patients}
