"""Labels: what somebody says that an image or a study shows, in the classes of a label set.

A label is never changed: who says something else, or takes it back, adds another, and the newest of an author counts.
What a reader finds in Review is a label of the first set. Where authors disagree, the newest adjudication decides.
Synthetic films get no labels: what a generator was asked for is no truth.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from medcore.errors import LibraryError, MissingError
from medcore.library import schema
from medcore.library.folding import fold
from medcore.library.records import LABEL_SOURCES, SPLITS, Decision, Label, LabelSet, NewLabel, Reading
from medcore.library.studies import NO_IMAGE, NO_STUDY

REVIEW_SET = 1  # made with the library
ADJUDICATION = "adjudication"
LONGEST_NAME = 60  # characters, of a set and of a class
MOST_CLASSES = 100
NO_SET = "This label set is not in the library. Choose another one."
SYNTHETIC = "This film is synthetic, of nobody: it has no true finding, so it gets no label."


def create_label_set(session: Session, name: str, classes: Sequence[str], *, several: bool, who: str) -> LabelSet:
    """Make a label set.

    Parameters
    ----------
    name : str
    classes : sequence of str
        In the order in which they are offered; they stay.
    several : bool
        Whether several classes may be given to one image, and none.
    who : str

    Raises
    ------
    LibraryError
        If a name is missing, too long, cannot be shown or is there already, or there are too few classes or too many.
    """
    name, named = check_label_set(session, name, classes, several=several)
    row = schema.LabelSet(name=name, several=several, who=_author(who), created_at=datetime.now(UTC))
    session.add(row)
    session.flush()
    session.add_all([schema.LabelClass(label_set_id=row.id, name=one) for one in named])
    session.flush()
    return LabelSet(row.id, name, tuple(named), several)


def check_label_set(session: Session, name: str, classes: Sequence[str], *, several: bool) -> tuple[str, list[str]]:
    """Return the names of a label set that is to be made as they will be kept; see `create_label_set`."""
    name, named = _tidy(name), [_tidy(one) for one in classes]
    least = 1 if several else 2
    if not least <= len(named) <= MOST_CLASSES:
        raise LibraryError(
            f"A label set has from {least} to {MOST_CLASSES} classes, got {len(named)}. Name the classes."
        )
    if len({fold(one) for one in named}) < len(named):
        raise LibraryError("Two classes of a label set have the same name. Name each one once.")
    if fold(name) in {fold(known) for known in session.scalars(select(schema.LabelSet.name))}:
        raise LibraryError("There is a label set of this name already. Choose another name.")
    return name, named


def read_label_sets(session: Session) -> tuple[LabelSet, ...]:
    """Read all label sets, the oldest first."""
    classes: dict[int, list[str]] = {}
    for row in session.scalars(select(schema.LabelClass).order_by(schema.LabelClass.id)):
        classes.setdefault(row.label_set_id, []).append(row.name)
    rows = session.scalars(select(schema.LabelSet).order_by(schema.LabelSet.id))
    return tuple(LabelSet(row.id, row.name, tuple(classes.get(row.id, [])), row.several) for row in rows)


def save_label(session: Session, new: NewLabel) -> Label:
    """Save a label; where the author's current one says the same from the same source, that one is returned.

    Raises
    ------
    MissingError
        If the set, the study or the image is not there.
    LibraryError
        If the label does not fit its set, the image does not belong to the study, the study is synthetic, nobody says
        it, or an adjudication gives no reason.
    """
    class_ids = _class_ids(session, new)
    _check_place(session, new)
    author, reason = _author(new.author), " ".join(new.reason.split())
    if new.source not in LABEL_SOURCES:
        raise LibraryError(f"A label comes from one of {', '.join(LABEL_SOURCES)}.")
    if new.split not in SPLITS:
        raise LibraryError("A label's split is train, validation or test, or none. Correct it.")
    if new.source == ADJUDICATION and not reason:
        raise LibraryError("Say in a few words why this label stands, then save it again.")
    current = [
        label
        for label in _current(_read(session, schema.Label.study_id == new.study_id, new.label_set_id))
        if (label.instance_id, label.author) == (new.instance_id, author)
    ]
    same = [
        one for one in current if _says(one) == (frozenset(new.classes), new.source, reason, new.withdrawn, new.split)
    ]
    if same:
        return same[0]
    row = schema.Label(
        label_set_id=new.label_set_id,
        study_id=new.study_id,
        instance_id=new.instance_id,
        author=author,
        source=new.source,
        reason=reason,
        withdrawn=new.withdrawn,
        split=new.split,
        created_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    session.add_all([schema.GivenClass(label_id=row.id, class_id=one) for one in class_ids])
    session.flush()
    return _as_label(row, tuple(new.classes))


def places_of(session: Session, sop_instance_uids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return the study's and the image's number for each SOP Instance UID that is in the library."""
    found = session.execute(
        select(schema.Instance.sop_instance_uid, schema.Series.study_id, schema.Instance.id)
        .join(schema.Series)
        .where(schema.Instance.sop_instance_uid.in_(sop_instance_uids))
    )
    return {uid: (study_id, instance_id) for uid, study_id, instance_id in found}


def label_from_review(session: Session, reading: Reading) -> None:
    """Make what a reading came to the label of its image.

    A finding that says nothing of the image takes an earlier label back, and one that another reader came to in an
    addendum takes the first reader's.
    """
    if session.get_one(schema.Study, reading.study_id).synthetic:
        return
    author, finding = _last_said(reading)
    says = finding if finding in _classes(session, REVIEW_SET) else ""
    for one in {reading.reader, author}:
        if one == author and says:
            _say_in_review(session, reading, one, (says,))
        elif _stands(session, reading.instance_id, one):
            _say_in_review(session, reading, one, ())


def read_labels(session: Session, label_set_id: int, study_id: int | None = None) -> tuple[Label, ...]:
    """Read every label of a set, those that no longer count too, the oldest first; of one study where it is named."""
    anywhere = schema.Label.study_id == study_id if study_id is not None else schema.Label.study_id.is_not(None)
    return _read(session, anywhere, label_set_id)


def decide(labels: Iterable[Label]) -> tuple[Decision, ...]:
    """Say of each image, and of each study that was labelled as a whole, which label counts.

    All authors must say the same, or the newest adjudication decides, unless an author said something new since.
    """
    of_place: dict[tuple[int, int | None], list[Label]] = {}
    for label in _current(labels):
        if not label.withdrawn:
            of_place.setdefault((label.study_id, label.instance_id), []).append(label)
    return tuple(_decide(*place, said) for place, said in of_place.items())


def _decide(study_id: int, instance_id: int | None, said: Sequence[Label]) -> Decision:
    opinions = [label for label in said if label.source != ADJUDICATION]
    ruling = max((label for label in said if label.source == ADJUDICATION), key=lambda label: label.id, default=None)
    if ruling is not None and all(label.id < ruling.id for label in opinions):
        return Decision(study_id, instance_id, ruling.classes, tuple(opinions), ruling)
    agreed = len({frozenset(label.classes) for label in opinions}) == 1
    return Decision(study_id, instance_id, opinions[0].classes if agreed else None, tuple(opinions), None)


def _current(labels: Iterable[Label]) -> list[Label]:
    """Keep the newest label of each author on each place; an adjudication stands beside its author's own opinion."""
    newest: dict[tuple[int, int | None, str, bool], Label] = {}
    for label in labels:
        newest[label.study_id, label.instance_id, label.author, label.source == ADJUDICATION] = label
    return sorted(newest.values(), key=lambda label: label.id)


def _says(label: Label) -> tuple[frozenset[str], str, str, bool, str]:
    return frozenset(label.classes), label.source, label.reason, label.withdrawn, label.split


def _read(session: Session, which: ColumnElement[bool], label_set_id: int) -> tuple[Label, ...]:
    # Columns, not objects: pages read all labels of a set at every key that a reader presses.
    columns = select(*schema.Label.__table__.columns)
    rows = session.execute(
        columns.where(which, schema.Label.label_set_id == label_set_id).order_by(schema.Label.id)
    ).all()
    found = session.execute(
        select(schema.GivenClass.label_id, schema.LabelClass.name)
        .join(schema.LabelClass, schema.LabelClass.id == schema.GivenClass.class_id)
        .join(schema.Label, schema.Label.id == schema.GivenClass.label_id)
        .where(which, schema.Label.label_set_id == label_set_id)
        .order_by(schema.LabelClass.id)
    )
    given: dict[int, list[str]] = {}
    for label_id, name in found:
        given.setdefault(label_id, []).append(name)
    return tuple(_as_label(row, tuple(given.get(row.id, ()))) for row in rows)


def _last_said(reading: Reading) -> tuple[str, str]:
    """Return who said last what a reading came to, and what it is."""
    later = [(addendum.reader, addendum.finding) for addendum in reading.addenda if addendum.finding]
    verdict = [(reading.verdict.reader, reading.verdict.finding)] if reading.verdict else []
    return [(reading.reader, reading.finding), *verdict, *later][-1]


def _stands(session: Session, instance_id: int, author: str) -> bool:
    said = _current(_read(session, schema.Label.instance_id == instance_id, REVIEW_SET))
    return any(label.author == author and label.source == "review" and not label.withdrawn for label in said)


def _say_in_review(session: Session, reading: Reading, author: str, classes: tuple[str, ...]) -> None:
    place = (REVIEW_SET, reading.study_id, reading.instance_id)
    save_label(session, NewLabel(*place, classes, author, source="review", withdrawn=not classes))


def _classes(session: Session, label_set_id: int) -> dict[str, int]:
    of_set = select(schema.LabelClass).where(schema.LabelClass.label_set_id == label_set_id)
    rows = session.scalars(of_set.order_by(schema.LabelClass.id))
    return {row.name: row.id for row in rows}


def _class_ids(session: Session, new: NewLabel) -> list[int]:
    label_set = session.get(schema.LabelSet, new.label_set_id)
    if label_set is None:
        raise MissingError(NO_SET)
    known = _classes(session, new.label_set_id)
    if not set(new.classes) <= known.keys():
        raise LibraryError(f"A label of this set gives one of {', '.join(known)}.")
    if not label_set.several and len(set(new.classes)) != (0 if new.withdrawn else 1):
        raise LibraryError("A label of this set gives one class. Choose one.")
    if new.withdrawn and new.classes:
        raise LibraryError("A label that is taken back gives no class.")
    return [known[name] for name in dict.fromkeys(new.classes)]


def _check_place(session: Session, new: NewLabel) -> None:
    study = session.get(schema.Study, new.study_id)
    if study is None:
        raise MissingError(NO_STUDY)
    if study.synthetic:
        raise LibraryError(SYNTHETIC)
    if new.instance_id is None:
        return
    place = select(schema.Series.study_id).join(schema.Instance).where(schema.Instance.id == new.instance_id)
    found = session.scalar(place)
    if found is None:
        raise MissingError(NO_IMAGE)
    if found != new.study_id:
        raise LibraryError("This image does not belong to the study that is labelled. Choose the study again.")


def _author(name: str) -> str:
    author = " ".join(name.split())
    if not author or len(author) > 100:
        raise LibraryError("Type your name first, in at most 100 characters.")
    return author


def _tidy(name: str) -> str:
    tidy = " ".join(name.split())
    if not 0 < len(tidy) <= LONGEST_NAME or not tidy.isprintable():
        raise LibraryError(f"A label set and its classes have names of 1 to {LONGEST_NAME} characters. Correct them.")
    return tidy


def _as_label(row: schema.Label | Row[Any], classes: tuple[str, ...]) -> Label:
    return Label(
        id=row.id,
        label_set_id=row.label_set_id,
        study_id=row.study_id,
        instance_id=row.instance_id,
        classes=classes,
        author=row.author,
        source=row.source,
        reason=row.reason,
        withdrawn=row.withdrawn,
        split=row.split,
        created_at=row.created_at,
    )
