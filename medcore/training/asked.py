"""From what somebody asks for to a training in the queue."""

from collections import Counter
from dataclasses import dataclass, replace

from medcore.errors import LibraryError
from medcore.library import LabelSet, Library, TrainingRun
from medcore.training.plan import Start, TrainingPlan, make_recipe
from medcore.training.recipe import Recipe
from medcore.training.splitting import SHARES

NOTHING = ("normal", "benign", "negative", "none", "no finding", "normal or benign")  # names of a class without finding
SEVERAL = "This set takes several findings for one image, and training takes one. Choose another set."


@dataclass(frozen=True)
class Asked:
    """What somebody asks for."""

    label_set: str
    classes: tuple[str, ...] = ()  # the first finds nothing; empty: all that have labels
    finding: str = "finding"
    start: Start = "live"
    preset: str = "standard"
    mirrored: bool = True
    name: str = "candidate"
    seed: int = 1
    recipe: Recipe | None = None  # settings of its own, in the place of the preset's


def start_training(library: Library, asked: Asked, who: str) -> TrainingRun:
    """Queue a training.

    Raises
    ------
    LibraryError
        If there is no such label set, a class is none of it, too few classes have labels, or a training is under way.
    """
    label_set = find_label_set(library, asked.label_set)
    counts = count_labels(library, label_set)
    classes = asked.classes or in_order([name for name in label_set.classes if counts[name]])
    unknown = [name for name in classes if name not in label_set.classes]
    if unknown:
        raise LibraryError(f"The set has no class {', '.join(unknown)}. It has {', '.join(label_set.classes)}.")
    if len(set(classes)) < 2:
        raise LibraryError("A model tells classes apart: images with labels of at least two classes are needed.")
    films = round(SHARES["train"] * sum(counts[name] for name in classes))
    recipe = asked.recipe or make_recipe(asked.preset, films, mirrored=asked.mirrored)
    plan = TrainingPlan(
        asked.name, tuple(classes), asked.finding, asked.start, asked.preset, replace(recipe, seed=asked.seed)
    )
    return library.trainings.start(label_set.id, plan.to_json(), who)


def find_label_set(library: Library, name: str) -> LabelSet:
    """Find a label set that can be trained on.

    Raises
    ------
    LibraryError
        If there is none of this name, or it takes several findings for one image.
    """
    found = next((one for one in library.label_sets() if one.name == name), None)
    if found is None:
        raise LibraryError("There is no label set of this name. Choose one of those that are there.")
    if found.several:
        raise LibraryError(SEVERAL)
    return found


def count_labels(library: Library, label_set: LabelSet) -> Counter[str]:
    """Count the images of each class whose label counts."""
    return Counter(name for decision in library.decisions(label_set.id) for name in decision.classes or ())


def in_order(classes: list[str]) -> tuple[str, ...]:
    """Put the class that finds nothing first, where one is named so."""
    return tuple(sorted(classes, key=lambda name: name.strip().lower() not in NOTHING))
