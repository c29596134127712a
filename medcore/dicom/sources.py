"""What intake is given, taken apart into single files: names, folders, archives and directory indexes.

Nothing is unpacked here and nothing but the first bytes of a file is read.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from medcore.dicom.archives import ZIP_MAGICS, list_members
from medcore.dicom.indexes import referenced_files
from medcore.dicom.items import PEEK, Item, is_index
from medcore.dicom.outcome import Refusal
from medcore.dicom.plain_text import printable


def expand(paths: Iterable[Path]) -> Iterator[Item | Refusal]:
    """Yield every file behind `paths`, in a fixed order, and a refusal for what cannot be one."""
    for path in paths:
        if path.is_dir():
            yield from _walk(path, path.resolve())
        else:
            yield from _expand_file(path, printable(path.name), is_named=True)


def _walk(folder: Path, root: Path) -> Iterator[Item | Refusal]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        yield Refusal(_within(folder, root), "The folder cannot be read. Check its permissions.")
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.is_symlink():
            yield from _refuse_if_outside(path, root)
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(path, root)
        else:
            yield from _expand_file(path, _within(path, root), is_named=False)


def _within(path: Path, root: Path) -> str:
    return printable(str(Path(root.name) / os.path.relpath(path, root)))


def _refuse_if_outside(link: Path, root: Path) -> Iterator[Refusal]:
    try:  # a link to what lies inside the folder is met there anyway
        is_inside = link.resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        is_inside = False
    if not is_inside:
        yield Refusal(_within(link, root), "It is a link that leads out of the folder. Add the file itself.")


def _expand_file(path: Path, source: str, is_named: bool) -> Iterator[Item | Refusal]:
    try:
        start, size = _peek(path)
    except OSError:
        yield Refusal(source, "The file cannot be read. Check that it is there, and its permissions.")
        return
    if start[:4] in ZIP_MAGICS and start[128:132] != b"DICM":
        yield from _expand_zip(path, source)
    elif is_index(start):
        yield from _expand_index(path, source, is_named)
    else:
        yield Item(path, source, size)


def _peek(path: Path) -> tuple[bytes, int]:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError("not a regular file")
    with path.open("rb") as stream:
        return stream.read(PEEK), status.st_size


def _expand_zip(path: Path, source: str) -> Iterator[Item | Refusal]:
    for member in list_members(path, source):
        if isinstance(member, Refusal):
            yield member
        else:
            yield Item(path, member.source, member.size, member.index, member.name)


def _expand_index(path: Path, source: str, is_named: bool) -> Iterator[Item | Refusal]:
    """Follow an index that the user named; one that was met in a folder says nothing new unless it points outside."""
    for found in referenced_files(path, source):
        if isinstance(found, Refusal):
            if is_named or found.reason.startswith("The index points"):
                yield found
        elif is_named:
            yield from _expand_file(found.path, found.source, is_named=False)
