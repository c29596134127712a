"""The trial of orders: the same start in each, as many labels at each step, and a head that gets better."""

import numpy as np
import pytest

from medcore.training.order_trial import ORDERS, STEPS, label_in_order


def features(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    kind = generator.integers(0, 3, count)
    middles = np.random.default_rng(0).normal(size=(3, 10))
    return middles[kind] + generator.normal(0, 1.5, (count, 10)), np.eye(3)[kind]


@pytest.mark.parametrize("order", ORDERS)
def test_more_labels_make_a_better_head(order: str) -> None:
    pool, truth = features(1, 700)
    held_out, expected = features(2, 300)
    rows = label_in_order(pool, truth, held_out, expected > 0, order, seed=1)
    assert [row.labels for row in rows] == list(STEPS)
    assert rows[-1].auc > rows[0].auc


def test_every_order_starts_from_the_same_films() -> None:
    pool, truth = features(1, 700)
    held_out, expected = features(2, 300)
    first = {label_in_order(pool, truth, held_out, expected > 0, order, seed=1)[0].auc for order in ORDERS}
    assert len(first) == 1
