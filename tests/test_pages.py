"""The pages, run without a browser: every one opens, says what to do next, and keeps what a reader saved."""

import ast
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from medcore.demo import demonstration_files
from medcore.library import Library, NewReading, StoredPrediction, StudyQuery
from medcore.settings import REPOSITORY
from pages.words import percent_range
from tests.films import write_film

PAGES = REPOSITORY / "pages"
DISCLAIMER = "Not a medical device. For research and demonstration."
pytestmark = pytest.mark.usefixtures("seen_by_pages")
UNSEEN = {"tensorflow", "keras", "pydicom", "cv2", "numpy", "scipy"}


@pytest.fixture
def without_viewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation whose set-up could not build the viewer."""
    monkeypatch.setattr("medcore.server.viewer_files.is_built", lambda: False)


def open_page(name: str = "studies.py", **query: str) -> AppTest:
    page = AppTest.from_file(PAGES / "frame.py", default_timeout=60)
    page.query_params.update(query)
    page.run()
    return page if name == "studies.py" else page.switch_page(name).run()


def words(page: AppTest) -> str:
    shown = [*page.text, *page.caption, *page.markdown, *page.subheader, *page.error]
    return "\n".join(str(element.value) for element in shown)


@pytest.mark.parametrize("name", ["studies.py", "review.py", "label.py", "about.py"])
def test_every_page_opens_on_an_empty_library_and_says_that_it_is_not_a_medical_device(
    name: str, library: Library
) -> None:
    page = open_page(name)
    assert not page.exception
    assert DISCLAIMER in words(page)


def test_an_empty_worklist_says_what_to_do_next(library: Library) -> None:
    assert "Add DICOM files, a folder or a zip" in words(open_page())


def test_pages_import_nothing_that_computes_and_stay_short() -> None:
    for file in PAGES.glob("*.py"):
        source = file.read_text(encoding="utf-8")
        roots = {
            name.split(".")[0]
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
        }
        assert not roots & UNSEEN, file.name
        assert len(source.splitlines()) <= 110, file.name


def test_no_page_renders_text_as_html_except_its_own_style() -> None:
    for file in PAGES.glob("*.py"):
        source = file.read_text(encoding="utf-8")
        assert "unsafe_allow_html" not in source, file.name
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "st.html":
                assert ast.unparse(node.args[0]) in {"PAGE_STYLE", "PLATE_STYLE"}, file.name


def test_the_demonstration_chest_film_is_refused_on_opening_with_the_reason(library: Library) -> None:
    library.add(demonstration_files()[:1])
    study = library.studies(StudyQuery()).rows[0]
    (instance,) = library.study(study.id).instances
    library.save_prediction(
        instance.id,
        StoredPrediction("refused", "This film is outside what the model was made for: adult, 64 years."),
    )
    page = open_page("review.py", study=str(study.id))
    assert not page.exception
    assert "adult, 64 years" in words(page)


def answered(library: Library, tmp_path: Path, **certainty: Any) -> int:
    """Put a film into the library whose prediction the background has made, and return its study."""
    import numpy as np

    library.add([write_film(tmp_path / "film.dcm", PatientAge="003Y")])
    (row,) = library.studies(StudyQuery()).rows
    (instance,) = library.study(row.id).instances
    cells = np.zeros((7, 7), np.float32)
    cells[2, 3] = 2.0
    library.save_prediction(
        instance.id,
        StoredPrediction(
            "answered",
            probabilities={"normal": 0.13, "bacterial": 0.70, "viral": 0.17},
            pneumonia=0.87,
            decision="pneumonia",
            threshold=0.5,
            model_version="test",
            map_scale=1.0,
            maps=dict.fromkeys(("normal", "bacterial", "viral", "pneumonia"), cells),
            **certainty,
        ),
    )
    return row.id


def test_the_models_answer_stays_closed_until_the_reader_has_spoken(library: Library, tmp_path: Path) -> None:
    page = open_page("review.py", study=str(answered(library, tmp_path, **SURE, not_ruled_out=("normal", "viral"))))
    shown = words(page)
    assert "Shown after your reading." in shown
    assert not any(word in shown for word in ("87 %", "81 to 92 %", "rule out", "called from"))


def test_a_reading_is_saved_with_who_and_reveals_the_model(library: Library, tmp_path: Path) -> None:
    study_id = answered(library, tmp_path)
    page = open_page("review.py", study=str(study_id))
    page.text_input(key="reader_name").set_value("A. Reader").run()
    page.button(key=f"review_finding_{study_id}_2").click().run()
    page.button(key="review_save").click().run()
    assert not page.exception
    assert "87 %" in words(page)
    (reading,) = library.readings(study_id)
    assert (reading.reader, reading.finding, reading.revealed_without_reading) == ("A. Reader", "bacterial", False)
    page.segmented_control(key=f"verdict_action_{reading.id}").set_value("accept").run()
    page.button(key="verdict_save").click().run()
    (reading,) = library.readings(study_id)
    assert reading.verdict is not None and reading.verdict.action == "accept"
    assert "Final finding: Bacterial pneumonia" in words(page)


SURE = {"pneumonia_low": 0.81, "pneumonia_high": 0.92, "operating_point": "balanced"}


def test_the_answer_leads_with_pneumonia_and_its_range(library: Library, tmp_path: Path) -> None:
    page = read(library, answered(library, tmp_path, **SURE, not_ruled_out=("bacterial",)), "viral")
    assert [one.value for one in page.markdown if "%" in one.value] == ["**Pneumonia**  ·  87 % (81 to 92 %)"]
    shown = words(page)
    assert "Pneumonia is called from 50 % (balanced)." in shown
    assert "81 to 92 %: of films kept aside that looked like this one to the model" in shown
    assert "Cannot rule out" not in shown  # the one label that fits says what the decision says


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (("normal", "bacterial"), "Cannot rule out: pneumonia, normal"),
        (("normal",), "Cannot rule out: normal"),
        ((), "No label fits this film as it should."),
    ],
)
def test_what_the_model_cannot_rule_out_is_said_beside_its_decision(
    labels: tuple[str, ...], said: str, library: Library, tmp_path: Path
) -> None:
    page = read(library, answered(library, tmp_path, **SURE, not_ruled_out=labels), "viral")
    assert not page.exception
    assert said in [one.value for one in page.text]


def test_a_promise_is_made_only_for_films_like_those_of_the_validation(library: Library, tmp_path: Path) -> None:
    study_id = answered(library, tmp_path, **SURE, not_ruled_out=("normal", "viral"))
    assert "for others nothing is promised" in words(read(library, study_id, "viral"))


def test_bacterial_or_viral_is_a_label_that_no_film_settles(library: Library, tmp_path: Path) -> None:
    page = read(library, answered(library, tmp_path, **SURE, not_ruled_out=("bacterial", "viral")), "viral")
    shown = [one.value for one in page.text]
    assert "Bacterial and viral are the data set's labels. A film cannot settle the cause." in shown
    assert "Normal 13 %, bacterial 70 %, viral 17 %." in shown
    assert "Cannot rule out: bacterial, viral" in shown
    assert "Cannot rule out: pneumonia, normal" not in shown


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [
        (0.81, 0.92, "81 to 92 %"),
        (0.954, 0.999, "95 % or more"),
        (0.001, 0.04, "4 % or less"),
        (0.001, 0.999, "under 1 to over 99 %"),
        (0.811, 0.814, "81 %"),
        (0.999, 1.0, "over 99 %"),
    ],
)
def test_a_range_reads_as_a_person_would_say_it(low: float, high: float, written: str) -> None:
    assert percent_range(low, high) == written


def test_an_answer_of_an_earlier_model_is_shown_without_a_range(library: Library, tmp_path: Path) -> None:
    page = read(library, answered(library, tmp_path), "viral")
    assert not page.exception
    assert [one.value for one in page.markdown if "%" in one.value] == ["**Pneumonia**  ·  87 %"]
    assert "An earlier model gave this answer." in words(page)
    assert "Pneumonia is called from 50 %." in words(page)


def test_revealing_without_reading_is_recorded_as_such(library: Library, tmp_path: Path) -> None:
    study_id = answered(library, tmp_path)
    page = open_page("review.py", study=str(study_id))
    page.text_input(key="reader_name").set_value("A. Reader").run()
    page.button(key="review_peek").click().run()
    (reading,) = library.readings(study_id)
    assert reading.revealed_without_reading and reading.finding == ""
    assert "87 %" in words(page)


def test_a_saved_reading_is_there_when_the_study_is_opened_again(library: Library, tmp_path: Path) -> None:
    study_id = answered(library, tmp_path)
    (instance,) = library.study(study_id).instances
    library.save_reading(study_id, NewReading(instance.id, "A. Reader", "viral", "left", "high"))
    shown = words(open_page("review.py", study=str(study_id)))
    assert "Viral pneumonia, left, sure" in shown
    assert "A. Reader" in shown


def test_markup_in_a_file_is_shown_as_text(library: Library, tmp_path: Path, without_viewer: None) -> None:
    name = "<b>Bold</b>^**Stars**"
    library.add([write_film(tmp_path / "film.dcm", PatientName=name)])
    (row,) = library.studies(StudyQuery()).rows
    page = open_page("review.py", study=str(row.id))
    assert any("<b>Bold</b>" in element.value for element in page.text)
    rendered = [*page.markdown, *page.caption, *page.subheader]
    assert not any("Bold" in element.value or "Stars" in element.value for element in rendered)


def read(library: Library, study_id: int, finding: str) -> AppTest:
    (instance,) = library.study(study_id).instances
    library.save_reading(study_id, NewReading(instance.id, "A. Reader", finding))
    return open_page("review.py", study=str(study_id))


def test_accepting_what_contradicts_the_own_finding_asks_which_finding_stands(library: Library, tmp_path: Path) -> None:
    study_id = answered(library, tmp_path)
    page = read(library, study_id, "normal")
    (reading,) = library.readings(study_id)
    page.segmented_control(key=f"verdict_action_{reading.id}").set_value("accept").run()
    page.text_input(key="reader_name").set_value("B. Reader").run()
    assert page.button(key="verdict_save").disabled
    page.selectbox(key=f"verdict_finding_{reading.id}").set_value("viral").run()
    page.button(key="verdict_save").click().run()
    (reading,) = library.readings(study_id)
    assert (reading.finding, reading.final_finding) == ("normal", "viral")
    assert reading.verdict is not None and (reading.reader, reading.verdict.reader) == ("A. Reader", "B. Reader")


def test_rejecting_needs_a_reason_and_keeps_the_own_finding(library: Library, tmp_path: Path) -> None:
    study_id = answered(library, tmp_path)
    page = read(library, study_id, "normal")
    (reading,) = library.readings(study_id)
    page.segmented_control(key=f"verdict_action_{reading.id}").set_value("reject").run()
    page.text_input(key="reader_name").set_value("B. Reader").run()
    assert page.button(key="verdict_save").disabled
    page.text_input(key=f"verdict_reason_{reading.id}").set_value("rotated film").run()
    page.button(key="verdict_save").click().run()
    (reading,) = library.readings(study_id)
    assert reading.verdict is not None and reading.verdict.reason == "rotated film"
    assert reading.final_finding == "normal"
    assert library.studies(StudyQuery(status="disagreed")).total == 1


def test_a_missing_age_is_asked_for_and_stated_by_the_reader(library: Library, tmp_path: Path) -> None:
    library.add([write_film(tmp_path / "film.dcm", PatientAge=None, PatientBirthDate=None)])
    (row,) = library.studies(StudyQuery()).rows
    (instance,) = library.study(row.id).instances
    library.save_prediction(instance.id, StoredPrediction("needs age", "The file does not give the age."))
    page = open_page("review.py", study=str(row.id))
    assert "The file does not give the age." in words(page)
    page.text_input(key="reader_name").set_value("A. Reader").run()
    page.number_input(key=f"review_age_{row.id}").set_value(3.0).run()
    page.button(key="review_state_age").click().run()
    assert not page.exception
    assert library.study(row.id).age_years == 3.0 and library.study(row.id).age_stated
    assert library.jobs.active()


def test_a_study_that_is_gone_is_a_sentence_with_a_way_back(library: Library) -> None:
    page = open_page("review.py", study="77")
    assert not page.exception
    assert page.error and "No study is open" in words(page)


@pytest.mark.parametrize("number", ["9" * 15, "9" * 5000, "-1", "1e3", "../1"])
def test_an_address_that_names_no_study_is_no_fault(number: str, library: Library) -> None:
    page = open_page("review.py", study=number)
    assert not page.exception
    assert "No study is open" in words(page)


def test_without_the_viewer_the_plain_image_is_shown_and_the_command_that_builds_it(
    library: Library, tmp_path: Path, without_viewer: None
) -> None:
    library.add([write_film(tmp_path / "film.dcm")])
    (row,) = library.studies(StudyQuery()).rows
    page = open_page("review.py", study=str(row.id))
    assert not page.exception
    assert page.get("plotly_chart")
    assert "It is built with: make viewer" in words(page)


def test_each_image_is_shown_with_its_own_window_from_the_file(
    library: Library, tmp_path: Path, without_viewer: None
) -> None:
    shared = {"StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.3.4", "Modality": "MR"}
    for number, center in ((1, 100), (2, 200)):
        write_film(tmp_path / f"{number}", InstanceNumber=number, WindowCenter=center, WindowWidth=50, **shared)
    library.add([tmp_path / "1", tmp_path / "2"])
    (row,) = library.studies(StudyQuery()).rows
    (series,) = library.study(row.id).series
    page = open_page("review.py", study=str(row.id))
    assert "window 100 / 50" in words(page)
    page.slider(key=f"review_slice_{series.id}").set_value(2).run()
    assert "window 200 / 50" in words(page)
    page.selectbox(key=f"review_window_{series.id}").set_value("own").run()
    page.number_input(key=f"review_window_{series.id}_center").set_value(7.0).run()
    assert "window 7 / 50" in words(page)


def test_a_new_search_starts_at_its_first_page(library: Library, tmp_path: Path) -> None:
    for number in range(52):
        write_film(tmp_path / "films" / f"{number}", PatientName=f"Patient{number}", PatientID=f"P{number}")
    library.add([tmp_path / "films"])
    page = open_page()
    page.pagination(key="studies_page").set_value(2).run()
    page.text_input(key="studies_text").set_value("Patient7").run()
    assert "1 study." in words(page)


def test_text_of_a_file_is_nowhere_markup(library: Library, tmp_path: Path) -> None:
    sly = "**sly** <b>sly</b> [sly](http://sly) :material/home: $sly$"
    texts = ("PatientName", "PatientID", "StudyDescription", "SeriesDescription", "AccessionNumber", "BodyPartExamined")
    write_film(
        tmp_path / "film", WindowCenter=1, WindowWidth=2, WindowCenterWidthExplanation=sly, **dict.fromkeys(texts, sly)
    )
    library.add([tmp_path / "film"])
    (row,) = library.studies(StudyQuery()).rows
    for page in (open_page(), open_page("review.py", study=str(row.id))):
        assert not page.exception
        marked = [*page.markdown, *page.caption, *page.subheader, *page.title, *page.error, *page.warning, *page.info]
        assert not [element.value for element in marked if "sly" in element.value]
        assert not [button.label for button in page.button if "sly" in button.label]
