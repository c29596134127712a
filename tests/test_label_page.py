"""The Label page, run without a browser: one film after the other, blind, and nothing that was given is lost."""

import io
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from medcore.library import FilmToLabel, LabelSet, Library, NewLabel
from medcore.library.labels import REVIEW_SET
from medcore.settings import Settings
from pages.words import plain
from tests.films import ramp, write_film
from tests.libraries import make_answer
from tests.test_pages import open_page, words

pytestmark = pytest.mark.usefixtures("seen_by_pages")
READER = "A. Reader"


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a key count at once."""
    monkeypatch.setattr("pages.label_saving.LEAST_LOOK_S", 0.0)


@pytest.fixture
def films(library: Library, tmp_path: Path) -> tuple[FilmToLabel, ...]:
    """Four films of four patients."""
    for number in range(4):
        write_film(tmp_path / "films" / str(number), ramp(8 + number), PatientID=f"P{number}")
    library.add([tmp_path / "films"])
    return library.labels.films()


def label_page(tab: str = "Label", reader: str = READER, label_set: LabelSet | None = None) -> AppTest:
    page = open_page("label.py")
    page.session_state["reader_name"] = reader
    page.session_state["label_tab"] = tab
    if label_set is not None:
        page.session_state["label_set"] = label_set.id
    return page.run()


def shown(page: AppTest, source: str = "queue", label_set: int = REVIEW_SET) -> int:
    return int(page.session_state[f"label_shown_{label_set}_{source}"])


def press(page: AppTest, label: str) -> AppTest:
    """Press the button of this name."""
    (button,) = (one for one in page.button if one.label == label)
    button.click().run()
    assert not page.exception
    return page


def said(library: Library, label_set: int = REVIEW_SET) -> list[tuple[int | None, tuple[str, ...], str, str, bool]]:
    return [
        (one.instance_id, one.classes, one.source, one.reason, one.withdrawn) for one in library.labels.read(label_set)
    ]


def save(library: Library, film: FilmToLabel, name: str, author: str, source: str = "queue") -> None:
    library.labels.save(NewLabel(REVIEW_SET, film.study_id, film.instance_id, (name,), author, source))


def everything(page: AppTest) -> list[tuple[str, str]]:
    """List all that the page sends to the browser, the keys of its elements left out."""
    elements = [*page.main, *page.sidebar]
    return [(one.type, str(one.proto)) for one in elements]


def test_without_films_the_page_says_where_they_come_from(library: Library) -> None:
    assert "No films to label yet" in words(label_page())


def test_nobody_labels_without_a_name(library: Library, films: tuple[FilmToLabel, ...]) -> None:
    page = label_page(reader="")
    assert "Type your name above first." in words(page)
    assert not page.get("plotly_chart")


def test_a_key_labels_the_film_and_shows_the_next(library: Library, films: tuple[FilmToLabel, ...]) -> None:
    page = label_page()
    assert "0 of 4" in words(page)
    first = shown(page)
    press(page, "Bacterial pneumonia")
    assert said(library) == [(first, ("bacterial",), "queue", "", False)]
    assert library.labels.read(REVIEW_SET)[0].author == READER
    assert shown(page) != first
    assert "1 of 4, 1 need a second reader" in words(page)
    assert shown(label_page()) == shown(page)  # another tab goes on where this one stood


def test_the_classes_have_the_keys_from_one_and_the_others_theirs(
    library: Library, films: tuple[FilmToLabel, ...]
) -> None:
    page = label_page()
    keys = {one.label: one.proto.shortcut for one in page.button if one.proto.shortcut}
    classes = ["Normal", "Bacterial pneumonia", "Viral pneumonia", "Effusion", "Collapse", "Other"]
    assert [keys[name] for name in classes] == ["1", "2", "3", "4", "5", "6"]
    assert {keys[name].lower() for name in ("Skip", "Poor film", "Cannot say", "Undo")} == {"s", "p", "x", "u"}


def test_undo_takes_the_label_back_and_deletes_nothing(library: Library, films: tuple[FilmToLabel, ...]) -> None:
    page = label_page()
    first = shown(page)
    press(press(page, "Normal"), "Undo")
    assert said(library) == [(first, ("normal",), "queue", "", False), (first, (), "queue", "taken back", True)]
    assert library.labels.decisions(REVIEW_SET) == ()
    assert shown(page) == first
    (undo,) = (one for one in page.button if one.label == "Undo")
    assert undo.disabled


def test_a_skipped_film_comes_last_and_a_poor_one_not_again(library: Library, films: tuple[FilmToLabel, ...]) -> None:
    page = label_page()
    order = []
    for label in ("Skip", "Poor film", "Normal", "Normal"):
        order.append(shown(page))
        press(page, label)
    assert len(set(order)) == 4
    assert shown(page) == order[0]
    press(page, "Normal")
    assert "All done" in words(page)
    assert [one for one in said(library) if one[4]] == [
        (order[0], (), "queue", "later", True),
        (order[1], (), "queue", "poor film", True),
    ]
    assert order[1] not in {one.instance_id for one in library.labels.decisions(REVIEW_SET)}


def test_a_key_that_comes_too_soon_labels_nothing(
    library: Library, films: tuple[FilmToLabel, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = label_page()
    monkeypatch.setattr("pages.label_saving.LEAST_LOOK_S", 60.0)
    press(page, "Normal")
    assert said(library) == []


def test_a_key_that_is_held_down_labels_no_second_film_however_long(
    library: Library, films: tuple[FilmToLabel, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr("pages.label_saving.LEAST_LOOK_S", 0.4)
    monkeypatch.setattr("pages.label_saving.time", SimpleNamespace(monotonic=lambda: clock[0]))
    page = label_page()
    for clock[0] in (0.3, 0.6, 0.9, 1.2):  # a film has been there for long, but the key never rested
        press(page, "Normal")
    assert said(library) == []
    clock[0] = 1.7
    press(page, "Normal")
    assert len(said(library)) == 1


def test_a_film_can_show_several_findings_or_none(library: Library, films: tuple[FilmToLabel, ...]) -> None:
    thorax = library.labels.create_set("Thorax", ["Effusion", "Fracture"], several=True, who=READER)
    page = label_page(label_set=thorax)
    (button,) = (one for one in page.button if one.label == "Save and next")
    assert button.disabled
    press(press(press(press(page, "Fracture"), "Effusion"), "Effusion"), "Save and next")
    press(press(press(page, "Fracture"), "None of these"), "Save and next")
    assert [one.classes for one in library.labels.read(thorax.id)] == [("Fracture",), ()]
    press(press(page, "Fracture"), "Fracture")  # chosen and let go: nothing is said
    (button,) = (one for one in page.button if one.label == "Save and next")
    assert button.disabled


def test_nothing_on_the_page_tells_what_the_model_or_others_said(
    library: Library, films: tuple[FilmToLabel, ...]
) -> None:
    before = everything(label_page())
    assert any("Bacterial pneumonia" in sent for _, sent in before)
    for place, film in enumerate(films):
        library.save_prediction(film.instance_id, make_answer(0.1 + 0.2 * place))
    assert everything(label_page()) == before
    for film in films:
        save(library, film, "viral", "B. Reader")
    blind = everything(label_page("Second reading"))
    for film in films:
        save(library, film, "normal", "B. Reader")
    assert everything(label_page("Second reading")) == blind
    page = label_page("Second reading")
    assert not any("B. Reader" in sent or "87 %" in sent for _, sent in everything(page))


def test_a_second_reading_is_of_films_that_another_has_labelled(
    library: Library, films: tuple[FilmToLabel, ...]
) -> None:
    save(library, films[0], "viral", "B. Reader", "upload")
    save(library, films[1], "viral", READER)
    page = label_page("Second reading")
    assert "0 of 2 read by two" in words(page)
    assert shown(page, "second reading") == films[0].instance_id
    press(page, "Normal")
    assert said(library)[-1] == (films[0].instance_id, ("normal",), "second reading", "", False)
    assert "Nothing waits for you" in words(page)


def test_synthetic_films_are_not_in_the_queue(library: Library, tmp_path: Path) -> None:
    library.add([write_film(tmp_path / "film", SyntheticData="YES")])
    assert "No films to label yet" in words(label_page())


def test_a_disagreement_is_settled_with_a_reason(library: Library, films: tuple[FilmToLabel, ...]) -> None:
    save(library, films[0], "viral", "B. Reader")
    save(library, films[0], "normal", "C. Reader", "second reading")
    page = label_page("Disagreements")
    assert not page.exception
    assert "Viral pneumonia: B. Reader, in the queue" in words(page)
    assert "Normal: C. Reader, in a second reading" in words(page)
    key = f"label_ruling_{REVIEW_SET}_{films[0].study_id}_{films[0].instance_id}"
    page.selectbox(key=key).set_value("viral").run()
    assert page.button(key="label_rule").disabled
    page.text_input(key=f"{key}_reason").set_value("seen on the next film").run()
    page.button(key="label_rule").click().run()
    (decision,) = library.labels.decisions(REVIEW_SET)
    assert decision.classes == ("viral",)
    assert decision.ruling is not None and decision.ruling.reason == "seen on the next film"
    assert "No open disagreements" in words(page)
    assert "Shown once two readers have labelled the same 10 films" in words(page)


def test_an_order_is_asked_from_the_background_and_films_come_at_random_until_it_is_there(
    library: Library, films: tuple[FilmToLabel, ...]
) -> None:
    page = label_page()
    at_random = shown(page)
    page.selectbox(key="label_order").set_value("diversity").run()
    job = library.jobs.take("worker")
    assert job is not None
    assert (job.kind, dict(job.payload)) == ("order", {"label_set": REVIEW_SET, "how": "diversity"})
    page.run()
    assert "The order is being worked out." in words(page)
    assert shown(page) == at_random
    wanted = [film.instance_id for film in films if film.instance_id != at_random]
    library.jobs.finish(job.id, {"films": [*wanted, at_random]}, owner="worker")
    page.run()
    assert shown(page) == at_random  # nothing changes under the reader's eyes
    press(page, "Normal")
    assert shown(page) == wanted[0]


def test_a_label_set_is_made_and_chosen(library: Library, films: tuple[FilmToLabel, ...]) -> None:
    page = label_page()
    page.button(key="label_new_set").click().run()
    page.text_input(key="label_new_name").set_value("Devices")
    page.text_area(key="label_new_classes").set_value("None\n\nTube\nLine")
    for key in ("label_new_set", "label_new_go"):
        page.button(key="label_new_set").click()  # a full run would close the dialog, as it does not in a browser
        page.button(key=key).click().run()
    assert not page.exception
    made = library.labels.sets()[-1]
    assert (made.name, made.classes, made.several) == ("Devices", ("None", "Tube", "Line"), False)
    press(page, "Tube")
    assert [one.classes for one in library.labels.read(made.id)] == [("Tube",)]


def test_what_somebody_typed_is_no_markup() -> None:
    assert plain("**b** :smile: <i> [a](b)").replace("\u2060", "") == r"\*\*b\*\* \:smile\: \<i\> \[a\]\(b\)"
    assert ":s" not in plain(":smile:") and "->" not in plain("->")


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, folder in enumerate(("normal", "normal", "viral", "fungal")):
            pixels = np.random.default_rng(number).integers(0, 256, (32, 32), np.uint8)
            archive.writestr(f"{folder}/{number}.png", bytes(cv2.imencode(".png", pixels)[1]))
    return packed.getvalue()


def wait_for(page: AppTest, key: str) -> None:
    """Run the page until a button is there."""
    deadline = time.monotonic() + 60
    while key not in {one.key for one in page.button}:
        assert time.monotonic() < deadline
        page.run()


def check(page: AppTest) -> None:
    page.segmented_control(key="label_upload_kind").set_value("files").run()
    page.file_uploader(key="label_upload_files_0").upload("films.zip", zipped()).run()
    page.button(key="label_upload_check").click().run()
    wait_for(page, "label_upload_aside")


def test_an_upload_is_shown_before_anything_is_taken(library: Library) -> None:
    page = label_page("Upload")
    check(page)
    assert "3 images can be taken, 1 not" in words(page)
    assert "The files name no patients: each image counts as one." in words(page)
    counts, refused = (one.value for one in page.dataframe)
    assert list(counts["Images"]) == [2, 0, 1, 0, 0, 0]
    assert list(counts["Please note"])[:2] == ["Too few patients to say how well a model does on it", "None"]
    assert list(refused["File"]) == ["films.zip › fungal/3.png"]
    assert library.studies().total == 0
    page.button(key="label_upload_take").click().run()
    wait_for(page, "label_upload_done")
    assert "3 images added; 3 labels saved" in words(page)
    assert sorted(one.classes for one in library.labels.read(REVIEW_SET)) == [("normal",), ("normal",), ("viral",)]
    page.button(key="label_upload_done").click().run()
    assert page.button(key="label_upload_check").disabled


def test_an_upload_that_is_put_aside_leaves_nothing(library: Library, settings: Settings) -> None:
    page = label_page("Upload")
    page.radio(key="label_upload_set").set_value(page.radio(key="label_upload_set").options[1]).run()
    page.text_input(key="label_upload_name").set_value("Lungs").run()
    check(page)
    assert "4 images can be taken, 0 not" in words(page)
    page.button(key="label_upload_aside").click().run()
    assert not page.exception
    assert library.studies().total == 0
    assert len(library.labels.sets()) == 1
    assert list((settings.data_dir / "staging").iterdir()) == []
