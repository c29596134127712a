"""Every order offers every image once, and first what it is named for."""

import numpy as np
import pytest

from medcore.labelling import queue_order
from medcore.labelling.queue_order import ORDERS, Pool, order_queue

NONE = np.empty((0, 2))


def pool(count: int = 40, labelled: np.ndarray = NONE) -> Pool:
    generator = np.random.default_rng(3)
    return Pool(
        generator.dirichlet(np.ones(3), count),
        generator.normal(size=(count, 2)),
        generator.random(count) < 0.2,
        labelled,
    )


@pytest.mark.parametrize("how", ORDERS)
def test_every_image_is_offered_once_and_a_seed_decides_among_equals(how: str) -> None:
    given = pool()
    order = order_queue(given, how, seed=1)
    assert sorted(order) == list(range(40))
    np.testing.assert_array_equal(order, order_queue(given, how, seed=1))
    if how in ("out of scope", "random"):
        assert (order != order_queue(given, how, seed=2)).any()


def test_what_the_model_can_least_decide_comes_first() -> None:
    probabilities = np.array([[0.9, 0.1, 0.0], [0.4, 0.35, 0.25], [0.5, 0.5, 0.0], [0.6, 0.2, 0.2]])
    given = Pool(probabilities, np.zeros((4, 2)), np.zeros(4, bool), NONE)
    assert order_queue(given, "uncertainty").tolist() == [2, 1, 3, 0]


def test_one_output_is_least_sure_at_a_half() -> None:
    given = Pool(np.array([[0.9], [0.45], [0.2]]), np.zeros((3, 2)), np.zeros(3, bool), NONE)
    assert order_queue(given, "uncertainty").tolist() == [1, 2, 0]


def test_what_is_unlike_everything_labelled_comes_first_and_then_what_is_unlike_that() -> None:
    features = np.array([[0.0, 0.0], [10.0, 0.0], [9.9, 0.0], [0.0, 6.0]])
    given = Pool(np.full((4, 2), 0.5), features, np.zeros(4, bool), np.array([[0.0, 0.1]]))
    assert order_queue(given, "diversity").tolist()[:2] == [1, 3]


def test_many_images_are_spread_only_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    given = pool(40, np.array([[0.0, 0.0]]))
    first = order_queue(given, "diversity").tolist()[:5]
    monkeypatch.setattr(queue_order, "MOST_SPREAD", 5)
    order = order_queue(given, "diversity").tolist()
    assert order[:5] == first
    assert sorted(order) == list(range(40))


def test_what_the_model_would_not_answer_for_comes_first() -> None:
    given = pool()
    order = order_queue(given, "out of scope")
    count = int(given.out_of_scope.sum())
    assert given.out_of_scope[order[:count]].all()


def test_an_order_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="uncertainty, diversity"):
        order_queue(pool(), "alphabet")
