"""Where the network looked: closed form against tf-keras-vis, and how a map is drawn."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from plotly.colors import hex_to_rgb, sequential

from medcore.classifier import Classifier, ModelCard, default_model_folder, read_model_card
from medcore.classifier.certainty import Platt
from medcore.classifier.model_folder import read_certainty
from medcore.errors import ModelError
from medcore.explanation import (
    display_grid,
    explain_batch,
    grad_cam,
    has_evidence,
    heatmap,
    scale_picture,
    targets,
    upsample,
)
from medcore.explanation.maps import raw_maps

CARD = read_model_card(default_model_folder())
TARGETS = targets(CARD)
CERTAINTY = read_certainty(default_model_folder())


SEVERAL = replace(CARD, classes=("no finding", "edema", "effusion"), finding="finding", several=True)


def small_classifier(seed: int, card: ModelCard = CARD) -> Classifier:
    """A network of random weights that ends as the shipped one does."""
    import keras

    keras.utils.set_random_seed(seed)
    film = keras.Input((40, 30))
    x = keras.layers.Reshape((40, 30, 1))(film)
    x = keras.layers.Conv2D(8, 5, 5, activation="relu")(keras.layers.Rescaling(1 / 255)(x))
    features = keras.layers.ReLU(name="features")(keras.layers.Conv2D(12, 3, padding="same")(x))
    pooled = keras.layers.GlobalAveragePooling2D()(features)
    logits = keras.layers.Dense(len(card.answers), name="logits")(pooled)
    certainty = replace(CERTAINTY, findings=(Platt(1, 0),) * 2) if card.several else CERTAINTY
    return Classifier(card, keras.Model(film, logits), certainty)


def gray_films(count: int, rows: int, columns: int) -> np.ndarray:
    coarse = np.random.default_rng(count).uniform(0, 255, (count, 9, 9)).astype(np.float32)
    return np.stack([cv2.resize(film, (columns, rows)) for film in coarse])


def clear_chest() -> np.ndarray:
    """Draw a chest with clear lungs, (224, 224): the network finds nothing normal about films that are no chest."""
    film = np.full((224, 224), 170, np.float32)
    for center, axes in (((72, 115), (38, 72)), ((155, 115), (36, 70))):
        cv2.ellipse(film, center, axes, 0, 0, 360, 30.0, -1)
    cv2.ellipse(film, (125, 140), (34, 38), 20, 0, 360, 170.0, -1)
    for rib in range(60, 204, 16):
        cv2.ellipse(film, (112, rib), (92, 20), 0, 180, 360, 65.0, 3)
    return np.asarray(cv2.GaussianBlur(film, (9, 9), 3))


def assert_same_maps(
    maps: list[dict[str, np.ndarray]], expected: np.ndarray, target: str, tolerance: float = 1e-5
) -> None:
    assert expected.max() > 0
    closed = np.stack([by_target[target] for by_target in maps])
    np.testing.assert_allclose(closed, expected, rtol=0, atol=tolerance * expected.max())


def explained_maps(classifier: Classifier, films: np.ndarray) -> list[dict[str, np.ndarray]]:
    return [maps for _, maps in explain_batch(classifier, films)]


@pytest.mark.parametrize("target", TARGETS)
def test_the_closed_form_agrees_with_tf_keras_vis_on_the_shipped_network(classifier: Classifier, target: str) -> None:
    import keras

    network, films = classifier.network, np.stack([*gray_films(2, 224, 224), clear_chest()])
    both = keras.Model(network.input, [network.output, network.get_layer("features").output])
    logits, features = (array.numpy() for array in both(films, training=False))
    contributions = features @ network.get_layer("logits").get_weights()[0] / 49
    maps = [raw_maps(*film, TARGETS) for film in zip(logits, contributions, strict=True)]
    assert_same_maps(maps, grad_cam(classifier, films, target), target)


@pytest.mark.parametrize("target", TARGETS)
def test_maps_of_real_films_agree_with_tf_keras_vis(classifier: Classifier, shared_data: Path, target: str) -> None:
    paths = sorted((shared_data / "chest-xray-fullsize").rglob("*.jpeg"))[::4]
    films = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in paths]
    inputs = np.stack([cv2.resize(film, (224, 224), interpolation=cv2.INTER_AREA) for film in films])
    expected = grad_cam(classifier, inputs, target)  # of features that were computed in another order of float32
    assert_same_maps(explained_maps(classifier, inputs), expected, target)


@pytest.mark.parametrize("target", TARGETS)
def test_the_closed_form_agrees_with_tf_keras_vis_on_a_random_network(target: str) -> None:
    classifier, films = small_classifier(3), gray_films(4, 40, 30)
    assert_same_maps(explained_maps(classifier, films), grad_cam(classifier, films, target), target)


@pytest.mark.parametrize("target", targets(SEVERAL))
def test_the_closed_form_agrees_with_tf_keras_vis_on_a_network_of_several_findings(target: str) -> None:
    classifier, films = small_classifier(1, SEVERAL), gray_films(5, 40, 30)
    assert_same_maps(explained_maps(classifier, films), grad_cam(classifier, films, target), target)


def test_contributions_and_bias_add_up_to_the_logits(classifier: Classifier) -> None:
    outputs = classifier.forward(gray_films(2, 224, 224))
    bias = classifier.network.get_layer("logits").bias.numpy()
    np.testing.assert_allclose(outputs.contributions.sum(axis=(1, 2)) + bias, outputs.logits, atol=1e-4)


def test_predictions_with_maps_are_those_without(classifier: Classifier) -> None:
    films = gray_films(3, 224, 224)
    explained = explain_batch(classifier, films)
    assert [prediction for prediction, _ in explained] == classifier.predict(films)
    assert {(target, raw.shape, raw.dtype.name) for _, maps in explained for target, raw in maps.items()} == {
        (target, (7, 7), "float32") for target in TARGETS
    }
    assert explain_batch(classifier, films[:0]) == []


def test_a_target_that_nothing_speaks_for_has_no_evidence() -> None:
    classifier = small_classifier(4)
    layer = classifier.network.get_layer("logits")
    kernel, bias = layer.get_weights()
    layer.set_weights([-np.abs(kernel), bias])
    (_, maps), *_ = explain_batch(Classifier(CARD, classifier.network, CERTAINTY), gray_films(1, 40, 30))
    assert not has_evidence(maps["viral"])


def test_another_target_is_refused_by_name(classifier: Classifier) -> None:
    with pytest.raises(ModelError, match="fracture.*pneumonia, normal, bacterial, viral"):
        grad_cam(classifier, gray_films(1, 224, 224), "fracture")


def test_upsampling_is_bilinear_between_the_centres_of_cells() -> None:
    line = [0, 0.25, 0.75, 1]  # centres of the two cells lie at a quarter and three quarters of the side
    np.testing.assert_allclose(upsample(np.array([[0.0, 1.0]]), 2, 4), [line, line])
    np.testing.assert_allclose(upsample(np.full((7, 7), 3.0), 50, 31), np.full((50, 31), 3.0), rtol=1e-6)


def test_a_cell_stays_in_its_place_on_the_film() -> None:
    raw_map = np.zeros((7, 7))
    raw_map[1, 5] = 1
    spread = upsample(raw_map, 700, 1400)
    assert spread[150, 1100] == pytest.approx(1, abs=0.02)  # the middle of row 1, column 5
    assert spread[350:].max() == spread[:, :800].max() == 0


def test_a_value_has_its_colour_whatever_else_is_on_the_map() -> None:
    alone, beside = np.full((7, 7), 0.4), np.full((7, 7), 0.4)
    beside[6, 6] = 4.0
    np.testing.assert_array_equal(heatmap(alone, 70, 70, 1.0)[0, 0], heatmap(beside, 70, 70, 1.0)[0, 0])


def test_values_above_the_scale_keep_its_brightest_colour() -> None:
    assert (heatmap(np.full((7, 7), 9.0), 7, 7, 1.0) == [252, 255, 164, 255]).all()


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_a_scale_must_be_above_zero(scale: float) -> None:
    with pytest.raises(ValueError, match="scale"):
        heatmap(np.ones((7, 7)), 7, 7, scale)


def test_the_colours_are_inferno_and_grow_lighter_along_the_scale() -> None:
    colors = scale_picture(rows=1, columns=256)[0]
    np.testing.assert_array_equal(
        colors[::255], [hex_to_rgb(sequential.Inferno[0]), hex_to_rgb(sequential.Inferno[-1])]
    )
    np.testing.assert_allclose(colors[85], hex_to_rgb(sequential.Inferno[3]), atol=1)
    assert (np.diff(colors @ [0.2126, 0.7152, 0.0722]) > 0).all()


@pytest.mark.parametrize(
    ("grid", "shown"), [((880, 1256), (717, 1024)), ((1024, 7), (1024, 7)), ((300, 200), (300, 200))]
)
def test_a_heatmap_for_the_screen_keeps_the_films_proportions(grid: tuple[int, int], shown: tuple[int, int]) -> None:
    assert display_grid(*grid) == shown


def test_has_evidence_asks_for_one_cell_above_zero() -> None:
    raw_map = np.zeros((7, 7), np.float32)
    assert not has_evidence(raw_map)
    raw_map[3, 3] = 1e-3
    assert has_evidence(raw_map)
