"""Frozen dataclasses as plain entries for JSON, and back: nothing that is unknown or missing is let through."""

import dataclasses
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Value = TypeVar("Value")


def read_plain(kind: type[Value], entries: Any) -> Value:
    """Make a dataclass from what `dataclasses.asdict` gave, also after its way through JSON.

    Parameters
    ----------
    kind : type
        A dataclass of dataclasses, tuples, mappings by str, numbers, texts, and None.
    entries : Any

    Raises
    ------
    TypeError
        If an entry is missing, unknown, or of another type than its field.
    """
    return _read(kind, entries)  # type: ignore[no-any-return]


def _read(kind: Any, value: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return None if value is None and NoneType in inner else _read(inner[0], value)
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(kind, value)
    if origin is tuple:
        return _read_tuple(inner, value)
    if origin is Mapping or origin is dict:
        return {str(name): _read(inner[1], one) for name, one in _checked(value, dict).items()}
    if kind is float:
        return float(_checked(value, (int, float)))
    return _checked(value, kind)


def _read_dataclass(kind: Any, value: Any) -> Any:
    hints = get_type_hints(kind)
    entries = _checked(value, dict)
    if entries.keys() != hints.keys():
        raise TypeError(f"{kind.__name__} needs the entries {', '.join(hints)}.")
    return kind(**{name: _read(hint, entries[name]) for name, hint in hints.items()})


def _read_tuple(inner: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    many = _checked(value, (list, tuple))
    if inner[-1] is Ellipsis:
        return tuple(_read(inner[0], one) for one in many)
    if len(many) != len(inner):
        raise TypeError(f"A tuple of {len(inner)} entries is needed, got {len(many)}.")
    return tuple(_read(kind, one) for kind, one in zip(inner, many, strict=True))


def _checked(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"An entry is of another type than expected: {type(value).__name__}.")
    return value
