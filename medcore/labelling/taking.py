"""Take what was judged sound into the library: the files first, then the labels, each with who says it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medcore.errors import LibraryError
from medcore.labelling.gathering import Refused
from medcore.labelling.looking import Progress, Seen
from medcore.library import LabelSet, Library, NewLabel

BATCH = 200  # labels saved in one step
SOURCE = "upload"


@dataclass(frozen=True)
class Taken:
    """What an upload brought."""

    added: int  # images
    already: int  # images that were there
    labelled: int
    refused: tuple[Refused, ...]


def take(
    seen: Sequence[Seen], library: Library, label_set: LabelSet, who: str, on_progress: Progress | None = None
) -> Taken:
    """Add the files of an upload and save their labels; what is there already is labelled all the same.

    Parameters
    ----------
    seen : sequence of Seen
        Judged sound; their staged copies are used up.
    library : Library
    label_set : LabelSet
    who : str
        The author of labels that name none.
    on_progress : callable, optional
        Called with files done and their total.

    Raises
    ------
    LibraryError
        If nobody says who gives the labels, or the disk is full; what came in before stays in.
    """
    if not who.strip():
        raise LibraryError("Type your name first, in at most 100 characters.")
    files = [one.file for one in seen if one.file is not None]
    summary = library.add([file.staged for file in files], who=who, on_progress=on_progress)
    for file in files:
        file.staged.unlink(missing_ok=True)
    source_of = {file.staged.name: file.source for file in files}
    refused = [Refused(source_of.get(one.source, one.source), one.reason) for one in summary.refused]
    labelled = 0
    for start in range(0, len(seen), BATCH):
        done, failed = _label(seen[start : start + BATCH], library, label_set, who)
        labelled += done
        refused += failed
    return Taken(summary.added, summary.already, labelled, tuple(refused))


def _label(seen: Sequence[Seen], library: Library, label_set: LabelSet, who: str) -> tuple[int, list[Refused]]:
    """Save the labels in one step; where one of them is refused, each by itself."""
    new = list(_new_labels(seen, library, label_set, who))
    try:
        return len(library.labels.save_all([label for _, label in new])), []
    except LibraryError:
        refused = []
        for one, label in new:
            try:
                library.labels.save(label)
            except LibraryError as error:
                refused.append(Refused(one.candidate.source, str(error)))
        return len(new) - len(refused), refused


def _new_labels(
    seen: Sequence[Seen], library: Library, label_set: LabelSet, who: str
) -> Iterator[tuple[Seen, NewLabel]]:
    uids = [_uid(one) for one in seen]
    places = library.labels.places_of(uids)
    for one, uid in zip(seen, uids, strict=True):
        if uid in places:  # else its file was refused, which is said already
            author = one.candidate.author or who
            classes, split = one.candidate.classes, one.candidate.split
            yield one, NewLabel(label_set.id, *places[uid], classes, author, SOURCE, split=split)


def _uid(one: Seen) -> str:
    return one.file.attributes.sop_instance_uid if one.file is not None else one.candidate.sop_instance_uid
