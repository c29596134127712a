"""What an upload would do: contradictions are refused on both sides, and what is there twice is taken once."""

import secrets
from typing import Any

from medcore.labelling.gathering import Candidate
from medcore.labelling.judging import FEW_PATIENTS, ClassCount, Judged, LookAlike, LookedAt, judge

CLASSES = ("normal", "viral")


def picture(source: str, label: str = "normal", *, split: str = "", **values: Any) -> LookedAt:
    known: dict[str, Any] = {"patient": source, "pixels_sha256": source, "look": secrets.token_bytes(32)}
    return LookedAt(Candidate(source, (label,), split=split), **known | values)


def reasons(judged: Judged) -> dict[str, str]:
    return {refused.source: refused.reason for refused in judged.refused}


def sources(judged: Judged) -> list[str]:
    return [one.candidate.source for one in judged.taken]


def test_sound_pictures_are_taken_in_their_order_and_counted() -> None:
    given = [picture("a"), picture("b", "viral", patient="P"), picture("c", "viral", patient="P")]
    judged = judge(given, (*CLASSES, "bacterial"))
    assert judged.taken == tuple(given)
    assert judged.refused == () and judged.alike == ()
    assert judged.counts == (ClassCount("normal", 1, 1), ClassCount("viral", 2, 1), ClassCount("bacterial", 0, 0))


def test_a_class_of_few_patients_is_marked() -> None:
    given = [picture(f"{number}", patient=f"P{number}") for number in range(FEW_PATIENTS)]
    given.append(picture("last", "viral", patient="P0"))
    assert [count.is_small for count in judge(given, CLASSES).counts] == [False, True]
    of_one = [picture(f"{number}", patient="P") for number in range(FEW_PATIENTS)]
    assert judge(of_one, CLASSES).counts[0].is_small


def test_pictures_of_unknown_patients_count_as_a_patient_each() -> None:
    given = [picture("a", patient=""), picture("b", patient=""), picture("c", patient="P")]
    assert judge(given, CLASSES).counts[0] == ClassCount("normal", 3, 3)


def test_the_same_picture_with_the_same_label_is_taken_once() -> None:
    judged = judge(
        [picture("a", pixels_sha256="x", patient="P"), picture("b", pixels_sha256="x", patient="P")], CLASSES
    )
    assert sources(judged) == ["a"]
    assert "the same picture as a" in reasons(judged)["b"]


def test_the_same_picture_with_two_labels_is_taken_with_neither() -> None:
    same = {"pixels_sha256": "x", "patient": "P"}
    judged = judge([picture("a", **same), picture("b", "viral", **same), picture("c")], CLASSES)
    assert sources(judged) == ["c"]
    assert "two labels, normal, viral: see b" in reasons(judged)["a"]
    assert "see a" in reasons(judged)["b"]


def test_the_same_picture_of_two_patients_is_caught() -> None:
    given = [picture("a", pixels_sha256="x", patient="P1"), picture("b", pixels_sha256="x", patient="P2")]
    judged = judge(given, CLASSES)
    assert sources(judged) == []
    assert "two patients, P1, P2" in reasons(judged)["a"]


def test_a_patient_in_two_splits_is_caught_and_no_split_says_nothing() -> None:
    given = [
        picture("a", patient="P", split="train"),
        picture("b", patient="P", split="test"),
        picture("c", patient="Q", split="train"),
        picture("d", patient="Q"),
        picture("e", patient="", split="train"),
        picture("f", patient="", split="test"),
    ]
    judged = judge(given, CLASSES)
    assert sources(judged) == ["c", "d", "e", "f"]
    assert "several splits, test, train" in reasons(judged)["a"]


def test_pictures_of_two_patients_that_look_the_same_are_named_and_taken() -> None:
    look = bytes(32)
    given = [
        picture("a", look=look, patient="P1"),
        picture("b", look=look, patient="P2"),
        picture("c", look=look, patient="P2"),
    ]
    judged = judge(given, CLASSES)
    assert sources(judged) == ["a", "b", "c"]
    assert judged.alike == (LookAlike("a", "b", 0), LookAlike("a", "c", 0))


def test_what_was_refused_is_no_reason_to_refuse_another() -> None:
    given = [
        picture("a", pixels_sha256="x", patient="P1"),
        picture("b", pixels_sha256="x", patient="P2"),
        picture("c", look=bytes(32)),
    ]
    judged = judge(given, CLASSES)
    assert sources(judged) == ["c"]
    assert judged.counts[0] == ClassCount("normal", 1, 1)
