"""Films in, a model folder out: the split, the variations, the fit, the folder."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from medcore.classifier import Classifier, default_model_folder, read_model_card
from medcore.classifier.card import model_sha256
from medcore.classifier.decision import CLASSES
from medcore.classifier.network import build_network
from medcore.errors import ModelError
from medcore.training import default_model, pretrained, train_default
from medcore.training.augmentation import Augmentation, augment
from medcore.training.films import Film, read_films, read_inputs, read_labels, split_by_patient
from medcore.training.fit import Recipe, fit

STILL = Augmentation(0, 0, 0, 0, 0, 0, 0, 0, jpeg_quality=100)


def films_of(patients: dict[str, tuple[str, int]]) -> list[Film]:
    return [Film(Path(f"{p}-{n}"), label, p) for p, (label, count) in patients.items() for n in range(count)]


def test_no_patient_stands_in_training_and_validation() -> None:
    films = films_of({f"p{n}": (CLASSES[n % 3], 1 + n % 4) for n in range(300)})
    training, validation = split_by_patient(films, 0.1, seed=3)
    assert sorted([*training, *validation], key=str) == sorted(films, key=str)
    assert not {film.patient for film in training} & {film.patient for film in validation}
    assert default_model.count_patients(validation) == dict.fromkeys(CLASSES, 10)


def test_the_split_is_drawn_by_its_seed() -> None:
    films = films_of({f"p{n}": ("normal", 1) for n in range(50)})
    assert split_by_patient(films, 0.2, seed=1) == split_by_patient(films, 0.2, seed=1)
    assert split_by_patient(films, 0.2, seed=1) != split_by_patient(films, 0.2, seed=2)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Sixty small films of thirty patients, and rows of other splits that name no file."""
    folder, rows = tmp_path / "films", ["file,split,label,patient"]
    folder.mkdir()
    for number in range(60):
        film = np.random.default_rng(number).integers(0, 256, (40, 50), np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), film)
        rows.append(f"{number}.png,train,{CLASSES[number % 3]},p{number % 30}")
    rows += [f"no-such-{split}.png,{split},normal,q" for split in ("practice", "test")]
    (folder / "labels.csv").write_text("\n".join(rows))
    return folder


def test_only_training_rows_are_read(data: Path) -> None:
    films = read_films(data)
    assert len(films) == 60
    assert "q" not in {film.patient for film in films}
    assert read_inputs(films[:2], (20, 10)).shape == (2, 20, 10)
    assert read_labels(films[:4], CLASSES).tolist() == [0, 1, 2, 0]


def test_films_are_area_resized(data: Path) -> None:
    cv2.imwrite(str(data / "0.png"), np.array([[0, 100, 10, 30], [100, 200, 10, 30]], np.uint8))
    assert read_inputs(read_films(data)[:1], (1, 2)).tolist() == [[[100, 20]]]


@pytest.mark.parametrize("text", ["", "file,label\nx,y\n", "file,split,label,patient\na,test,normal,p\n"])
def test_a_table_without_training_rows_is_a_clear_error(data: Path, text: str) -> None:
    (data / "labels.csv").write_text(text)
    with pytest.raises(ModelError, match="Give the folder of the labelled films"):
        read_films(data)


def test_a_folder_without_a_table_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"labels\.csv"):
        read_films(tmp_path)


def test_a_missing_film_and_an_unknown_label_are_named(data: Path) -> None:
    films = read_films(data)
    (data / "1.png").unlink()
    with pytest.raises(ModelError, match=r"1\.png"):
        read_inputs(films[:2], (8, 8))
    with pytest.raises(ModelError, match="'cat'"):
        read_labels([Film(Path("x"), "cat", "p")], CLASSES)


def test_a_variation_stays_a_film_and_is_drawn_by_its_generator() -> None:
    film = np.random.default_rng(0).integers(0, 256, (32, 24), np.uint8)
    first, again, other = (augment(film, Augmentation(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == film.shape
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert first.max() <= 255


def test_without_any_change_a_variation_is_the_film_or_its_mirror_image() -> None:
    film = np.random.default_rng(0).integers(0, 256, (16, 16), np.uint8)
    seen = {augment(film, STILL, np.random.default_rng(seed)).round().astype(np.uint8).tobytes() for seed in range(20)}
    assert seen == {film.tobytes(), film[:, ::-1].tobytes()}


def small_network(classes: int, dropout: float = 0.0) -> object:
    """A network that a test can train."""
    import keras

    film = keras.Input((20, 20))
    x = keras.layers.Dropout(dropout, name="dropout")(keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(film)))
    return keras.Model(film, keras.layers.Dense(classes, name="logits")(x))


def test_a_fit_reports_its_steps_and_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medcore.training.fit.build_network", small_network)
    bright_above = np.repeat(np.array([[230], [20]], np.uint8), 10, axis=0) * np.ones((1, 20), np.uint8)
    films = np.concatenate([np.stack([bright_above] * 16), np.stack([bright_above[::-1]] * 16)])
    labels = np.repeat([0, 2], 16).astype(np.int32)
    started: list[object] = []
    steps: list[tuple[int, int | None]] = []
    recipe = Recipe(epochs=10, batch_size=8, warm_up_steps=1, learning_rate=0.01, dropout=0.1, augmentation=STILL)
    network = fit(films, labels, 3, recipe, start=started.append, on_progress=lambda *step: steps.append(step))
    assert steps == [(done, 40) for done in range(1, 41)]
    assert (network(films.astype(np.float32)).numpy().argmax(axis=1) == labels).all()
    assert [model.get_layer("dropout").rate for model in (started[0], network)] == [0.1, 0.0]


keras_saves = pytest.mark.filterwarnings(  # Keras copies its variables as NumPy 1 did
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the fit itself: a network of random weights is what it returns."""
    monkeypatch.setattr(pretrained, "find_pretrained_weights", lambda: Path("weights.pth"))
    monkeypatch.setattr(default_model, "fit", lambda *_, **__: build_network(3))


@keras_saves
@pytest.mark.usefixtures("quick")
def test_training_makes_a_folder_that_loads(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "models" / "new"
    assert train_default(data, out) == out
    card = read_model_card(out)
    assert card.sha256 == model_sha256(out)
    assert card.training_data.films == {"normal": 18, "bacterial": 18, "viral": 18}
    assert card.validation.patients == {"normal": 1, "bacterial": 1, "viral": 1}
    assert card.map_scale > 0
    assert Classifier.load(out).card == card
    assert [path.name for path in out.parent.iterdir()] == ["new"]


@keras_saves
@pytest.mark.usefixtures("quick")
def test_a_full_disk_leaves_the_old_model(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(default_model, "write_model_card", full)
    card = read_model_card(default_model_folder())
    monkeypatch.setattr(default_model, "validate", lambda *_: (card.operating_point, card.validation, 1.0))
    assert_old_model_stays(data, tmp_path, ModelError)


@pytest.mark.usefixtures("quick")
def test_an_interrupted_training_leaves_the_old_model(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(default_model, "fit", interrupted)
    assert_old_model_stays(data, tmp_path, KeyboardInterrupt)


def assert_old_model_stays(data: Path, tmp_path: Path, error: type[BaseException]) -> None:
    out = tmp_path / "models" / "old"
    out.mkdir(parents=True)
    (out / "model.json").write_text("the old one")
    with pytest.raises(error):
        train_default(data, out)
    assert [path.name for path in out.parent.iterdir()] == ["old"]
    assert (out / "model.json").read_text() == "the old one"
