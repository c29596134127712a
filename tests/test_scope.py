"""Whom the model answers for, by attributes."""

import dataclasses

import pytest

from medcore.classifier import FilmFacts, Scope, check_scope

SCOPE = Scope(
    modalities=("CR", "DX"), body_parts=("CHEST", "THORAX"), views=("AP", "PA"), min_age_years=1, max_age_years=5
)
CHILD = FilmFacts(modality="DX", body_part="CHEST", view="PA", age_years=3.0)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"modality": "CR", "view": "AP"},
        {"body_part": "THORAX"},
        {"body_part": " chest "},
        {"age_years": 1.0},
        {"age_years": 5.99},
        {"age_years": 12 * (1 / 12)},
    ],
)
def test_a_frontal_chest_film_of_a_child_is_in_scope(change: dict[str, object]) -> None:
    verdict = check_scope(SCOPE, dataclasses.replace(CHILD, **change))
    assert (verdict.state, verdict.reason) == ("in scope", "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"age_years": 61.4}, "This film is outside what the model was made for: adult, 61 years."),
        ({"age_years": 18.0}, "adult, 18 years."),
        ({"age_years": 6.0}, "child, 6 years."),
        ({"age_years": 0.0}, "infant, 0 months."),
        ({"age_years": 1 / 12}, "infant, 1 month."),
        ({"age_years": 11 / 12}, "infant, 11 months. It was made for children of 1 to 5 years."),
        ({"age_years": -2.0}, "Patient's Age (0010,1010)"),
        ({"modality": "CT"}, "modality CT"),
        ({"modality": ""}, "Modality (0008,0060)"),
        ({"body_part": "HAND"}, "body part HAND"),
        ({"body_part": ""}, "Body Part Examined (0018,0015)"),
        ({"view": "LATERAL"}, "view LATERAL"),
        ({"view": "LL"}, "view LL"),
        ({"view": "RL"}, "view RL"),
        ({"view": ""}, "View Position (0018,5101)"),
    ],
)
def test_a_film_outside_is_refused_with_what_is_outside(change: dict[str, object], words: str) -> None:
    verdict = check_scope(SCOPE, dataclasses.replace(CHILD, **change))
    assert verdict.state == "refused"
    assert words in verdict.reason


@pytest.mark.parametrize("attribute", ["modality", "body_part", "view"])
def test_a_missing_attribute_says_what_helps(attribute: str) -> None:
    assert "Send it again from the source" in check_scope(SCOPE, dataclasses.replace(CHILD, **{attribute: ""})).reason


@pytest.mark.parametrize("age", [None, float("nan")])
def test_a_film_without_an_age_waits_for_the_reader(age: float | None) -> None:
    verdict = check_scope(SCOPE, dataclasses.replace(CHILD, age_years=age))
    assert verdict.state == "needs age"
    assert "children of 1 to 5 years" in verdict.reason


def test_no_age_is_asked_for_where_it_would_not_help() -> None:
    assert check_scope(SCOPE, dataclasses.replace(CHILD, modality="MR", age_years=None)).state == "refused"


def test_the_scope_of_another_model_speaks_its_own_numbers() -> None:
    adults = dataclasses.replace(SCOPE, min_age_years=18, max_age_years=99)
    assert check_scope(adults, dataclasses.replace(CHILD, age_years=40.0)).state == "in scope"
    assert "children" not in check_scope(adults, CHILD).reason
