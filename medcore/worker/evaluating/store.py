"""Evaluations that were made here: one folder each, with the pictures of errors that are not in the library.

Images of the library are named by their UID and drawn when they are looked at, so that nothing of a study outlives it.
"""

import json
import re
import secrets
import shutil
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from medcore.errors import LibraryError, ModelError
from medcore.library import Library
from medcore.library.layout import PRIVATE, Layout
from medcore.pictures import encode_png
from medcore.settings import Settings
from medcore.worker.evaluating.assessment import Assessment
from medcore.worker.evaluating.library_cases import image_picture
from medcore.worker.evaluating.measuring import Assessed

NAME = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}")
EVALUATION, PLACES, DRAFT = "evaluation.json", "places.json", ".asked-"
NOT_KEPT = "The evaluation cannot be kept ({}). Make room, then try again."
GONE = "This evaluation is gone. Choose another one."


class KeptEvaluations:
    """The evaluations of one data folder."""

    def __init__(self, settings: Settings) -> None:
        layout = Layout(settings.data_dir)
        layout.make_root()
        self._root = layout.evaluations

    def names(self) -> tuple[str, ...]:
        """Name all evaluations, the newest first."""
        found = self._root.iterdir() if self._root.is_dir() else ()
        return tuple(sorted((one.name for one in found if NAME.fullmatch(one.name)), reverse=True))

    def read(self, name: str) -> Assessment:
        """Read an evaluation.

        Raises
        ------
        ModelError
            If it is not there, or cannot be read.
        """
        try:
            return Assessment.from_json((self._folder(name) / EVALUATION).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(GONE) from error

    def save(self, assessed: Assessed) -> str:
        """Keep an evaluation and return its name.

        Raises
        ------
        LibraryError
            If there is no room for it.
        """
        name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        draft = self._root / f".{name}"
        try:
            draft.mkdir(mode=PRIVATE, parents=True)
            self._root.chmod(PRIVATE)
            for number, case in enumerate(assessed.worst, 1):
                if not case.sop_instance_uid:
                    (draft / f"{number}.png").write_bytes(encode_png(case.picture()))
            uids = [case.sop_instance_uid for case in assessed.worst]
            (draft / PLACES).write_text(json.dumps(uids), encoding="utf-8")
            (draft / EVALUATION).write_text(assessed.assessment.to_json(), encoding="utf-8")
            draft.rename(self._root / name)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise LibraryError(
                f"The evaluation cannot be kept ({error.strerror}). Make room, then try again."
            ) from error
        return name

    def delete(self, name: str) -> None:
        """Delete an evaluation; without effect where it is gone."""
        shutil.rmtree(self._folder(name), ignore_errors=True)

    def study_of(self, name: str, number: int, library: Library) -> int | None:
        """Return the study that an error's image belongs to; None where it is not in the library."""
        uid = self._uid(name, number)
        return library.labels.places_of([uid]).get(uid, (None, 0))[0] if uid else None

    def picture(self, name: str, number: int, library: Library) -> bytes | None:
        """Return the film of an error as PNG; None where it is not there any more.

        Raises
        ------
        PixelError
            If an image of the library cannot be decoded.
        """
        with suppress(OSError):
            return (self._folder(name) / f"{number}.png").read_bytes()
        uid = self._uid(name, number)
        image = library.find_instance(uid) if uid else None
        return None if image is None else encode_png(image_picture(image))

    def draft(self, run: str) -> Path:
        """Return the file in which a run keeps what became of films."""
        self._root.mkdir(mode=PRIVATE, exist_ok=True)
        return self._root / f"{DRAFT}{run}"

    def forget_drafts(self, runs: Collection[str]) -> None:
        """Remove what runs kept that will not go on: all but these."""
        for file in self._root.glob(f"{DRAFT}*"):
            if file.name.removeprefix(DRAFT).partition("-")[0] not in runs:
                file.unlink(missing_ok=True)

    def _uid(self, name: str, number: int) -> str:
        try:
            return str(json.loads((self._folder(name) / PLACES).read_text(encoding="utf-8"))[number - 1])
        except (OSError, ValueError, IndexError):
            return ""

    def _folder(self, name: str) -> Path:
        if not NAME.fullmatch(name):  # nothing else becomes a path
            raise ModelError(GONE)
        return self._root / name
