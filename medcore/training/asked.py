"""From what somebody asks for to a training in the queue."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from medcore.classifier.decision import CLASSES, PNEUMONIA
from medcore.errors import LibraryError
from medcore.library import LabelSet, Library, TrainingRun
from medcore.training.plan import Start, TrainingPlan, make_recipe
from medcore.training.recipe import Recipe
from medcore.training.splitting import SHARES

NOTHING = ("normal", "benign", "negative", "none", "no finding", "normal or benign")  # names of a class without finding
NO_FINDING = "no finding"  # of an image that can have several and has none
NAME = re.compile(r"[\w.-](?:[\w .-]{0,38}[\w.-])?")
FEWEST = 20  # patients of a class: one in ten calibrates, and each part needs two


@dataclass(frozen=True)
class Asked:
    """What somebody asks for."""

    label_set: str
    classes: tuple[str, ...] = ()  # the first finds nothing; empty: all that have labels
    finding: str = ""  # what the other classes mean together; empty: as `usual_finding` names it
    start: Start = "live"
    preset: str = "standard"
    mirrored: bool = True
    name: str = "candidate"
    seed: int = 1
    recipe: Recipe | None = None  # settings of its own, in the place of the preset's


@dataclass(frozen=True)
class DataCheck:
    """What there is to train on, as far as the labels alone can say."""

    images: Counter[str]  # by class
    patients: Counter[str]
    training_images: int  # about so many of them train
    problems: tuple[str, ...]  # sentences; with one of them no training can begin
    remarks: tuple[str, ...]


def plan_classes(label_set: LabelSet, chosen: Sequence[str]) -> tuple[str, ...]:
    """Put the class that finds nothing first; where an image can have several and none is so named, add it."""
    ordered = in_order(chosen)
    if label_set.several and not _finds_nothing(ordered[:1]):
        return NO_FINDING, *ordered
    return ordered


def check_data(library: Library, label_set: LabelSet, classes: Sequence[str]) -> DataCheck:
    """Count what there is of each class, the first of which finds nothing, and say what stands in a training's way."""
    decided = library.labels.decisions(label_set.id)
    given = [(one.study_id, _counted(one.classes, classes, label_set)) for one in decided if one.classes is not None]
    known = [(study_id, names) for study_id, names in given if names]
    keys = library.patient_keys([study_id for study_id, _ in known])
    images = Counter(name for _, names in known for name in names)
    patients = Counter(name for name, _ in {(name, keys[study_id]) for study_id, names in known for name in names})
    problems = [
        f"Too few patients have {name}: {patients[name]}, and {FEWEST} are needed. Label films of more patients."
        for name in classes
        if patients[name] < FEWEST
    ]
    if len(classes) < 2:
        problems.append("A model tells classes apart. Choose at least two.")
    disputed = sum(one.classes is None for one in decided)
    remarks = [f"Left out until somebody decides: {disputed} images on which readers disagree."] if disputed else []
    return DataCheck(images, patients, round(SHARES["train"] * len(known)), tuple(problems), tuple(remarks))


def _counted(given: Sequence[str], classes: Sequence[str], label_set: LabelSet) -> tuple[str, ...]:
    """Return the chosen classes that an image has; where it can have several and none is given, the first."""
    if label_set.several and not given:
        return tuple(classes[:1])
    return tuple(name for name in given if name in classes)


def start_training(library: Library, asked: Asked, who: str) -> TrainingRun:
    """Queue a training.

    Raises
    ------
    LibraryError
        If there is no such label set, a class is none of it, too few classes have labels, or a training is under way.
    """
    if not NAME.fullmatch(asked.name):
        raise LibraryError("The model's name takes 1 to 40 letters, digits, spaces, dots and dashes. Correct it.")
    label_set = library.labels.set_named(asked.label_set)
    classes = asked.classes or plan_classes(label_set, _labelled(library, label_set))
    known = {*label_set.classes, NO_FINDING} if label_set.several else set(label_set.classes)
    unknown = [name for name in classes if name not in known]
    if unknown:
        raise LibraryError(f"The set has no class {', '.join(unknown)}. It has {', '.join(label_set.classes)}.")
    if label_set.several and not _finds_nothing(classes[:1]):
        classes = NO_FINDING, *classes
    check = check_data(library, label_set, classes)
    if check.problems:
        raise LibraryError(check.problems[0])
    recipe = asked.recipe or make_recipe(asked.preset, check.training_images, mirrored=asked.mirrored)
    plan = TrainingPlan(
        asked.name,
        tuple(classes),
        asked.finding or usual_finding(classes),
        asked.start,
        asked.preset,
        replace(recipe, seed=asked.seed),
        label_set.several,
    )
    return library.trainings.start(label_set.id, plan.to_json(), who)


def usual_finding(classes: Sequence[str]) -> str:
    """Name what all classes but the first usually mean together."""
    if set(classes[1:]) <= set(CLASSES[1:]):
        return PNEUMONIA
    return classes[1] if len(classes) == 2 else "finding"


def in_order(classes: Sequence[str]) -> tuple[str, ...]:
    """Put the class that finds nothing first, where one is named so."""
    return tuple(sorted(classes, key=lambda name: not _finds_nothing([name])))


def _finds_nothing(names: Sequence[str]) -> bool:
    return any(name.strip().lower() in NOTHING for name in names)


def _labelled(library: Library, label_set: LabelSet) -> list[str]:
    given = {name for decision in library.labels.decisions(label_set.id) for name in decision.classes or ()}
    return [name for name in label_set.classes if name in given]
