"""The plain values that the library takes and gives; nothing of the database shows through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from medcore.dicom import Attributes, Refusal
from medcore.errors import LibraryError

# What a reader can say, and how it is shown in the worklist.
FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        "normal": "Normal",
        "bacterial": "Bacterial pneumonia",
        "viral": "Viral pneumonia",
        "effusion": "Effusion",
        "collapse": "Collapse",
        "other": "Other",
        "poor film": "Poor film",
        "cannot say": "Cannot say",
    }
)
SIDES = ("", "left", "right", "both")
CONFIDENCES = ("low", "medium", "high")
ACTIONS = ("accept", "reject", "amend")
LABEL_SOURCES = ("review", "upload", "queue", "second reading", "adjudication")
PARTS = ("train", "calibration", "validation", "test")
PROMOTIONS = ("shipped", "passed the gate", "gate overridden", "rolled back")
SPLITS = ("", "train", "validation", "test")
STATUSES = ("all", "to read", "read", "disagreed")
PREDICTION_STATES = ("answered", "refused", "needs age", "failed")


@dataclass(frozen=True)
class AddSummary:
    """What an intake took, what it already had, and what it refused and why."""

    added: int
    already: int
    studies: tuple[int, ...]
    instances: tuple[int, ...]
    refused: tuple[Refusal, ...]
    flagged: tuple[str, ...]  # sentences without a patient's name


@dataclass(frozen=True)
class StudyQuery:
    """What the worklist is asked for; empty fields do not narrow it."""

    text: str = ""
    modality: str = ""
    date_from: date | None = None
    date_to: date | None = None
    status: str = "all"
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True)
class StudyRow:
    """One line of the worklist."""

    id: int
    patient_name: str
    patient_id: str
    age_text: str
    sex: str
    study_date: date | None
    description: str
    modalities: tuple[str, ...]
    images: int
    thumbnail: bytes | None  # PNG; None until the background has made it
    reader_said: str
    model_said: str | None  # None until the study was read or revealed
    status: str
    flags: tuple[str, ...]
    synthetic: bool


@dataclass(frozen=True)
class StudyPage:
    """A page of the worklist and the number of studies on all of its pages."""

    rows: tuple[StudyRow, ...]
    total: int


@dataclass(frozen=True)
class Instance:
    """One image of the library."""

    id: int
    sha256: str
    path: Path  # named by content alone; no text of the file is in it
    attributes: Attributes

    @property
    def grid(self) -> tuple[int, int]:
        """The image's rows and columns."""
        return self.attributes.rows, self.attributes.columns


@dataclass(frozen=True)
class Series:
    """Images that belong together, in reading order."""

    id: int
    number: int | None
    description: str
    modality: str
    instances: tuple[Instance, ...]

    @property
    def frames(self) -> int:
        """How many frames all images of the series have together."""
        return sum(instance.attributes.number_of_frames for instance in self.instances)

    def frame_at(self, position: int) -> tuple[Instance, int]:
        """Return the image and its frame, from 0, at a place among all frames of the series, from 1."""
        for instance in self.instances:
            if position <= instance.attributes.number_of_frames:
                return instance, position - 1
            position -= instance.attributes.number_of_frames
        raise LibraryError("The series has fewer images than that. Choose an earlier one.")

    def position_of(self, instance_id: int) -> int:
        """Return the place of an image's first frame among all frames, from 1; 0 where it is not in the series."""
        position = 1
        for instance in self.instances:
            if instance.id == instance_id:
                return position
            position += instance.attributes.number_of_frames
        return 0


@dataclass(frozen=True)
class Study:
    """One study with all of its images."""

    id: int
    patient_name: str
    patient_id: str
    age_text: str
    age_years: float | None  # what one of the files says, else what a reader stated
    age_stated: bool
    sex: str
    study_date: date | None
    description: str
    modalities: tuple[str, ...]
    status: str
    flags: tuple[str, ...]
    synthetic: bool
    series: tuple[Series, ...]

    @property
    def instances(self) -> tuple[Instance, ...]:
        """All images, series after series."""
        return tuple(instance for series in self.series for instance in series.instances)

    def instance(self, instance_id: int) -> Instance:
        """Find one image of the study, or raise a LibraryError."""
        for instance in self.instances:
            if instance.id == instance_id:
                return instance
        raise LibraryError("This image does not belong to the study. Choose another one.")

    def film_number(self, instance_id: int) -> tuple[int, int]:
        """Say which of the study's films an image is: its number, from 1, and how many there are."""
        ids = [instance.id for instance in self.instances]
        return ids.index(instance_id) + 1, len(ids)


@dataclass(frozen=True)
class StoredPrediction:
    """The classifier's answer for one image, or why there is none."""

    state: str  # one of PREDICTION_STATES
    reason: str = ""
    probabilities: Mapping[str, float] = field(default_factory=dict)  # by class, the first of which finds nothing
    pneumonia: float | None = None  # probability of the finding, whatever the model finds
    pneumonia_low: float | None = None  # the Venn-Abers range; None from a model that gives none
    pneumonia_high: float | None = None
    not_ruled_out: tuple[str, ...] | None = None  # labels of the prediction set; None from a model that gives none
    decision: str = ""
    operating_point: str = ""  # its name
    threshold: float | None = None
    model_version: str = ""
    pixels_sha256: str = ""
    maps: Mapping[str, np.ndarray] = field(default_factory=dict)  # raw, (h, w) float32
    study_age_years: float | None = None  # lent by the study, where the film gives none
    map_scale: float | None = None  # raw value of the maps' brightest colour, of the model that drew them
    id: int = 0  # given by the library
    instance_id: int = 0
    created_at: datetime | None = None

    @property
    def finding(self) -> str:
        """What all classes but the first mean together, as the decision names it."""
        return self.decision.removeprefix("no ")

    @property
    def negative(self) -> str:
        """The class that finds nothing; empty without an answer."""
        return next(iter(self.probabilities), "")

    @property
    def kinds(self) -> tuple[str, ...]:
        """The classes of the finding."""
        return tuple(self.probabilities)[1:]

    @property
    def positive(self) -> bool | None:
        """Whether the probability of the finding reaches the operating point; None without an answer."""
        if self.state != "answered" or self.pneumonia is None or self.threshold is None:
            return None
        return self.pneumonia >= self.threshold


@dataclass(frozen=True)
class Looking:
    """How far the classifier has come with a study."""

    done: int  # images with an answer
    total: int  # images
    failure: str  # a sentence, where nothing will change by itself; else empty


@dataclass(frozen=True)
class NewReading:
    """A reader's own finding, as it is saved."""

    instance_id: int
    reader: str
    finding: str = ""  # empty only when revealed without reading
    side: str = ""
    confidence: str | None = None
    revealed_without_reading: bool = False


@dataclass(frozen=True)
class NewVerdict:
    """A reader's verdict on what the classifier said, as it is saved."""

    reader: str
    action: str  # accept, reject or amend
    finding: str = ""
    side: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Verdict:
    """A saved verdict."""

    id: int
    reader: str
    action: str
    finding: str
    side: str
    reason: str
    prediction_id: int | None
    created_at: datetime


@dataclass(frozen=True)
class Addendum:
    """A later correction; what it corrects stays as it was."""

    id: int
    reader: str
    text: str
    finding: str | None
    side: str
    created_at: datetime


@dataclass(frozen=True)
class Reading:
    """A saved reading with all that followed from it."""

    id: int
    study_id: int
    instance_id: int
    reader: str
    finding: str
    side: str
    confidence: str | None
    revealed_without_reading: bool
    answer_seen_before: bool  # an earlier reading of the study had been saved, so the answer was on the screen
    prediction_id: int | None  # what it was shown: the study's whole answer at its saving, else the first one after
    created_at: datetime
    verdict: Verdict | None
    addenda: tuple[Addendum, ...]
    final_finding: str  # what stands after verdict and addenda
    final_side: str


@dataclass(frozen=True)
class LabelSet:
    """Classes that images are labelled with."""

    id: int
    name: str
    classes: tuple[str, ...]
    several: bool  # several classes may be given to one image, and none


@dataclass(frozen=True)
class NewLabel:
    """What somebody says that an image, or a whole study, shows."""

    label_set_id: int
    study_id: int
    instance_id: int | None  # None: the whole study
    classes: tuple[str, ...]  # one; of a set with several classes any number
    author: str
    source: str  # one of LABEL_SOURCES
    reason: str = ""
    withdrawn: bool = False  # what the author said before no longer counts
    split: str = ""  # one of SPLITS, where an upload says so


@dataclass(frozen=True)
class Label(NewLabel):
    """A label as it was saved."""

    id: int = 0
    created_at: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """Which label of an image, or of a whole study, counts."""

    study_id: int
    instance_id: int | None
    classes: tuple[str, ...] | None  # None: the authors disagree, and nobody has decided
    opinions: tuple[Label, ...]  # each author's newest
    ruling: Label | None  # the adjudication, where it decided


@dataclass(frozen=True)
class DatasetImage:
    """One image of a data set: what counts of it, and in which part it is."""

    instance_id: int
    study_id: int
    patient_key: int  # of the library's patients
    pixels_sha256: str
    classes: tuple[str, ...]
    part: str  # one of PARTS


@dataclass(frozen=True)
class Dataset:
    """The labels of a set as they stood at one moment, with the part that each patient is in."""

    id: int
    label_set_id: int
    number: int  # of the set's versions, from 1
    sha256: str  # of its images' pixels, classes, patients and parts
    who: str
    created_at: datetime
    images: tuple[DatasetImage, ...]


@dataclass(frozen=True)
class TrainingRun:
    """One training: what it was asked for."""

    id: int
    job_id: int
    label_set_id: int
    plan: Mapping[str, Any]  # as `medcore.training.plan.TrainingPlan` writes it
    who: str
    created_at: datetime


@dataclass(frozen=True)
class EpochRow:
    """What an epoch of a training reached."""

    epoch: int  # from 1
    loss: float
    validation_loss: float | None = None
    validation_auc: float | None = None


@dataclass(frozen=True)
class NewModel:
    """A model that shipped with MedCore or was trained here, as it is recorded."""

    name: str  # as its predictions carry it: name and version
    folder: str  # in the data folder's models
    card_sha256: str  # of its card, which holds those of its other files
    who: str
    run_id: int | None = None  # None for a shipped model, as is the data set
    dataset_id: int | None = None


@dataclass(frozen=True)
class ModelVersion(NewModel):
    """A model on record."""

    id: int = 0
    created_at: datetime | None = None


@dataclass(frozen=True)
class Comparison:
    """What the gate said of a candidate beside the model that was live then."""

    id: int
    model_id: int
    live_id: int
    dataset_id: int
    passes: bool
    verdict: Mapping[str, Any]  # as `medcore.training.gate.GateVerdict` writes it
    created_at: datetime


@dataclass(frozen=True)
class Promotion:
    """Which model was made live, by whom and why."""

    id: int
    model_id: int
    how: str  # one of PROMOTIONS
    comparison_id: int | None
    who: str
    reason: str
    created_at: datetime


@dataclass(frozen=True)
class FilmToLabel:
    """An image that can be labelled by itself."""

    instance_id: int
    study_id: int
    patient: int  # the same number for images of one patient
    modality: str


@dataclass(frozen=True)
class QueueOrder:
    """An order of the images that wait for a label, and how far the background has come with a new one."""

    instance_ids: tuple[int, ...]  # empty where none was worked out
    made_at: datetime | None
    is_waiting: bool  # a new one is asked for
    done: int  # images that were looked at for the new one
    total: int
    failure: str  # a sentence, where the newest could not be worked out; else empty


@dataclass(frozen=True)
class Room:
    """How much the data folder holds, and how much it still can."""

    free_bytes: int
    used_bytes: int


@dataclass(frozen=True)
class BackupSummary:
    """What a backup holds."""

    files: int
    size_bytes: int
