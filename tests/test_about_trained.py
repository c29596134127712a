"""The card of a model that was trained here, of any classes: nothing of the shipped model's is said of it."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from medcore.classifier import read_model_card
from medcore.classifier.report import REPORT_FILE
from medcore.classifier.scope import Scope
from medcore.library import Library, ModelVersion, NewLabel
from medcore.library.records import DatasetImage
from medcore.settings import Settings
from medcore.training.card_advice import EACH_FINDING, UNMEASURED
from medcore.worker.installed import live_model_folder, model_folder, record
from pages.words import JOINER
from tests.libraries import Bring, make_attributes
from tests.reports import make_trained_folder
from tests.test_about import SECTIONS
from tests.test_pages import open_page, words

pytestmark = pytest.mark.usefixtures("seen_by_pages")

BREAST = Scope(("MG",), (), ("CC", "MLO"), None, None)
OF_THE_SHIPPED = re.compile(r"pneumonia|bacteri|viral|chest|child|lung|antibiotic|seed |published result|Kermany", re.I)


def go_live(
    library: Library, settings: Settings, folder: Path, classes: tuple[str, ...], finding: str, *, several: bool = False
) -> ModelVersion:
    """Make a model of made-up figures live in the place of the shipped one."""
    live_model_folder(library, settings)
    make_trained_folder(folder, classes=classes, finding=finding, scope=BREAST, several=several)
    model = record(library, folder, who="A. Modeller")
    library.models.promote(model.id, "A. Modeller", "ours", override=True)
    return model


@pytest.fixture
def model(library: Library, settings: Settings, tmp_path: Path) -> ModelVersion:
    classes = ("normal or benign", "malignant")
    return go_live(library, settings, tmp_path / "ours", classes, "malignant")


def whole(page: AppTest) -> str:
    """Return all that the page shows, charts and sliders with it."""
    tables = [one.value.to_string() for one in page.table]
    charts = [one.proto.spec for one in page.get("plotly_chart")]
    return "\n".join([words(page), *tables, *charts, *(one.label for one in page.slider)]).replace(JOINER, "")


def test_nothing_of_the_shipped_model_is_said_of_it(model: ModelVersion) -> None:
    page = open_page("about.py")
    assert not page.exception
    assert not page.error and not page.warning
    assert tuple(one.value for one in page.subheader) == SECTIONS
    assert OF_THE_SHIPPED.findall(whole(page).replace("there are no published results", "")) == []
    assert "Malignant against normal or benign" in whole(page)
    assert "Not measured yet." not in whole(page)


def test_what_was_not_measured_of_it_is_said_once(model: ModelVersion) -> None:
    shown = whole(open_page("about.py"))
    assert [shown.count(said) for said in UNMEASURED.values()] == [1] * len(UNMEASURED)


def test_its_card_says_where_it_answers_and_that_it_was_made_here(model: ModelVersion) -> None:
    shown = whole(open_page("about.py"))
    for said in (
        "Patients of any age.",
        "modality MG, body part any, view CC or MLO.",
        "Where the file says another modality or view, or where the picture is blank, it says so",
        "Labelled films of this installation, data set 7",
        "by medcore train",
        "Normal or benign, malignant.",
        "labelled malignant",
        "chose when its training ended",
    ):
        assert said in shown


def test_its_test_films_are_met_at_the_gate(library: Library, bring: Bring, model: ModelVersion) -> None:
    assert "It was made live without such a comparison." in whole(open_page("about.py"))
    (study,), (image,) = (summary := bring(make_attributes())).studies, summary.instances
    library.labels.save(NewLabel(1, study, image, ("viral",), "A. Reader", "queue"))
    dataset = library.datasets.save(1, [DatasetImage(image, study, 1, "ab" * 32, ("viral",), "test")], "A. Reader")
    checks = [
        {"name": "Area under the ROC curve", "passed": True, "said": "An area of 0.913."},
        {"name": "Calibration", "passed": False, "said": "An error of 0.2."},
    ]
    verdict = {"checks": checks, "films": 60, "patients": 58, "left_out": 3, "changed": []}
    shipped = library.models.all()[0]
    library.models.save_comparison(model.id, shipped.id, dataset, passes=False, verdict=verdict)
    shown = whole(open_page("about.py"))
    for said in ("60 of 58 patients", "Turned it away", "An area of 0\\.913", "Calibration"):
        assert said in shown
    assert "without such a comparison" not in shown


def test_what_somebody_named_is_shown_as_it_is_typed(library: Library, settings: Settings, tmp_path: Path) -> None:
    go_live(library, settings, tmp_path / "x", ("none", "BI-RADS 4", "**5** <b>"), "*suspicious* :red[x]")
    page = open_page("about.py")
    assert not page.exception
    for one in [*page.markdown, *page.caption]:
        assert "*suspicious* :red[x]" not in one.value and "**5**" not in one.value
    assert "None, BI-RADS 4, **5** <b>; *suspicious* :red[x] is BI-RADS 4 or **5** <b>." in words(page)
    charts = whole(page)
    assert "&lt;b&gt;" in charts


def test_without_its_figures_the_card_says_what_helps(library: Library, model: ModelVersion) -> None:
    (model_folder(library, model) / REPORT_FILE).unlink()
    page = open_page("about.py")
    assert not page.exception
    assert "or a backup" in page.warning[0].value
    assert OF_THE_SHIPPED.findall(whole(page).replace("there are no published results", "")) == []


def test_after_a_roll_back_the_shipped_card_is_shown_again(library: Library, model: ModelVersion) -> None:
    shipped = library.models.all()[0]
    library.models.roll_back(shipped.id, "A. Modeller", "pneumonia again")
    assert read_model_card(model_folder(library, shipped)).purpose in words(open_page("about.py"))


def test_where_a_film_can_have_several_findings_the_figures_are_of_any_of_them(
    library: Library, settings: Settings, tmp_path: Path
) -> None:
    go_live(library, settings, tmp_path / "x", ("no finding", "mass", "clip"), "finding", several=True)
    page = open_page("about.py")
    assert not page.exception
    shown = whole(page)
    for said in (
        "No finding, or one or several of mass, clip; finding is any of them.",
        "Finding against no finding",
        "#### No finding\\, finding",
        EACH_FINDING,
    ):
        assert said in shown
    assert "cannot be told apart" not in shown
