"""Follow a DICOMDIR, the index of files on a disc, without ever leaving its folder.

Source: DICOM PS3.3, F (Basic Directory) and PS3.10, 8.2 (File IDs).
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path

from medcore.dicom.decoders import GRACE_S, outcome, submit
from medcore.dicom.inspection import read_index
from medcore.dicom.limits import KILL_AFTER_S, allowed_s
from medcore.dicom.outcome import Refusal
from medcore.dicom.plain_text import printable
from medcore.errors import PixelError

PARTS_LIMIT, PART_LIMIT = 8, 16  # of a file ID, and characters of each; PS3.10, 8.2
UNREADABLE = "The index cannot be read. Add the folder that it stands in instead."
OUTSIDE = "The index points to a file outside its folder, as only an attack does. Add the files themselves."
EMPTY = "The index names no files. Add the folder that it stands in instead."
MISSING = "The index names a file that is not there. Copy the whole disc and add its folder."
IRREGULAR = (
    f"The index names a file otherwise than by {PARTS_LIMIT} parts of {PART_LIMIT} characters at most, "
    "as DICOM demands. Add the folder that it stands in instead."
)
BENIGN = (MISSING, IRREGULAR)  # reasons of no interest where the whole folder is taken anyway


@dataclass(frozen=True)
class Reference:
    """A file that an index points to."""

    path: Path
    source: str


def referenced_files(path: Path, source: str) -> Iterator[Reference | Refusal] | None:
    """Yield the files that the index at `path` points to, each once, or refusals in their place; raise nothing.

    Returns None if the file only calls itself an index and is something else.
    """
    try:
        limit_s = allowed_s(path.stat().st_size) + KILL_AFTER_S + GRACE_S
        file_ids = outcome(submit(read_index, limit_s, path))
        folder = path.parent.resolve(strict=True)
    except (PixelError, CancelledError, OSError, RuntimeError):
        return iter([Refusal(source, UNREADABLE)])
    return None if file_ids is None else _references(folder, file_ids, source)


def _references(folder: Path, file_ids: Iterable[tuple[str, ...]], source: str) -> Iterator[Reference | Refusal]:
    seen = set()
    for file_id in file_ids:
        shown = f"{source} › {printable('/'.join(file_id))}"
        try:
            found = _find(folder, file_id)
        except (OSError, RuntimeError, ValueError):  # a name that no file can have, or links in a loop
            found = MISSING
        if found not in seen or isinstance(found, str):
            yield Reference(found, shown) if isinstance(found, Path) else Refusal(shown, found)
        seen.add(found)


def _find(folder: Path, file_id: tuple[str, ...]) -> Path | str:
    """Return the file, or the reason why not."""
    if any(part in (".", "..") or set(part) & set("/\\:\0") for part in file_id):
        return OUTSIDE
    if len(file_id) > PARTS_LIMIT or not all(1 <= len(part) <= PART_LIMIT for part in file_id):
        return IRREGULAR
    for parts in file_id, tuple(part.lower() for part in file_id):
        path = folder.joinpath(*parts)
        if not path.resolve().is_relative_to(folder):
            return OUTSIDE
        if path.is_file():
            return path
    return MISSING
