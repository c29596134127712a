"""A recipe is settings: they are kept with the model and read back as they were."""

import json
from dataclasses import replace

from medcore.training.augmentation import Augmentation
from medcore.training.recipe import Phase, Recipe

UNUSUAL = Recipe(
    seed=7,
    phases=(Phase(64, 2), Phase(96, 3)),
    optimizer="sgd",
    gradient_norm=1.0,
    weight_average=0.9,
    doubtful=(("bacterial", "viral"), ("a", "b", "c")),
    doubt=0.2,
    mixup=0.4,
    normalization="half equalized",
    augmentation=Augmentation(upended=True, erased=0.3),
)


def test_settings_survive_a_file() -> None:
    for recipe in (Recipe(), UNUSUAL):
        assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_the_epochs_of_all_phases_count() -> None:
    assert UNUSUAL.epochs == 5
    assert replace(UNUSUAL, phases=()).epochs == 0
