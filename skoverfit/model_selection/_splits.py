"""Splits that scikit-learn has not: forward in time, and groups kept together."""

from collections.abc import Iterator
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import BaseCrossValidator, TimeSeriesSplit
from sklearn.utils import check_array, check_scalar
from sklearn.utils.validation import column_or_1d

from skoverfit._compat import _num_samples

__all__ = ["GroupTimeSeriesSplit", "mean_ratio", "n_rows"]


class GroupTimeSeriesSplit(BaseCrossValidator):
    """Forward splits in time that keep each group on one side.

    Rows are in the order of time. Groups, in the order of their first rows, are
    split as :class:`~sklearn.model_selection.TimeSeriesSplit` splits rows: each split
    tests on groups that begin after those it trains on. Where groups overlap in time,
    such as patients who come back, training rows at or after the first test row are
    left out, so that nothing is learned from the future.

    Parameters
    ----------
    n_splits : int, default=5
        Number of splits, at least 2.
    gap : int, default=0
        Number of groups left out between the training and the test groups, in
        [0, inf).
    test_size : int, default=None
        Number of test groups of a split, in [1, inf); by default
        ``n_groups // (n_splits + 1)``.
    max_train_size : int, default=None
        Largest number of training groups of a split, in [1, inf): the latest are
        kept. All by default.

    See Also
    --------
    sklearn.model_selection.TimeSeriesSplit : Where each row is a group of its own.
    sklearn.model_selection.GroupKFold : Where groups have no order.

    Notes
    -----
    Where groups run through the whole time, such as stores with a row a day, little is
    left to train on: choose :class:`~sklearn.model_selection.TimeSeriesSplit` if new
    rows are of known groups, :class:`~sklearn.model_selection.GroupKFold` if not.

    Labels that look ahead, such as the return of the next five days, need `gap` groups
    of at least that length. scikit-learn has discussed such splits since 2019 (issue
    14257) and has none yet.

    Examples
    --------
    >>> from skoverfit.model_selection import GroupTimeSeriesSplit
    >>> days = ["mon", "mon", "tue", "wed", "wed", "thu"]
    >>> for train, test in GroupTimeSeriesSplit(2).split(days, groups=days):
    ...     print(train, test)
    [0 1 2] [3 4]
    [0 1 2 3 4] [5]
    """

    # With metadata routing, groups come without being asked for, as in GroupKFold.
    __metadata_request__split: ClassVar[dict[str, bool]] = {"groups": True}

    def __init__(
        self,
        n_splits: int = 5,
        *,
        gap: int = 0,
        test_size: int | None = None,
        max_train_size: int | None = None,
    ) -> None:
        self.n_splits = check_scalar(n_splits, "n_splits", Integral, min_val=2)
        self.gap = check_scalar(gap, "gap", Integral, min_val=0)
        for name, size in {
            "test_size": test_size,
            "max_train_size": max_train_size,
        }.items():
            if size is not None:
                check_scalar(size, name, Integral, min_val=1)
        self.test_size, self.max_train_size = test_size, max_train_size

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of splits.

        Parameters
        ----------
        X, y, groups : object, default=None
            Not used.

        Returns
        -------
        n_splits : int
        """
        return int(self.n_splits)

    def split(
        self, X: Any, y: Any = None, groups: ArrayLike | None = None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Give the rows of each split.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data, in the order of time.
        y : array-like of shape (n_samples,), default=None
            Not used.
        groups : array-like of shape (n_samples,)
            What rows belong together.

        Yields
        ------
        train, test : ndarray
            Row numbers, ascending.

        Raises
        ------
        ValueError
            If groups are missing, not one per row, or too few for the splits.
        """
        unit = _in_order(groups, _num_samples(X))
        splitter = TimeSeriesSplit(
            int(self.n_splits),
            gap=self.gap,
            test_size=self.test_size,
            max_train_size=self.max_train_size,
        )
        self._check_number_of_groups(int(unit.max()) + 1)
        for train, test in splitter.split(np.arange(unit.max() + 1)):
            test_rows = np.flatnonzero(np.isin(unit, test))
            train_rows = np.flatnonzero(np.isin(unit, train))
            yield train_rows[train_rows < test_rows[0]], test_rows

    def _check_number_of_groups(self, n_groups: int) -> None:
        size = self.test_size or max(n_groups // (self.n_splits + 1), 1)
        needed = self.n_splits * size + self.gap + 1
        if n_groups < needed:
            raise ValueError(
                f"groups has {n_groups} groups, but n_splits={self.n_splits}, "
                f"test_size={self.test_size} and gap={self.gap} need at least {needed}."
            )


def _in_order(groups: ArrayLike | None, n_samples: int) -> NDArray[np.intp]:
    """Give each row the number of its group, in the order of first rows."""
    if groups is None:
        raise ValueError("GroupTimeSeriesSplit needs groups: one label per row.")
    given = check_array(groups, input_name="groups", ensure_2d=False, dtype=None)
    labels = column_or_1d(given)
    if len(labels) != n_samples:
        raise ValueError(
            f"groups must have one label per row ({n_samples}); got {len(labels)}."
        )
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.intp)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def mean_ratio(splits: list[Any]) -> float | None:
    """Mean of test rows over training rows, None where no split has any."""
    sizes = [(n_rows(train), n_rows(test)) for train, test in splits]
    ratios = [n_test / n_train for n_train, n_test in sizes if n_train]
    return float(np.mean(ratios)) if ratios else None


def n_rows(rows: Any) -> int:
    """Return how many rows a mask or an array of numbers selects."""
    rows = np.asarray(rows)
    return int(rows.sum()) if rows.dtype == bool else len(rows)
