"""What intake is given, taken apart into single files: names, folders, archives and directory indexes.

Nothing is unpacked here and nothing but the first bytes of a file is read.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from medcore.dicom.archives import LISTING_WALL_S, ZIP_MAGICS, list_archive
from medcore.dicom.decoders import outcome, submit
from medcore.dicom.indexes import BENIGN, EMPTY, referenced_files
from medcore.dicom.items import PEEK, Item, Member, says_index
from medcore.dicom.outcome import Refusal
from medcore.dicom.plain_text import printable
from medcore.errors import PixelError

DEPTH_LIMIT = 100  # folders inside each other
UNREADABLE = "The file cannot be read. Check that it is there, and its permissions."
UNREADABLE_FOLDER = "The folder cannot be read. Check its permissions."
TOO_DEEP = f"Folders are nested more than {DEPTH_LIMIT} deep, so this one is left out. Add it by itself."
NO_FILE = "It cannot be read: it is a pipe, a socket or a device and no file. Leave it out."
LEADS_OUT = "It is a link that leads out of the folder. Add the file itself."
EMPTY_ZIP = "The archive holds no files. Pack it again, or add the files without packing them."
BROKEN_LINK = "It is a link that leads nowhere. Add the file itself."


def expand(paths: Iterable[Path]) -> Iterator[Item | Refusal]:
    """Yield every file behind `paths`, in a fixed order, and a refusal for what cannot be one."""
    for path in paths:
        if _is_folder(path):
            yield from _walk(path)
        else:
            yield from _expand_file(path, printable(path.name), is_named=True)


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        return False


@dataclass
class _Walk:
    """A folder that the user gave, and the folders in it that are yet to be walked, the innermost last."""

    folder: Path
    root: Path  # the folder without any link in its path
    open: list[Iterator[os.DirEntry[str]]] = field(default_factory=list)

    def name(self, path: str | Path) -> str:
        """Return how `path` is shown: from the name that the user knows the folder by."""
        top = self.folder.name if self.folder.name not in ("", "..") else self.root.name
        return printable(str(Path(top) / os.path.relpath(path, self.folder)))


def _walk(folder: Path) -> Iterator[Item | Refusal]:
    try:
        walk = _Walk(folder, folder.resolve(strict=True))
    except (OSError, RuntimeError):
        yield Refusal(printable(folder.name), UNREADABLE_FOLDER)
        return
    yield from _enter(folder, walk)
    while walk.open:
        entry = next(walk.open[-1], None)
        if entry is None:
            walk.open.pop()
        else:
            yield from _take(entry, walk)


def _enter(folder: Path, walk: _Walk) -> Iterator[Refusal]:
    """Make the entries of `folder` the next to be walked."""
    if len(walk.open) > DEPTH_LIMIT:
        yield Refusal(walk.name(folder), TOO_DEEP)
        return
    try:
        with os.scandir(folder) as entries:
            walk.open.append(iter(sorted(entries, key=lambda entry: entry.name)))
    except OSError:
        yield Refusal(walk.name(folder), UNREADABLE_FOLDER)


def _take(entry: os.DirEntry[str], walk: _Walk) -> Iterator[Item | Refusal]:
    path = Path(entry.path)
    try:
        is_link, is_folder = entry.is_symlink(), entry.is_dir(follow_symlinks=False)
    except OSError:
        yield Refusal(walk.name(path), UNREADABLE)
        return
    if is_link:
        yield from _refuse_if_outside(path, walk)
    elif is_folder:
        yield from _enter(path, walk)
    else:
        yield from _expand_file(path, walk.name(path), is_named=False)


def _refuse_if_outside(link: Path, walk: _Walk) -> Iterator[Refusal]:
    try:
        is_inside = link.resolve(strict=True).is_relative_to(walk.root)
    except (OSError, RuntimeError):  # a loop raises either, by the version of Python
        yield Refusal(walk.name(link), BROKEN_LINK)
        return
    if not is_inside:  # what lies inside the folder is met there anyway
        yield Refusal(walk.name(link), LEADS_OUT)


def _expand_file(path: Path, source: str, is_named: bool) -> Iterator[Item | Refusal]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for its other end
            yield Refusal(source, NO_FILE)
            return
        start, size = _peek(path)
    except (OSError, ValueError):
        yield Refusal(source, UNREADABLE)
        return
    if start[:4] in ZIP_MAGICS and start[128:132] != b"DICM":
        yield from _expand_zip(path, source)
    elif says_index(start):
        yield from _expand_index(Item(path, source, size), is_named)
    else:
        yield Item(path, source, size)


def _peek(path: Path) -> tuple[bytes, int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe may have taken the file's place meanwhile
    try:
        return os.read(descriptor, PEEK), os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def _expand_zip(path: Path, source: str) -> Iterator[Item | Refusal]:
    try:
        listed = outcome(submit(list_archive, LISTING_WALL_S, path))
    except PixelError as error:
        yield Refusal(source, str(error))
        return
    if not listed:
        yield Refusal(source, EMPTY_ZIP)
    for name, found in listed:
        shown = f"{source} › {name}"
        yield Item(path, shown, found.size, found) if isinstance(found, Member) else Refusal(shown, found)


def _expand_index(index: Item, is_named: bool) -> Iterator[Item | Refusal]:
    """Follow an index that the user named; one met on the way is quiet, unless it cannot be read or points outside."""
    references = referenced_files(index.path, index.source)
    if references is None:
        yield index
        return
    is_empty = True
    for found in references:
        if isinstance(found, Refusal):
            if is_named or found.reason not in BENIGN:
                is_empty = False
                yield found
        elif is_named:
            for entry in _expand_file(found.path, found.source, is_named=False):
                is_empty = False
                yield entry
    if is_named and is_empty:
        yield Refusal(index.source, EMPTY)
