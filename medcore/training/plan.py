"""What a training is asked for: where it starts, with which recipe, and what the classes mean."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from medcore.classifier.card import answers_of
from medcore.errors import ModelError
from medcore.training.augmentation import Augmentation
from medcore.training.recipe import DEFAULT_RECIPE, Phase, Recipe
from medcore.training.task_recipes import STRONG

Start = Literal["live", "imagenet"]
SIZES = (96, 128, 160, 192, 224)  # rows and columns that a network can be trained at
SMALL_BATCH, SMALL_SET = 16, 400  # films in a batch where there are fewer films than that
FEWEST_EPOCHS, MOST_EPOCHS = 4, 80


@dataclass(frozen=True)
class TrainingPlan:
    """The choices of whoever starts a training."""

    name: str  # of the model
    classes: tuple[str, ...]  # the first finds nothing
    finding: str  # what the others mean together
    start: Start
    preset: str
    recipe: Recipe
    several: bool = False  # a film can have several of the classes but the first, or none

    @property
    def answers(self) -> tuple[str, ...]:
        """The classes that the network is to have a logit for."""
        return answers_of(self.classes, several=self.several)

    def to_json(self) -> dict[str, Any]:
        """Return plain entries, from which `from_json` makes the same."""
        return {**dataclasses.asdict(self), "recipe": self.recipe.to_json()}

    @classmethod
    def from_json(cls, entries: Mapping[str, Any]) -> "TrainingPlan":
        """Read what `to_json` returned."""
        parts: dict[str, Any] = {
            "classes": tuple(entries["classes"]),
            "recipe": Recipe.from_json(dict(entries["recipe"])),
        }
        return cls(**{**entries, **parts})


def make_recipe(preset: str, films: int, *, mirrored: bool = True) -> Recipe:
    """Return a preset's recipe for so many training films: fewer films are shown more often.

    Parameters
    ----------
    preset : str
        One of `PRESETS`.
    films : int
    mirrored : bool
        Whether a film and its mirror image show the same; not where left and right differ.

    Raises
    ------
    ModelError
        If there is no such preset.
    """
    if preset not in PRESETS:
        raise ModelError(f"There is no preset {preset!r}. Choose one of {', '.join(PRESETS)}.")
    recipe = PRESETS[preset](films)
    batch_size = SMALL_BATCH if films < SMALL_SET else recipe.batch_size
    return replace(recipe, batch_size=batch_size, augmentation=replace(recipe.augmentation, mirrored=mirrored))


def _epochs(shown: int, films: int) -> int:
    """Return how many epochs show about so many films."""
    return max(FEWEST_EPOCHS, min(MOST_EPOCHS, round(shown / max(films, 1))))


def _quick(films: int) -> Recipe:
    """Only the last blocks learn, on small films."""
    return replace(
        DEFAULT_RECIPE,
        phases=(Phase(128, _epochs(4_000, films)),),
        frozen_blocks=11,
        augmentation=Augmentation(),
        patience=4,
    )


def _standard(films: int) -> Recipe:
    """As the public tasks were trained: every epoch at 128 pixels, films varied strongly."""
    return replace(
        DEFAULT_RECIPE, phases=(Phase(128, _epochs(22_000, films)),), augmentation=STRONG, balanced=True, patience=12
    )


def _thorough(films: int) -> Recipe:
    """As the shipped model was trained: two thirds at 128 pixels, the rest at 224."""
    epochs = _epochs(80_000, films)
    last = max(2, epochs // 3)
    return replace(
        DEFAULT_RECIPE, phases=(Phase(128, epochs - last), Phase(224, last, strength=0.6)), balanced=True, patience=12
    )


PRESETS: Mapping[str, Callable[[int], Recipe]] = MappingProxyType(
    {"quick": _quick, "standard": _standard, "thorough": _thorough}
)
