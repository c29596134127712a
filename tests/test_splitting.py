"""Patients are split whole, in fair shares of every class, and stay where they were put."""

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from medcore.errors import ModelError
from medcore.training.splitting import SHARES, Labelled, split_patients

CLASSES = ("normal", "bacterial", "viral", "effusion")
some_classes = st.lists(st.sampled_from(CLASSES), max_size=2, unique=True).map(tuple)
images = st.builds(Labelled, st.sampled_from([f"P{number}" for number in range(30)]), some_classes)


def clinic(patients: int = 400, seed: int = 1) -> list[Labelled]:
    """Make up patients with one to five images each, of classes of which one is rare."""
    generator = np.random.default_rng(seed)
    return [
        Labelled(f"P{patient}", (str(generator.choice(CLASSES, p=[0.5, 0.3, 0.17, 0.03])),))
        for patient in range(patients)
        for _ in range(generator.integers(1, 6))
    ]


def shares_of(parts: dict[str, str], films: list[Labelled]) -> dict[str, dict[str, float]]:
    found = {name: Counter(parts[film.patient] for film in films if name in film.classes) for name in CLASSES}
    return {name: {part: counts[part] / counts.total() for part in SHARES} for name, counts in found.items()}


def test_every_class_has_its_share_in_every_part() -> None:
    films = clinic()
    for name, shares in shares_of(split_patients(films), films).items():
        for part, wanted in SHARES.items():
            assert shares[part] == pytest.approx(wanted, abs=0.06), (name, part)


@trials(max_examples=100, deadline=None)
@given(st.lists(images, max_size=60), st.randoms())
def test_the_order_of_the_images_makes_no_difference(films: list[Labelled], order: random.Random) -> None:
    shuffled = films.copy()
    order.shuffle(shuffled)
    parts = split_patients(films)
    assert parts == split_patients(shuffled)
    assert parts.keys() == {film.patient for film in films}


@trials(max_examples=50, deadline=None)
@given(st.lists(images, max_size=40), st.lists(images, max_size=40))
def test_who_was_put_into_a_part_stays_there(before: list[Labelled], after: list[Labelled]) -> None:
    first = split_patients(before)
    second = split_patients(before + after, known=first)
    assert {patient: second[patient] for patient in first} == first


def test_new_patients_make_up_for_what_a_part_lacks() -> None:
    known = {film.patient: "train" for film in clinic(200)}
    films = clinic(400)
    parts = split_patients(films, known=known)
    for name, shares in shares_of(parts, films).items():
        for part, wanted in SHARES.items():
            assert shares[part] == pytest.approx(wanted, abs=0.06), (name, part)


def test_another_seed_is_another_split_and_the_same_seed_the_same() -> None:
    films = clinic()
    assert split_patients(films, seed=1) == split_patients(films, seed=1)
    assert split_patients(films, seed=1) != split_patients(films, seed=2)


def test_patients_whose_pictures_look_the_same_stay_together() -> None:
    films = clinic()
    alike = [("P1", "P2"), ("P3", "P2"), ("P9", "P8"), ("P1", "not here")]
    for seed in range(20):
        parts = split_patients(films, alike=alike, seed=seed)
        assert parts["P1"] == parts["P2"] == parts["P3"]
        assert parts["P8"] == parts["P9"]


def test_patients_that_look_the_same_and_were_parted_before_are_a_clear_error() -> None:
    with pytest.raises(ModelError, match="look the same"):
        split_patients(clinic(), known={"P1": "train", "P2": "test"}, alike=[("P1", "P2")])


def test_shares_must_add_up() -> None:
    with pytest.raises(ModelError, match=r"add up to 0\.9"):
        split_patients(clinic(), shares={"train": 0.6, "test": 0.3})


def test_shares_are_of_those_who_are_dealt_out() -> None:
    films = [Labelled(f"P{number}", ("normal" if number % 2 else "viral",)) for number in range(64)]
    elsewhere = {f"P{number}": "test" for number in range(32)}
    parts = split_patients(films, elsewhere, shares={"train": 0.75, "calibration": 0.25})
    dealt = Counter((part, int(patient[1:]) % 2) for patient, part in parts.items() if patient not in elsewhere)
    assert dealt == {("train", 0): 12, ("train", 1): 12, ("calibration", 0): 4, ("calibration", 1): 4}
