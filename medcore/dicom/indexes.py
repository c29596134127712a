"""Follow a DICOMDIR, the index of files on a disc, without ever leaving its folder.

Source: DICOM PS3.3, F (Basic Directory) and PS3.10, 8.2 (File IDs).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pebble import ProcessExpired

from medcore.dicom.decoders import GRACE_S, submit
from medcore.dicom.inspection import read_index
from medcore.dicom.limits import allowed_s
from medcore.dicom.outcome import Refusal
from medcore.dicom.plain_text import printable
from medcore.errors import IntakeError

UNREADABLE = "The index cannot be read. Add the folder that it stands in instead."
OUTSIDE = "The index points to a file outside its folder, as only an attack does. Add the files themselves."
MISSING = "The index names a file that is not there. Copy the whole disc and add its folder."


@dataclass(frozen=True)
class Reference:
    """A file that an index points to."""

    path: Path
    source: str


def referenced_files(path: Path, source: str) -> Iterator[Reference | Refusal]:
    """Yield the files that the index at `path` points to; what lies outside its folder is refused."""
    try:
        file_ids = submit(read_index, allowed_s(path.stat().st_size) + GRACE_S, path).result()
    except (IntakeError, TimeoutError, ProcessExpired, MemoryError):
        yield Refusal(source, UNREADABLE)
        return
    folder = path.parent.resolve()
    for file_id in file_ids:
        shown = f"{source} › {printable('/'.join(file_id))}"
        found = _find(folder, file_id)
        yield Reference(found, shown) if isinstance(found, Path) else Refusal(shown, found)


def _find(folder: Path, file_id: tuple[str, ...]) -> Path | str:
    """Return the file, or the reason why not."""
    if any(part in ("", ".", "..") or set(part) & set("/\\:\0") for part in file_id):
        return OUTSIDE
    for parts in file_id, tuple(part.lower() for part in file_id):
        path = folder.joinpath(*parts)
        if not path.resolve().is_relative_to(folder):
            return OUTSIDE
        if path.is_file():
            return path
    return MISSING
