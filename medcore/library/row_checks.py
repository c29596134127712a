"""Whether the rows of somebody else's tables are such as MedCore writes: types, bounds, and text that can be shown."""

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from datetime import date, datetime
from types import MappingProxyType, NoneType
from typing import Any, get_args, get_origin, get_type_hints

from sqlalchemy import JSON, Column, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from medcore.dicom import Attributes
from medcore.errors import LibraryError
from medcore.library.measurements import row_fits
from medcore.library.records import (
    ACTIONS,
    CONFIDENCES,
    FINDINGS,
    LABEL_SOURCES,
    PARTS,
    PREDICTION_STATES,
    PROMOTIONS,
    SIDES,
    SPLITS,
)
from medcore.library.schema import Base

LARGEST = 2**31 - 1  # of what an image can count; PS3.5, 6.2, IS
COUNTS = ("rows", "columns", "number_of_frames", "bits_stored")
FROM_FILES = ("patient", "study", "series")  # tables with text that intake made fit to be shown
FOLDED = ("name_folded", "search")  # text of theirs that is only compared
CARD = re.compile(r"[0-9a-f]{64}")
UNSOUND = "Not everything in its tables is what MedCore writes."
OFFERED: Mapping[tuple[str, str], Collection[str]] = MappingProxyType(
    {
        ("prediction", "state"): PREDICTION_STATES,
        ("reading", "finding"): ("", *FINDINGS),
        ("reading", "side"): SIDES,
        ("reading", "confidence"): CONFIDENCES,
        ("verdict", "action"): ACTIONS,
        ("verdict", "finding"): tuple(FINDINGS),
        ("verdict", "side"): SIDES,
        ("addendum", "finding"): tuple(FINDINGS),
        ("addendum", "side"): SIDES,
        ("label", "source"): LABEL_SOURCES,
        ("label", "split"): SPLITS,
        ("dataset_image", "part"): PARTS,
        ("promotion", "how"): PROMOTIONS,
    }
)
# What the values of one row must be to each other.
WHOLE_ROWS: Mapping[str, Callable[[Any], bool]] = MappingProxyType(
    {
        "saliency_map": lambda row: row.rows * row.columns * 4 == len(row.cells),
        "measurement": row_fits,
        "model_version": lambda row: bool(CARD.fullmatch(row.card_sha256)) and row.folder == row.card_sha256[:16],
    }
)
# Reading a value as its column's type fails so.
UNREADABLE = (SQLAlchemyError, ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)


def check_rows(session: Session) -> None:
    """Read every row of every table.

    Raises
    ------
    LibraryError
        At the first value that is not what its column holds.
    """
    try:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table).execution_options(yield_per=1000)):
                sound = all(_fits_column(column, value) for column, value in zip(table.columns, row, strict=True))
                if not sound or (table.name in WHOLE_ROWS and not WHOLE_ROWS[table.name](row)):
                    raise LibraryError(UNSOUND)
    except UNREADABLE as error:
        raise LibraryError(UNSOUND) from error


def _fits_column(column: Column[Any], value: object) -> bool:
    if value is None:
        return bool(column.nullable)
    if column.name == "attributes":
        return isinstance(value, dict) and _is_described(value)
    if isinstance(column.type, JSON):
        return isinstance(value, dict)
    if (offered := OFFERED.get((column.table.name, column.name))) is not None and value not in offered:
        return False
    if column.table.name in FROM_FILES and column.name not in FOLDED and not _can_be_shown(value):
        return False
    kind = column.type.python_type
    return _is(value, kind) if kind is not datetime else isinstance(value, datetime)


def _is_described(values: dict[str, Any]) -> bool:
    attributes = Attributes.from_json(values)
    hints = get_type_hints(Attributes)
    found = [(getattr(attributes, field.name), hints[field.name]) for field in fields(attributes)]
    bounded = all(0 <= getattr(attributes, name) <= LARGEST for name in COUNTS)
    return bounded and all(_is(value, hint) and _can_be_shown(value) for value, hint in found)


def _is(value: object, kind: Any) -> bool:
    """Say whether a value is of a type as it is written in an annotation."""
    if get_origin(kind) is tuple:
        kinds = get_args(kind)
        return isinstance(value, tuple) and len(value) == len(kinds) and all(map(_is, value, kinds))
    if get_args(kind):
        return any(_is(value, one) for one in get_args(kind))
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, NoneType if kind is NoneType else kind) and (kind is not date or type(value) is date)


def _can_be_shown(value: object) -> bool:
    return not isinstance(value, str) or value.isprintable()
