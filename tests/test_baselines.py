"""The baselines are trained on the default model's training films, and meet the test films only when told."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from medcore.classifier.decision import CLASSES
from medcore.classifier.runtime import import_keras
from medcore.training import baselines
from medcore.training.baselines import CNN_RECIPE, HEAD_RECIPE, BaselineRow, run_baselines, small_cnn
from medcore.training.films import Film
from medcore.training.recipe import Phase

pytestmark = pytest.mark.filterwarnings(  # Keras copies its variables as NumPy 1 did
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)

QUICK: dict[str, Any] = {
    "cnn_recipe": replace(CNN_RECIPE, phases=(Phase(24, 8),), batch_size=16, learning_rate=0.01, warm_up_steps=2),
    "head_recipe": replace(HEAD_RECIPE, phases=(Phase(32, 1),)),
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Dark, gray and bright films: 60 of 60 patients to train on, and test films that are no image yet."""
    folder, rows = tmp_path / "films", ["file,split,label,patient"]
    folder.mkdir()
    for number in range(60):
        film = np.random.default_rng(number).normal(50 + 70 * (number % 3), 10, (30, 30)).clip(0, 255)
        cv2.imwrite(str(folder / f"{number}.png"), film.astype(np.uint8))
        rows.append(f"{number}.png,train,{CLASSES[number % 3]},p{number}")
    rows += [f"test-{number}.png,test,{CLASSES[number % 3]},q{number}" for number in range(6)]
    (folder / "labels.csv").write_text("\n".join(rows))
    return folder


def stand_in(classes: int, *, shape: tuple[int, ...]) -> Any:
    """A small network with the layers that the published one is asked for; drawn weights tell dark from bright."""
    layers = import_keras().layers
    film = layers.Input(shape)
    x = layers.Conv2D(8, 3, activation="relu")(layers.Reshape((*shape, 1))(film))
    x = layers.GlobalAveragePooling2D(name="average")(x)
    return import_keras().Model(film, layers.Dense(classes, name="logits")(x))


@pytest.fixture
def without_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the published network out."""
    monkeypatch.setattr(baselines, "build_network", stand_in)
    monkeypatch.setattr(baselines, "find_pretrained_weights", lambda: Path("weights.pth"))
    monkeypatch.setattr(baselines, "load_pretrained", lambda network, path: network.set_weights(drawn(network)))


def drawn(network: Any) -> list[np.ndarray]:
    generator = np.random.default_rng(0)  # the same at every call, as published weights are
    return [generator.normal(size=weight.shape) for weight in network.get_weights()]


def bring_test_films(data: Path) -> None:
    for number in range(6):
        film = np.full((30, 30), 50 + 70 * (number % 3), np.uint8)
        cv2.imwrite(str(data / f"test-{number}.png"), film)


@pytest.mark.usefixtures("without_weights")
def test_both_baselines_learn_and_meet_the_test_films_only_when_told(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "work" / "baselines"
    rows = run_baselines(data, out, **QUICK)  # the test films cannot be opened
    assert [(row.model, row.part, row.films) for row in rows] == [
        (baselines.SMALL_CNN, "validation", 6),
        (baselines.LINEAR_HEAD, "validation", 6),
    ]
    assert min(row.auc for row in rows) > 0.9, rows

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(baselines, "fit", refuse)
    monkeypatch.setattr(baselines, "pooled_features", refuse)
    assert run_baselines(data, out, **QUICK) == rows
    bring_test_films(data)
    with_test = run_baselines(data, out, with_test=True, **QUICK)
    assert with_test[:2] == rows
    assert [(row.part, row.films) for row in with_test[2:]] == [("test", 6), ("test", 6)]
    assert json.loads((out / "baselines.json").read_text()) == [asdict(row) for row in with_test]
    (data / "test-0.png").unlink()  # they are met once
    assert run_baselines(data, out, with_test=True, **QUICK) == with_test


def test_the_small_cnn_is_a_textbook_s() -> None:
    network = small_cnn(3, (112, 112), dropout=0.5)
    kinds = [type(layer).__name__ for layer in network.layers if layer.weights or "Pool" in type(layer).__name__]
    assert kinds == ["Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Dense", "Dense"]
    assert network.output_shape == (None, 3)
    assert network.count_params() == 320 + 18_496 + (26 * 26 * 64 + 1) * 64 + 195


def test_figures_are_those_of_the_answers() -> None:
    labels = ("normal", "normal", "bacterial", "viral", "viral")
    films = tuple(Film(Path(str(n)), label, str(n)) for n, label in enumerate(labels))
    logits = np.array([[5, 0, 0], [0, 1, 0], [0, 5, 0], [0, 2, 1], [4, 1, 2]], float)
    row = baselines._measure("a", "validation", films, logits)
    # pneumonia's logit: -4.3, 1.3, 5.0, 2.3, -1.7; of the 6 pairs, the second normal film is above the last viral one
    expected = BaselineRow("a", "validation", 5, 5 / 6, 3 / 5, 2 / 5, 1.0)
    assert row == expected
