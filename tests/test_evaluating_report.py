"""An evaluation as JSON and as one HTML file: whole, harmless, of nobody."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from medcore.errors import ModelError
from medcore.pictures import encode_png
from medcore.worker.evaluating.assessment import Assessment
from medcore.worker.evaluating.measuring import Assessed
from medcore.worker.evaluating.report_file import DISCLAIMER, as_html
from tests.browsers import watched
from tests.evaluations import assessed, assessment, twelve_films, write_folder

HOSTILE = '<img src="http://evil.example/x" onerror="alert(1)"></script><script>alert(2)</script>'


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Assessed:
    return assessed(write_folder(tmp_path_factory.mktemp("films") / "films", twelve_films()))


def html_of(found: Assessed) -> str:
    return as_html(found.assessment, lambda number: encode_png(found.worst[number - 1].picture()))


def own_part(html: str) -> str:
    """Leave out plotly.js, which is of others and names its makers' sites."""
    start = html.index("<script>/**\n* plotly.js") if "<script>/**\n* plotly.js" in html else html.index("<script>")
    return html[:start] + html[html.index("</script>", start) :]


def test_it_comes_back_from_json_as_it_was(tmp_path: Path) -> None:
    made = assessment(tmp_path / "films")
    assert Assessment.from_json(made.to_json()) == made


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1}'])
def test_what_is_no_assessment_is_a_sentence(text: str) -> None:
    with pytest.raises(ModelError, match="Evaluate the model again"):
        Assessment.from_json(text)


def test_one_of_another_version_is_a_sentence(found: Assessed) -> None:
    with pytest.raises(ModelError, match="another MedCore"):
        Assessment.from_json(replace(found.assessment, version=9).to_json())


def test_neither_patients_nor_files_are_named_in_json_or_html(found: Assessed) -> None:
    for text in (found.assessment.to_json(), own_part(html_of(found))):
        assert not re.search(r"Doe_Jane|MRN-", text)


def test_it_says_that_it_is_no_medical_device_and_names_the_model(found: Assessed) -> None:
    html = html_of(found)
    assert DISCLAIMER in html
    assert found.assessment.model in html
    assert found.assessment.model_sha256 in html


def test_the_films_of_errors_travel_with_their_heatmaps(found: Assessed) -> None:
    pictures = re.findall(r'<img src="data:image/png;base64,', html_of(found))
    assert len(pictures) == 2 * len(found.worst)


def test_a_film_that_is_gone_is_said_to_be(found: Assessed) -> None:
    html = as_html(found.assessment, lambda number: None)
    assert html.count("The film is not there any more.") == len(found.worst)
    assert "<img" not in own_part(html)


def test_hostile_names_are_text(found: Assessed) -> None:
    evaluation = found.assessment.evaluation
    assert evaluation.decision is not None
    named = replace(evaluation.decision, name=HOSTILE, groups=(replace(evaluation.decision.groups[0], value=HOSTILE),))
    hostile = replace(
        found.assessment,
        data=HOSTILE,
        split=HOSTILE,
        notes=(HOSTILE,),
        model=HOSTILE,
        evaluation=replace(evaluation, decision=named, classes=(HOSTILE, *evaluation.classes[1:])),
        worst=(replace(found.assessment.worst[0], truth=HOSTILE, likeliest=evaluation.classes[1]),),
    )
    html = own_part(as_html(hostile, lambda number: None))
    assert "<img" not in html
    assert "<script>alert" not in html
    assert "onerror=&quot;" in html


def test_it_refers_to_nothing_outside(found: Assessed) -> None:
    html = own_part(html_of(found))
    assert not re.findall(r'(?:src|href)=(?!"data:)', html)
    assert "default-src 'none'" in html
    entries = re.findall(r'<script type="application/json" id="[^"]+">(.*?)</script>', html)
    assert [json.loads(one)["name"] for one in entries] == ["pneumonia", "normal", "bacterial", "viral"]


@pytest.fixture
def page(found: Assessed, tmp_path: Path, chromium: Browser) -> Iterator[Page]:
    file = tmp_path / "evaluation.html"
    file.write_text(html_of(found), encoding="utf-8")
    with watched(chromium) as browser:
        page = browser.open(file.as_uri(), width=1280, height=1200)
        expect(page.locator(".plot .main-svg").first).to_be_visible()
        yield page
        assert browser.violations() == []
        assert browser.complaints == []
        assert [url for url in browser.foreign_requests if not url.startswith("file:")] == []


def worth(page: Page) -> str:
    return page.locator(".worth").first.inner_text().replace("\n", " ")


def test_the_threshold_is_dragged_in_a_chart_and_moved_by_keys(page: Page, found: Assessed) -> None:
    said = page.locator("output").first
    expect(said).to_have_text("50 %")
    assert "4 called, 2 missed" in worth(page)
    plot = page.locator(".plot").nth(3)
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    x_of = lambda share: box["x"] + 52 + (share + 0.02) / 1.04 * (box["width"] - 64)  # noqa: E731
    page.mouse.move(x_of(0.5), box["y"] + 100)
    page.mouse.down()
    page.mouse.move(x_of(0.3), box["y"] + 120, steps=4)
    page.mouse.up()
    expect(said).to_have_text("30 %")
    expect(page.locator(".worth").first).to_contain_text("5 called, 1 missed")
    page.locator("input[type=range]").first.press("ArrowRight")
    expect(said).to_have_text("31 %")
    page.get_by_role("button", name="as it decides").first.click()
    expect(said).to_have_text("50 %")
