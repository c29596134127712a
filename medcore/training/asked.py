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
NAME = re.compile(r"[\w.-](?:[\w .-]{0,38}[\w.-])?")
FEWEST = 20  # patients of a class: one in ten calibrates, and each part needs two
SEVERAL = "This set takes several findings for one image, and training takes one. Choose another set."


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


def check_data(library: Library, label_set: LabelSet, classes: Sequence[str]) -> DataCheck:
    """Count what there is of each class, and say what stands in the way of a training."""
    decided = [decision for decision in library.decisions(label_set.id)]
    known = [one for one in decided if one.classes is not None and set(one.classes) & set(classes)]
    keys = library.patient_keys([one.study_id for one in known])
    images = Counter(name for one in known for name in one.classes or ())
    patients = Counter(name for name, _ in {(name, keys[one.study_id]) for one in known for name in one.classes or ()})
    problems = [
        f"Too few patients have {name}: {patients[name]}, and {FEWEST} are needed. Label films of more patients."
        for name in classes
        if patients[name] < FEWEST
    ]
    if len(classes) < 2:
        problems.append("A model tells classes apart. Choose at least two.")
    disputed = sum(one.classes is None for one in decided)
    remarks = [f"Left out until somebody decides: {disputed} images on which readers disagree."] if disputed else []
    return DataCheck(
        images,
        patients,
        round(SHARES["train"] * sum(images[name] for name in classes)),
        tuple(problems),
        tuple(remarks),
    )


def start_training(library: Library, asked: Asked, who: str) -> TrainingRun:
    """Queue a training.

    Raises
    ------
    LibraryError
        If there is no such label set, a class is none of it, too few classes have labels, or a training is under way.
    """
    if not NAME.fullmatch(asked.name):
        raise LibraryError("The model's name takes 1 to 40 letters, digits, spaces, dots and dashes. Correct it.")
    label_set = library.label_set_named(asked.label_set)
    if label_set.several:
        raise LibraryError(SEVERAL)
    classes = asked.classes or in_order(_labelled(library, label_set))
    unknown = [name for name in classes if name not in label_set.classes]
    if unknown:
        raise LibraryError(f"The set has no class {', '.join(unknown)}. It has {', '.join(label_set.classes)}.")
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
    )
    return library.trainings.start(label_set.id, plan.to_json(), who)


def usual_finding(classes: Sequence[str]) -> str:
    """Name what all classes but the first usually mean together."""
    if set(classes[1:]) <= set(CLASSES[1:]):
        return PNEUMONIA
    return classes[1] if len(classes) == 2 else "finding"


def in_order(classes: list[str]) -> tuple[str, ...]:
    """Put the class that finds nothing first, where one is named so."""
    return tuple(sorted(classes, key=lambda name: name.strip().lower() not in NOTHING))


def _labelled(library: Library, label_set: LabelSet) -> list[str]:
    given = {name for decision in library.decisions(label_set.id) for name in decision.classes or ()}
    return [name for name in label_set.classes if name in given]
