"""What was measured of a model, as its folder keeps it: everything that the About page draws, without any film.

Each figure here was written by a command of `medcore`; the card's own facts (whom it is for, what it was made from) stand in
`medcore.classifier.card`.
"""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from medcore.errors import ModelError
from medcore.evaluation.measure import Figures

REPORT_FILE = "figures.json"

Row = TypeVar("Row")


@dataclass(frozen=True)
class TestMeeting:
    """One evaluation on the test films; a recipe is committed before it, and none is left out."""

    date: str  # ISO
    commit: str  # of the recipe
    model: str  # version
    seed: int
    is_shipped: bool
    auc: float
    accuracy: float  # at the live operating point
    sensitivity: float
    specificity: float
    bacterial_or_viral_auc: float
    note: str = ""


@dataclass(frozen=True)
class Subgroup:
    """How the model does on a part of the films."""

    part: str  # what the films were divided by: label, brightness, contrast, films a patient
    group: str
    films: int
    patients: int
    auc: float | None  # None where the group holds one label only
    auc_low: float | None
    auc_high: float | None
    called: float  # share called pneumonia
    correct: float  # share decided rightly, at the live operating point
    correct_low: float
    correct_high: float


@dataclass(frozen=True)
class RobustnessRow:
    """What a change of the films does to the answers; validation films."""

    change: str
    auc: float
    auc_change: float  # against the films as they are
    decisions_changed: float  # share of the films
    within_limits: bool  # AUC falls by at most 0.01, at most 3 % of the decisions change


@dataclass(frozen=True)
class ShortcutRow:
    """Whether the answer comes from the lungs: the films with a fixed region blanked, or all but that region."""

    shown: str
    auc: float
    auc_low: float
    auc_high: float


@dataclass(frozen=True)
class ScopeRow:
    """How one group of pictures fares at the scope checks."""

    group: str
    films: int
    in_scope: bool  # whether it should be answered
    auroc: float | None  # of the picture check, against the validation films
    refused_quality: float  # share
    refused_picture: float
    refused: float  # share refused by either


@dataclass(frozen=True)
class ComparisonRow:
    """One line of the table of published and own results."""

    task: str
    model: str
    source: str  # whose figure: published (and by whom), or MedCore
    films: str  # native 224 px, or 28 x 28 enlarged
    auc: float | None
    accuracy: float | None
    spread: str = ""  # over seeds, or an interval


@dataclass(frozen=True)
class TrialRow:
    """What was tried for the recipe, and what it brought on validation films made harder."""

    name: str
    validation_auc: float
    shifted_auc: float
    first_block_auc: float
    first_block_shifted_auc: float
    log_loss: float
    bacterial_or_viral_auc: float
    chosen: bool


@dataclass(frozen=True)
class Report:
    """Everything that was measured."""

    validation: Figures
    test: Figures | None  # of the shipped model; None until it has met the test films
    bacterial_or_viral: Figures | None  # validation, the pneumonia films
    bacterial_or_viral_test: Figures | None
    sets: dict[str, Any]  # coverage of the prediction sets: "validation" and "test", as Coverage writes itself
    meetings: tuple[TestMeeting, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()
    robustness: tuple[RobustnessRow, ...] = ()
    shortcut: tuple[ShortcutRow, ...] = ()
    scope: tuple[ScopeRow, ...] = ()
    comparison: tuple[ComparisonRow, ...] = ()
    trials: tuple[TrialRow, ...] = ()
    notes: tuple[str, ...] = ()  # what was tried or seen besides, a sentence each
