"""Read the tensors of a PyTorch checkpoint with numpy alone.

The format is the one that PyTorch wrote before 1.6: five pickles (magic number, protocol, system, state dict, storage
keys), then each storage as a count of elements and its raw values.
Source: torch/serialization.py, _legacy_save and _legacy_load.
"""

import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from medcore.errors import ModelError

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001


@dataclass(frozen=True)
class _Storage:
    key: str
    dtype: np.dtype
    elements: int


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # in elements, as PyTorch counts them


def _tensor(storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


class _StateUnpickler(pickle.Unpickler):
    """Unpickle tensors' places and nothing else: no other class or function is ever looked up."""

    _ALLOWED: dict[tuple[str, str], type | Callable[..., _Tensor] | np.dtype] = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _tensor,
        ("torch", "FloatStorage"): np.dtype("<f4"),
        ("torch", "LongStorage"): np.dtype("<i8"),
    }

    def find_class(self, module: str, name: str) -> object:
        try:
            return self._ALLOWED[module, name]
        except KeyError as error:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a file of weights") from error

    def persistent_load(self, pid: tuple[str, np.dtype, str, str, int, None]) -> _Storage:
        _, dtype, key, _, elements, _ = pid
        return _Storage(key, dtype, elements)


def read_torch_weights(path: Path) -> dict[str, np.ndarray]:
    """Read a checkpoint's state dict as arrays, each in the layout that its strides describe.

    Parameters
    ----------
    path : Path
        A `.pth` file in the format that PyTorch wrote before 1.6.

    Returns
    -------
    dict of str to numpy.ndarray
        The tensors by name, C-contiguous, in PyTorch's axis order.

    Raises
    ------
    ModelError
        If the file is no such checkpoint, asks for code, or is cut short.
    """
    try:
        with path.open("rb") as file:
            return _read_state(file)
    except (OSError, pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise ModelError(
            f"{path.name} cannot be read as PyTorch weights ({error}). Install the package again."
        ) from error


def _read_state(file: BinaryIO) -> dict[str, np.ndarray]:
    header = (_StateUnpickler(file).load(), _StateUnpickler(file).load())
    if header != (MAGIC_NUMBER, PROTOCOL):
        raise ValueError("its magic number is another one")
    _StateUnpickler(file).load()  # sizes of C types on the machine that wrote it
    state = _StateUnpickler(file).load()
    keys = _StateUnpickler(file).load()
    dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in state.values()}
    storages = {key: _read_storage(file, dtypes[key]) for key in keys}
    return {name: _strided(tensor, storages[tensor.storage.key]) for name, tensor in state.items()}


def _read_storage(file: BinaryIO, dtype: np.dtype) -> np.ndarray:
    elements = int.from_bytes(file.read(8), "little")
    values = np.frombuffer(file.read(elements * dtype.itemsize), dtype)
    if values.size != elements:
        raise ValueError("it is cut short")
    return values


def _strided(tensor: _Tensor, storage: np.ndarray) -> np.ndarray:
    last = tensor.offset + sum((size - 1) * step for size, step in zip(tensor.shape, tensor.strides, strict=True))
    if min((tensor.offset, *tensor.strides, *(size - 1 for size in tensor.shape))) < 0 or last >= storage.size:
        raise ValueError("a tensor reaches outside its storage")
    strides = [step * storage.itemsize for step in tensor.strides]
    view = np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides, writeable=False)
    return np.ascontiguousarray(view).reshape(tensor.shape)
