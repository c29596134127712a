"""The library as the rest of MedCore sees it: one object with every question and every change."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Self

from medcore.dicom.measurement import Measurement, NewMeasurement
from medcore.errors import LibraryError, MissingError
from medcore.library import (
    deleting,
    labels,
    measurements,
    predictions,
    readings,
    room,
    standing,
    studies,
    thumbnails,
    worklist,
)
from medcore.library.adding import Adder, Progress
from medcore.library.backup import write_backup
from medcore.library.database import Database, sentences
from medcore.library.datasets import Datasets
from medcore.library.frame_cache import FrameCache
from medcore.library.jobs import PREDICT, PRIORITY_URGENT, REPLAY, Job, Jobs, add_job
from medcore.library.labelled import Labels
from medcore.library.layout import FileStore, Layout
from medcore.library.locks import FileLock
from medcore.library.looking import hurry_predictions, images_of, read_looking
from medcore.library.models import Models
from medcore.library.records import (
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
    Verdict,
)
from medcore.library.restoring import restore_library
from medcore.library.staging import Staging, clear_stale, open_staging
from medcore.library.trainings import Trainings
from medcore.library.uploads import Upload, spool, with_names
from medcore.settings import Settings

AT_ONCE = 50  # studies that are worked out anew in one transaction


class Library:
    """Studies, readings, predictions and jobs of one data folder; safe for many threads and many processes."""

    def __init__(self, layout: Layout, database: Database, in_use: FileLock) -> None:
        self._layout = layout
        self._database = database
        self._in_use = in_use
        self._store = FileStore(layout.library / "files", FrameCache(layout.frames))
        self.jobs = Jobs(database)
        self.labels = Labels(database)
        self.datasets = Datasets(database)
        self.trainings = Trainings(database)
        self.models = Models(database)

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the library of a data folder; make it where there is none, and tidy up after processes that died.

        Raises
        ------
        LibraryError
            If the folder cannot be used, or holds the library of a newer MedCore.
        """
        layout = Layout(settings.data_dir)
        layout.make_root()
        in_use = FileLock(layout.locks / "in-use")
        with FileLock(layout.locks / "open"):
            in_use.take(shared=True)
            layout.make_library()
            database = Database(layout.database)
            database.migrate()
        library = cls(layout, database, in_use)
        library._tidy()
        return library

    @staticmethod
    def restore(file: Path, settings: Settings, *, replace: bool = False, with_models: bool = False) -> None:
        """Bring a library back from a backup; see `restoring.restore_library`."""
        restore_library(file, Layout(settings.data_dir), replace=replace, with_models=with_models)

    def close(self) -> None:
        """Let go of the library's files."""
        self._database.close()
        self._in_use.release()

    def add(self, paths: Iterable[Path], *, who: str = "", on_progress: Progress | None = None) -> AddSummary:
        """Check files, folders and zips, and bring in what is sound; see `adding.Adder`."""
        return Adder(self._database, self._store, self._layout).add(paths, who, on_progress)

    def add_uploads(
        self, uploads: Sequence[Upload], *, who: str = "", on_progress: Progress | None = None
    ) -> AddSummary:
        """Add files that came through a browser, as (name, bytes); the names are only given back, never used."""
        with sentences(), open_staging(self._layout, self._database, self._store) as staging:
            folder = staging.folder / "uploads"
            spool(uploads, folder)
            return with_names(self.add([folder], who=who, on_progress=on_progress), uploads, folder)

    def staging(self) -> AbstractContextManager[Staging]:
        """Give a folder for copies that wait to be added; see `staging.open_staging`."""
        return open_staging(self._layout, self._database, self._store)

    def studies(self, query: StudyQuery = StudyQuery()) -> StudyPage:  # noqa: B008 (frozen)
        """Return a page of the worklist."""
        return worklist.find_studies(self._database, query)

    def modalities(self) -> tuple[str, ...]:
        """List the modalities that the worklist can be narrowed to."""
        return worklist.modalities(self._database)

    def study(self, study_id: int) -> Study:
        """Read one study, or raise a LibraryError where there is none."""
        return studies.read_study(self._database, self._store, study_id)

    def instances(self, ids: Sequence[int]) -> dict[int, Instance]:
        """Read images by their numbers; those that are gone are left out."""
        return studies.read_instances(self._database, self._store, ids)

    def instance(self, instance_id: int) -> Instance:
        """Read one image, or raise a LibraryError where there is none."""
        found = self.instances([instance_id])
        if instance_id not in found:
            raise MissingError(studies.NO_IMAGE)
        return found[instance_id]

    def study_of(self, instance_id: int) -> int | None:
        """Return the number of an image's study; None where the image is gone."""
        with self._database.reading() as session:
            return studies.study_of(session, instance_id)

    def find_instance(self, sop_instance_uid: str) -> Instance | None:
        """Read an image by its SOP Instance UID; None where there is none."""
        return studies.find_instance(self._database, self._store, sop_instance_uid)

    def was_deleted(self, sop_instance_uid: str) -> bool:
        """Say whether the image with this SOP Instance UID was deleted with its study and not added again."""
        with self._database.reading() as session:
            return deleting.is_deleted(session, sop_instance_uid)

    def series(self, series_id: int) -> Series | None:
        """Read a series with its images in reading order; None where there is none."""
        return studies.read_series(self._database, self._store, series_id)

    def priors(self, study_id: int) -> tuple[Study, ...]:
        """Read other studies of the same patient, the nearest in date first, at most 8; see `studies.find_priors`."""
        priors = []
        for number in studies.find_priors(self._database, study_id):
            with suppress(LibraryError):  # one that is damaged or deleted meanwhile keeps nobody from reading
                priors.append(self.study(number))
        return tuple(priors)

    def thumbnail(self, study_id: int) -> bytes | None:
        """Return a study's small picture as PNG, made now where it is missing; None where none can be made."""
        return thumbnails.read_thumbnail(self._database, self._store, study_id)

    def without_thumbnail(self, instance_ids: Sequence[int]) -> list[int]:
        """List the studies of these images that have no small picture yet."""
        return thumbnails.without_thumbnail(self._database, instance_ids)

    def save_reading(self, study_id: int, new: NewReading) -> Reading:
        """Save a reader's own finding; see `readings.save_reading`."""
        with self._database.writing() as session:
            row = readings.save_reading(session, study_id, new)
            measurements.bind_measurements(session, study_id, row.id, row.reader)
            standing.refresh(session, [study_id])
            saved = _one(readings.read_readings(session, study_id), row.id)
            labels.label_from_review(session, saved)
            return saved

    def save_verdict(self, reading_id: int, new: NewVerdict) -> Verdict:
        """Save a verdict on what the classifier said; see `readings.save_verdict`."""
        with self._database.writing() as session:
            row = readings.save_verdict(session, reading_id, new)
            standing.refresh(session, [row.study_id])
            saved = _one(readings.read_readings(session, row.study_id), reading_id)
            labels.label_from_review(session, saved)
        if saved.verdict is None:
            raise LibraryError("The verdict was not saved. Try again.")
        return saved.verdict

    def add_addendum(
        self, reading_id: int, reader: str, text: str, finding: str | None = None, side: str = ""
    ) -> Addendum:
        """Correct or complete a reading; see `readings.add_addendum`."""
        with self._database.writing() as session:
            row = readings.add_addendum(session, reading_id, reader, text, finding, side)
            standing.refresh(session, [row.study_id])
            saved = _one(readings.read_readings(session, row.study_id), reading_id)
            labels.label_from_review(session, saved)
            return saved.addenda[-1]

    def readings(self, study_id: int) -> tuple[Reading, ...]:
        """Read a study's readings with what followed from each, the newest last."""
        with self._database.reading() as session:
            return readings.read_readings(session, study_id)

    def save_measurement(self, study_id: int, new: NewMeasurement) -> Measurement:
        """Save a version of a measurement; see `measurements.save_measurement`."""
        with self._database.writing() as session:
            return measurements.save_measurement(session, study_id, new)

    def measurements(self, study_id: int) -> tuple[Measurement, ...]:
        """Read the current measurements of a study; see `measurements.read_measurements`."""
        with self._database.reading() as session:
            return measurements.read_measurements(session, study_id)

    def save_prediction(self, instance_id: int, prediction: StoredPrediction) -> None:
        """Save what the classifier said of an image; without effect where it was deleted meanwhile."""
        self.save_predictions([(instance_id, prediction)])

    def save_predictions(self, answers: Sequence[tuple[int, StoredPrediction]]) -> None:
        """Save what the classifier said of several images, as (instance, answer), in one step."""
        with self._database.writing() as session:
            standing.refresh(session, predictions.save_predictions(session, answers))

    def predictions(self, study_id: int) -> dict[int, StoredPrediction]:
        """Read the newest answer for each image of a study that has one."""
        with self._database.reading() as session:
            return predictions.newest_predictions(session, study_id)

    def answers(self, model_version: str) -> dict[int, StoredPrediction]:
        """Read a model's newest answer for each image, in short: its state and its probabilities."""
        with self._database.reading() as session:
            return predictions.short_answers(session, model_version)

    def ask_again(self, prediction_id: int) -> None:
        """Have the model that gave an answer give it again; see `replayed`."""
        self.jobs.enqueue(REPLAY, {"prediction": prediction_id}, PRIORITY_URGENT)

    def replayed(self, prediction_id: int) -> Job | None:
        """Read the newest job that asks for an answer again; None where nobody asked."""
        jobs = (job for job in self.jobs.of_kind(REPLAY) if job.payload.get("prediction") == prediction_id)
        return max(jobs, key=lambda job: job.id, default=None)

    def study_answer(self, study_id: int) -> StoredPrediction | None:
        """Return the answer that speaks for a study: the highest, else why there is none; None before it is whole."""
        with self._database.reading() as session:
            return predictions.whole_answer(session, study_id)

    def refresh_answers(self, on_progress: Progress | None = None) -> None:
        """Work out anew what the worklist shows of every study: another model is live."""
        ids = worklist.study_ids(self._database)
        for start in range(0, len(ids), AT_ONCE):
            with self._database.writing() as session:
                standing.refresh_present(session, ids[start : start + AT_ONCE])
            if on_progress is not None:
                on_progress(min(start + AT_ONCE, len(ids)), len(ids))

    def looking(self, study_id: int) -> Looking:
        """Say how far the classifier has come with a study, and what keeps it from going on."""
        return read_looking(self._database, study_id)

    def prediction(self, prediction_id: int) -> StoredPrediction | None:
        """Read one answer, however old: what a reading was shown stays what it was."""
        with self._database.reading() as session:
            return predictions.read_prediction(session, prediction_id)

    def unpredicted(
        self, model_version: str, *, intake_id: int | None = None, study_id: int | None = None
    ) -> list[int]:
        """List the images that a model has yet to look at; see `predictions.unpredicted`."""
        with self._database.reading() as session:
            return predictions.unpredicted(session, model_version, intake_id, study_id)

    def study_ages(self, instance_ids: Sequence[int]) -> dict[int, float]:
        """Read the ages that studies lend to images whose own file gives none; see `predictions.study_ages`."""
        with self._database.reading() as session:
            return predictions.study_ages(session, instance_ids)

    def state_age(self, study_id: int, years: float, who: str) -> None:
        """Record the age that a reader states for a study, and have the classifier look again."""
        with self._database.writing() as session:
            readings.state_age(session, study_id, years, who)
            add_job(session, PREDICT, {"study": study_id}, PRIORITY_URGENT, total=images_of(session, study_id))
            standing.refresh(session, [study_id])

    def hurry(self, study_id: int) -> None:
        """Have the classifier look at a study before those that nobody waits for; see `looking.hurry_predictions`."""
        hurry_predictions(self._database, study_id)

    def delete_study(self, study_id: int, who: str, reason: str) -> None:
        """Delete a study and all that was said of it; who, when and why stay on record."""
        with self._database.writing() as session:
            deleting.delete_rows(session, study_id, who, reason)
        self._tidy()
        self._database.checkpoint()

    def backup(self, file: Path) -> BackupSummary:
        """Write the whole library into one new file; see `backup.write_backup`."""
        with sentences(), open_staging(self._layout, self._database, self._store) as staging:
            summary = write_backup(self._layout, self._store, staging.copies, file)
        self._tidy()
        return summary

    def room(self) -> Room:
        """Say how much room the library takes and how much is left."""
        return room.measure_room(self._layout, self._database)

    @property
    def models_folder(self) -> Path:
        """The folder of the models on record."""
        return self._layout.models

    @property
    def training_folder(self) -> Path:
        """The folder of what trainings need while they are under way."""
        return self._layout.training

    def patient_keys(self, study_ids: Sequence[int]) -> dict[int, int]:
        """Return the number of each study's patient."""
        with self._database.reading() as session:
            return studies.patient_keys(session, study_ids)

    def worker_lock(self) -> FileLock:
        """Give the lock that the one worker of this data folder holds."""
        return FileLock(self._layout.locks / "worker")

    def _tidy(self) -> None:
        clear_stale(self._layout, self._database, self._store)


def _one(all_readings: Sequence[Reading], reading_id: int) -> Reading:
    return next(reading for reading in all_readings if reading.id == reading_id)
