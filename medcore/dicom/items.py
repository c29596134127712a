"""One file that intake was given, and what its first bytes tell.

Source: DICOM PS3.10, 7.1 (the preamble and the prefix).
"""

from dataclasses import dataclass
from pathlib import Path

PEEK = 1024  # bytes
DIRECTORY_CLASS = b"1.2.840.10008.1.3.10"  # Media Storage Directory Storage


@dataclass(frozen=True)
class Item:
    """One file to check: by itself, or member number `member` of the archive `path`."""

    path: Path
    source: str
    size: int  # bytes
    member: int | None = None
    member_name: str = ""


def is_index(start: bytes) -> bool:
    """Tell a DICOMDIR by the first bytes of the file."""
    return start[128:132] == b"DICM" and DIRECTORY_CLASS in start
