"""Claims about which drawn films are taken."""

from collections.abc import Iterator

import numpy as np

from medcore.classifier.decision import CLASSES
from medcore.synthesis.drawing import TOO_NEAR, DrawnFilm, choose, draw_films
from medcore.synthesis.likeness import Nearest


def generator(inputs: list[np.ndarray]) -> np.ndarray:
    """Draw even films whose brightness says the class."""
    return np.full((1, 128, 128, 1), float(inputs[1][0]) / 2 - 0.5, np.float32)


def drawn(refused_seeds: tuple[int, ...] = (), near_seeds: tuple[int, ...] = ()) -> Iterator[DrawnFilm]:
    """Draw films of which the named ones are refused, or near; films are looked at in the order of their seeds."""
    near = iter(range(1, 1000))
    looked_at = [0]

    def nearest_to(film: np.ndarray) -> Nearest:
        looked_at[0] = next(near)
        return Nearest(0.1 if looked_at[0] in near_seeds else 0.5, 0)

    def refusal(film: np.ndarray) -> str:
        return "unlike" if looked_at[0] in refused_seeds else ""

    return draw_films(generator, nearest_to, 0.2, refusal)


def test_classes_come_in_turn_and_the_first_that_may_be_taken_are() -> None:
    chosen, seen = choose(drawn(), of_each=2, looked_at=9)
    assert [film.seed for film in chosen] == [1, 2, 3, 4, 5, 6]
    assert sorted(film.asked for film in chosen) == sorted(2 * CLASSES)
    assert len(seen) == 9


def test_a_film_too_near_and_one_that_the_classifier_refuses_are_passed_over() -> None:
    chosen, seen = choose(drawn(refused_seeds=(2,), near_seeds=(1,)), of_each=1, looked_at=5)
    assert [film.seed for film in chosen] == [3, 4, 5]
    assert [film.refused for film in seen] == [TOO_NEAR, "unlike", "", "", ""]


def test_where_no_film_may_be_taken_none_is_chosen() -> None:
    chosen, seen = choose(drawn(near_seeds=tuple(range(1, 50))), of_each=1, looked_at=20)
    assert (len(chosen), len(seen)) == (0, 20)


def test_a_film_is_the_same_again_and_of_the_classifiers_size() -> None:
    first, again = next(drawn()), next(drawn())
    assert first.film.shape == (224, 224)
    np.testing.assert_array_equal(first.film, again.film)
    assert first.film[0, 0] == round(127.5 * (CLASSES.index(first.asked) / 2 + 0.5))
