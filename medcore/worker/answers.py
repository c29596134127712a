"""From films to answers: scope by the attributes first, then the picture's quality, then the network, in batches."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from medcore.classifier import Classifier, FilmFacts, ModelCard, Prediction, check_scope, read_model_card
from medcore.classifier.model_folder import read_quality
from medcore.classifier.quality import EMPTY, QualityModel, is_blank
from medcore.dicom import Attributes, display_values, read_frame
from medcore.errors import MedcoreError, ModelError
from medcore.library import StoredPrediction

BATCH = 16  # films in one pass of the network
READERS = 2  # films read at once
NO_IMAGE = "This object holds no image, so there is nothing for the model to look at."
SEVERAL_FRAMES = (
    "This image has {} frames; the model was made for single films, so it does not answer. Send the frame as a film."
)
UNREADABLE = "The stored file cannot be read. Delete the study and add it again, or restore the last backup."
LONGEST_SHAPE = 3  # the longer side of a film over the shorter; a film is nearly square
STRIP = (
    "The image is a strip of {} x {} pixels, and the model was made for whole films, so it does not answer. Send "
    "the whole film."
)
Answered = tuple[Prediction, dict[str, np.ndarray]]


@dataclass(frozen=True)
class Film:
    """An image on disk, and the age that its study lends it."""

    attributes: Attributes
    path: Path
    study_age_years: float | None = None


class Model:
    """A model folder whose card and quality check are read at once; its network is loaded when a film needs it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._classifier: Classifier | None = None
        self.card: ModelCard = read_model_card(folder)
        self.quality: QualityModel | None = read_quality(folder, self.card)

    @property
    def version(self) -> str:
        """The version that its predictions carry."""
        return f"{self.card.name} {self.card.version}"

    def load(self) -> Classifier:
        """Load the network, which takes seconds the first time.

        Raises
        ------
        ModelError
            If it cannot be loaded.
        """
        if self._classifier is None:
            self._classifier = Classifier.load(self._folder)
        return self._classifier

    def explain(self, inputs: np.ndarray) -> list[Answered]:
        """Classify films and map where the network looked; see `medcore.explanation.explain_batch`."""
        from medcore.explanation import explain_batch

        return explain_batch(self.load(), inputs)

    def features(self, inputs: np.ndarray) -> np.ndarray:
        """Return what the network makes its answer from, shape (n, features), of films (n, rows, columns)."""
        return self.load().forward(inputs).features


class Explains(Protocol):
    """What answers are asked from: a model, or in tests something quick."""

    @property
    def card(self) -> ModelCard:
        """What is said of the model."""

    @property
    def quality(self) -> QualityModel | None:
        """What tells good pictures from others; None looks for blank ones only."""

    @property
    def version(self) -> str:
        """The version that its predictions carry."""

    def load(self) -> object:
        """Be ready to answer, or raise a ModelError."""

    def explain(self, inputs: np.ndarray) -> list[Answered]:
        """Classify films, shape (n, rows, columns), and map where the network looked."""


def answer_films(model: Explains, films: Sequence[Film]) -> list[StoredPrediction]:
    """Answer for each film, or say why not; a film that fails does not stop the others.

    A film with several frames is refused: the model has not seen cine loops, and the first frame need not be the one
    that matters.

    Raises
    ------
    ModelError
        If the model itself cannot be loaded.
    """
    answers: dict[int, StoredPrediction] = {}
    waiting: dict[int, np.ndarray] = {}
    look = partial(look_at, model.card, model.quality)
    with ThreadPoolExecutor(READERS) as readers:  # they read on while the network looks at what they have read
        for place, outcome in enumerate(readers.map(look, films)):
            if isinstance(outcome, StoredPrediction):
                answers[place] = outcome
            else:
                waiting[place] = outcome
            if len(waiting) == BATCH:
                answers |= ask(model, waiting)
                waiting = {}
    answers |= ask(model, waiting)
    return [
        replace(answers[place], model_version=model.version, study_age_years=film.study_age_years)
        for place, film in enumerate(films)
    ]


def look_at(card: ModelCard, quality: QualityModel | None, film: Film) -> StoredPrediction | np.ndarray:
    """Return the network's input, shape (rows, columns), or why there is none."""
    attributes = film.attributes
    if not attributes.has_pixels:
        return StoredPrediction("refused", NO_IMAGE)
    in_file = attributes.patient_age_years
    age_years = film.study_age_years if in_file is None else in_file
    facts = FilmFacts(attributes.modality, attributes.body_part_examined, attributes.view_position, age_years)
    verdict = check_scope(card.scope, facts)
    if verdict.state == "refused":
        return StoredPrediction("refused", verdict.reason)
    if attributes.number_of_frames > 1:
        return StoredPrediction("refused", SEVERAL_FRAMES.format(attributes.number_of_frames))
    if verdict.state == "needs age":
        return StoredPrediction("needs age", verdict.reason)
    if max(attributes.rows, attributes.columns) > LONGEST_SHAPE * min(attributes.rows, attributes.columns):
        return StoredPrediction("failed", STRIP.format(attributes.rows, attributes.columns))
    try:
        values = display_values(read_frame(film.path), card.input_size)
    except MedcoreError as error:
        return StoredPrediction("failed", str(error))
    except OSError:
        return StoredPrediction("failed", UNREADABLE)
    reason = quality_refusal(quality, values, (attributes.rows, attributes.columns))
    return StoredPrediction("refused", reason) if reason else values


def quality_refusal(quality: QualityModel | None, values: np.ndarray, size: tuple[int, int]) -> str:
    """Say why a picture is not good enough, whose stored film has `size` rows and columns; empty where it is."""
    if quality is None:
        return EMPTY if is_blank(values) else ""
    return quality.check(values, size).reason


def ask(model: Explains, waiting: Mapping[int, np.ndarray]) -> dict[int, StoredPrediction]:
    """Ask a model about films by their places; one that it cannot take does not stop the others.

    Raises
    ------
    ModelError
        If the model itself cannot be loaded.
    """
    if not waiting:
        return {}
    model.load()  # what goes wrong here is not the films' fault
    try:
        answered = model.explain(np.stack(list(waiting.values())))
    except ModelError as error:
        if len(waiting) == 1:
            return dict.fromkeys(waiting, StoredPrediction("failed", str(error)))
        one_by_one = [ask(model, {place: values}) for place, values in waiting.items()]
        return {place: answer for answers in one_by_one for place, answer in answers.items()}
    return {place: _as_stored(*answer, model.card.map_scale) for place, answer in zip(waiting, answered, strict=True)}


def _as_stored(prediction: Prediction, maps: dict[str, np.ndarray], map_scale: float) -> StoredPrediction:
    if prediction.refusal:
        return StoredPrediction("refused", prediction.refusal, pixels_sha256=prediction.pixels_sha256)
    return StoredPrediction(
        state="answered",
        probabilities=prediction.probabilities,
        pneumonia=prediction.pneumonia,
        pneumonia_low=prediction.pneumonia_low,
        pneumonia_high=prediction.pneumonia_high,
        not_ruled_out=prediction.not_ruled_out,
        decision=prediction.decision,
        operating_point=prediction.operating_point.name,
        threshold=prediction.operating_point.threshold,
        pixels_sha256=prediction.pixels_sha256,
        maps=maps,
        map_scale=map_scale,
    )
