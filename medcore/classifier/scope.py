"""Whether a model was made for a film, by the film's attributes."""

import math
from dataclasses import dataclass
from typing import Any, Literal

ADULT_YEARS = 18
OUTSIDE = "This film is outside what the model was made for"


@dataclass(frozen=True)
class Scope:
    """The films that a model was made for; every number stands in the model's card."""

    modalities: tuple[str, ...]  # (0008,0060) Modality
    body_parts: tuple[str, ...]  # (0018,0015) Body Part Examined, as the sentences say it, then synonyms; empty: any
    views: tuple[str, ...]  # (0018,5101) View Position; empty: any
    min_age_years: int | None  # in completed years; None for both: any age, said or not
    max_age_years: int | None

    @classmethod
    def from_json(cls, entries: dict[str, Any]) -> "Scope":
        """Read a scope from a model card's entries."""
        lists = {name: tuple(entries[name]) for name in ("modalities", "body_parts", "views")}
        return cls(**{**entries, **lists})

    @property
    def made_for(self) -> str:
        """Say whom the model is for."""
        if self.min_age_years is None or self.max_age_years is None:
            return "patients of any age"
        whom = "children" if self.max_age_years < ADULT_YEARS else "patients"
        return f"{whom} of {self.min_age_years} to {self.max_age_years} years"


@dataclass(frozen=True)
class FilmFacts:
    """What a film's attributes say; empty where they say nothing."""

    modality: str
    body_part: str
    view: str
    age_years: float | None


@dataclass(frozen=True)
class ScopeVerdict:
    """Whether the model answers, and if not, why."""

    state: Literal["in scope", "refused", "needs age"]
    reason: str  # a sentence for the reader; empty when in scope


def check_scope(scope: Scope, film: FilmFacts) -> ScopeVerdict:
    """Say whether a model was made for a film: modality first, then body part, view and age.

    Parameters
    ----------
    scope : Scope
        Of the model.
    film : FilmFacts
        Of one image.

    Returns
    -------
    ScopeVerdict
        "needs age" only for a film that all else allows.
    """
    reason = (
        _modality_refusal(scope, _term(film.modality))
        or _body_part_refusal(scope, _term(film.body_part))
        or _view_refusal(scope, _term(film.view))
    )
    if reason:
        return ScopeVerdict("refused", reason)
    if scope.min_age_years is None or scope.max_age_years is None:
        return ScopeVerdict("in scope", "")
    if film.age_years is None or not math.isfinite(film.age_years):
        return ScopeVerdict("needs age", _age_question(scope))
    reason = _age_refusal(scope, film.age_years, scope.min_age_years, scope.max_age_years)
    return ScopeVerdict("refused", reason) if reason else ScopeVerdict("in scope", "")


def _term(value: str) -> str:
    return " ".join(value.replace("_", " ").upper().split())


def _modality_refusal(scope: Scope, modality: str) -> str:
    if modality in scope.modalities:
        return ""
    if not modality:
        return _missing("Modality", "(0008,0060)", " or ".join(scope.modalities))
    return f"{OUTSIDE}: modality {_shown(modality)}; it was made for {' or '.join(scope.modalities)}."


def _body_part_refusal(scope: Scope, body_part: str) -> str:
    if body_part in scope.body_parts or not scope.body_parts:
        return ""
    if not body_part:
        return _missing("Body Part Examined", "(0018,0015)", scope.body_parts[0])
    return f"{OUTSIDE}: body part {_shown(body_part)}; it was made for the {scope.body_parts[0].lower()}."


def _view_refusal(scope: Scope, view: str) -> str:
    if view in scope.views or not scope.views:
        return ""
    if not view:
        return _missing("View Position", "(0018,5101)", " or ".join(scope.views))
    return f"{OUTSIDE}: view {_shown(view)}; it was made for view {' or '.join(scope.views)}."


def _age_refusal(scope: Scope, age_years: float, youngest: int, oldest: int) -> str:
    completed = math.floor(age_years + 1e-6)  # an age of 72 months arrives as a quotient
    if youngest <= completed <= oldest:
        return ""
    if age_years < 0:
        return f"{OUTSIDE}: an age below zero. Correct Patient's Age (0010,1010) at the source and send the film again."
    return f"{OUTSIDE}: {_age_text(age_years, completed)}. It was made for {scope.made_for}."


def _age_text(age_years: float, completed: int) -> str:
    if completed >= ADULT_YEARS:
        return f"adult, {completed} years"
    if completed >= 2:
        return f"child, {completed} years"
    months = math.floor(age_years * 12 + 1e-6)
    return f"infant, {months} {'month' if months == 1 else 'months'}"


def _age_question(scope: Scope) -> str:
    return (
        f"The film does not say how old the patient is, and the model was made for {scope.made_for}. "
        "State the age to get its answer."
    )


def _missing(attribute: str, tag: str, expected: str) -> str:
    return (
        f"The film does not say its {attribute} {tag}, so the model cannot tell whether it was made for it. "
        f"Send it again from the source with {attribute} {expected}."
    )


def _shown(value: str) -> str:
    return value if len(value) <= 32 else value[:32] + "…"
