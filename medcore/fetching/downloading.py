"""Download a published file: from its own servers alone, checked by its SHA-256, kept whole or not at all."""

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urljoin, urlsplit

import medcore
from medcore.errors import MedcoreError
from medcore.fetching.published import Publication
from medcore.fetching.sentences import by_hand, in_a_sentence, not_the_file

if TYPE_CHECKING:
    from requests import Response

MIB = 2**20
TIMEOUT_S = 30.0  # without an answer, or without a further byte
ROOM_FOR_FILMS = 300 * MIB  # bytes that the films take beside the archive, generously
PRIVATE = 0o700
HEADERS = {"User-Agent": f"MedCore/{medcore.__version__}", "Accept-Encoding": "identity"}


def is_here(publication: Publication, folder: Path) -> bool:
    """Whether the folder holds the published file already, by its SHA-256: a browser may have brought it."""
    from pooch import file_hash

    path = folder / publication.name
    return (
        path.is_file()
        and path.stat().st_size == publication.size
        and str(file_hash(str(path), alg="sha256")) == publication.sha256
    )


def check_room(publication: Publication, folder: Path) -> None:
    """See that the file and its films fit on the disk.

    Raises
    ------
    MedcoreError
        If they do not.
    """
    there = next(place for place in (folder, *folder.parents) if place.is_dir())
    needed = publication.size + ROOM_FOR_FILMS
    if shutil.disk_usage(there).free < needed:
        raise MedcoreError(
            f"{publication.name} and its films need {needed / 1e9:.1f} GB, and the disk of the folder has less left. "
            "Make room, or name a folder on another disk."
        )


def download(publication: Publication, folder: Path, on_progress: Callable[[int, int], None]) -> Path:
    """Download the file into `folder`, in the place of one of the same name, and return where it is.

    Parameters
    ----------
    publication : Publication
    folder : Path
        Is made if it is not there.
    on_progress : callable
        Is given how many MiB have come, and of how many.

    Raises
    ------
    MedcoreError
        If a server cannot be reached, refuses, sends something else or sends on to somewhere else, if the disk refuses,
        or if the user interrupts. Nothing of the download is kept then.
    """
    from pooch import get_logger, retrieve

    def into(url: str, output_file: str, pooch: object) -> None:
        with Path(output_file).open("wb") as file, ExitStack() as answers:
            _downloader(publication, answers)(url, _Bounded(file, publication, on_progress), pooch)

    get_logger().setLevel("WARNING")  # below that it prints where the user's folders lie
    with in_a_sentence(publication):
        _make(folder)
        path = retrieve(
            publication.url, f"sha256:{publication.sha256}", fname=publication.name, path=folder, downloader=into
        )
    return Path(path)


def _make(folder: Path) -> None:
    """Make the folder and those around it, readable by its owner alone: the library may come to lie there later."""
    for place in (*reversed(folder.parents), folder):
        place.mkdir(mode=PRIVATE, exist_ok=True)


def _downloader(publication: Publication, answers: ExitStack) -> Callable[[str, "_Bounded", object], None]:
    from pooch import HTTPDownloader

    def check(response: "Response", *_: object, **__: object) -> None:
        """Stop before a redirect is followed, and before the bytes of a wrong file come."""
        answers.callback(response.close)  # pooch leaves that open
        if response.is_redirect:
            _refuse_foreign(urljoin(response.url, response.headers["location"]), publication)
        length = response.headers.get("content-length", "")
        if response.status_code == 200 and length.isdecimal() and int(length) != publication.size:
            raise MedcoreError(not_the_file(publication, f"{int(length):,} bytes long"))

    downloader: Callable[[str, _Bounded, object], None] = HTTPDownloader(
        chunk_size=MIB, timeout=TIMEOUT_S, headers=HEADERS, hooks={"response": check}
    )
    return downloader


def _refuse_foreign(url: str, publication: Publication) -> None:
    parts = urlsplit(url)
    if f"{parts.scheme}://{parts.netloc}" not in publication.origins:
        raise MedcoreError(
            f"{publication.host} sends on to another address than MedCore knows for this file, which is not followed. "
            f"{by_hand(publication)}"
        )


class _Bounded:
    """A file that takes no more bytes than were announced, and tells how many it has."""

    def __init__(self, file: BinaryIO, publication: Publication, on_progress: Callable[[int, int], None]) -> None:
        self._file, self._publication, self._on_progress = file, publication, on_progress
        self._done = 0

    def write(self, data: bytes) -> None:
        self._done += len(data)
        if self._done > self._publication.size:
            raise MedcoreError(not_the_file(self._publication, "longer"))
        self._file.write(data)
        self._on_progress(self._done // MIB, self._publication.size // MIB)

    def flush(self) -> None:
        self._file.flush()
