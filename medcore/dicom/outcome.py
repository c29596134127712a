"""What intake says about each file: taken into staging, or refused and why."""

from dataclasses import dataclass
from pathlib import Path

from medcore.dicom.attributes import Attributes


@dataclass(frozen=True)
class CheckedFile:
    """A file that passed every check, with a copy of it that waits in the staging folder."""

    staged: Path
    sha256: str  # of the staged bytes
    size: int  # bytes
    attributes: Attributes
    source: str  # the file's name as the user gave it, for the screen only


@dataclass(frozen=True)
class Refusal:
    """A file that is not taken, and a sentence that says why and what to do next."""

    source: str  # for the screen only: it may hold a patient's name and is never logged
    reason: str
