"""A model before labelled films: what it is asked, what is left out, what is measured, what is worst."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from sklearn import metrics

from medcore.classifier.film_hash import film_hash
from medcore.errors import ModelError
from medcore.worker.evaluating.asking import Asked, AskedFilms
from medcore.worker.evaluating.assess import assess
from medcore.worker.evaluating.folder_cases import read_cases
from medcore.worker.evaluating.groups import age_band, groups_of_row
from tests.evaluations import GrayModel, assessed, picture, twelve_films, write_folder
from tests.test_predict import BRIGHT


def hash_of(picture: np.ndarray) -> str:
    return film_hash(cv2.resize(picture, (224, 224), interpolation=cv2.INTER_AREA))


def test_the_figures_are_those_of_what_the_model_says_of_each_film(tmp_path: Path) -> None:
    found = assessed(write_folder(tmp_path / "films", twelve_films())).assessment.evaluation
    grays, truth = zip(*((film["gray"], film["label"] != "normal") for film in twelve_films()), strict=True)
    decision = found.decision
    assert decision is not None
    assert decision.name == "pneumonia"
    assert decision.threshold == 0.5
    assert decision.figures.auc.value == pytest.approx(metrics.roc_auc_score(truth, grays))
    called = [gray >= 127.5 for gray in grays]
    assert decision.figures.sensitivity.value == pytest.approx(metrics.recall_score(truth, called))
    assert (decision.counts.false_positives, decision.counts.false_negatives) == (1, 2)
    assert (found.films, found.patients) == (12, 12)
    assert {(part.kind, part.value) for part in decision.groups} == {
        ("sex", "female"),
        ("sex", "male"),
        ("age", "1 to 2 years"),
        ("age", "3 to 5 years"),
    }


def test_films_that_the_model_was_trained_on_are_left_out_with_all_of_their_patients_films(tmp_path: Path) -> None:
    films = twelve_films()
    films[0]["patient"] = films[1]["patient"] = "twice"
    folder = write_folder(tmp_path / "films", films)
    known = frozenset({hash_of(picture(int(str(films[0]["gray"])), 0))})
    found = assessed(folder, known=known).assessment
    assert (found.cover.known, found.cover.answered, found.evaluation.films) == (2, 10, 10)
    assert assessed(write_folder(tmp_path / "again", films)).assessment.evaluation.films == 12


def test_a_film_is_known_again_whatever_size_the_network_takes(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "films", twelve_films())
    model = GrayModel()
    model.card = replace(model.card, input_size=(128, 128))
    known = frozenset({hash_of(picture(int(str(twelve_films()[0]["gray"])), 0))})
    assert assessed(folder, known=known, model=model).assessment.cover.known == 1


def test_films_without_an_answer_are_counted_with_the_reason_and_not_measured(tmp_path: Path) -> None:
    extra = [{"gray": 240}, {"gray": 244}, {"gray": 60, "age": 40}, {"gray": 60, "view": "LL"}]
    folder = write_folder(tmp_path / "films", twelve_films() + extra)
    (folder / "Doe_Jane_3.png").unlink()
    cover = assessed(folder).assessment.cover
    assert (cover.films, cover.answered, cover.refused, cover.failed) == (16, 11, 4, 1)
    reasons = {reason.said: reason.films for reason in cover.reasons}
    assert reasons[BRIGHT] == 2
    assert any("adult, 40 years" in said for said in reasons)
    assert any("view LL" in said for said in reasons)


def test_a_model_that_answers_for_no_film_is_a_sentence(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "films", [{"gray": 240}, {"gray": 242}])
    with pytest.raises(ModelError, match="answers for none of the 2 films"):
        assessed(folder)


def test_wrong_decisions_come_first_among_the_worst_errors(tmp_path: Path) -> None:
    films = [*twelve_films(), {"gray": 220, "label": "viral"}]  # called pneumonia, but of the other kind
    worst = assessed(write_folder(tmp_path / "films", films)).assessment.worst
    assert [(film.truth, film.likeliest, film.called) for film in worst] == [
        ("bacterial", "normal", False),
        ("normal", "bacterial", True),
        ("bacterial", "normal", False),
        ("viral", "bacterial", True),
    ]
    assert [film.number for film in worst] == [1, 2, 3, 4]
    assert worst[0].probabilities[1] == pytest.approx(60 / 255, abs=1e-3)
    assert np.shape(worst[0].heatmap) == (7, 7)


def test_labels_that_say_pneumonia_alone_ask_for_the_decision(tmp_path: Path) -> None:
    films = [film | {"label": "NORMAL" if film["label"] == "normal" else "Pneumonia"} for film in twelve_films()]
    found = assessed(write_folder(tmp_path / "films", films)).assessment.evaluation
    assert found.classes == ("normal", "pneumonia")
    assert found.decision is not None
    assert (found.decision.counts.false_positives, found.decision.counts.false_negatives) == (1, 2)


def test_a_label_that_the_model_does_not_tell_is_a_sentence(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "films", [*twelve_films(), {"gray": 60, "label": "effusion"}])
    with pytest.raises(ModelError, match="The data name 'effusion', which .* it tells normal, bacterial, viral"):
        assessed(folder)


def test_several_findings_a_film_are_a_sentence_for_a_model_of_one_label(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "films", [{"gray": 60, "label": "bacterial|viral"}])
    with pytest.raises(ModelError, match="one label a film"):
        assessed(folder)


def test_a_run_that_was_cut_short_asks_only_about_the_rest(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "films", twelve_films() * 2)
    cases, model, kept = read_cases(folder), GrayModel(), tmp_path / "asked"
    assert assess(model, cases, frozenset(), AskedFilms(kept), is_outranked=lambda: True, resamples=5) is None
    first = len(model.seen)
    assert first == 16
    with kept.open("a") as file:
        file.write('["25", {"state"')  # killed while it wrote
    whole = assess(model, cases, frozenset(), AskedFilms(kept), resamples=5)
    assert whole is not None
    assert len(model.seen) == 24
    at_once = assess(GrayModel(), cases, frozenset(), AskedFilms(tmp_path / "other"), resamples=5)
    assert at_once is not None
    assert replace(at_once.assessment, created="") == replace(whole.assessment, created="")


def test_progress_ends_at_all_films(tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    assessed(write_folder(tmp_path / "films", twelve_films() * 2), on_progress=lambda *at: seen.append(at))
    assert seen == [(16, 24), (24, 24)]


def test_a_split_is_taken_by_its_name(tmp_path: Path) -> None:
    films = [film | {"split": "abc"[place % 3]} for place, film in enumerate(twelve_films())]
    folder = write_folder(tmp_path / "films", films)
    assert [len(read_cases(folder, split=split).films) for split in ("", "a", "b")] == [12, 4, 4]
    with pytest.raises(ModelError, match="no film of the split 'test'"):
        read_cases(folder, split="test")


def write_npz(file: Path, classes: Iterable[int]) -> Path:
    labels = np.array(list(classes), np.uint8)[:, None]
    films = np.stack([picture(60 + 100 * int(label > 0), place) for place, label in enumerate(labels[:, 0])])
    arrays = {
        f"{part}_{kind}": some
        for part in ("train", "val", "test")
        for kind, some in (("images", films), ("labels", labels))
    }
    np.savez(file, **arrays)
    return file


def test_a_file_of_numbered_classes_is_read_with_their_names(tmp_path: Path) -> None:
    file = write_npz(tmp_path / "films.npz", [0, 1, 2, 1])
    cases = read_cases(file, split="val", classes=("normal", "bacterial", "viral"))
    assert len(cases.films) == 4
    found = assess(GrayModel(), cases, frozenset(), AskedFilms(tmp_path / "asked"), resamples=5)
    assert found is not None
    assert found.assessment.evaluation.films == 4


def test_numbers_in_place_of_names_are_a_sentence(tmp_path: Path) -> None:
    cases = read_cases(write_npz(tmp_path / "films.npz", [0, 1, 2]))
    with pytest.raises(ModelError, match="The data name '0', '1', '2'"):
        assess(GrayModel(), cases, frozenset(), AskedFilms(tmp_path / "asked"))


@pytest.mark.parametrize(
    ("years", "band"),
    [(None, ""), (-1, ""), (0.5, "under 1 year"), (1, "1 to 2 years"), (2.99, "1 to 2 years"), (3, "3 to 5 years")]
    + [(5.9999999, "6 to 11 years"), (17, "12 to 17 years"), (64.9, "40 to 64 years"), (120, "65 years or more")],
)
def test_ages_fall_into_bands_by_completed_years(years: float | None, band: str) -> None:
    assert age_band(years) == band


def test_a_row_says_to_which_parts_its_film_belongs() -> None:
    row = {"sex": " f", "age": "4Y", "view": "pa", "scanner": "X", "source": "Here"}
    assert groups_of_row(row) == {
        "sex": "female",
        "age": "3 to 5 years",
        "view": "PA",
        "scanner": "X",
        "source": "Here",
    }
    assert set(groups_of_row({"age": "old", "sex": "?"}).values()) == {""}


def test_what_was_asked_is_forgotten_when_told_so(tmp_path: Path) -> None:
    asked = AskedFilms(tmp_path / "asked")
    asked.add([("1", Asked("failed"))])
    asked.forget()
    assert not (tmp_path / "asked").exists()
