"""The predict job: scope before pixels, no film stops the others, nothing is done twice."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from medcore.classifier import Classifier, ModelCard, Prediction, default_model_folder, read_model_card
from medcore.classifier.quality import QualityModel, at_a_glance
from medcore.classifier.subspace import Subspace
from medcore.dicom import display_values, read_frame
from medcore.errors import ModelError
from medcore.library import Job, Library, StoredPrediction
from medcore.settings import Settings
from medcore.worker import predict as predict_module
from medcore.worker.answers import Answered, Film, Model
from medcore.worker.kinds import look_for_work, run_job
from tests.films import ramp, write_film

CHILD = {"PatientAge": "004Y", "PatientBirthDate": None}
AGELESS = {"PatientAge": None, "PatientBirthDate": None}
BRIGHT = "The picture is brighter than any that the model was made from."


class BrightnessModel:
    """Calls a film pneumonia by its mean brightness, chokes on black ones, and refuses bright ones."""

    quality: QualityModel | None = None

    def __init__(self, version: str = "brightness 1") -> None:
        self.card: ModelCard = read_model_card(default_model_folder())
        self.version = version
        self.is_loaded = False
        self.seen: list[np.ndarray] = []

    def load(self) -> None:
        self.is_loaded = True

    def explain(self, inputs: np.ndarray) -> list[Answered]:
        if any(film.mean() < 10 for film in inputs):
            raise ModelError("The film is black. Expose it again.")
        self.seen += list(inputs)
        return [self.answer(float(film.mean()) / 255) for film in inputs]

    def answer(self, pneumonia: float) -> Answered:
        point = replace(self.card.operating_point, threshold=0.5)
        shares = {"normal": 1 - pneumonia, "bacterial": pneumonia, "viral": 0.0}
        decision = "pneumonia" if pneumonia >= 0.5 else "no pneumonia"
        prediction = Prediction(
            probabilities=shares,
            pneumonia=pneumonia,
            pneumonia_low=pneumonia / 2,
            pneumonia_high=(1 + pneumonia) / 2,
            not_ruled_out=("normal", "bacterial"),
            decision=decision,
            operating_point=point,
            model_version="unused",
            pixels_sha256="cd" * 32,
            refusal=BRIGHT if pneumonia > 0.9 else "",
        )
        return prediction, {"pneumonia": np.full((7, 7), pneumonia, np.float32)}


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> BrightnessModel:
    model = BrightnessModel()
    use(model, monkeypatch)
    return model


def use(model: object, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("predict", "kinds"):
        monkeypatch.setattr(f"medcore.worker.{module}.load_model", lambda folder: model)
        monkeypatch.setattr(f"medcore.worker.{module}.live_model_folder", lambda library, settings: Path())


def work(library: Library, settings: Settings) -> Job:
    """Do the next job in this process."""
    job = library.jobs.take("test")
    assert job is not None
    result = run_job(library, settings, job)
    assert result is not None
    library.jobs.finish(job.id, result, owner="test")
    ended = library.jobs.get(job.id)
    assert ended is not None
    return ended


def answers(library: Library) -> dict[int, StoredPrediction]:
    found: dict[int, StoredPrediction] = {}
    for row in library.studies().rows:
        found |= library.predictions(row.id)
    return found


def states(library: Library) -> list[str]:
    return sorted(answer.state for answer in answers(library).values())


def test_a_film_in_scope_is_answered_from_its_display_values(
    library: Library, settings: Settings, model: BrightnessModel, tmp_path: Path
) -> None:
    film = write_film(tmp_path / "film", ramp(300, 200), **CHILD)
    library.add([film])
    job = work(library, settings)
    (answer,) = answers(library).values()
    np.testing.assert_array_equal(model.seen[0], display_values(read_frame(film), model.card.input_size))
    assert answer.pneumonia == pytest.approx(float(model.seen[0].mean()) / 255)
    assert answer.state == "answered"
    assert answer.model_version == "brightness 1"
    assert answer.maps["pneumonia"].shape == (7, 7)
    assert (job.done, job.total) == (1, 1)
    assert job.result == {"images": 1, "states": {"answered": 1}, "model": "brightness 1"}


def test_a_film_outside_of_the_scope_is_refused_without_loading_the_network(
    library: Library, settings: Settings, model: BrightnessModel, tmp_path: Path
) -> None:
    library.add([write_film(tmp_path / "adult", PatientAge="061Y", PatientBirthDate=None)])
    work(library, settings)
    (answer,) = answers(library).values()
    assert answer.state == "refused"
    assert "adult, 61 years" in answer.reason
    assert not model.is_loaded


def test_a_cine_loop_is_refused(library: Library, settings: Settings, model: BrightnessModel, tmp_path: Path) -> None:
    library.add([write_film(tmp_path / "cine", np.stack([ramp()] * 3), **CHILD)])
    work(library, settings)
    (answer,) = answers(library).values()
    assert (answer.state, "3 frames" in answer.reason) == ("refused", True)


def test_films_that_fail_do_not_stop_the_others(
    library: Library, settings: Settings, model: BrightnessModel, tmp_path: Path
) -> None:
    nearly = np.zeros((8, 6), np.uint16)
    nearly[0, 0] = 4095
    black = write_film(tmp_path / "black", nearly, **CHILD)
    lost = write_film(tmp_path / "lost", ramp(9, 9), **CHILD)
    library.add([black, lost, *(write_film(tmp_path / str(n), ramp(8 + n, 6), **CHILD) for n in range(3))])
    (lost_path,) = [
        instance.path
        for row in library.studies().rows
        for instance in library.study(row.id).instances
        if instance.grid == (9, 9)
    ]
    lost_path.unlink()
    work(library, settings)
    assert states(library) == ["answered", "answered", "answered", "failed", "failed"]
    reasons = {answer.reason for answer in answers(library).values() if answer.state == "failed"}
    assert any("black" in reason for reason in reasons)
    assert len(reasons) == 2


@pytest.mark.parametrize(
    ("pixels", "elements", "state", "said"),
    [
        (np.full((8, 6), 700, np.uint16), {}, "refused", "all alike"),
        (ramp(), {"WindowCenter": 90_000, "WindowWidth": 10}, "refused", "all alike"),
        (ramp(2, 9), {}, "failed", "strip of 2 x 9"),
        (ramp(20, 6), {}, "failed", "strip of 20 x 6"),
    ],
)
def test_an_image_that_shows_nothing_of_a_chest_gets_no_answer(
    library: Library,
    settings: Settings,
    model: BrightnessModel,
    tmp_path: Path,
    pixels: np.ndarray,
    elements: dict[str, Any],
    state: str,
    said: str,
) -> None:
    library.add([write_film(tmp_path / "film", pixels, **elements, **CHILD)])
    work(library, settings)
    (answer,) = answers(library).values()
    assert (answer.state, answer.pneumonia, said in answer.reason) == (state, None, True)
    assert model.seen == []


def sunset(rows: int = 200, columns: int = 150) -> np.ndarray:
    """White at the top and soon dark: no quarter turn nor inversion of it looks the same."""
    return np.tile(4095 * np.linspace(1, 0, rows)[:, None] ** 3, (1, columns)).astype(np.uint16)


def sunsets_only() -> QualityModel:
    """Takes nothing but sunsets."""
    glance = at_a_glance(sunset()).ravel()
    return QualityModel(Subspace(glance, np.eye(144)[:1], np.ones(1), 1.0), limit=0.1)


@pytest.mark.parametrize(
    ("pixels", "elements", "said"),
    [
        (sunset(), {}, ""),
        (sunset()[:, ::-1], {}, ""),
        (4095 - sunset(), {"PhotometricInterpretation": "MONOCHROME1"}, ""),
        (4095 - sunset(), {}, "inverted"),
        (sunset()[::-1], {}, "upside down"),
        (sunset().T, {}, "turned by 90 degrees to the left"),
        (sunset()[::-1].T, {}, "turned by 90 degrees to the right"),
        (sunset(120, 150), {}, "120 x 150 pixels"),
        (sunset(), {"WindowCenter": 2000, "WindowWidth": 10}, "pure black or pure white"),
        (np.random.default_rng(1).integers(0, 4096, (200, 150), np.uint16), {}, "unlike the films"),
    ],
)
def test_a_picture_of_poor_quality_is_refused_before_the_network_is_asked(
    library: Library,
    settings: Settings,
    model: BrightnessModel,
    tmp_path: Path,
    pixels: np.ndarray,
    elements: dict[str, Any],
    said: str,
) -> None:
    model.quality = sunsets_only()
    library.add([write_film(tmp_path / "film", pixels, **elements, **CHILD)])
    work(library, settings)
    (answer,) = answers(library).values()
    assert answer.state == ("refused" if said else "answered")
    assert said in answer.reason
    assert model.is_loaded == (not said)


def test_attributes_are_asked_before_the_picture_and_the_picture_before_the_network(
    library: Library, settings: Settings, model: BrightnessModel, tmp_path: Path
) -> None:
    model.quality = sunsets_only()
    bright = np.full((200, 150), 4095, np.uint16)
    bright[199:] = 0
    library.add([write_film(tmp_path / "adult", sunset()[::-1], PatientAge="061Y", PatientBirthDate=None)])
    library.add([write_film(tmp_path / "both", bright, StudyInstanceUID="1.2.8", **CHILD)])
    work(library, settings)
    work(library, settings)
    reasons = sorted(answer.reason for answer in answers(library).values())
    assert "adult, 61 years" in reasons[1]
    assert "pure black or pure white" in reasons[0]
    assert not model.is_loaded


def test_what_the_network_has_never_seen_the_like_of_is_refused_and_the_others_are_answered(
    library: Library, settings: Settings, model: BrightnessModel, tmp_path: Path
) -> None:
    bright = np.full((8, 6), 4095, np.uint16)
    bright[0, 0] = 0
    library.add([write_film(tmp_path / "bright", bright, **CHILD), write_film(tmp_path / "film", ramp(9, 6), **CHILD)])
    work(library, settings)
    assert states(library) == ["answered", "refused"]
    (refused,) = (answer for answer in answers(library).values() if answer.state == "refused")
    assert (refused.reason, refused.pneumonia, refused.decision) == (BRIGHT, None, "")
    assert not refused.maps


def test_a_film_without_an_age_is_answered_by_the_age_in_another_film_of_the_study(
    library: Library, settings: Settings, model: BrightnessModel, tmp_path: Path
) -> None:
    study = {"StudyInstanceUID": "1.2.9"}
    library.add([write_film(tmp_path / "frontal", **AGELESS, **study)])
    work(library, settings)
    assert states(library) == ["needs age"]
    known = {"PatientAge": "004Y", "PatientBirthDate": None, "ViewPosition": "LL"}
    library.add([write_film(tmp_path / "lateral", **known, **study)])
    assert work(library, settings).result["states"] == {"answered": 1, "refused": 1}
    (row,) = library.studies().rows
    answer = library.study_answer(row.id)
    assert answer is not None
    assert (answer.state, answer.study_age_years, answer.map_scale) == ("answered", 4.0, model.card.map_scale)


def test_progress_moves_while_slow_films_are_looked_at(
    library: Library, settings: Settings, model: BrightnessModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict_module, "SLOW_S", 0.0)
    monkeypatch.setattr(predict_module, "QUICK_S", 0.0)
    library.add([write_film(tmp_path / str(n), ramp(8, 6 + n % 3), **CHILD) for n in range(40)])
    seen: list[tuple[int, int]] = []
    real = predict_module.answer_films

    def watched(model: object, films: list[Film]) -> list[StoredPrediction]:
        (job,) = library.jobs.active()
        seen.append((job.done, job.total))
        return real(model, films)  # type: ignore[arg-type]

    monkeypatch.setattr(predict_module, "answer_films", watched)
    work(library, settings)
    assert seen == [(0, 40), (16, 40), (24, 40), (28, 40), (32, 40), (36, 40)]


def test_a_model_that_cannot_be_loaded_fails_the_job_and_not_the_films(
    library: Library, settings: Settings, model: BrightnessModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise ModelError("The model is missing. Restore it.")

    monkeypatch.setattr(model, "load", missing)
    library.add([write_film(tmp_path / "film", **CHILD)])
    with pytest.raises(ModelError, match="missing"):
        work(library, settings)
    assert answers(library) == {}


def test_a_film_without_an_age_waits_until_the_reader_states_it(
    library: Library, settings: Settings, model: BrightnessModel, tmp_path: Path
) -> None:
    (study_id,) = library.add([write_film(tmp_path / "film", **AGELESS)]).studies
    work(library, settings)
    assert states(library) == ["needs age"]
    library.state_age(study_id, 3, "A. Reader")
    work(library, settings)
    (answer,) = answers(library).values()
    assert (answer.state, answer.study_age_years) == ("answered", 3)
    library.state_age(study_id, 40, "A. Reader")
    work(library, settings)
    assert states(library) == ["refused"]


def test_no_film_is_looked_at_twice_by_the_same_model_and_all_are_by_the_next(
    library: Library, settings: Settings, model: BrightnessModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add([write_film(tmp_path / "film", **CHILD)])
    work(library, settings)
    library.jobs.enqueue("predict", {})
    assert work(library, settings).result["images"] == 0
    look_for_work(library, settings)
    assert library.jobs.active() == ()
    use(BrightnessModel("brightness 2"), monkeypatch)
    look_for_work(library, settings)
    look_for_work(library, settings)
    assert work(library, settings).result == {"images": 1, "states": {"answered": 1}, "model": "brightness 2"}
    assert library.jobs.active() == ()


def test_the_worklists_pictures_are_made_on_the_way(
    library: Library, settings: Settings, model: BrightnessModel, tmp_path: Path
) -> None:
    library.add([write_film(tmp_path / "film", ramp(200, 300))])
    assert library.studies().rows[0].thumbnail is None
    work(library, settings)
    picture = library.studies().rows[0].thumbnail
    assert picture is not None
    assert picture.startswith(b"\x89PNG")
    assert library.thumbnail(library.studies().rows[0].id) == picture


def test_a_picture_is_made_on_demand_and_one_that_cannot_be_made_is_none(library: Library, tmp_path: Path) -> None:
    (study_id,) = library.add([write_film(tmp_path / "film")]).studies
    assert (library.thumbnail(study_id) or b"").startswith(b"\x89PNG")
    (broken_id,) = library.add([write_film(tmp_path / "broken", StudyInstanceUID="1.2.9")]).studies
    library.study(broken_id).instances[0].path.chmod(0o600)
    library.study(broken_id).instances[0].path.write_bytes(b"\0" * 500)
    assert library.thumbnail(broken_id) is None
    assert library.thumbnail(99) is None


def test_a_bulk_of_films_gives_way_to_one_that_somebody_waits_for(
    library: Library, settings: Settings, model: BrightnessModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medcore.library.adding.FEW", 1)
    library.add([write_film(tmp_path / str(n), ramp(8 + n, 6), **CHILD) for n in range(2)])
    bulk = library.jobs.take("test")
    library.add([write_film(tmp_path / "urgent", ramp(12, 6), **CHILD)])
    assert bulk is not None
    assert run_job(library, settings, bulk) is None
    library.jobs.give_back(bulk.id, counted=False)
    assert work(library, settings).result["images"] == 1
    assert work(library, settings).id == bulk.id
    assert states(library) == ["answered"] * 3


def test_a_film_that_ends_the_program_twice_is_passed_over(
    library: Library, settings: Settings, model: BrightnessModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = [write_film(tmp_path / str(n), ramp(8 + n, 6), **CHILD) for n in range(3)]
    poison = library.add(films).instances[1]

    class Killed(BaseException):
        """Stands for the end of the child."""

    real = predict_module.answer_films

    def deadly(model: object, chunk: list[Film]) -> list[StoredPrediction]:
        if any(film.attributes.rows == 9 for film in chunk):
            raise Killed
        return real(model, chunk)  # type: ignore[arg-type]

    monkeypatch.setattr(predict_module, "answer_films", deadly)
    for _ in range(2):
        job = library.jobs.take("test")
        assert job is not None
        with pytest.raises(Killed):
            run_job(library, settings, job)
        library.jobs.give_back(job.id)
    assert work(library, settings).state == "done"
    found = answers(library)
    assert found[poison].state == "failed"
    assert "ended twice" in found[poison].reason
    assert states(library) == ["answered", "answered", "failed"]


def test_the_shipped_model_answers_a_childs_film_as_it_answers_its_pixels(
    library: Library,
    settings: Settings,
    classifier: Classifier,
    shared_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = sorted((shared_data / "chest-xray-fullsize").glob("*.jp*g"))[0]
    pixels = cv2.imread(str(source), cv2.IMREAD_GRAYSCALE)
    library.add([write_film(tmp_path / "film", pixels, **CHILD)])
    model = Model(default_model_folder())
    monkeypatch.setattr(model, "_classifier", classifier)
    use(model, monkeypatch)
    work(library, settings)
    (answer,) = answers(library).values()
    resized = cv2.resize(pixels.astype(np.float32), (224, 224), interpolation=cv2.INTER_AREA)
    stretched = (resized - pixels.min()) * (255 / (float(pixels.max()) - pixels.min()))  # no window in the file
    film = np.clip(stretched, 0, 255)[None]
    (expected,) = classifier.predict(film)
    np.testing.assert_array_equal(model.features(film), classifier.forward(film).features)
    assert answer.state == "answered"
    assert answer.pneumonia == pytest.approx(expected.pneumonia, abs=0.01)
    assert answer.maps.keys() == {"normal", "bacterial", "viral", "pneumonia"}
    assert answer.threshold == classifier.card.operating_point.threshold
    assert answer.model_version == expected.model_version
