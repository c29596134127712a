"""Agreement against answers worked out by hand, scikit-learn and loops over pairs of readings."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import settings as trials
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from medcore.evaluation.agreement import agree_several, agree_two, cohen_kappa, fleiss_kappa, gwet_ac1

THREE_READERS = np.random.default_rng(5).multinomial(3, [0.2, 0.3, 0.5], 60)  # sixty films, three classes
labels = st.integers(0, 2)


def owners(count: int) -> list[str]:
    return [f"patient-{number}" for number in range(count)]


def test_two_readers_of_fifty_films_agree_as_worked_out_by_hand() -> None:
    # 20 both yes, 15 both no, 5 and 10 apart: 0.70 agreed, 0.5 * 0.6 + 0.5 * 0.4 = 0.50 by chance
    first = np.repeat(["yes", "yes", "no", "no"], [20, 5, 10, 15])
    second = np.repeat(["yes", "no", "yes", "no"], [20, 5, 10, 15])
    agreement = agree_two(first, second, owners(50))
    assert (agreement.films, agreement.agreed, agreement.kappa) == (50, 0.7, pytest.approx(0.4))
    assert agreement.low < 0.4 < agreement.high


@trials(max_examples=100, deadline=None)
@given(st.lists(st.tuples(labels, labels), min_size=2, max_size=40))
def test_two_readers_agree_as_scikit_learn_says(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs).T
    assume(len(set(first) | set(second)) > 1)
    assert cohen_kappa(first, second) == pytest.approx(cohen_kappa_score(first, second))


def test_three_readers_of_four_films_agree_as_worked_out_by_hand() -> None:
    # pairs that agree: 1, 1, 1/3 and 1/3 of each film's three, 2/3 on average; by chance 1/2
    agreement = agree_several(np.array([[3, 0], [0, 3], [2, 1], [1, 2]]), owners(4))
    assert (agreement.films, agreement.agreed, agreement.kappa) == (4, pytest.approx(2 / 3), pytest.approx(1 / 3))


@trials(max_examples=50, deadline=None)
@given(st.lists(st.lists(labels, min_size=2, max_size=5), min_size=2, max_size=15))
def test_films_may_be_read_by_differing_numbers_of_readers(films: list[list[int]]) -> None:
    assume(len({label for film in films for label in film}) > 1)
    readings = np.array([[film.count(label) for label in range(3)] for film in films])
    agreed = np.mean([np.mean([one == other for one, other in combinations(film, 2)]) for film in films])
    shares = [np.mean([film.count(label) / len(film) for film in films]) for label in range(3)]
    by_chance = sum(share**2 for share in shares)
    assert fleiss_kappa(readings) == pytest.approx((agreed - by_chance) / (1 - by_chance))


def test_ac1_stays_high_where_nearly_all_films_are_of_one_class() -> None:
    # 118 both yes, 5 and 2 apart, none both no; Gwet 2008: 0.9407, while kappa is below 0
    readings = np.repeat([[2, 0], [1, 1]], [118, 7], axis=0)
    agreement = agree_several(readings, owners(125), figure=gwet_ac1)
    assert agreement.kappa == pytest.approx((0.944 - 0.054432) / (1 - 0.054432))
    assert agreement.low < agreement.kappa < agreement.high
    assert fleiss_kappa(readings) < 0
    with pytest.raises(ValueError, match="one and the same"):
        gwet_ac1(np.array([[2], [2]]))


def test_a_film_that_was_read_once_is_left_out() -> None:
    with_single = np.concatenate([THREE_READERS, [[1, 0, 0]]])
    assert agree_several(with_single, owners(61)) == agree_several(THREE_READERS, owners(60))


def test_the_interval_is_as_wide_as_films_drawn_anew_vary() -> None:
    agreement = agree_several(THREE_READERS, owners(60))
    anew = np.random.default_rng(1)
    error = np.std([fleiss_kappa(anew.multinomial(3, [0.2, 0.3, 0.5], 60)) for _ in range(1000)])
    assert agreement.high - agreement.low == pytest.approx(2 * 1.96 * error, rel=0.2)


def test_films_of_one_patient_make_the_interval_wider() -> None:
    generator = np.random.default_rng(3)
    one_each = generator.integers(0, 2, 40), generator.integers(0, 2, 40)
    both = [np.tile(reader, 4) for reader in one_each]
    alone = agree_two(*both, owners(160))
    together = agree_two(*both, owners(40) * 4)
    assert alone.kappa == together.kappa
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


@pytest.mark.parametrize(("first", "second"), [([], []), ([1, 1], [1, 1]), ([1, 2], [1])])
def test_what_says_nothing_is_refused(first: list[int], second: list[int]) -> None:
    with pytest.raises(ValueError, match="film"):
        agree_two(np.array(first), np.array(second), owners(len(first)))


def test_films_that_nobody_read_twice_say_nothing() -> None:
    with pytest.raises(ValueError, match="two readings"):
        agree_several(np.eye(3, dtype=int), owners(3))
