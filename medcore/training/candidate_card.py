"""The card of a candidate: whom it is for, what it was made from and how."""

from datetime import UTC, datetime
from itertools import compress
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
from medcore.training.targets import truth_of

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
        several=plan.several,
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
        by_class = list(zip(data.classes, truth_of(labels, len(data.classes)).T, strict=True))
        films[part] = {name: int(has.sum()) for name, has in by_class}
        patients[part] = {name: len(set(compress(whose, has))) for name, has in by_class}
    return {"films": films, "patients": patients}
