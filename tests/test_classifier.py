"""The shipped model: what it answers, and what it refuses to open."""

import copy
import dataclasses
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.signal import correlate2d
from scipy.special import expit

from medcore.classifier import Classifier, Prediction, default_model_folder, read_model_card
from medcore.classifier.card import CARD_FILE, write_model_card
from medcore.classifier.decision import (
    any_gradient,
    any_logit,
    positive_gradient,
    positive_logit,
    positive_probability,
    probabilities,
)
from medcore.classifier.folding import fold_batch_norms
from medcore.classifier.forward import Outputs
from medcore.classifier.model_folder import MODEL_FILE, PARTS, read_training_films
from medcore.classifier.network import build_network
from medcore.classifier.report import read_report
from medcore.errors import ModelError

CARD = read_model_card(default_model_folder())
REPORT = read_report(default_model_folder())


def clouds(count: int, seed: int = 0) -> np.ndarray:
    """Smooth noise over the whole range of gray values."""
    coarse = np.random.default_rng(seed).uniform(0, 255, (count, 14, 14)).astype(np.float32)
    return np.stack([cv2.resize(film, (224, 224), interpolation=cv2.INTER_LINEAR) for film in coarse])


def figures(predictions: list[Prediction]) -> np.ndarray:
    return np.array([[*p.probabilities.values(), p.pneumonia] for p in predictions])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped model's folder."""
    return shutil.copytree(default_model_folder(), tmp_path / "model")


@pytest.mark.parametrize("count", [1, 2, 16, 17])
def test_a_films_figures_do_not_depend_on_its_batch(classifier: Classifier, count: int) -> None:
    films = clouds(17)
    together = figures(classifier.predict(films))
    parts = [figures(classifier.predict(films[first : first + count])) for first in range(0, 17, count)]
    np.testing.assert_allclose(np.concatenate(parts), together, atol=1e-5)


def test_eight_threads_get_the_figures_of_one(classifier: Classifier) -> None:
    films = [clouds(3, seed) for seed in range(8)]
    alone = [figures(classifier.predict(some)) for some in films]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda some: figures(classifier.predict(some)), films * 3))
    np.testing.assert_allclose(together, alone * 3, atol=1e-5)


def test_a_prediction_holds_its_evidence(classifier: Classifier) -> None:
    film = clouds(1)
    prediction = classifier.predict(film)[0]
    assert tuple(prediction.probabilities) == ("normal", "bacterial", "viral")
    assert sum(prediction.probabilities.values()) == pytest.approx(1)
    assert prediction.pneumonia == pytest.approx(1 - prediction.probabilities["normal"])
    assert prediction.operating_point == CARD.operating_point
    assert prediction.model_version == f"{CARD.name} {CARD.version}"
    assert prediction.pixels_sha256 == hashlib.sha256(film.astype("<f4").tobytes()).hexdigest()
    with pytest.raises(dataclasses.FrozenInstanceError):
        prediction.pneumonia = 0.0  # type: ignore[misc]


def test_another_pixel_is_another_hash(classifier: Classifier) -> None:
    film = clouds(1)
    changed = film.copy()
    changed[0, 100, 100] = 255 - changed[0, 100, 100]
    assert classifier.predict(film)[0].pixels_sha256 != classifier.predict(changed)[0].pixels_sha256


def test_the_decision_is_positive_from_the_threshold_on(classifier: Classifier) -> None:
    outputs = Outputs(np.array([[0.0, 1.0, 0.0]], np.float32), np.zeros((1, 7, 7, 3)), np.zeros((1, 1280)))
    exact = float(positive_probability(classifier.certainty.calibrated(outputs.logits))[0])
    decisions = []
    for threshold in (np.nextafter(exact, 0), exact, np.nextafter(exact, 1)):
        point = dataclasses.replace(CARD.operating_point, threshold=float(threshold))
        strict = copy.copy(classifier)
        strict.card = dataclasses.replace(CARD, operating_points=(point,))
        decisions.append(strict.judge(clouds(1), outputs)[0].decision)
    assert decisions == ["pneumonia", "pneumonia", "no pneumonia"]


def test_probabilities_worked_out_by_hand() -> None:
    logits = np.log([[1.0, 2.0, 3.0]])
    np.testing.assert_allclose(probabilities(logits), [[1 / 6, 2 / 6, 3 / 6]])
    np.testing.assert_allclose(positive_logit(logits), [np.log(5)])
    np.testing.assert_allclose(expit(positive_logit(logits)), [5 / 6])
    np.testing.assert_allclose(positive_gradient(logits[0]), [-1, 2 / 5, 3 / 5])


def test_extreme_logits_stay_probabilities() -> None:
    logits = np.array([[2000, 0, 0], [-2000, 0, 0], [0, 2000, -2000]], np.float32)
    np.testing.assert_allclose(expit(positive_logit(logits)), [0, 1, 1])
    np.testing.assert_allclose(probabilities(logits).sum(axis=1), 1)


def test_the_gradient_is_the_slope_of_the_logit() -> None:
    logits, step = np.array([0.3, -1.2, 2.0]), 1e-6
    slopes = [
        (positive_logit((logits + move)[None]) - positive_logit((logits - move)[None]))[0] / (2 * step)
        for move in np.eye(3) * step
    ]
    np.testing.assert_allclose(positive_gradient(logits), slopes, atol=1e-8)


def test_any_of_several_findings_is_what_is_left_when_none_is_there() -> None:
    logits = np.array([[0.0, 0.0], [-2.0, 1.0], [30.0, -30.0], [-40.0, -41.0]])
    expected = -np.expm1(np.log1p(-expit(logits)).sum(axis=1))
    np.testing.assert_allclose(expit(any_logit(logits)), expected, rtol=1e-9)
    step, at = 1e-6, np.array([-2.0, 1.0, 0.3])
    moved = [np.stack([at - move, at + move]) for move in np.eye(3) * step]
    slopes = [float(np.diff(any_logit(two))[0]) / (2 * step) for two in moved]
    np.testing.assert_allclose(any_gradient(at), slopes, atol=1e-8)


def test_no_films_give_no_predictions(classifier: Classifier) -> None:
    assert classifier.predict(np.empty((0, 224, 224), np.float32)) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda films: films[0],
        lambda films: films[:, :200],
        lambda films: films[..., None],
        lambda films: films * np.nan,
        lambda films: films - 300,
        lambda films: films * 16,
    ],
)
def test_what_is_no_display_value_is_refused(classifier: Classifier, spoil: Callable[[np.ndarray], np.ndarray]) -> None:
    with pytest.raises(ModelError, match="The network takes"):
        classifier.predict(spoil(clouds(1)))


def test_a_resizes_rounding_error_is_no_refusal(classifier: Classifier) -> None:
    white = np.full((1, 224, 224), 255, np.float32)
    assert figures(classifier.predict(white + 2e-5)) == pytest.approx(figures(classifier.predict(white)), abs=1e-4)


def test_most_real_films_get_their_label(classifier: Classifier, shared_data: Path) -> None:
    rows = (shared_data / "chest-xray-fullsize" / "labels.csv").read_text().splitlines()[1:]
    right = 0
    for name, _, label, *_ in (row.split(",") for row in rows):
        path = next((shared_data / "chest-xray-fullsize").rglob(name))
        film = cv2.resize(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), (224, 224), interpolation=cv2.INTER_AREA)
        decision = classifier.predict(film[None].astype(np.float32))[0].decision
        right += decision == ("no pneumonia" if label == "normal" else "pneumonia")
    assert len(rows) == 24
    assert right >= 21


@pytest.mark.parametrize("place", [0, 7_000_000, -1])
def test_one_flipped_bit_keeps_a_model_closed(folder: Path, place: int) -> None:
    content = bytearray((folder / MODEL_FILE).read_bytes())
    content[place] ^= 1
    (folder / MODEL_FILE).write_bytes(content)
    with pytest.raises(ModelError, match="SHA-256 differs"):
        Classifier.load(folder)


@pytest.mark.parametrize("name", [CARD_FILE, MODEL_FILE])
def test_a_missing_file_says_which(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        Classifier.load(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"name": 1}', "\xff"])
def test_a_spoilt_card_is_a_clear_error(folder: Path, text: str) -> None:
    (folder / CARD_FILE).write_text(text, encoding="latin-1")
    with pytest.raises(ModelError, match="Restore the folder"):
        read_model_card(folder)


def test_a_model_with_other_classes_is_refused(folder: Path) -> None:
    write_model_card(folder, dataclasses.replace(CARD, classes=("cat", "dog")))
    with pytest.raises(ModelError, match="other classes"):
        Classifier.load(folder)


def test_a_model_that_carries_code_is_refused(folder: Path) -> None:
    import keras

    film = keras.Input((224, 224))
    keras.Model(film, keras.layers.Lambda(lambda x: x)(film)).save(folder / MODEL_FILE)
    sha256 = hashlib.sha256((folder / MODEL_FILE).read_bytes()).hexdigest()
    write_model_card(folder, dataclasses.replace(CARD, sha256=sha256))
    with pytest.raises(ModelError, match="cannot be loaded"):
        Classifier.load(folder)


def test_a_card_survives_writing_and_reading(folder: Path) -> None:
    write_model_card(folder, CARD)
    assert read_model_card(folder) == CARD


def test_the_shipped_card_says_what_a_user_must_know() -> None:
    assert CARD.training_data.licence == "CC BY 4.0"
    assert "10.17632/rscbjbr9sj" in CARD.training_data.source
    assert CARD.starting_weights.licence == "Apache-2.0"
    assert (REPORT.pneumonia["validation"].binary.auc.value or 0) >= 0.99
    sensitive, _, specific = CARD.operating_points
    assert sensitive.sensitivity >= 0.97
    assert specific.specificity >= 0.97
    assert CARD.scope.made_for == "children of 1 to 5 years"
    assert json.loads((default_model_folder() / CARD_FILE).read_text())["sha256"] == CARD.sha256


@pytest.mark.parametrize("name", PARTS)
def test_a_changed_byte_in_any_file_of_a_prediction_is_refused(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match="SHA-256 differs"):
        Classifier.load(folder)


def test_the_shipped_model_names_every_film_that_trained_it() -> None:
    assert len(read_training_films(default_model_folder())) == pytest.approx(
        sum(CARD.training_data.films["training"].values()), rel=0.02
    )  # some films of the public set are there twice


def test_the_shipped_model_is_small_flat_and_ends_in_logits(classifier: Classifier) -> None:
    import keras

    assert sum(file.stat().st_size for file in default_model_folder().iterdir()) < 20_000_000
    assert not [layer for layer in classifier.network.layers if isinstance(layer, keras.Model)]
    assert classifier.network.get_layer("logits").activation is keras.activations.linear
    assert {weight.dtype for weight in classifier.network.weights} == {"float32"}


def test_the_first_block_agrees_with_scipy() -> None:
    import keras

    keras.utils.set_random_seed(5)
    network = build_network(3)
    for layer in network.layers:
        if layer.name in ("stem_norm", "block0_depthwise_norm"):
            layer.set_weights([np.random.default_rng(6).uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    film = clouds(1, 7)[0]
    shown = keras.Model(network.input, network.get_layer("block0_depthwise_relu6").output)(film[None])[0].numpy()
    stem, depthwise = (network.get_layer(name).get_weights()[0] for name in ("stem", "block0_depthwise"))
    padded = np.pad((film - 127) / 128, ((0, 1), (0, 1)))  # 224 over stride 2: one row and column, behind
    maps = [correlate2d(padded, stem[:, :, 0, k], mode="valid")[::2, ::2] for k in range(32)]
    maps = normalized(np.stack(maps, axis=-1), network.get_layer("stem_norm").get_weights())
    maps = [correlate2d(maps[..., k], depthwise[:, :, k, 0], mode="same") for k in range(32)]
    maps = normalized(np.stack(maps, axis=-1), network.get_layer("block0_depthwise_norm").get_weights())
    np.testing.assert_allclose(shown, maps, atol=1e-4)


def test_folding_the_normalizations_changes_no_answer() -> None:
    import keras

    keras.utils.set_random_seed(8)
    network, generator = build_network(3), np.random.default_rng(9)
    norms = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for norm in norms:
        norm.set_weights([generator.uniform(0.5, 1.5, weight.shape) for weight in norm.get_weights()])
    films, before = clouds(2), network(clouds(2)).numpy()
    folded = fold_batch_norms(network)
    np.testing.assert_allclose(folded(films).numpy(), before, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(network(films).numpy(), before)
    assert len(norms) == 49
    assert not [layer for layer in folded.layers if isinstance(layer, keras.layers.BatchNormalization)]


def normalized(maps: np.ndarray, weights: list[np.ndarray]) -> np.ndarray:
    gain, bias, mean, variance = weights
    return np.clip((maps - mean) / np.sqrt(variance + 1e-3) * gain + bias, 0, 6)


def test_the_card_the_scope_and_the_heatmap_need_no_tensorflow() -> None:
    code = (
        "import sys, numpy as np\n"
        "from medcore.classifier import *\n"
        "from medcore.explanation import heatmap\n"
        "import medcore.training, medcore.evaluation.roc\n"
        "card = read_model_card(default_model_folder())\n"
        "check_scope(card.scope, FilmFacts('CR', 'CHEST', 'PA', 3.0))\n"
        "heatmap(np.ones((7, 7)), 9, 9, card.map_scale)\n"
        "sys.exit(bool({'tensorflow', 'keras', 'streamlit', 'pydicom'} & set(sys.modules)))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
