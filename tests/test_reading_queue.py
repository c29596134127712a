"""A reader's queue follows from the labels alone: what was said stays said, and what waits waits for the right one."""

from dataclasses import replace
from typing import Any

import pytest

from medcore.labelling.reading_queue import (
    FIRST,
    LATER,
    SECOND,
    first_readings,
    last_word,
    pass_over,
    say,
    second_readings,
    take_back,
)
from medcore.library import FilmToLabel, Label, NewLabel

FILMS = tuple(FilmToLabel(number, 100 + number, number, "DX") for number in range(1, 41))
ALL = list(range(1, 41))


def kept(*said: NewLabel) -> list[Label]:
    """Number labels in the order in which they were said."""
    return [Label(**(vars(one) | {"id": number})) for number, one in enumerate(said, start=1)]


def label(place: int, author: str = "A. Reader", source: str = FIRST) -> NewLabel:
    return say(FILMS[place], 1, ("normal",), author, source)


def ids(films: tuple[FilmToLabel, ...]) -> list[int]:
    return [film.instance_id for film in films]


def test_every_film_comes_once_in_an_order_that_stays_as_films_are_added() -> None:
    few, many = first_readings(FILMS[:20], [], "A. Reader"), first_readings(FILMS, [], "A. Reader")
    assert sorted(ids(many.waiting)) == ALL != ids(many.waiting)
    assert [one for one in ids(many.waiting) if one <= 20] == ids(few.waiting)
    assert (many.done, many.total, many.need_second, many.last) == (0, 40, 0, None)


def test_an_order_that_was_worked_out_comes_first_and_what_it_lacks_last() -> None:
    queue = first_readings(FILMS, [], "A. Reader", order=[7, 99, 3])
    assert ids(queue.waiting)[:2] == [7, 3]
    assert sorted(ids(queue.waiting)) == ALL


def test_what_anybody_has_labelled_is_done_and_needs_a_second_reader() -> None:
    queue = first_readings(FILMS, kept(label(0), label(1, "B. Reader"), label(1, "C. Reader")), "A. Reader")
    assert not {1, 2} & set(ids(queue.waiting))
    assert (queue.done, queue.total, queue.need_second) == (2, 40, 1)


@pytest.mark.parametrize("reason", ["poor film", "cannot say"])
def test_a_film_that_says_nothing_does_not_come_again_to_the_one_who_said_so(reason: str) -> None:
    labels = kept(pass_over(FILMS[4], 1, reason, "A. Reader", FIRST))
    assert 5 not in ids(first_readings(FILMS, labels, "A. Reader").waiting)
    assert 5 in ids(first_readings(FILMS, labels, "B. Reader").waiting)
    assert first_readings(FILMS, labels, "B. Reader").need_second == 0


def test_a_film_that_was_put_off_comes_after_all_others() -> None:
    first = first_readings(FILMS, [], "A. Reader").waiting[0]
    labels = kept(pass_over(first, 1, LATER, "A. Reader", FIRST))
    queue = first_readings(FILMS, labels, "A. Reader")
    assert queue.waiting[-1] == first
    assert queue.done == 0


def test_what_was_taken_back_waits_again_where_it_stood() -> None:
    before = first_readings(FILMS, [], "A. Reader").waiting
    said = kept(say(before[0], 1, ("normal",), "A. Reader", FIRST))
    back = kept(said[0], take_back(said[0]))
    assert first_readings(FILMS, back, "A. Reader").waiting == before
    assert (back[1].withdrawn, back[1].classes, back[1].source) == (True, (), FIRST)


def test_undo_goes_back_step_by_step_and_stays_in_its_queue() -> None:
    said = kept(
        label(0), pass_over(FILMS[1], 1, LATER, "A. Reader", FIRST), label(2, source=SECOND), label(3, "B. Reader")
    )
    assert last_word(said, "A. Reader", FIRST) == said[1]
    assert last_word(kept(*said, take_back(said[1])), "A. Reader", FIRST) == said[0]
    assert last_word(kept(*said, take_back(said[1]), take_back(said[0])), "A. Reader", FIRST) is None
    assert last_word(said, "A. Reader", SECOND) == said[2]


def test_the_second_reader_gets_what_one_other_has_labelled() -> None:
    labels = kept(label(0), label(1, "B. Reader"), label(2), label(2, "C. Reader"), label(3, source="upload"))
    queue = second_readings(FILMS, labels, "B. Reader")
    assert sorted(ids(queue.waiting)) == [1, 4]
    assert (queue.done, queue.total, queue.need_second) == (1, 4, 3)
    assert ids(second_readings(FILMS, labels, " a  READER").waiting) == [2]


def test_a_share_of_the_films_is_read_twice_and_a_larger_one_holds_the_smaller() -> None:
    labels = kept(*(label(place) for place in range(40)))
    drawn = [set(ids(second_readings(FILMS, labels, "B. Reader", share).waiting)) for share in (0.1, 0.2, 0.5, 1.0)]
    assert drawn[0] <= drawn[1] <= drawn[2] <= drawn[3] == set(ALL)
    assert 10 <= len(drawn[2]) <= 30
    assert first_readings(FILMS, labels, "B. Reader", twice=0.5).need_second == len(drawn[2])


@pytest.mark.parametrize(
    "values", [{"source": "adjudication", "reason": "seen on the next film"}, {"instance_id": None}]
)
def test_a_ruling_and_a_label_of_a_whole_study_are_no_readings(values: dict[str, Any]) -> None:
    labels = kept(replace(label(0), **values))
    assert len(first_readings(FILMS, labels, "A. Reader").waiting) == 40
    assert second_readings(FILMS, labels, "B. Reader").total == 0
