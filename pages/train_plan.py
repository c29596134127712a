"""How a training begins and goes: the weights to start from, a preset, and its settings below."""

from dataclasses import replace

import streamlit as st

from medcore.training.asked import Asked, usual_finding
from medcore.training.plan import SIZES, make_recipe
from medcore.training.progress import estimate_s
from medcore.training.recipe import Phase, Recipe
from pages.train_data import Chosen
from pages.words import duration

STARTS = {"live": "The model that is live", "imagenet": "ImageNet weights"}
PRESETS = {"quick": "Quick", "standard": "Standard", "thorough": "Thorough"}
OPTIMIZERS = ("adamw", "lion", "sgd")
SCHEDULES = ("cosine", "linear", "constant")
LOSSES = ("cross-entropy", "focal")


def choose_plan(chosen: Chosen) -> Asked:
    """Ask how to train, and say about how long that takes."""
    left, middle, right = st.columns([2, 2, 2])
    start = left.segmented_control(
        "Begin with", STARTS, default="live", required=True, format_func=STARTS.get, key="train_start"
    )
    preset = middle.segmented_control(
        "Preset", PRESETS, default="standard", required=True, format_func=PRESETS.get, key="train_preset"
    )
    name = right.text_input("Name of the model", value="candidate", max_chars=40, key="train_name")
    finding = st.text_input(
        "What the other classes mean together", usual_finding(chosen.classes), max_chars=40,
        key=f"train_finding_{'_'.join(chosen.classes)}", width=360,
    )  # fmt: skip
    mirrored = st.checkbox("A film and its mirror image show the same", value=True, key="train_mirrored")
    films = chosen.check.training_images
    recipe = settings(make_recipe(preset, films, mirrored=mirrored), preset)
    st.text(f"About {duration(estimate_s(recipe, films))} on this machine, {recipe.epochs} epochs at most.")
    return Asked(
        label_set=chosen.label_set.name,
        classes=chosen.classes,
        finding=finding.strip(),
        start=start,
        preset=preset,
        mirrored=mirrored,
        name=name.strip() or "candidate",
        seed=recipe.seed,
        recipe=recipe,
    )


def settings(recipe: Recipe, preset: str) -> Recipe:
    """Show the settings of a preset, each of which can be changed."""
    with st.expander("Settings", key="train_settings"):
        first, second, third = st.columns(3)
        size = first.selectbox(
            "Input size", SIZES, index=SIZES.index(recipe.phases[-1].size), key=f"train_size_{preset}"
        )
        epochs = first.number_input("Epochs at most", 1, 300, recipe.epochs, key=f"train_epochs_{preset}")
        rotation = first.number_input(
            "Rotation, degrees", 0.0, 180.0, float(recipe.augmentation.rotation_degrees), key=f"train_rotation_{preset}"
        )
        zoom = first.number_input("Scaling", 0.0, 0.5, float(recipe.augmentation.zoom), key=f"train_zoom_{preset}")
        shift = second.number_input("Cropping", 0.0, 0.5, float(recipe.augmentation.shift), key=f"train_shift_{preset}")
        exposure = second.number_input(
            "Exposure", 0.0, 1.0, float(recipe.augmentation.gamma), key=f"train_gamma_{preset}"
        )
        loss = second.selectbox("Loss", LOSSES, index=LOSSES.index(recipe.loss), key=f"train_loss_{preset}")
        balanced = second.checkbox("Every class weighs the same", recipe.balanced, key=f"train_balanced_{preset}")
        optimizer = third.selectbox(
            "Optimizer", OPTIMIZERS, index=OPTIMIZERS.index(recipe.optimizer), key=f"train_optimizer_{preset}"
        )
        rate = third.number_input(
            "Learning rate", 1e-6, 1e-1, recipe.learning_rate, format="%.6f", key=f"train_rate_{preset}"
        )
        schedule = third.selectbox(
            "Schedule", SCHEDULES, index=SCHEDULES.index(recipe.schedule), key=f"train_schedule_{preset}"
        )
        seed = third.number_input("Seed", 0, 1_000_000, 1, key=f"train_seed_{preset}")
    phases = recipe.phases if (size, epochs) == (recipe.phases[-1].size, recipe.epochs) else (Phase(size, epochs),)
    augmentation = replace(recipe.augmentation, rotation_degrees=rotation, zoom=zoom, shift=shift, gamma=exposure)
    return replace(
        recipe,
        phases=phases,
        augmentation=augmentation,
        loss=loss,
        balanced=balanced,
        optimizer=optimizer,
        learning_rate=rate,
        schedule=schedule,
        seed=seed,
    )
