"""Training rows on which fits end early, lack classes or have hardly anything to learn.

Families of shared fits are easily right on rows that are plenty. Made of a caller's own
rows, these keep their type and their columns.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.multiclass import type_of_target

from skoverfit._compat import _num_samples

__all__ = ["RowChoice", "hard_choices"]

#: Rows of the smallest training set.
FEW = 12
#: Rows of training sets that repeat a few rows, and how often each of these comes. Bags
#: of them fall short of leaves or classes in some rounds of boosting and not in others.
REPEATED, SHARES = (50, 80, 120, 200), (0.7, 0.2, 0.06, 0.04)


class RowChoice(NamedTuple):
    """Row numbers of a training set and of the rows to predict, and what it is called.

    `targets` are the rows that lend the training set their targets.
    """

    name: str
    train: np.ndarray
    targets: np.ndarray
    test: np.ndarray


def hard_choices(X: Any, y: Any, seed: int) -> Iterator[RowChoice]:
    """Yield choices of rows, the same for the same seed.

    Yields
    ------
    choice : RowChoice
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(_num_samples(X))
    few, test = order[:FEW], order[-FEW:]
    yield RowChoice(f"training on {len(few)} rows", few, few, test)
    for n_rows in REPEATED:
        name = f"training on {len(SHARES)} rows repeated to be {n_rows}"
        rows = rng.choice(order[: len(SHARES)], n_rows, p=SHARES)
        yield RowChoice(name, rows, rng.choice(order, n_rows), test)
    if y is not None and np.ndim(y) == 1:
        yield from _with_fewer_targets(np.asarray(y), order, test)


def _with_fewer_targets(
    y: np.ndarray, order: np.ndarray, test: np.ndarray
) -> Iterator[RowChoice]:
    """Leave out a class that is then to be predicted, and all classes but one."""
    if type_of_target(y) in ("binary", "multiclass"):
        left = order[y[order] != y[test[0]]]
        yield RowChoice("training without a class", left, left, test)
    same = np.full(len(order), order[0])
    yield RowChoice("training on one and the same target", order, same, test)
