"""The model's card on the page: complete without the data, and plain where something is missing."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from medcore.classifier import read_model_card
from medcore.classifier.card import CARD_FILE, write_model_card
from medcore.classifier.report import REPORT_FILE, read_report, write_report
from tests.reports import make_model_folder
from tests.test_pages import open_page, words

pytestmark = pytest.mark.usefixtures("seen_by_pages")
SECTIONS = (
    "Summary",
    "Mechanism",
    "Validation and performance",
    "Uses and directions",
    "Warnings",
    "Other information",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation whose model's figures are made up."""
    monkeypatch.setattr("medcore.settings.REPOSITORY", tmp_path)
    return make_model_folder(tmp_path / "assets" / "models")


def cells(page: AppTest) -> str:
    return "\n".join(one.value.to_string() for one in page.table)


def test_the_card_follows_the_order_of_the_model_facts_label(folder: Path) -> None:
    page = open_page("about.py")
    assert not page.exception
    assert tuple(one.value for one in page.subheader) == SECTIONS


def test_the_card_names_the_data_with_its_makers_and_its_licence(folder: Path) -> None:
    shown = words(open_page("about.py"))
    for said in ("Daniel Kermany", "CC BY 4.0", "Apache-2.0", read_model_card(folder).sha256):
        assert said in shown


def test_the_card_says_for_whom_it_is_not(folder: Path) -> None:
    shown = words(open_page("about.py"))
    for said in ("Not for a decision about a patient", "For children of 1 to 5 years alone", "A film cannot settle"):
        assert said in shown


def test_what_the_figures_warn_of_stands_among_the_warnings(folder: Path) -> None:
    (warned,) = (one.value for one in open_page("about.py").markdown if "Not for a decision" in one.value)
    assert "Beyond the limits on changed films: Noise, 12 gray values." in warned


def test_everything_that_was_measured_is_shown(folder: Path) -> None:
    page = open_page("about.py")
    shown = cells(page)
    for said in ("darkest third", "JPEG, quality 30", "outside of the lungs", "Hands", "28 x 28 enlarged", "made-up 2"):
        assert said in shown
    assert len(page.get("plotly_chart")) == 4
    assert "Bacterial against viral, on the test films" in words(page)
    assert "Not measured yet." not in words(page)


def test_the_summary_leads_with_the_test_films_once_they_were_met(folder: Path) -> None:
    page = open_page("about.py")
    assert [one.label for one in page.metric] == ["Area under the ROC curve", "Sensitivity", "Specificity", "Accuracy"]
    assert "on 300 test films of 150 patients" in words(page)


def test_three_operating_points_stand_side_by_side_and_one_decides(folder: Path) -> None:
    (points,) = (one.value for one in open_page("about.py").table if "Chosen as" in one.value)
    assert [name for name in points["Point"] if "decides now" in name] == ["**Balanced**, decides now"]
    assert len(points) == 3


def test_what_a_call_is_worth_follows_the_prevalence_that_the_reader_sets(folder: Path) -> None:
    card = read_model_card(folder)
    write_model_card(
        folder,
        replace(card, operating_points=(replace(card.operating_point, sensitivity=0.9, specificity=0.8),)),
    )
    page = open_page("about.py")
    assert page.slider(key="about_prevalence").value == 68  # 203 of the 300 invented films
    page.slider(key="about_prevalence").set_value(10).run()
    (worth,) = (one.value for one in page.table if "Called" in one.value)
    assert worth.iloc[0].tolist()[1:] == ["27.0", "18.0", "1.0", "33.3 %", "98.6 %"]
    test = read_report(folder).pneumonia["test"].binary
    found, called = 10 * (test.sensitivity.value or 0), 90 * (1 - (test.specificity.value or 0))
    assert "on the test films" in worth.iloc[1].tolist()[0]
    assert worth.iloc[1].tolist()[2:4] == [f"{called:.1f}", f"{10 - found:.1f}"]


def test_a_card_without_figures_is_shown_all_the_same_and_says_what_helps(folder: Path) -> None:
    (folder / REPORT_FILE).unlink()
    page = open_page("about.py")
    assert not page.exception
    assert "no readable figures.json. Restore the folder" in page.warning[0].value
    assert "The test films have not been met." in words(page)
    assert tuple(one.value for one in page.subheader) == SECTIONS


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pneumonia": 7}'])
def test_broken_figures_are_a_sentence(text: str, folder: Path) -> None:
    (folder / REPORT_FILE).write_text(text)
    page = open_page("about.py")
    assert not page.exception
    assert "Restore the folder" in page.warning[0].value


def test_a_missing_card_is_a_sentence(folder: Path) -> None:
    (folder / CARD_FILE).unlink()
    page = open_page("about.py")
    assert not page.exception
    assert "Restore the folder" in page.error[0].value


def test_figures_that_the_test_films_lack_are_left_open(folder: Path) -> None:
    report = read_report(folder)
    write_report(folder, replace(report, bacterial_or_viral={}, meetings=(), sets={}, trials=(), scope=()))
    page = open_page("about.py")
    assert not page.exception
    assert words(page).count("Not measured yet.") == 3
