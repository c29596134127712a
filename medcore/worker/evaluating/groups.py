"""What films are divided by, so that a model's weak places show: sex, age band, view, scanner, source."""

import math
from collections.abc import Mapping

from medcore.dicom import Attributes

KINDS = ("sex", "age", "view", "scanner", "source")
SEXES = {"F": "female", "FEMALE": "female", "M": "male", "MALE": "male", "O": "other"}
AGE_BANDS = (  # the first age in completed years that is beyond the band
    (1, "under 1 year"),
    (3, "1 to 2 years"),
    (6, "3 to 5 years"),
    (12, "6 to 11 years"),
    (18, "12 to 17 years"),
    (40, "18 to 39 years"),
    (65, "40 to 64 years"),
    (math.inf, "65 years or more"),
)


def age_band(years: float | None) -> str:
    """Name the band of an age; empty where the age is not known, or below zero."""
    if years is None or not years >= 0:
        return ""
    return next(name for beyond, name in AGE_BANDS if math.floor(years + 1e-6) < beyond)


def groups_of_row(row: Mapping[str, str]) -> dict[str, str]:
    """Say to which part a film belongs by its row in a table with the columns sex, age, view, scanner, source."""
    cell = {kind: row.get(kind, "").strip() for kind in KINDS}
    sex = cell["sex"].upper()
    return {**cell, "sex": SEXES.get(sex, ""), "age": age_band(age_of(cell["age"])), "view": cell["view"].upper()}


def groups_of_image(attributes: Attributes, age_years: float | None) -> dict[str, str]:
    """Say to which part an image belongs by its attributes, and the age that holds for it."""
    scanner = " ".join(filter(None, (attributes.manufacturer, attributes.manufacturer_model)))
    return {
        "sex": SEXES.get(attributes.patient_sex.upper(), ""),
        "age": age_band(age_years),
        "view": attributes.view_position.upper(),
        "scanner": scanner,
        "source": attributes.institution,
    }


def age_of(text: str) -> float | None:
    """Read an age in years, written as a number with or without "Y"; None where it is none."""
    try:
        years = float(text.strip().upper().removesuffix("Y"))
    except ValueError:
        return None
    return years if math.isfinite(years) else None
