"""How the rows hang together: judged once, so that only one cause is named for it."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._rows._interpolated import Interpolated, interpolated_rows
from skoverfit.diagnosis._rows._near_copies import (
    NearCopies,
    columns_constant_in,
    group_columns,
    near_copies,
    standardized,
)
from skoverfit.diagnosis._rows._order import (
    MIN_DISTINCT,
    RELATED_LEVEL,
    neighbors_pvalue,
    order_pvalue,
    row_order,
)
from skoverfit.diagnosis._table import Table

IntArray = NDArray[np.int64]
OrderKind = Literal["none", "sorted", "time", "blocks"]

CLOCK_NAMES = re.compile(
    r"(^|[_\W])(date|time|timestamp|day|week|month|year|hour|datetime)s?($|[_\W])", re.I
)
"""Names of columns that say when something was."""

DATE_NAMES = re.compile(r"(^|[_\W])(date|time|timestamp|datetime)s?($|[_\W])", re.I)
"""Those of them that say when a row was; a year or month may describe what it is of."""

TREND = 0.6
"""Rank correlation with the row number from which a column has a trend."""

FEW_STEPS = 0.002
"""Share of long steps from row to row up to which rows change little by little."""

MAX_CANDIDATES = 2
"""Columns that are tried as groups."""

LONG_STEP = 0.6
"""Length of such a step as a share of that between two random rows."""


@dataclass(frozen=True)
class GroupCandidate:
    """Rows that may belong together, and what says so.

    Attributes
    ----------
    label : str
        What the groups are.
    groups : ndarray of shape (n_samples,)
        Group of each row.
    columns : tuple of str
        Columns of the table that hold the groups, if any.
    near : NearCopies or None
        The clusters, where the rows themselves say it.
    """

    label: str
    groups: IntArray
    columns: tuple[str, ...] = ()
    near: NearCopies | None = None


@dataclass(frozen=True)
class RowSequence:
    """What the order of the rows is.

    Attributes
    ----------
    kind : {"none", "sorted", "time", "blocks"}
        Sorted by the target, by time or something like it, or in blocks of alike rows.
    order : ndarray of shape (n_samples,)
        The rows in that order.
    column : str
        The column that gives the order; empty if it is that of the rows.
    is_given : bool
        Whether the user said so.
    is_guess : bool
        Whether the column may as well describe the row, as the year of a house does.
    """

    kind: OrderKind
    order: IntArray
    column: str = ""
    is_given: bool = False
    is_guess: bool = False


class Arrangement:
    """Near copies, groups, interpolated rows and order of a data set, found lazily.

    Parameters
    ----------
    problem : Problem
        The data.
    table : Table or None
        Its columns as numbers.
    """

    def __init__(self, problem: Problem, table: Table | None):
        self.problem = problem
        self.table = table if table and len(table.rows) == problem.n_samples else None

    @cached_property
    def near(self) -> NearCopies | None:
        """Clusters of near copies."""
        if self.table is None:
            return None
        labels = self.problem.y if self.problem.is_classification else None
        return near_copies(self.table.matrix, labels, seed=self.problem.seed)

    @cached_property
    def interpolated(self) -> Interpolated | None:
        """Rows between two others of their class.

        Raises
        ------
        ValueError
            If the columns are not such that this can be told.
        """
        if self.table is None:
            raise ValueError("the data are not a table that was read as a whole")
        return interpolated_rows(
            self.table.matrix,
            self.problem.y,
            is_classification=self.problem.is_classification,
        )

    @cached_property
    def is_resampled(self) -> bool:
        """Whether rows were interpolated, as far as can be told."""
        try:
            return self.interpolated is not None
        except ValueError:
            return False

    @cached_property
    def candidates(self) -> tuple[GroupCandidate, ...]:
        """Groups that the splits may part, those of near copies first."""
        if self.table is None or self.problem.groups is not None:
            return ()
        found, matrix, names = [], self.table.matrix, self.table.names
        if self.near is not None and not self.is_resampled:
            columns = columns_constant_in(self.near.groups, matrix, names)
            found.append(
                GroupCandidate("near copies", self.near.groups, columns[:1], self.near)
            )
        known = {name for candidate in found for name in candidate.columns}
        found += [
            GroupCandidate(name, groups, (name,))
            for name, groups, _ in group_columns(matrix, names)[:MAX_CANDIDATES]
            if name not in known
        ]
        return tuple(found)

    @cached_property
    def sequence(self) -> RowSequence:
        """What the order of the rows, or of a column of dates, says."""
        problem = self.problem
        as_they_are = np.arange(problem.n_samples)
        if problem.time is not None:
            order = np.argsort(problem.time, kind="stable")
            return RowSequence("time", order, is_given=True)
        clock = self._clock()
        if clock is not None:
            return clock
        kind = row_order(
            problem.X, problem.y, is_classification=problem.is_classification
        )
        if kind == "sorted":
            return RowSequence("sorted", as_they_are)
        if kind == "random" or self._is_of_copies:
            return RowSequence("none", as_they_are)
        return RowSequence("time" if self._is_gradual else "blocks", as_they_are)

    @property
    def _is_of_copies(self) -> bool:
        """Whether near copies explain that rows next to one another are alike."""
        return self.near is not None

    @property
    def _is_gradual(self) -> bool:
        """Whether rows change little by little, as over time, or have a trend."""
        columns = [] if self.table is None else list(self.table.matrix.T)
        if not self.problem.is_classification:
            columns.append(self.problem.y)
        if any(has_trend(column) for column in columns):
            return True
        return self.table is not None and changes_gradually(self.table.matrix)

    def _clock(self) -> RowSequence | None:
        """Find the column of time along which target or rows change, if any."""
        if self.table is None:
            return None
        for j, name in enumerate(self.table.names):
            column = self.table.matrix[:, j]
            if not _may_be_clock(column, name, self.table.kinds[j]):
                continue
            order = np.argsort(column, kind="stable")
            if self._changes_along(order, j):
                is_date = self.table.kinds[j] == "datetime"
                is_sure = is_date or DATE_NAMES.search(name) or _counts_rows(column)
                return RowSequence("time", order, name, is_guess=not is_sure)
        return None

    def _changes_along(self, order: IntArray, j: int) -> bool:
        assert self.table is not None
        is_class, y = self.problem.is_classification, self.problem.y[order]
        if order_pvalue(y, is_classification=is_class) < RELATED_LEVEL:
            return True
        others = np.delete(self.table.matrix, j, axis=1)[order]
        return neighbors_pvalue(others, y, is_class) < RELATED_LEVEL


def _may_be_clock(column: NDArray[np.float64], name: str, kind: str) -> bool:
    """Whether a column is a date, is named like one, or counts the rows."""
    if not np.isfinite(column).all() or len(np.unique(column)) < MIN_DISTINCT:
        return False
    is_named = bool(CLOCK_NAMES.search(name))
    return kind == "datetime" or is_named or _counts_rows(column)


def _counts_rows(column: NDArray[np.float64]) -> bool:
    steps = np.diff(column)
    return bool(np.all(steps >= 0)) and int((steps > 0).sum()) >= len(steps) / 2


def has_trend(column: NDArray[np.float64]) -> bool:
    """Whether a column rises or falls along the rows."""
    known = np.flatnonzero(np.isfinite(column))
    if len(known) < MIN_DISTINCT or np.ptp(column[known]) == 0:
        return False
    return bool(abs(stats.spearmanr(known, column[known]).statistic) >= TREND)


def changes_gradually(matrix: NDArray[np.float64]) -> bool:
    """Whether every row is like the next one: blocks have some steps that are long."""
    values = standardized(matrix, 0.0)
    if not values.shape[1] or len(values) < 2 * MIN_DISTINCT:
        return False
    rng = np.random.default_rng(0)
    usual = np.abs(values - values[rng.permutation(len(values))]).mean(axis=1)
    steps = np.abs(np.diff(values, axis=0)).mean(axis=1) / np.median(usual)
    return bool(np.quantile(steps, 1 - FEW_STEPS) < LONG_STEP)
