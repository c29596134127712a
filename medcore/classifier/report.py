"""What was measured of a model, as its folder keeps it: everything that the About page draws, without any film.

Each figure here was written by a command of `medcore`; the card's own facts (whom it is for, what it was made from)
stand in `medcore.classifier.card`.
"""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medcore.errors import ModelError
from medcore.evaluation.conformal import ClassCoverage, Coverage
from medcore.evaluation.figures import Figures

REPORT_FILE = "figures.json"
MEAN_OF_SEEDS = 0  # stands for the network whose weights are the mean of the seeds'


def seed_name(seed: int) -> str:
    """Say which training a seed stands for."""
    return "mean of the seeds' weights" if seed == MEAN_OF_SEEDS else f"seed {seed}"


@dataclass(frozen=True)
class SeedRow:
    """One training of the recipe, on validation films as they are and under simulated shift."""

    seed: int
    auc: float
    accuracy: float  # at the balanced operating point of its own
    shifted_auc: float  # mean over the simulated shifts
    log_loss: float
    is_shipped: bool

    @property
    def name(self) -> str:
        """Say which training it is."""
        return seed_name(self.seed)


@dataclass(frozen=True)
class TestMeeting:
    """One evaluation on the test films; a recipe is committed before it, and none is left out."""

    __test__ = False  # not one of pytest's

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
    auroc: float | None  # of both checks together, against own films that trained nothing
    refused_quality: float  # share
    refused_picture: float
    refused: float  # share refused by either
    auroc_controls: float | None = None  # against chest films of 64 pixels, so that it is not the blur that tells


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
    """Everything that was measured; a kind of film is validation or test, the latter once the model has met them."""

    pneumonia: dict[str, Figures]  # by kind of film
    bacterial_or_viral: dict[str, Figures]  # the pneumonia films alone; bacterial is positive
    sets: dict[str, Coverage]  # of the prediction sets, classes in the card's order
    seeds: tuple[SeedRow, ...] = ()
    meetings: tuple[TestMeeting, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()
    robustness: tuple[RobustnessRow, ...] = ()
    shortcut: tuple[ShortcutRow, ...] = ()
    scope: tuple[ScopeRow, ...] = ()
    comparison: tuple[ComparisonRow, ...] = ()
    trials: tuple[TrialRow, ...] = ()
    notes: tuple[str, ...] = ()  # what was tried or seen besides, a sentence each

    def to_json(self) -> dict[str, Any]:
        """Return plain entries, from which `from_json` makes the same."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, entries: dict[str, Any]) -> "Report":
        """Read what `to_json` returned.

        Raises
        ------
        KeyError, TypeError
            If an entry is missing, or one is unknown.
        """
        parts: dict[str, Any] = {name: tuple(kind(**row) for row in entries[name]) for name, kind in ROWS.items()}
        for name in ("pneumonia", "bacterial_or_viral"):
            parts[name] = {films: Figures.from_json(figures) for films, figures in entries[name].items()}
        parts["sets"] = {films: _coverage(one) for films, one in entries["sets"].items()}
        parts["notes"] = tuple(entries["notes"])
        return cls(**{**entries, **parts})


ROWS: dict[str, Any] = {
    "seeds": SeedRow,
    "meetings": TestMeeting,
    "subgroups": Subgroup,
    "robustness": RobustnessRow,
    "shortcut": ShortcutRow,
    "scope": ScopeRow,
    "comparison": ComparisonRow,
    "trials": TrialRow,
}


def read_report(folder: Path) -> Report:
    """Read what was measured of a model; TensorFlow is not needed for it.

    Raises
    ------
    ModelError
        If the file is missing or not what it should be.
    """
    try:
        return Report.from_json(json.loads((folder / REPORT_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"The model {folder.name} has no readable {REPORT_FILE}. Restore the folder from MedCore's own files or "
            "a backup."
        ) from error


def write_report(folder: Path, report: Report) -> None:
    """Write what was measured beside its model; no figure in it is infinite or NaN."""
    text = json.dumps(report.to_json(), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / REPORT_FILE).write_text(text + "\n", encoding="utf-8")


def _coverage(entries: dict[str, Any]) -> Coverage:
    return Coverage(**{**entries, "classes": tuple(ClassCoverage(**one) for one in entries["classes"])})
