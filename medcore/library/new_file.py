"""A file that appears only once it is whole, and never in the place of another."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medcore.errors import LibraryError
from medcore.library.database import FULL_DISK, FULL_DISK_ERRORS


def check_place(target: Path, what: str) -> None:
    """See that a new file can be made here, before the work for it is done.

    Raises
    ------
    LibraryError
        If there is a file of this name already, or the folder is missing or cannot be written to.
    """
    if os.path.lexists(target):
        raise LibraryError(f"There is a file of this name already. Choose another name for the {what}.")
    if not target.parent.is_dir():
        raise LibraryError(f"The folder for the {what} does not exist. Make it first, or choose another one.")
    if not os.access(target.parent, os.W_OK):
        raise LibraryError(f"The {what} cannot be written there. Choose another folder.")


@contextmanager
def new_file(target: Path, what: str) -> Iterator[Path]:
    """Give a file beside `target` that becomes `target` when all went well, and is gone when it did not.

    Raises
    ------
    LibraryError
        As `check_place`, or if the disk is full.
    """
    check_place(target, what)
    partial = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield partial
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        partial.replace(target)
    except OSError as error:
        full = error.errno in FULL_DISK_ERRORS
        said = FULL_DISK if full else f"The {what} cannot be written there ({error.strerror}). Choose another place."
        raise LibraryError(said) from error
    finally:
        partial.unlink(missing_ok=True)
