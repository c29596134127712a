"""Write the films of a published archive as the folder that training reads.

What the names of ChestXRay2017.zip tell: `train/` and `test/` are the published splits; `person5_bacteria_19.jpeg` is a
film of the fifth person with bacterial pneumonia (`person5_virus` is somebody else), `NORMAL2-IM-0383-0001.jpeg` one of
the normal child NORMAL2-IM-0383.
"""

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from io import BytesIO
from pathlib import Path

from PIL import Image

from medcore.dicom.archives import LISTING_WALL_S, ZIP_ERRORS, list_archive, open_member
from medcore.dicom.decoders import outcome, submit
from medcore.dicom.items import Member
from medcore.errors import MedcoreError, PixelError

TABLE = "labels.csv"
SIZE = (224, 224)  # rows and columns of a film
QUALITY = 95  # of the JPEG
FILM_LIMIT = 32 * 2**20  # bytes
PIXELS_LIMIT = 50_000_000
FILM_NAME = re.compile(
    r"chest_xray/(?P<split>train|test)/(?:"
    r"NORMAL/(?P<normal>(?:NORMAL2-)?IM-\d+)-\d+(?:-\d+)?|"
    r"PNEUMONIA/(?P<ill>person\d+_(?P<kind>bacteria|virus))_\d+(?:_\d+)?"
    r")\.jpeg",
    re.ASCII,
)
AGAIN = "Delete it and fetch it again."
LABELS = {None: "normal", "bacteria": "bacterial", "virus": "viral"}


@dataclass(frozen=True)
class Row:
    """One film in the table that training reads."""

    file: str
    split: str
    label: str
    patient: str


def write_films(archive: Path, folder: Path, expected: int, on_progress: Callable[[int, int], None]) -> None:
    """Write every film as a gray JPEG of 224 x 224 pixels, and the table last: where it is, the films are whole.

    The aspect ratio is not kept, as the network's input does not keep it; the resize is Pillow's bilinear one, whose
    filter is as wide as the film is shrunk. Nothing in the archive but films of known names is read.

    Parameters
    ----------
    archive : Path
    folder : Path
        Gets train/, test/ and labels.csv.
    expected : int
        How many films the archive must hold.
    on_progress : callable
        Is given how many films are written, and of how many.

    Raises
    ------
    MedcoreError
        If the archive is damaged, made to do harm or not the published one, or if the disk refuses.
    """
    films = _films_in(archive)
    if len(films) != expected:
        raise MedcoreError(f"{archive.name} holds {len(films):,} films of known names and not {expected:,}. {AGAIN}")
    for split in ("train", "test"):
        with _disk(folder):
            (folder / split).mkdir(parents=True, exist_ok=True)
    for number, (row, member) in enumerate(films.items(), start=1):
        film = _read_film(archive, member)
        with _disk(folder):
            film.save(folder / row.file, "JPEG", quality=QUALITY)
        on_progress(number, expected)
    with _disk(folder):
        _write_table(list(films), folder / TABLE)


def _films_in(archive: Path) -> dict[Row, Member]:
    try:
        listed = outcome(submit(list_archive, LISTING_WALL_S, archive))
    except (PixelError, OSError) as error:
        raise MedcoreError(f"{archive.name} cannot be read. {AGAIN}") from error
    films = {}
    for name, found in listed:
        if not isinstance(found, Member):
            raise MedcoreError(f"{archive.name} is refused, for a file in it. {found}")
        match = FILM_NAME.fullmatch(name)
        if match:
            films[_row(match)] = found
    return films


def _row(match: re.Match[str]) -> Row:
    file = f"{match['split']}/{match[0].rpartition('/')[2]}"
    return Row(file, match["split"], LABELS[match["kind"]], match["normal"] or match["ill"])


def _read_film(archive: Path, member: Member) -> Image.Image:
    try:
        if member.size > FILM_LIMIT:
            raise ValueError
        with open_member(archive, member) as stream:
            image = Image.open(BytesIO(stream.read()), formats=("JPEG",))
        if image.width * image.height > PIXELS_LIMIT:
            raise ValueError
        return image.convert("L").resize(SIZE, Image.Resampling.BILINEAR)
    except (*ZIP_ERRORS, Image.DecompressionBombError) as error:
        raise MedcoreError(f"A film in {archive.name} cannot be read. {AGAIN}") from error


def _write_table(rows: list[Row], table: Path) -> None:
    partial = table.with_suffix(".part")
    with partial.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(field.name for field in fields(Row))
        writer.writerows(astuple(row) for row in rows)
    partial.replace(table)


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MedcoreError(
            f"The films cannot be written ({(error.strerror or 'unknown reason').lower()}). "
            "Make room, or name another folder."
        ) from error
