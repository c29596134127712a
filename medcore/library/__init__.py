"""What the dashboard remembers: studies, readings, predictions, jobs and the audit trail."""

from medcore.dicom.measurement import Measurement, NewMeasurement
from medcore.library.core import Library
from medcore.library.jobs import Job
from medcore.library.percentages import percent
from medcore.library.records import (
    ACTIONS,
    CONFIDENCES,
    FINDINGS,
    SIDES,
    Addendum,
    AddSummary,
    BackupSummary,
    Instance,
    Looking,
    NewReading,
    NewVerdict,
    Reading,
    Room,
    Series,
    StoredPrediction,
    Study,
    StudyPage,
    StudyQuery,
    StudyRow,
    Verdict,
)

__all__ = [
    "ACTIONS",
    "CONFIDENCES",
    "FINDINGS",
    "SIDES",
    "AddSummary",
    "Addendum",
    "BackupSummary",
    "Instance",
    "Job",
    "Library",
    "Looking",
    "Measurement",
    "NewMeasurement",
    "NewReading",
    "NewVerdict",
    "Reading",
    "Room",
    "Series",
    "StoredPrediction",
    "Study",
    "StudyPage",
    "StudyQuery",
    "StudyRow",
    "Verdict",
    "percent",
]
