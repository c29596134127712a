"""Labels: what anybody said stays, the newest of each author counts, and who decides is on record."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from medcore.errors import LibraryError, MissingError
from medcore.library import Label, Library, NewLabel, NewReading, NewVerdict
from medcore.library.labels import REVIEW_SET, decide
from medcore.settings import Settings
from tests.libraries import Bring, make_answer, make_attributes, make_older

Film = tuple[Library, int, int]


@pytest.fixture
def film(library: Library, bring: Bring) -> Film:
    """A library with one study of one film: the study's and the film's number."""
    summary = bring(make_attributes())
    return library, summary.studies[0], summary.instances[0]


def said(film: Film, *classes: str, **values: Any) -> NewLabel:
    _, study_id, instance_id = film
    known: dict[str, Any] = {"label_set_id": REVIEW_SET, "study_id": study_id, "instance_id": instance_id}
    return NewLabel(**known | {"classes": classes, "author": "A. Reader", "source": "queue"} | values)


def current(library: Library, label_set_id: int = REVIEW_SET) -> list[tuple[str, ...] | None]:
    return [decision.classes for decision in library.labels.decisions(label_set_id)]


def read(film: Film, finding: str, reader: str = "A. Reader") -> int:
    library, study_id, instance_id = film
    return library.save_reading(study_id, NewReading(instance_id, reader, finding)).id


def test_a_label_comes_back_with_who_when_and_whence(film: Film) -> None:
    library, study_id, instance_id = film
    saved = library.labels.save(said(film, "viral", source="upload"))
    assert library.labels.read(REVIEW_SET) == (saved,)
    assert (saved.study_id, saved.instance_id, saved.classes) == (study_id, instance_id, ("viral",))
    assert (saved.author, saved.source) == ("A. Reader", "upload")
    assert saved.created_at is not None
    assert timedelta(0) <= datetime.now(UTC) - saved.created_at < timedelta(minutes=1)


def test_a_later_label_counts_and_the_earlier_one_stays(film: Film) -> None:
    library = film[0]
    library.labels.save(said(film, "viral"))
    library.labels.save(said(film, "normal"))
    assert [label.classes for label in library.labels.read(REVIEW_SET)] == [("viral",), ("normal",)]
    assert current(library) == [("normal",)]


def test_the_same_again_is_no_new_label(film: Film) -> None:
    library = film[0]
    first = library.labels.save(said(film, "viral"))
    assert library.labels.save(said(film, "viral", author=" A.  Reader ")) == first
    assert len(library.labels.read(REVIEW_SET)) == 1


def test_a_label_that_was_taken_back_no_longer_counts(film: Film) -> None:
    library = film[0]
    library.labels.save(said(film, "viral"))
    library.labels.save(said(film, withdrawn=True))
    assert current(library) == []
    assert len(library.labels.read(REVIEW_SET)) == 2


def test_a_whole_study_can_be_labelled_beside_its_image(film: Film) -> None:
    library = film[0]
    library.labels.save(said(film, "viral"))
    library.labels.save(said(film, "normal", instance_id=None))
    assert current(library) == [("viral",), ("normal",)]


def test_a_set_of_several_findings_takes_several_and_none(film: Film) -> None:
    library = film[0]
    label_set = library.labels.create_set("Thorax", ["effusion", "fracture"], several=True, who="A. Reader")
    library.labels.save(said(film, "fracture", "effusion", label_set_id=label_set.id))
    assert current(library, label_set.id) == [("effusion", "fracture")]
    library.labels.save(said(film, label_set_id=label_set.id))
    assert current(library, label_set.id) == [()]
    assert library.labels.sets()[-1] == label_set


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"classes": ("fracture",)}, "one of normal, bacterial"),
        ({"classes": ()}, "Choose one"),
        ({"classes": ("normal", "viral")}, "Choose one"),
        ({"classes": ("normal",), "withdrawn": True}, "one class"),
        ({"author": " "}, "name"),
        ({"author": "A" * 101}, "100"),
        ({"source": "rumour"}, "comes from"),
        ({"source": "adjudication"}, "why"),
    ],
)
def test_a_label_that_does_not_fit_is_refused(film: Film, values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(LibraryError, match=sentence):
        film[0].labels.save(said(film, **{"classes": ("normal",)} | values))
    assert film[0].labels.read(REVIEW_SET) == ()


@pytest.mark.parametrize("values", [{"label_set_id": 99}, {"study_id": 99}, {"instance_id": 99}])
def test_a_label_of_nothing_is_refused(film: Film, values: dict[str, int]) -> None:
    with pytest.raises(MissingError):
        film[0].labels.save(said(film, "normal", **values))


def test_a_label_of_another_study_s_image_is_refused(film: Film, bring: Bring) -> None:
    other = bring(make_attributes())
    with pytest.raises(LibraryError, match="does not belong"):
        film[0].labels.save(said(film, "normal", study_id=other.studies[0]))


def test_a_synthetic_film_gets_no_label_from_anybody(library: Library, bring: Bring) -> None:
    summary = bring(make_attributes(synthetic=True))
    nobody = library, summary.studies[0], summary.instances[0]
    read(nobody, "viral")
    with pytest.raises(LibraryError, match="of nobody"):
        library.labels.save(said(nobody, "viral"))
    assert library.labels.read(REVIEW_SET) == ()


@pytest.mark.parametrize(
    ("name", "classes", "several"),
    [("", "ab", False), ("x" * 61, "ab", False), ("Twice", "aa", False), ("One", "a", False), ("None", "", True)],
)
def test_a_label_set_without_names_or_classes_is_refused(
    library: Library, name: str, classes: str, several: bool
) -> None:
    with pytest.raises(LibraryError):
        library.labels.create_set(name, list(classes), several=several, who="A. Reader")
    assert len(library.labels.sets()) == 1


def test_two_label_sets_need_two_names(library: Library) -> None:
    library.labels.create_set("Thorax", ["a", "b"], who="A. Reader")
    with pytest.raises(LibraryError, match="already"):
        library.labels.create_set(" thorax ", ["c", "d"], who="A. Reader")


def test_a_finding_in_review_is_a_label_and_its_verdict_the_next(film: Film) -> None:
    library = film[0]
    library.save_prediction(film[2], make_answer())
    reading = read(film, "normal")
    assert current(library) == [("normal",)]
    library.save_verdict(reading, NewVerdict("A. Reader", "amend", "bacterial", reason="seen now"))
    assert [label.classes for label in library.labels.read(REVIEW_SET)] == [("normal",), ("bacterial",)]
    assert [label.source for label in library.labels.read(REVIEW_SET)] == ["review", "review"]
    library.add_addendum(reading, "A. Reader", "After all", "effusion")
    assert current(library) == [("effusion",)]


@pytest.mark.parametrize("finding", ["poor film", "cannot say"])
def test_what_says_nothing_of_the_image_is_no_label_and_takes_the_earlier_one_back(film: Film, finding: str) -> None:
    read(film, finding)
    assert film[0].labels.read(REVIEW_SET) == ()
    read(film, "viral")
    read(film, finding)
    assert current(film[0]) == []


def test_an_addendum_of_another_reader_is_that_readers_label(film: Film) -> None:
    library = film[0]
    reading = read(film, "normal")
    library.add_addendum(reading, "B. Reader", "A lateral film shows it", "viral")
    (decision,) = library.labels.decisions(REVIEW_SET)
    assert decision.classes == ("viral",)
    assert [label.author for label in decision.opinions] == ["B. Reader"]


def test_where_readers_disagree_nothing_counts_until_somebody_decides_with_a_reason(film: Film) -> None:
    library = film[0]
    library.labels.save(said(film, "viral"))
    library.labels.save(said(film, "normal", author="B. Reader", source="second reading"))
    assert current(library) == [None]
    ruling = library.labels.save(
        said(film, "viral", author="C. Reader", source="adjudication", reason="seen on the next film")
    )
    (decision,) = library.labels.decisions(REVIEW_SET)
    assert (decision.classes, decision.ruling) == (("viral",), ruling)
    assert [label.author for label in decision.opinions] == ["A. Reader", "B. Reader"]


def test_who_decides_may_have_an_own_opinion_on_record(film: Film) -> None:
    library = film[0]
    library.labels.save(said(film, "viral"))
    library.labels.save(said(film, "normal", author="B. Reader"))
    library.labels.save(said(film, "normal", source="adjudication", reason="B. Reader is right"))
    (decision,) = library.labels.decisions(REVIEW_SET)
    assert decision.classes == ("normal",)
    assert [label.classes for label in decision.opinions] == [("viral",), ("normal",)]


def test_a_new_opinion_opens_what_was_decided(film: Film) -> None:
    library = film[0]
    library.labels.save(said(film, "viral"))
    library.labels.save(said(film, "viral", source="adjudication", reason="plain"))
    library.labels.save(said(film, "normal", author="B. Reader", source="second reading"))
    assert current(library) == [None]


def test_classes_in_another_order_are_no_disagreement() -> None:
    one, other = (
        Label(1, 1, 1, classes, author, "queue", id=number)
        for number, (classes, author) in enumerate([(("a", "b"), "A"), (("b", "a"), "B")])
    )
    (decision,) = decide([one, other])
    assert decision.classes == ("a", "b")


def test_a_label_cannot_be_changed_behind_the_library_s_back(film: Film, settings: Settings) -> None:
    film[0].labels.save(said(film, "viral"))
    with closing(sqlite3.connect(settings.data_dir / "library" / "library.sqlite")) as connection:
        for table in ("label", "given_class", "label_set", "label_class"):
            for change in (f"DELETE FROM {table}", f"UPDATE {table} SET rowid = rowid"):
                with pytest.raises(sqlite3.IntegrityError, match="stays as it was saved"):
                    connection.execute(change)


def test_the_labels_of_a_deleted_study_go_with_it(film: Film, bring: Bring) -> None:
    library, study_id, _ = film
    library.labels.save(said(film, "viral"))
    summary = bring(make_attributes())
    kept = library.labels.save(said((library, summary.studies[0], summary.instances[0]), "normal"))
    library.delete_study(study_id, "B. Keeper", "sent twice")
    assert library.labels.read(REVIEW_SET) == (kept,)


def test_what_was_found_before_there_were_labels_becomes_labels(
    library: Library, bring: Bring, settings: Settings
) -> None:
    summary = bring(*(make_attributes() for _ in range(4)), make_attributes(synthetic=True))
    films = [(library, study, film) for study, film in zip(summary.studies, summary.instances, strict=True)]
    for film in films:
        library.save_prediction(film[2], make_answer())
    read(films[0], "normal")
    changed = read(films[1], "normal")
    library.save_verdict(changed, NewVerdict("A. Reader", "amend", "bacterial", reason="seen now"))
    library.add_addendum(changed, "B. Reader", "After all", "viral")
    read(films[2], "cannot say")
    read(films[3], "viral")
    read(films[3], "effusion")
    read(films[4], "viral")
    expected = [
        (decision.instance_id, decision.classes, [label.author for label in decision.opinions])
        for decision in library.labels.decisions(REVIEW_SET)
    ]
    assert [classes for _, classes, _ in expected] == [("normal",), ("viral",), ("effusion",)]
    library.close()
    make_older(settings.data_dir / "library" / "library.sqlite")
    with closing(Library.open(settings)) as updated:
        found = [
            (decision.instance_id, decision.classes, [label.author for label in decision.opinions])
            for decision in updated.labels.decisions(REVIEW_SET)
        ]
    assert found == expected
