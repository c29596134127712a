"""An upload from a browser between its check and somebody's yes: its copies wait in the data folder, and go with it."""

import shutil
import weakref
from contextlib import ExitStack
from dataclasses import dataclass, replace

from medcore.dicom.items import PictureFacts
from medcore.errors import IntakeError
from medcore.labelling.looking import Progress
from medcore.labelling.taking import Taken, take
from medcore.labelling.upload import CheckedUpload, Upload, check_upload, classes_in
from medcore.library import LabelSet, Library
from medcore.library import uploads as browser
from medcore.library.database import sentences

NO_CLASSES = (
    "The files do not say what they show: they lie in no folders that could be named like classes. "
    "Add the whole folder, a zip of it, or a table (CSV) that names each file."
)
PUT_ASIDE = "This upload was put aside. Add the files again."


@dataclass(frozen=True)
class Given:
    """What somebody gave in the browser."""

    files: tuple[browser.Upload, ...]  # names with their folders, and bytes
    label_set: LabelSet  # a new one has the number 0, and takes the classes that the files name
    table: bytes | None = None
    pictures: PictureFacts = PictureFacts()


class PendingUpload:
    """An upload that was checked or is about to be; closing it, or forgetting it, removes its copies."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._stack = ExitStack()
        self._folder = self._stack.enter_context(library.staging()).folder
        self.close = weakref.finalize(self, self._stack.close)
        self.label_set: LabelSet | None = None
        self.checked: CheckedUpload | None = None

    def check(self, given: Given, on_progress: Progress | None = None) -> CheckedUpload:
        """Write the files down, and say what taking them would do; nothing is taken yet.

        Raises
        ------
        IntakeError
            If the table is none, nothing names the classes of a new label set, or the disk is full.
        LibraryError
            If the new label set could not be made.
        """
        spooled = self._folder / "uploads"
        with sentences():
            browser.spool(given.files, spooled)
        paths = tuple(spooled / str(number) for number in range(len(given.files)))
        names = tuple(name for name, _ in given.files)
        upload = Upload(paths, given.label_set, given.table, given.pictures, names)
        is_new = not upload.label_set.id
        if is_new:
            upload = replace(upload, label_set=replace(upload.label_set, classes=classes_in(upload)))
        if not upload.label_set.classes:
            raise IntakeError(NO_CLASSES)
        checked = check_upload(upload, self._library, self._folder / "copies", on_progress)
        shutil.rmtree(spooled)  # what is sound has a checked copy
        if is_new:  # a folder of other things is no class
            checked = replace(checked, counts=tuple(count for count in checked.counts if count.images))
            upload = replace(upload, label_set=replace(upload.label_set, classes=tuple(c.name for c in checked.counts)))
            self._library.labels.check_set(upload.label_set)
        self.label_set, self.checked = upload.label_set, checked
        return checked

    def take(self, who: str, on_progress: Progress | None = None) -> Taken:
        """Take what is sound with its labels, into a new label set where one was asked for; the copies are used up.

        Raises
        ------
        LibraryError
            If nobody says who gives the labels, the new label set cannot be made, or the disk is full.
        """
        if self.checked is None or self.label_set is None:
            raise IntakeError(PUT_ASIDE)
        known = self.label_set
        if not known.id:
            known = self._library.labels.create_set(known.name, known.classes, several=known.several, who=who)
            self.label_set = known
        return take(self.checked.sound, self._library, known, who, on_progress)
