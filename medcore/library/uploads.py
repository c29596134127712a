"""Files from a browser, written under numbers: no name that a user sent is ever used as a path."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from medcore.dicom import Refusal
from medcore.dicom.plain_text import printable
from medcore.library.layout import PRIVATE
from medcore.library.records import AddSummary

Upload = tuple[str, BinaryIO]  # the name as the user knows it, and the bytes


def spool(uploads: Sequence[Upload], folder: Path) -> None:
    """Write uploads into a new folder, each under its number."""
    folder.mkdir(mode=PRIVATE)
    for number, (_, stream) in enumerate(uploads):
        stream.seek(0)
        with (folder / str(number)).open("wb") as copy:
            shutil.copyfileobj(stream, copy)


def with_names(summary: AddSummary, uploads: Sequence[Upload], folder: Path) -> AddSummary:
    """Give the refused files back the names that the user knows."""
    return replace(summary, refused=tuple(_named(refusal, uploads, folder.name) for refusal in summary.refused))


def _named(refusal: Refusal, uploads: Sequence[Upload], folder: str) -> Refusal:
    number, *inside = refusal.source.removeprefix(f"{folder}/").split(" ", 1)
    return Refusal(" ".join([printable(uploads[int(number)][0]), *inside]), refusal.reason)
