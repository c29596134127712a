"""CARD.md says what the JSON files say, and nothing that they do not."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medcore.classifier import default_model_folder
from medcore.classifier.card import ModelCard, StartingWeights, TrainingData, read_model_card, write_model_card
from medcore.classifier.certainty import Certainty
from medcore.classifier.model_folder import CERTAINTY_FILE, read_certainty
from medcore.classifier.report import (
    ComparisonRow,
    Report,
    RobustnessRow,
    ScopeRow,
    SeedRow,
    ShortcutRow,
    Subgroup,
    TestMeeting,
    TrialRow,
    read_report,
    write_report,
)
from medcore.classifier.scope import Scope
from medcore.errors import ModelError
from medcore.evaluation.conformal import coverage
from medcore.evaluation.figures import Figure
from medcore.evaluation.measure import measure
from medcore.evaluation.operating_point import measure_point
from medcore.evaluation.venn_abers_table import VennAbersTable
from medcore.training import card_tables
from medcore.training.card_text import CARD_TEXT_FILE, card_text, write_card
from medcore.training.shortcut import WITHOUT_REGION

HEADINGS = [
    "Summary",
    "Mechanism",
    "Validation and performance",
    "Uses and directions",
    "Warnings",
    "Other information",
]
LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 2])
TRUTH = LABELS > 0
PNEUMONIA = np.array([0.1, 0.2, 0.3, 0.6, 0.4, 0.7, 0.8, 0.9])  # one normal film called, one bacterial film missed
PROBABILITIES = np.stack([1 - PNEUMONIA, 0.6 * PNEUMONIA, 0.4 * PNEUMONIA], axis=1)
FIGURES = measure(PROBABILITIES, LABELS, TRUTH, PNEUMONIA, list("abcdefgh"), 0.5, resamples=50)
POINT = measure_point(TRUTH, PNEUMONIA, 0.5, name="balanced", rule="chosen | by hand")
CERTAINTY = Certainty(1.2345, 0.5, 2.5, VennAbersTable(np.array([0.0]), np.zeros(3), np.ones(3)), (0.5, 0.6, 0.7), 0.9)
CARD = ModelCard(
    name="test-model",
    version="2026-01-02-abcdef01",
    purpose="Pneumonia on films of small giraffes",
    classes=("normal", "bacterial", "viral"),
    input_size=(224, 224),
    normalization="none",
    preprocessing="As they are",
    architecture="A small network",
    operating_points=(replace(POINT, name="high sensitivity", threshold=0.123456), POINT),
    live_point="balanced",
    map_scale=1.0,
    scope=Scope(("CR",), ("NECK",), ("PA",), 2, 7),
    training_data=TrainingData(
        name="Films of giraffes",
        source="the savanna",
        licence="CC BY 4.0",
        attribution="Ada Giraffe",
        films={"training": {"normal": 1234, "bacterial": 5, "viral": 6}},
        patients={"training": {"normal": 1000, "bacterial": 4, "viral": 3}},
    ),
    starting_weights=StartingWeights("Some weights", "somewhere", "Apache-2.0", "aa" * 32),
    recipe={"seed": 3, "augmentation": {"jpeg_quality": 50}, "phases": [{"size": 64, "epochs": 2}], "loss": "focal"},
    medcore_version="9.9.9",
    created="2026-01-02",
    sha256="bc" * 32,
    parts={"certainty.json": "de" * 32},
)
REPORT = Report(
    pneumonia={"validation": FIGURES, "test": FIGURES},
    bacterial_or_viral={"validation": FIGURES},
    sets={"validation": coverage(np.ones((8, 3), bool), LABELS)},
    seeds=(SeedRow(3, 0.98765, 0.95, 0.9, 0.12, True),),
    meetings=(
        TestMeeting("2026-01-03", "0123456789abcdef", "m-1", 3, True, 0.9712, 0.9123, 0.95, 0.85, 0.81, "first"),
        TestMeeting("2026-01-03", "0123456789abcdef", "m-2", 4, False, 0.9612, 0.9023, 0.94, 0.84, 0.8),
    ),
    subgroups=(
        Subgroup("label", "normal", 1234, 1000, None, None, None, 0.05, 0.95, 0.9, 0.98),
        Subgroup("contrast", "low", 10, 9, 0.9, 0.8, 0.95, 0.5, 0.9, 0.6, 0.99),
    ),
    robustness=(
        RobustnessRow("gamma 0.7", 0.98, -0.0001, 0.01, True),
        RobustnessRow("upside down", 0.6, -0.38, 0.5, False),
    ),
    shortcut=(ShortcutRow("the films as they are", 0.98, 0.97, 0.99),),
    scope=(ScopeRow("hands", 20, False, 0.999, 0.1, 0.9, 0.95, 0.998),),
    comparison=(ComparisonRow("pneumonia", "ResNet", "published", "28 x 28", 0.944, None),),
    trials=(TrialRow("mild", 0.99, 0.9, 0.98, 0.89, 0.2, 0.8, True),),
    notes=("A note.",),
)


def text_of(**changes: Any) -> str:
    return card_text(CARD, replace(REPORT, **changes), CERTAINTY)


def test_the_order_is_that_of_the_model_facts_label() -> None:
    lines = text_of().splitlines()
    assert lines[0] == "# Model facts: test-model"
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == HEADINGS


@pytest.mark.parametrize(
    "line",
    [
        "| Version | 2026-01-02-abcdef01 |",
        "| Developer | MedCore 9.9.9 |",
        "| training | 1,234 (1,000) | 5 (4) | 6 (3) |",
        "| Target population | Children of 2 to 7 years |",
        "| Input | One film: modality CR; view PA; body part NECK |",
        "| positive films | 4 (50.0 %) | 4 (50.0 %) |",
        "| positive films called, missed | 3, 1 | 3, 1 |",
        "| 2026-01-03 | 0123456789ab | m-1 | seed 3 | yes | 0.971 | 91.2 % | 95.0 % | 85.0 % | 0.810 | first |",
        "| 2026-01-03 | 0123456789ab | m-2 | seed 4 | no | 0.961 | 90.2 % | 94.0 % | 84.0 % | 0.800 |  |",
        "| label | normal | 1,234 (1,000) | – | 5.0 % | 95.0 % (90.0 to 98.0 %) |",
        "| contrast | low | 10 (9) | 0.900 (0.800 to 0.950) | 50.0 % | 90.0 % (60.0 to 99.0 %) |",
        "| gamma 0.7 | 0.980 | +0.000 | 1.0 % | yes |",
        "| upside down | 0.600 | -0.380 | 50.0 % | no |",
        "| the films as they are | 0.980 (0.970 to 0.990) |",
        "| hands | 20 | no | 0.999 | 0.998 | 10.0 % | 90.0 % | 95.0 % |",
        "| pneumonia | ResNet | published | 28 x 28 | 0.944 | – |  |",
        "| mild | 0.990 | 0.900 | 0.980 | 0.890 | 0.200 | 0.800 | yes |",
        "| seed 3 | 0.988 | 95.0 % | 0.900 | 0.120 | yes |",
        "| augmentation, jpeg quality | 50 |",
        '| phases | [{"size": 64, "epochs": 2}] |',
        "| loss | focal |",
        f"| certainty.json | `{'de' * 32}` |",
        "- A note.",
        "- Beyond the limits on changed films: upside down.",
    ],
)
def test_every_row_of_the_json_files_is_a_line_for_people(line: str) -> None:
    assert line in text_of().splitlines()


@pytest.mark.parametrize(("low", "is_warned"), [(0.62, True), (0.48, False)])
def test_an_answer_from_around_the_lungs_is_warned_of(low: float, is_warned: bool) -> None:
    rows = tuple(ShortcutRow(shown, auc, low, 0.8) for shown, auc in zip(WITHOUT_REGION, (0.71, 0.6), strict=True))
    warning = "with the lung region blanked, its AUC is 0.710 (0.620 to 0.800)."
    assert (warning in text_of(shortcut=rows)) == is_warned
    assert ("lies around the lungs" in text_of(shortcut=rows)) == is_warned


def test_licences_name_whom_to_thank() -> None:
    text = text_of()
    assert "| Films of giraffes | CC BY 4.0; Ada Giraffe; the savanna |" in text
    assert f"| Some weights | Apache-2.0; somewhere; SHA-256 `{'aa' * 32}` |" in text


def test_a_decisions_worth_follows_from_bayes_theorem() -> None:
    """Of 1,000 children 100 are ill: 75 of them and 225 of the 900 others are called; 675 of 700 are rightly left."""
    assert "| 10.0 % | 25.0 % | 96.4 % |" in text_of().splitlines()


def test_what_was_not_measured_is_said() -> None:
    text = card_text(CARD, Report(pneumonia={}, bacterial_or_viral={}, sets={}), CERTAINTY)
    assert "The test films have not been shown to the model yet." in text
    assert text.count("Not measured yet.") == 12
    assert "Beyond the limits" not in text


def test_what_calibration_taught_is_said() -> None:
    text = text_of()
    assert "At least 90.0 % of each label's films are to keep their label" in text
    assert "a temperature of 1.234, then 0.500 is added; the logits of its kinds are divided by 2.500" in text


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert card_tables.table(["a"], [["b | c\nd"]]) == "| a |\n| --- |\n| b \\| c d |"
    assert "chosen \\| by hand" in text_of()


def test_probabilities_that_were_off_on_the_test_films_are_warned_of() -> None:
    def off_by(value: float) -> Any:
        error = Figure(value, value - 0.01, value + 0.01)
        return replace(FIGURES, binary=replace(FIGURES.binary, expected_calibration_error=error))

    worse = text_of(pneumonia={"validation": off_by(0.02), "test": off_by(0.15)})
    assert "its probabilities were off by 0.150 on average, on validation films by 0.020" in worse
    same = text_of(pneumonia={"validation": off_by(0.02), "test": off_by(0.035)})  # their intervals overlap
    assert "were off by" not in same


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (card_tables.number(0.98765), "0.988"),
        (card_tables.number(-0.00001), "0.000"),
        (card_tables.number(None), "–"),
        (card_tables.change(-0.0004), "+0.000"),
        (card_tables.change(0.0126), "+0.013"),
        (card_tables.percent(0.98765), "98.8 %"),
        (card_tables.as_number(Figure(1.0, 0.98, 1.0)), "1.000 (0.980 to 1.000)"),
        (card_tables.as_number(Figure(None, None, None)), "–"),
        (card_tables.as_percent(Figure(0.5, 0.25, 0.75)), "50.0 % (25.0 to 75.0 %)"),
        (card_tables.as_percent(Figure(None, None, None)), "–"),
        (card_tables.count(12345), "12,345"),
    ],
)
def test_numbers_are_written_for_people(written: str, expected: str) -> None:
    assert written == expected


def test_the_same_files_make_the_same_card(tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        write_model_card(folder, CARD)
        write_report(folder, REPORT)
        (folder / CERTAINTY_FILE).write_text(json.dumps(CERTAINTY.to_json()))
        texts.append(write_card(folder).read_bytes())
    assert texts[0] == texts[1] == text_of().encode()
    assert texts[0].endswith(b"\n")
    assert b"\n\n\n" not in texts[0]


def test_a_card_is_not_written_without_what_it_is_made_from(tmp_path: Path) -> None:
    write_model_card(tmp_path, CARD)
    with pytest.raises(ModelError, match=r"figures\.json"):
        write_card(tmp_path)
    assert not (tmp_path / CARD_TEXT_FILE).exists()


def test_the_shipped_card_is_what_its_json_files_say() -> None:
    folder = default_model_folder()
    expected = card_text(read_model_card(folder), read_report(folder), read_certainty(folder))
    assert (folder / CARD_TEXT_FILE).read_text(encoding="utf-8") == expected, "write it anew: medcore card"
