"""An old answer can be had again from the model that gave it."""

from pathlib import Path

import pytest

from medcore.errors import LibraryError
from medcore.library import Job, Library, NewModel
from medcore.settings import Settings
from medcore.worker.installed import live_model_folder
from medcore.worker.replay import replay
from tests.films import ramp, write_film
from tests.libraries import make_answer
from tests.test_predict import BrightnessModel


@pytest.fixture
def image(library: Library, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """A film in a library whose models all judge by brightness."""
    monkeypatch.setattr("medcore.worker.replay.load_model", lambda folder: BrightnessModel())
    live_model_folder(library, settings)
    return library.add([write_film(tmp_path / "film", ramp(300, 200), PatientAge="004Y")]).instances[0]


def ask(library: Library, settings: Settings, image: int, probability: float, model: str) -> dict[str, object]:
    library.save_prediction(image, make_answer(probability, model_version=model))
    (answer,) = library.predictions(library.study_of(image) or 0).values() if model == live(library) else (None,)
    number = answer.id if answer else 1
    library.ask_again(number)
    job = library.jobs.take("test")
    while job is not None and job.kind != "replay":
        job = library.jobs.take("test")
    assert isinstance(job, Job)
    return replay(library, settings, job)


def live(library: Library) -> str:
    model = library.models.live()
    assert model is not None
    return model.name


def test_the_same_model_says_the_same(library: Library, settings: Settings, image: int) -> None:
    said = ask(library, settings, image, 0.5, live(library))["probability"]
    assert isinstance(said, float)
    assert ask(library, settings, image, said, live(library)) == {"probability": said, "same": True}


def test_another_number_is_not_passed_over(library: Library, settings: Settings, image: int) -> None:
    said = ask(library, settings, image, 0.5, live(library))["probability"]
    assert isinstance(said, float)
    assert not ask(library, settings, image, said + 2e-5, live(library))["same"]


def test_an_answer_of_a_model_that_is_not_kept_says_so(library: Library, settings: Settings, image: int) -> None:
    with pytest.raises(LibraryError, match="before models were kept"):
        ask(library, settings, image, 0.5, "forgotten 1")


def test_the_model_asked_is_the_one_that_answered(
    library: Library, settings: Settings, image: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("medcore.worker.replay.model_folder", lambda library, model: asked.append(model.name))
    library.models.add(NewModel("trained 1", "x", "ab" * 32, "A. Modeller"))
    ask(library, settings, image, 0.5, "trained 1")
    assert asked == ["trained 1"]
