"""The labels of a library: its label sets, what was said in them, and what is still to be labelled."""

from collections.abc import Sequence

from medcore.errors import MissingError
from medcore.library import films_to_label, labels, orders
from medcore.library.database import Database
from medcore.library.records import Decision, FilmToLabel, Label, LabelSet, NewLabel, QueueOrder


class Labels:
    """The label sets and labels of a library; safe for many threads and many processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_set(self, name: str, classes: Sequence[str], *, several: bool = False, who: str) -> LabelSet:
        """Make a label set; see `labels.create_label_set`."""
        with self._database.writing() as session:
            return labels.create_label_set(session, name, classes, several=several, who=who)

    def check_set(self, wanted: LabelSet) -> None:
        """Raise a LibraryError where this label set could not be made; see `labels.create_label_set`."""
        with self._database.reading() as session:
            labels.check_label_set(session, wanted.name, wanted.classes, several=wanted.several)

    def sets(self) -> tuple[LabelSet, ...]:
        """Read all label sets; the first is that of Review."""
        with self._database.reading() as session:
            return labels.read_label_sets(session)

    def set_named(self, name: str) -> LabelSet:
        """Find a label set by its name, or raise a LibraryError that names those that are there."""
        sets = self.sets()
        found = next((one for one in sets if one.name == name), None)
        if found is None:
            raise MissingError(f"There is no label set {name!r}. There are: {', '.join(one.name for one in sets)}.")
        return found

    def save(self, new: NewLabel) -> Label:
        """Save what somebody says that an image shows; see `labels.save_label`."""
        with self._database.writing() as session:
            return labels.save_label(session, new)

    def save_all(self, new: Sequence[NewLabel]) -> tuple[Label, ...]:
        """Save several labels, all or none."""
        with self._database.writing() as session:
            return tuple(labels.save_label(session, one) for one in new)

    def places_of(self, sop_instance_uids: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Return the study's and the image's number for each SOP Instance UID that is there."""
        with self._database.reading() as session:
            return labels.places_of(session, sop_instance_uids)

    def read(self, label_set_id: int, study_id: int | None = None) -> tuple[Label, ...]:
        """Read every label of a set, those that no longer count too; see `labels.read_labels`."""
        with self._database.reading() as session:
            return labels.read_labels(session, label_set_id, study_id)

    def decisions(self, label_set_id: int) -> tuple[Decision, ...]:
        """Say of each labelled image which label of a set counts; see `labels.decide`."""
        return labels.decide(self.read(label_set_id))

    def films(self) -> tuple[FilmToLabel, ...]:
        """List the images that can be labelled by themselves; see `films_to_label.films_to_label`."""
        with self._database.reading() as session:
            return films_to_label.films_to_label(session)

    def order(self, label_set_id: int, how: str) -> QueueOrder:
        """Read in which order the images that wait for a label are offered; see `orders.read_order`."""
        with self._database.reading() as session:
            return orders.read_order(session, label_set_id, how)

    def ask_for_order(self, label_set_id: int, how: str) -> None:
        """Have the background work out an order anew; see `orders.ask_for_order`."""
        with self._database.writing() as session:
            orders.ask_for_order(session, label_set_id, how)
