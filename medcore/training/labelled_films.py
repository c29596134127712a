"""From the labels of a set to films that can be trained on: read once, sorted out, split by patient, kept on disk."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from medcore.classifier.film_hash import SIDE, film_hash
from medcore.dicom import display_values, read_frame
from medcore.errors import MedcoreError, ModelError
from medcore.labelling.duplicates import perceptual_hash
from medcore.library import Dataset, DatasetImage, Library
from medcore.library.datasets import digest
from medcore.training.parting import LeftOut, ReadImage, known_parts, part_twins
from medcore.training.splitting import Labelled, split_patients
from medcore.training.stored_films import StoredFilms, write_films

FILMS_FILE = "films.bin"
OnProgress = Callable[[int, int | None], None]
SEVERAL = "a study with several images is labelled as a whole; label its images"
NO_FILM = "it is one image of a stack or has several frames, and no single film"
DISPUTED = "its readers disagree; decide between them on the Label page"
OTHER_CLASS = "its label is none of the chosen classes"
BOTH = "its label says that there is nothing and that there is something; correct it"
TWO_PATIENTS = "the same picture belongs to two patients; decide whose it is"
TWO_LABELS = "the same picture has two labels; decide which is right"
TWICE = "the same picture of this patient is there already"


@dataclass(frozen=True, eq=False)
class LabelledFilms:
    """The films of a data set."""

    dataset: Dataset
    classes: tuple[str, ...]
    films: StoredFilms
    several: bool  # a film can have several of the classes but the first, or none
    left_out: tuple[LeftOut, ...] = ()

    @property
    def labels(self) -> np.ndarray:
        """Each film's place in `classes`, shape (n,), int32; where it can have several, which of all but the first."""
        given = [image.classes for image in self.dataset.images]
        if self.several:
            return np.array([[name in its for name in self.classes[1:]] for its in given], bool)
        return np.array([self.classes.index(its[0]) for its in given], np.int32)

    def places(self, part: str) -> np.ndarray:
        """Return the places of a part's films, shape (m,)."""
        return np.flatnonzero([image.part == part for image in self.dataset.images])

    def part(self, part: str) -> tuple[StoredFilms, np.ndarray, tuple[str, ...]]:
        """Return the films of a part, their labels and their patients."""
        places = self.places(part)
        patients = tuple(str(self.dataset.images[place].patient_key) for place in places)
        return self.films.part(places.tolist()), self.labels[places], patients


def gather(
    library: Library,
    label_set_id: int,
    classes: Sequence[str],
    who: str,
    folder: Path,
    on_progress: OnProgress | None = None,
) -> LabelledFilms:
    """Make a data set of a label set's labels as they stand now, and keep its films on disk.

    Parameters
    ----------
    library : Library
    label_set_id : int
    classes : sequence of str
        Of the label set, those that are to be told apart; the first finds nothing, and need not be one of a set that
        takes several for one image.
    who : str
    folder : Path
        For the films; it is made where it is missing.
    on_progress : callable, optional
        Called with images read and their total.

    Raises
    ------
    ModelError
        If nothing is left to train on.
    LibraryError
        If the label set is gone or the disk is full.
    """
    counted, left_out = _counted(library, label_set_id, classes, several=_takes_several(library, label_set_id))
    draft = folder / "reading.bin"
    folder.mkdir(parents=True, exist_ok=True)
    read: list[ReadImage] = []
    write_films(draft, _films(library, counted, read, left_out, on_progress))
    kept = _sort_out(read, left_out)
    if not kept:
        raise ModelError("No labelled image of these classes is left to train on. Label some, or choose other classes.")
    known = known_parts([read[place] for place in kept], library.datasets.parts_so_far(label_set_id))
    kept, alike = part_twins(read, kept, known.stated, left_out)
    dealt = [Labelled(str(read[place].image.patient_key), read[place].image.classes) for place in kept]
    parts = {int(one): part for one, part in split_patients(dealt, known.fixed, alike, shares=known.shares).items()}
    images = [replace(read[place].image, part=parts[read[place].image.patient_key]) for place in kept]
    dataset_id = library.datasets.save(label_set_id, images, who)
    everything = StoredFilms(draft, (SIDE, SIDE), tuple(range(len(read))), "")
    order = sorted(kept, key=lambda place: read[place].image.instance_id)
    write_films(folder / FILMS_FILE, everything.part(order).each())
    draft.unlink()
    return replace(open_films(library, dataset_id, classes, folder), left_out=tuple(left_out))


def open_films(library: Library, dataset_id: int, classes: Sequence[str], folder: Path) -> LabelledFilms:
    """Open the films of a data set that were gathered before; images of studies deleted since are left out.

    Raises
    ------
    ModelError
        If the films are not there any more.
    """
    dataset = library.datasets.read(dataset_id)
    file = folder / FILMS_FILE
    if not file.exists() or file.stat().st_size != len(dataset.images) * SIDE * SIDE:
        raise ModelError("The films of this training are gone, or a study of it was deleted. Start it anew.")
    places = tuple(range(len(dataset.images)))
    stored = StoredFilms(file, (SIDE, SIDE), places, digest(dataset.images))
    return LabelledFilms(dataset, tuple(classes), stored, _takes_several(library, dataset.label_set_id))


def read_part(library: Library, dataset_id: int, classes: Sequence[str], part: str, folder: Path) -> LabelledFilms:
    """Read one part of a data set anew, into a folder; images of studies deleted since are left out.

    Raises
    ------
    ModelError
        If an image shows other pixels than it did.
    PixelError
        If one cannot be read.
    """
    whole = library.datasets.read(dataset_id)
    dataset = replace(whole, images=tuple(image for image in whole.images if image.part == part))

    def films() -> Iterator[np.ndarray]:
        for image in dataset.images:
            film = _as_film(display_values(read_frame(library.instance(image.instance_id).path), (SIDE, SIDE)))
            if film_hash(film) != image.pixels_sha256:
                raise ModelError("An image of this data set is drawn otherwise than it was. Train again.")
            yield film

    write_films(folder / FILMS_FILE, films())
    places = tuple(range(len(dataset.images)))
    stored = StoredFilms(folder / FILMS_FILE, (SIDE, SIDE), places, digest(dataset.images))
    return LabelledFilms(dataset, tuple(classes), stored, _takes_several(library, dataset.label_set_id))


@dataclass(frozen=True)
class _Counted:
    study_id: int
    instance_id: int
    classes: tuple[str, ...]
    given_part: str


def _takes_several(library: Library, label_set_id: int) -> bool:
    return next(one.several for one in library.labels.sets() if one.id == label_set_id)


def _counted(
    library: Library, label_set_id: int, classes: Sequence[str], *, several: bool
) -> tuple[list[_Counted], list[LeftOut]]:
    """Return the images whose label counts, and why others do not."""
    counted: dict[int, _Counted] = {}
    left_out = []
    for decision in library.labels.decisions(label_set_id):
        instance_id = decision.instance_id
        reason = ""
        if instance_id is None:
            instances = library.study(decision.study_id).instances
            instance_id = instances[0].id if len(instances) == 1 else None
            reason = SEVERAL if instance_id is None else ""
        chosen = tuple(name for name in decision.classes or () if name in classes)
        if decision.classes is None:
            reason = DISPUTED
        elif (decision.classes and not chosen) or (len(chosen) != 1 and not several):
            reason = reason or OTHER_CLASS
        elif classes[0] in chosen and len(chosen) > 1:
            reason = reason or BOTH
        if reason or instance_id is None:
            left_out.append(LeftOut(decision.study_id, decision.instance_id, reason))
        elif instance_id not in counted or decision.instance_id is not None:  # an image's own label goes first
            given = next((label.split for label in reversed(decision.opinions) if label.split), "")
            counted[instance_id] = _Counted(decision.study_id, instance_id, chosen, given)
    return list(counted.values()), left_out


def _films(
    library: Library,
    counted: Sequence[_Counted],
    read: list[ReadImage],
    left_out: list[LeftOut],
    on_progress: OnProgress | None,
) -> Iterator[np.ndarray]:
    """Read each film, and note what was read beside it."""
    keys = library.patient_keys([one.study_id for one in counted])
    single = {film.instance_id for film in library.labels.films()}
    for number, one in enumerate(counted, 1):
        if one.instance_id not in single:
            left_out.append(LeftOut(one.study_id, one.instance_id, NO_FILM))
            continue
        try:
            values = display_values(read_frame(library.instance(one.instance_id).path), (SIDE, SIDE))
        except (MedcoreError, OSError) as error:
            reason = str(error) if isinstance(error, MedcoreError) else "its stored file cannot be read"
            left_out.append(LeftOut(one.study_id, one.instance_id, reason))
            continue
        film = _as_film(values)
        image = DatasetImage(one.instance_id, one.study_id, keys[one.study_id], film_hash(film), one.classes, "")
        read.append(ReadImage(image, perceptual_hash(film), one.given_part))
        if on_progress is not None:
            on_progress(number, len(counted))
        yield film


def _as_film(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.rint(np.clip(values, 0, 255)), np.uint8)


def _sort_out(read: Sequence[ReadImage], left_out: list[LeftOut]) -> list[int]:
    """Return the places of the images that are there once; what is of two patients is left out."""
    of_picture: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(read):
        of_picture[one.image.pixels_sha256].append(place)
    kept = []
    for places in of_picture.values():
        images = [read[place].image for place in places]
        contradiction = ""
        if len({image.patient_key for image in images}) > 1:
            contradiction = TWO_PATIENTS
        elif len({image.classes for image in images}) > 1:
            contradiction = TWO_LABELS
        kept += [] if contradiction else places[:1]
        for image in images if contradiction else images[1:]:
            left_out.append(LeftOut(image.study_id, image.instance_id, contradiction or TWICE))
    return sorted(kept)
