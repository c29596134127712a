"""The default model: films in, a whole folder out; the test films met once, by a committed recipe, and logged."""

import subprocess
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from medcore.classifier import Classifier, read_model_card
from medcore.classifier.decision import CLASSES
from medcore.classifier.model_folder import MODEL_FILE, PARTS, file_sha256
from medcore.classifier.network import build_network
from medcore.classifier.report import MEAN_OF_SEEDS, read_report
from medcore.errors import ModelError
from medcore.training import default_model, test_meeting
from medcore.training.assemble import film_hashes, put_in_place
from medcore.training.default_model import load_seed, mean_network, train_default, train_seed
from medcore.training.films import divide, read_films, read_inputs
from medcore.training.recipe import Phase, Recipe
from medcore.training.test_meeting import committed, meet_test, refuse_known

keras_saves = pytest.mark.filterwarnings(  # Keras copies its variables as NumPy 1 did
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)
QUICK = Recipe(phases=(Phase(32, 1),), batch_size=16)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Films of sixty patients to train with and of six to test with; rows of another split name no file."""
    folder, rows = tmp_path / "films", ["file,split,label,patient", "no-such.png,practice,normal,q"]
    folder.mkdir()
    for number in range(132):
        split = "train" if number < 120 else "test"
        coarse = np.random.default_rng(number).integers(0, 256, (6, 5), np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), cv2.resize(coarse, (50, 40)))
        rows.append(f"{number}.png,{split},{CLASSES[number % 3]},{split}-{number // 6}-{number % 3}")
    (folder / "labels.csv").write_text("\n".join(rows))
    return folder


def small_network() -> object:
    """A quick network of drawn weights that ends as the real one does."""
    import keras

    layers = keras.layers
    film = keras.Input((224, 224), name="film")
    x = layers.Rescaling(1 / 128, offset=-1)(layers.Reshape((224, 224, 1))(film))
    x = layers.ReLU(6.0, name="features")(layers.Conv2D(64, 32, 32)(x))
    x = layers.GlobalAveragePooling2D(name="average")(x)
    return keras.Model(film, layers.Dense(3, name="logits")(x))


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Leave out the fit itself: networks of drawn weights are what it returns; the seeds that it was asked for."""
    import keras

    asked: list[int] = []

    def fit(*arguments: object, work: Path, **_: object) -> object:
        asked.append(arguments[3].seed)  # type: ignore[attr-defined]
        keras.utils.set_random_seed(len(asked))
        work.mkdir(parents=True)
        return small_network()

    monkeypatch.setattr(default_model, "train_network", fit)
    return asked


@keras_saves
def test_a_seed_is_trained_once(data: Path, tmp_path: Path, untrained: list[int]) -> None:
    parts = divide(read_films(data))
    first, again = (train_seed(parts, QUICK, tmp_path) for _ in range(2))
    assert untrained == [QUICK.seed]
    for one, other in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    train_seed(parts, replace(QUICK, learning_rate=1.0), tmp_path)
    assert len(untrained) == 2  # another recipe is another network


@keras_saves
def test_the_command_makes_a_whole_folder_and_the_test_is_met_once(
    data: Path, tmp_path: Path, untrained: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, work = tmp_path / "models" / "new", tmp_path / "work"
    assert train_default(data, out, work, seeds=(1, 2), recipe=QUICK) == out
    card, report = read_model_card(out), read_report(out)
    assert card.sha256 == file_sha256(out / MODEL_FILE)
    assert set(card.parts) == set(PARTS)
    assert {name: sum(films.values()) for name, films in card.training_data.films.items()} == {
        "calibration": 12,
        "validation": 12,
        "training": 96,
    }
    assert Classifier.load(out).card == card
    assert [path.name for path in out.parent.iterdir()] == ["new"]
    assert [row.seed for row in report.seeds] == [1, 2, MEAN_OF_SEEDS]
    assert sum(row.is_shipped for row in report.seeds) == 1
    assert set(report.pneumonia) == {"validation"}
    assert untrained == [1, 2]

    monkeypatch.setattr(test_meeting, "committed", lambda _: "abc123")
    met = meet_test(data, out, work)
    assert [(meeting.seed, meeting.commit) for meeting in met.meetings] == [(1, "abc123"), (2, "abc123"), (0, "abc123")]
    assert met.pneumonia["test"].films == 12
    assert met.pneumonia["validation"] == report.pneumonia["validation"]
    assert read_report(out) == met
    shipped = next(meeting for meeting in met.meetings if meeting.is_shipped)
    assert shipped.model == f"{card.name} {card.version}"
    assert met.pneumonia["test"].threshold == card.operating_point.threshold
    assert shipped.auc == met.pneumonia["test"].binary.auc.value
    assert "abc123" in (out / "CARD.md").read_text()


def test_a_seed_that_was_not_trained_here_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Seed 1 of this recipe is not in"):
        load_seed(tmp_path, QUICK)


def test_films_that_trained_a_model_do_not_test_it(data: Path) -> None:
    training = divide(read_films(data)).training
    known = frozenset(film_hashes(read_inputs(training[:2], (224, 224))))
    with pytest.raises(ModelError, match="trained on 2 of these 96 films"):
        refuse_known(training, known)
    refuse_known(training[2:], known)


def test_a_recipe_that_is_not_committed_meets_no_test_film(tmp_path: Path) -> None:
    recipe = tmp_path / "medcore" / "training" / "recipe.py"
    recipe.parent.mkdir(parents=True)
    with pytest.raises(ModelError, match="git could not say"):
        committed(tmp_path)
    for arguments in (["init", "-q"], ["config", "user.email", "a@b"], ["config", "user.name", "a"]):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    recipe.write_text("rate = 1\n")
    with pytest.raises(ModelError, match="Commit it"):
        committed(tmp_path)
    for arguments in (["add", "."], ["commit", "-qm", "recipe"]):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    assert len(committed(tmp_path)) == 12
    recipe.write_text("rate = 2\n")
    with pytest.raises(ModelError, match="Commit it"):
        committed(tmp_path)


def test_the_mean_network_has_the_mean_of_the_weights() -> None:
    networks = [build_network(3), build_network(3)]
    for mean, *each in zip(
        mean_network(networks).get_weights(), *(network.get_weights() for network in networks), strict=True
    ):
        np.testing.assert_allclose(mean, (each[0] + each[1]) / 2, rtol=1e-6)


def test_the_parts_share_no_patient(data: Path) -> None:
    parts = divide(read_films(data))
    patients = [{film.patient for film in films} for films in (parts.calibration, parts.validation, parts.training)]
    assert [len(some) for some in patients] == [6, 6, 48]
    assert len(set.union(*patients)) == 60


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_goes_wrong_while_writing_leaves_the_old_model(tmp_path: Path, error: BaseException) -> None:
    out = tmp_path / "models" / "old"
    out.mkdir(parents=True)
    (out / "model.json").write_text("the old one")

    def write(_: Path) -> None:
        raise error

    with pytest.raises((ModelError, KeyboardInterrupt)):
        put_in_place(write, out)
    assert [path.name for path in out.parent.iterdir()] == ["old"]
    assert (out / "model.json").read_text() == "the old one"
