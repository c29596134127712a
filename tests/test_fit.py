"""A fit learns, can be broken off at any step, and is the same run when it goes on."""

import json
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medcore.classifier.runtime import import_keras
from medcore.errors import ModelError
from medcore.training.batches import Batches, Films
from medcore.training.fit import fit
from medcore.training.memory import PLACE, STATE
from medcore.training.recipe import Phase, Recipe
from medcore.training.stored_films import StoredFilms, write_films
from medcore.training.watching import Epoch, FitInterruptedError, Judgement, Watch
from tests.test_augmentation import NOTHING

pytestmark = pytest.mark.filterwarnings(  # Keras copies its variables as NumPy 1 did
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)

CLASSES = ("dark", "bright", "striped")
RECIPE = Recipe(
    phases=(Phase(16, 2),),
    batch_size=8,
    learning_rate=0.02,
    warm_up_steps=2,
    dropout=0.5,
    augmentation=NOTHING,
    precision="float32",
)
STEPS = 3  # an epoch of the films below


def tiny(shape: tuple[int | None, ...], dropout: float, classes: int = 3) -> Any:
    """A network with everything that has a state: weights, running statistics, dropout's draws."""
    layers = import_keras().layers
    film = layers.Input(shape)
    x = layers.Rescaling(1 / 128, offset=-1)(film)
    if len(shape) == 2:
        x = layers.Reshape((*shape, 1))(x)
    x = layers.Conv2D(8, 3, 2, name="stem")(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.8, name="block3_norm")(x))
    x = layers.Dropout(dropout, name="dropout")(layers.GlobalAveragePooling2D()(x))
    return import_keras().Model(film, layers.Dense(classes, dtype="float32")(x))


def make_films(count: int = 24, side: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Dark, bright and striped films in turn, with some noise."""
    kinds = np.empty((3, side, side))
    kinds[0], kinds[1], kinds[2] = 50, 200, np.tile([0, 0, 255, 255], (side, side // 4))
    labels = (np.arange(count) % 3).astype(np.int32)
    noise = np.random.default_rng(0).normal(0, 10, (count, side, side))
    return np.clip(kinds[labels] + noise, 0, 255).astype(np.uint8), labels


FILMS, LABELS = make_films()


def run(recipe: Recipe, films: Films = FILMS, labels: np.ndarray = LABELS, **options: Any) -> list[np.ndarray]:
    return [np.asarray(w) for w in fit(films, labels, CLASSES, recipe, build=tiny, **options).get_weights()]


def stopping_at(step: int) -> Callable[[int, int | None], None]:
    def on_progress(done: int, total: int | None) -> None:
        if done == step:
            raise KeyboardInterrupt

    return on_progress


def steps_of(recipe: Recipe, work: Path, films: np.ndarray = FILMS, labels: np.ndarray = LABELS) -> list[int]:
    """Return the steps that a fit in this folder takes."""
    steps: list[int] = []
    run(recipe, films, labels, work=work, on_progress=lambda done, total: steps.append(done))
    return steps


def assert_same(first: list[np.ndarray], second: list[np.ndarray]) -> None:
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)


def mean_answer(network: Any, films: np.ndarray) -> np.ndarray:
    return np.asarray(network(films.astype(np.float32), training=False))


@pytest.mark.parametrize(
    "changes",
    [
        {"weight_average": 0.9, "gradient_norm": 1.0, "mixup": 0.4, "frozen_blocks": 1},
        {"optimizer": "sgd", "schedule": "linear", "phases": (Phase(12, 1), Phase(16, 2))},
    ],
    ids=["averaged", "two sizes"],
)
def test_an_interrupted_fit_goes_on_to_the_weights_of_one_that_was_not(changes: dict[str, Any], tmp_path: Path) -> None:
    recipe = replace(RECIPE, **{"phases": (Phase(16, 3),), **changes})
    whole = run(recipe)
    with pytest.raises(KeyboardInterrupt):
        run(recipe, work=tmp_path, on_progress=stopping_at(2 * STEPS + 2))
    assert json.loads((tmp_path / PLACE).read_text())["steps"] == 2 * STEPS
    steps: list[int] = []
    resumed = run(recipe, work=tmp_path, on_progress=lambda done, total: steps.append(done))
    assert steps == [2 * STEPS + 1, 2 * STEPS + 2, 2 * STEPS + 3]
    assert_same(resumed, whole)


def test_a_finished_fit_has_nothing_left_to_do(tmp_path: Path) -> None:
    whole = run(RECIPE, work=tmp_path)
    assert steps_of(RECIPE, tmp_path) == []
    assert_same(run(RECIPE, work=tmp_path), whole)


def test_the_optimizer_s_whole_state_is_kept(tmp_path: Path) -> None:
    recipe = replace(RECIPE, weight_average=0.9)
    run(recipe, work=tmp_path)
    [state] = tmp_path.glob(f"*{STATE}")
    optimizer = import_keras().saving.load_model(state, safe_mode=True).optimizer
    assert int(optimizer.iterations) == 2 * STEPS
    kinds = {"momentum": 0, "velocity": 0, "average": 0}
    for variable in optimizer.variables:
        for kind in kinds:
            if variable.path.endswith(kind):
                kinds[kind] += 1
                assert np.any(np.asarray(variable) != 0)
    assert kinds == {"momentum": 6, "velocity": 6, "average": 6}  # of convolution, normalization and dense layer
    assert float(optimizer.learning_rate) == pytest.approx(0, abs=1e-8)  # the end of the cosine


def test_a_fit_never_goes_on_from_another_s_state(tmp_path: Path) -> None:
    run(RECIPE, work=tmp_path)
    films, labels = FILMS.copy(), LABELS.copy()
    films[0, 0, 0] += 1
    labels[0] = 1
    with pytest.raises(KeyboardInterrupt):  # each would have no step left to take
        run(replace(RECIPE, weight_decay=0.02), work=tmp_path, on_progress=stopping_at(1))
    for others in ((films, LABELS), (FILMS, labels), (FILMS.reshape(24, 8, 32), LABELS)):
        with pytest.raises(KeyboardInterrupt):
            run(RECIPE, *others, work=tmp_path, on_progress=stopping_at(1))
    assert steps_of(RECIPE, tmp_path) == []


def test_another_fit_s_first_epoch_does_not_pass_for_one_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(RECIPE, work=tmp_path, on_progress=stopping_at(STEPS + 1))
    [state] = tmp_path.glob(f"*{STATE}")
    before = state.read_bytes()

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", power_cut)
        run(replace(RECIPE, seed=2), work=tmp_path)
    assert state.read_bytes() == before
    assert_same(run(RECIPE, work=tmp_path), run(RECIPE))


def test_only_the_last_state_is_kept(tmp_path: Path) -> None:
    run(RECIPE, work=tmp_path / "new" / "folder")
    assert len(list((tmp_path / "new" / "folder").iterdir())) == 2  # the state and its place


def test_a_fit_reports_its_steps_and_starts_where_it_is_told() -> None:
    started: list[Any] = []
    steps: list[tuple[int, int | None]] = []
    network = fit(
        FILMS,
        LABELS,
        CLASSES,
        RECIPE,
        build=tiny,
        start=started.append,
        on_progress=lambda done, total: steps.append((done, total)),
    )
    assert steps == [(done, 2 * STEPS) for done in range(1, 2 * STEPS + 1)]
    assert [model.get_layer("dropout").rate for model in (started[0], network)] == [0.5, 0.0]
    assert network.input_shape == (None, 16, 16)


def test_the_same_seed_draws_the_same_fit_and_another_seed_another() -> None:
    first = run(RECIPE)
    assert_same(run(RECIPE), first)
    assert any(np.abs(one - other).max() > 1e-3 for one, other in zip(run(replace(RECIPE, seed=2)), first, strict=True))


LONGER = replace(RECIPE, phases=(Phase(16, 12),), dropout=0.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "lion", "learning_rate": 0.003, "schedule": "constant"},
        {"optimizer": "sgd", "learning_rate": 0.1, "gradient_norm": 1.0, "schedule": "linear"},
        {"loss": "focal", "learning_rate": 0.05, "normalization": "half equalized"},
        {"label_smoothing": 0.1, "balanced": True, "weight_average": 0.8},
        {"phases": (Phase(8, 6), Phase(16, 6))},
    ],
    ids=str,
)
def test_every_choice_of_a_recipe_learns(changes: dict[str, Any]) -> None:
    network = fit(FILMS, LABELS, CLASSES, replace(LONGER, **changes), build=tiny)
    recipe = replace(LONGER, **changes)
    [batch] = Batches(FILMS, np.eye(3)[LABELS], np.ones(24), Phase(16, 1), replace(recipe, batch_size=24)).epoch(0)
    answers = mean_answer(network, batch.films[..., 0]).argmax(axis=1)
    assert (answers == batch.targets.argmax(axis=1)).mean() > 0.9


def test_several_findings_a_film_are_learnt_each_for_itself() -> None:
    bright, striped = np.indices((2, 2)).reshape(2, 4)[:, np.arange(32) % 4].astype(bool)
    stripes = np.where(striped[:, None, None], np.tile([-40, 40], (16, 8)), 0)
    films = np.where(bright, 190, 60)[:, None, None] + stripes
    findings = np.stack([bright, striped], axis=1)
    for loss in ("cross-entropy", "focal"):
        network = fit(
            films.astype(np.uint8),
            findings,
            ("bright", "striped"),
            replace(LONGER, phases=(Phase(16, 25),), loss=loss),  # type: ignore[arg-type]
            build=lambda shape, dropout: tiny(shape, dropout, classes=2),
        )
        np.testing.assert_array_equal(mean_answer(network, films) > 0, findings)


def test_films_in_colour_are_learnt_by_their_colour() -> None:
    films = np.zeros((24, 16, 16, 3), np.uint8)
    films[np.arange(24), :, :, LABELS] = 200  # as bright, but red, green or blue
    network = fit(films, LABELS, ("red", "green", "blue"), LONGER, build=tiny)
    assert network.input_shape == (None, 16, 16, 3)
    assert (mean_answer(network, films).argmax(axis=1) == LABELS).all()


def test_frozen_blocks_stay_as_they_are_and_the_rest_is_trained() -> None:
    started: list[list[np.ndarray]] = []
    recipe = replace(RECIPE, frozen_blocks=2)  # block 3 is free
    network = fit(
        FILMS, LABELS, CLASSES, recipe, build=tiny, start=lambda its: started.append([np.array(w) for w in its.weights])
    )
    changed = [not np.array_equal(old, new) for old, new in zip(started[0], network.weights, strict=True)]
    assert changed == [False, False, *[True] * 6]


def test_normalizations_stay_as_they_are_where_the_recipe_keeps_them() -> None:
    started: list[list[np.ndarray]] = []
    recipe = replace(RECIPE, normalizations_kept=True)
    network = fit(
        FILMS, LABELS, CLASSES, recipe, build=tiny, start=lambda its: started.append([np.array(w) for w in its.weights])
    )
    changed = [not np.array_equal(old, new) for old, new in zip(started[0], network.weights, strict=True)]
    assert changed == [True, True, *[False] * 4, True, True]


def test_the_kept_weights_are_the_moving_average_where_one_is_asked_for() -> None:
    weights: list[list[np.ndarray]] = []
    networks: list[Any] = []

    def remember(done: int, total: int | None) -> None:
        weights.append([np.array(w) for w in networks[0].trainable_weights])

    recipe = replace(RECIPE, weight_average=0.7, phases=(Phase(16, 1),))
    network = fit(FILMS, LABELS, CLASSES, recipe, build=tiny, start=networks.append, on_progress=remember)
    average = weights[0]  # Keras starts the average at the weights after the first step
    for step in weights[1:]:
        average = [0.7 * old + 0.3 * new for old, new in zip(average, step, strict=True)]
    assert_same([np.asarray(w) for w in network.trainable_weights], average)


def test_label_doubt_keeps_the_answer_between_the_doubtful_classes() -> None:
    recipe = replace(LONGER, doubtful=(("bright", "striped"),), doubt=1.0)
    logits = mean_answer(fit(FILMS, LABELS, CLASSES, recipe, build=tiny), FILMS)
    assert np.abs(logits[:, 1] - logits[:, 2]).max() < 0.5
    assert ((logits[:, 0] > logits[:, 1:].max(axis=1)) == (LABELS == 0)).all()


def test_a_loss_that_is_no_number_stops_the_fit(tmp_path: Path) -> None:
    def spoil(network: Any) -> None:
        network.layers[-1].set_weights([np.full((8, 3), np.nan), np.zeros(3)])

    with pytest.raises(ModelError, match="smaller learning rate"):
        run(RECIPE, start=spoil, work=tmp_path)
    assert not (tmp_path / PLACE).exists()


def test_the_precision_policy_is_as_it_was_afterwards() -> None:
    keras = import_keras()
    before = keras.config.dtype_policy()
    seen: list[str] = []

    def build(shape: tuple[int | None, ...], dropout: float) -> Any:
        seen.append(keras.config.dtype_policy().name)
        return tiny(shape, dropout)

    recipe = replace(RECIPE, precision="mixed_bfloat16")
    network = fit(FILMS, LABELS, CLASSES, recipe, build=build)
    assert keras.config.dtype_policy() is before
    assert seen == ["mixed_bfloat16", before.name]  # the finished network is plain
    assert network.compute_dtype == "float32"

    def fail(network: Any) -> None:
        raise ModelError("no weights")

    with pytest.raises(ModelError, match="no weights"):
        fit(FILMS, LABELS, CLASSES, recipe, build=build, start=fail)
    assert keras.config.dtype_policy() is before


def test_an_epoch_s_loss_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="medcore.training.fit"):
        run(RECIPE)
    assert [bool(re.fullmatch(r"epoch \d, loss \d\.\d{4}", line)) for line in caplog.messages] == [True, True]


def test_a_fit_that_was_stopped_goes_on_at_that_very_step(tmp_path: Path) -> None:
    recipe = replace(RECIPE, phases=(Phase(16, 3),))
    whole = run(recipe)
    steps: list[int] = []
    with pytest.raises(FitInterruptedError):
        run(
            recipe,
            work=tmp_path,
            on_progress=lambda done, total: steps.append(done),
            watch=Watch(is_stopped=lambda: len(steps) == STEPS + 2),
        )
    resumed = run(recipe, work=tmp_path, on_progress=lambda done, total: steps.append(done))
    assert steps == list(range(1, 3 * STEPS + 1))
    assert_same(resumed, whole)


def judged_by(values: list[float]) -> Callable[[Any], Judgement]:
    """Judge each epoch by the next of some losses."""
    waiting = iter(values)
    return lambda network: Judgement(next(waiting))


def test_a_fit_stops_when_nothing_gets_better_and_keeps_the_best_epoch(tmp_path: Path) -> None:
    recipe = replace(RECIPE, phases=(Phase(16, 9),), schedule="constant")
    seen: list[Epoch] = []
    weights: list[list[np.ndarray]] = []

    def judge(network: Any) -> Judgement:
        weights.append([np.array(weight) for weight in network.get_weights()])
        return judgements[len(weights) - 1]

    judgements = [Judgement(0.5, 0.7), Judgement(0.6, 0.9), Judgement(0.4, 0.8), Judgement(0.7, 0.9), Judgement(0.8)]
    kept = run(replace(recipe, patience=2), watch=Watch(judge=judge, on_epoch=seen.append))
    assert [epoch.number for epoch in seen] == [1, 2, 3, 4]
    assert [epoch.judgement for epoch in seen] == judgements[:4]
    assert_same(kept, weights[1])


def test_the_best_epoch_is_remembered_over_an_interruption(tmp_path: Path) -> None:
    recipe = replace(RECIPE, phases=(Phase(16, 4),), schedule="constant", patience=3)
    whole = run(recipe, watch=Watch(judge=judged_by([0.9, 0.5, 0.6, 0.7])))
    done: list[Epoch] = []
    watch = Watch(judged_by([0.9, 0.5]), on_epoch=done.append, is_stopped=lambda: len(done) == 2)
    with pytest.raises(FitInterruptedError):
        run(recipe, work=tmp_path, watch=watch)
    assert_same(run(recipe, work=tmp_path, watch=Watch(judge=judged_by([0.6, 0.7]))), whole)


def test_stopping_early_needs_somebody_who_judges() -> None:
    with pytest.raises(ModelError, match="validation"):
        run(replace(RECIPE, patience=1))


def test_films_on_disk_train_as_those_in_memory_do(tmp_path: Path) -> None:
    file = tmp_path / "films.bin"
    write_films(file, FILMS)
    stored = StoredFilms(file, FILMS.shape[1:], tuple(range(len(FILMS))), "of these films")
    recipe = replace(RECIPE, phases=(Phase(12, 1), Phase(16, 1)))
    assert_same(run(recipe, stored, work=tmp_path / "fit"), run(recipe))
