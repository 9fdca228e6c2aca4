"""New rows between a row and one of its nearest neighbors."""

from dataclasses import KW_ONLY
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import gen_batches
from sklearn.utils.sparsefuncs import inplace_column_scale, mean_variance_axis

from skoverfit._columns import between, rounded_at_random
from skoverfit._compat import Interval, StrOptions
from skoverfit._declared import declared
from skoverfit._docs import documented
from skoverfit._types import (
    Columns,
    TaskName,
)
from skoverfit.augmentation._copies import SoftTarget
from skoverfit.augmentation._docs import AUGMENTERS
from skoverfit.augmentation._tables._cells._blocks import with_blocks_taken
from skoverfit.augmentation._tables._cells._mixed_table import (
    NUMERIC,
    MixedTable,
)
from skoverfit.augmentation._tables._column_choice import ColumnAugmenter
from skoverfit.augmentation._tables._nearest import CodedColumns, nearest
from skoverfit.augmentation._targets import TASKS, class_codes, is_numeric_target

__all__ = ["NeighborInterpolation"]

# Rows that are interpolated at once.
_BATCH = 4096


@documented(AUGMENTERS)
@declared
class NeighborInterpolation(ColumnAugmenter):
    """Add rows that lie between a row and one of its nearest neighbors.

    For each new row one of the `n_neighbors` nearest other rows is drawn, and a share
    of the way to it, uniform from 0 to `step`. With ``sampling_strategy="auto"`` this
    is SMOTE [1]_, and SMOTE-NC where there are categories; regression targets are
    interpolated along with the rows, as in SMOTER [2]_. What happens to a cell depends
    on its column:

    - float: the share of the way, so it stays between the two values;
    - integer: the same, rounded to a whole number at random, up or down, so that
      rounding adds nothing on average. Ways up, or ways down if these gain more, are
      shortened by one factor for all rows of the class, so that the mean of the column
      in the class stays as it is;
    - bool: the neighbor's value with the share as probability, else the parent's,
      which is the same rule for 0 and 1, and keeps the mean as well;
    - category, string, date: the most frequent value among all `n_neighbors`
      neighbors; of equally frequent ones, one drawn at random;
    - missing: a value that is missing in the parent stays missing, and where it is
      missing in the neighbor the parent's is kept, so each new row has the pattern
      of missing values of its parent;
    - nested or otherwise without equality: the parent's.

    Parameters
    ----------
    step : float, default=1.0
        Largest share of the way to the neighbor, in [0, 1].
    {n_copies}
    n_neighbors : int, default=5
        Number of neighbors of which one is drawn, 1 or more. A class with fewer other
        rows uses those there are; a row that is alone in its class is copied.
    within : {"auto", "class", "all", "target"}, default="auto"
        Where neighbors come from. "class": rows with the same target. "all": all
        rows; where the two labels differ, the new row is delivered once with each and
        their weights are the shares of the way. "target": all rows, near in the target
        as well, which then counts as much as all columns together; it needs a target
        of numbers. "auto" is "class" for labels and "all" for numbers.
    categorical_features : array-like of str or int, or None, default=None
        Names or positions of columns of numbers that code categories. Columns of
        bools, categories, strings and dates need not be named.
    standardize : bool, default=False
        Whether columns of numbers are divided by their standard deviation before
        distances are computed. False, as in SMOTE, lets the columns with the largest
        numbers decide.
    {task}
    columns : array-like of str or int, or None, default=None
        Names or positions of the columns that change. None changes all. The others
        keep their parent's values, and all count in the distance.
    blocks : "auto", list of lists of columns, or None, default="auto"
        Columns that belong together, by name or position. They are one
        category: the neighbors vote, and in sparse matrices the neighbor
        gives them all, with a chance that is its share. "auto" finds columns
        that are one-hot in the data, scaled or not; None lets all columns
        change by themselves.
    {mode, sampling_strategy, constraint, random_state}

    Attributes
    ----------
    {blocks_, of_tables}

    Raises
    ------
    ValueError
        If a parameter is out of range, if ``within="target"`` is used with labels, or
        if `categorical_features` is used with a sparse matrix.

    See Also
    --------
    GaussianNoise : Moves numbers without looking at other rows.

    Notes
    -----
    Distances are those of SMOTE-NC: Euclidean over the numbers, and two rows that
    differ in a category or bool are further apart in it by the median of the standard
    deviations of the columns of numbers (of those that vary; 1 without any), taken
    among the rows that may be neighbors. A missing number counts as the mean and as a
    category of its own; in sparse matrices, as zero.

    Neighbors are exact, up to two things. Where all pairs of rows are compared in
    single precision, a row may be taken whose squared distance is larger by a
    thousandth; where single precision cannot promise that, double precision is used.
    And columns with more than 16 categories are first replaced by codes of 16 numbers
    that keep distances only roughly, four times as many candidates as neighbors are
    looked for, and exact distances decide among those.

    As with SMOTE, rows that are neighbors of many others are drawn more often, so
    columns of floats move a little towards where the rows are dense, and votes favor
    frequent categories. In sparse matrices this holds for integers and bools, too:
    there, only the rounding is without bias.

    Up to six columns are searched with a tree, more by comparing all pairs: time grows
    with the square of the number of rows of a class. Memory grows with the number of
    rows alone.

    References
    ----------
    .. [1] N. V. Chawla, K. W. Bowyer, L. O. Hall, W. P. Kegelmeyer, "SMOTE: synthetic
       minority over-sampling technique", Journal of Artificial Intelligence Research
       16, 321-357, 2002.
    .. [2] L. Torgo, R. P. Ribeiro, B. Pfahringer, P. Branco, "SMOTE for regression",
       Portuguese Conference on Artificial Intelligence, 378-389, 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import NeighborInterpolation
    >>> X = np.array([[0.0, 0.0], [1.0, 2.0], [5.0, 5.0], [6.0, 6.0], [7.0, 7.0]])
    >>> y = np.array(["a", "a", "b", "b", "b"])
    >>> smote = NeighborInterpolation(sampling_strategy="auto", random_state=0)
    >>> X_out, y_out = smote.fit_resample(X, y)
    >>> y_out
    array(['a', 'a', 'b', 'b', 'b', 'a'], dtype='<U1')
    >>> bool(X_out[5, 1] == 2 * X_out[5, 0])  # on the line between the first two
    True
    """

    step: float = 1.0
    n_copies: int = 1
    _: KW_ONLY
    n_neighbors: int = 5
    within: Literal["auto", "class", "all", "target"] = "auto"
    categorical_features: Columns = None
    standardize: bool = False
    task: TaskName = "auto"

    _parameter_constraints = {
        "step": [Interval(Real, 0, 1, closed="both")],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "within": [StrOptions({"auto", "class", "all", "target"})],
        "categorical_features": ["array-like", None],
        "standardize": ["boolean"],
        "task": TASKS,
    }

    def _learn(self, X, y):
        self._units = self._learned_units(X)
        self._chosen = np.zeros(self.n_features_in_, dtype=bool)
        self._chosen[self._units.single] = True
        categorical = _positions(self, "categorical_features")
        if self._is_sparse and categorical:
            raise ValueError(
                "categorical_features needs a dense array or a data frame. "
                f"Got {self.categorical_features!r} with a sparse matrix."
            )
        self._numeric_target = is_numeric_target(y, self.task, self.sampling_strategy)
        if self.within == "target" and not self._numeric_target:
            raise ValueError(
                "within='target' needs a target of numbers. Got class labels in y; "
                "allowed are within='class' and within='all', or task='regression'."
            )
        self._table: Any = X
        if not self._is_sparse:
            self._table = MixedTable(X, categorical, self._units.blocks)
        self._targets, self._graph = y, None

    def _augment(self, X, y, rng):
        if self._graph is None:  # only now, because fit alone needs no neighbors
            self._graph = self._neighbors()
        parents = self._parents
        chosen = self._graph.draw(parents, rng)
        share = self.step * rng.random(len(parents))
        if self._is_sparse:
            rows = self._between_sparse(X, chosen, share, rng)
        else:
            rows = self._between(X, chosen, share, rng)
        return rows, self._mixed_target(y, self._targets[chosen], share, rng)

    def _mixed_target(self, y, other, share, rng):
        if not self._numeric_target:
            return y if self._within_class() else SoftTarget(y, other, 1 - share)
        if self._within_class():
            return y
        wide = share.reshape(-1, *[1] * (y.ndim - 1))
        return _between_numbers(y, other, wide, rng)

    def _within_class(self):
        automatic = "all" if self._numeric_target else "class"
        return (automatic if self.within == "auto" else self.within) == "class"

    def _neighbors(self):
        """Find the neighbors of each row that is a parent."""
        n_rows, y = self._table.shape[0], self._targets
        width = min(self.n_neighbors, max(n_rows - 1, 1))
        dtype = np.int32 if n_rows < 2**31 else np.int64
        found = np.repeat(np.arange(n_rows, dtype=dtype)[:, np.newaxis], width, axis=1)
        counts, pool = np.zeros((2, n_rows), dtype=np.int32)
        for number, rows in enumerate(self._pools(y)):
            k = min(width, len(rows) - 1)
            if k > 0:
                found[rows, :k] = rows[self._search(rows, k)]
                counts[rows], pool[rows] = k, number
        return _Graph(found, counts, pool)

    def _pools(self, y):
        """Return sets of rows that may be neighbors of one another."""
        if not self._within_class():
            return [np.arange(len(y))]
        if self.sampling_strategy is not None:
            wanted = [label for label, n in self.sampling_strategy_.items() if n]
            return [np.flatnonzero(y == label) for label in wanted]
        codes = class_codes(y)
        order = np.argsort(codes, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)

    def _search(self, rows, k):
        """Positions in the pool of the k nearest of each of its rows."""
        if self._is_sparse:
            return _nearest_sparse(self._table[rows], k, self.standardize)
        points, codes = _coordinates(self._table, rows)
        std = points.std(axis=0)
        if self.standardize:
            points = points / np.where(std > 0, std, 1)
            std = (std > 0).astype(np.float64)
        varies = std[std > 0]
        penalty = float(np.median(varies)) if varies.size else 1.0
        if self.within == "target":
            target = self._targets[rows].reshape(len(rows), -1)
            weight = penalty * np.sqrt(self.n_features_in_ / target.shape[1])
            points = np.hstack([points, weight * _standardized(target)])
        return nearest(points, CodedColumns(codes, penalty), k)

    def _between_sparse(self, X, chosen, share, rng):
        """As `_between`, for a CSR matrix."""
        rows = _between_sparse(X, self._table[chosen], share, self._chosen, rng)
        blocks = self._units.blocks
        sources = [np.where(rng.random(len(share)) < share, chosen, -1) for _ in blocks]
        return with_blocks_taken(rows, self._table, blocks, sources)

    def _between(self, X, chosen, share, rng):
        """Rows between the parents and the chosen neighbors."""
        table, parents = self._table, self._parents
        sources = _Sources(table, self._graph, parents, chosen)
        taken, numbers = {}, {}
        is_matrix = table.is_array and X.dtype.kind == "f"
        for j in self._units.firsts:
            kind = table.kinds[j]
            if kind == "bool":
                taken[j] = sources.drawn(j, share, rng.random(len(parents)))
            elif kind == "category":
                taken[j] = sources.voted(j, rng.random(len(parents)))
            elif not is_matrix and kind != "other":
                numbers[j] = sources.between(j, share, rng)
        if not is_matrix:
            return table.build(X, taken, numbers)
        result, share = self._new_rows(X), share[:, np.newaxis]
        for rows in gen_batches(len(X), _BATCH):  # temporary arrays stay in the cache
            end = table.X[chosen[rows]]
            result[rows] = _between_numbers(X[rows], end, share[rows], rng)
        kept = np.flatnonzero(~self._chosen)
        result[:, kept] = X[:, kept]
        for j, rows in taken.items():
            columns = table.columns_of(j)
            result[:, columns] = table.X[rows[:, np.newaxis], columns]
        return result


class _Graph:
    """Neighbors of rows.

    Parameters
    ----------
    neighbors : ndarray of shape (n_rows, k)
        Neighbors of each row; the row itself where there are fewer.
    counts : ndarray of shape (n_rows,)
        How many each row has.
    pool : ndarray of shape (n_rows,)
        Number of the set of rows that it shares with its neighbors.
    """

    def __init__(self, neighbors, counts, pool):
        self.neighbors, self.counts, self.pool = neighbors, counts, pool
        self._factors = {}

    def draw(self, rows, rng):
        """Draw one neighbor of each row."""
        place = (rng.random(len(rows)) * self.counts[rows]).astype(np.intp)
        return self.neighbors[rows, place].astype(np.intp)

    def factors(self, j, values, missing):
        """Factors of all ways up and down in a column that keep its mean.

        Rows that are neighbors of many others pull the mean towards their values. In
        each set of rows the ways of the direction that gains are shortened until both
        directions move the mean by as much.
        """
        if j not in self._factors:
            up, down = self._moves(values, missing)
            with np.errstate(divide="ignore", invalid="ignore"):
                self._factors[j] = np.fmin(down / up, 1.0), np.fmin(up / down, 1.0)
        return self._factors[j]

    def _moves(self, values, missing):
        """Return sums of the expected ways up and down in each set of rows."""
        total = np.zeros((2, int(self.pool.max()) + 1))
        for b in range(self.neighbors.shape[1]):
            rows = np.flatnonzero(self.counts > b)
            near = self.neighbors[rows, b]
            way = values[near].astype(np.float64) - values[rows].astype(np.float64)
            way[missing[near] | missing[rows]] = 0.0
            way /= self.counts[rows]
            for sums, part in zip(total, (way, -way), strict=True):
                sums += np.bincount(
                    self.pool[rows], np.maximum(part, 0.0), total.shape[1]
                )
        return total


class _Sources:
    """What the cells of new rows are made of, column by column."""

    def __init__(self, table, graph, parents, chosen):
        self.table, self.parents, self.chosen = table, parents, chosen
        self.graph, self.neighbors, self.counts = graph, graph.neighbors, graph.counts
        self.distinct, self.inverse = None, None

    def _shares(self, j, values, missing, share):
        """Shares of the way; none from or to a missing value."""
        up, down = self.graph.factors(j, values, missing)
        pool = self.graph.pool[self.parents]
        rises = values[self.chosen] > values[self.parents]
        share = share * np.where(rises, up[pool], down[pool])
        share[missing[self.parents] | missing[self.chosen]] = 0.0
        return share

    def drawn(self, j, share, draws):
        """Take the chosen neighbor with the share as probability."""
        codes = self.table.codes(j)
        share = self._shares(j, codes, codes < 0, share)
        return np.where(draws < share, self.chosen, self.parents)

    def between(self, j, share, rng):
        """Compute numbers between parents and neighbors."""
        values, missing = self.table.numbers(j)
        if self.table.kinds[j] == "integer":
            share = self._shares(j, values, missing, share)
        else:
            share = np.where(missing[self.parents] | missing[self.chosen], 0.0, share)
        start, end = values[self.parents], values[self.chosen]
        return _between_numbers(start, end, share, rng)

    def voted(self, j, draws):
        """Take a neighbor with the most frequent value among all neighbors."""
        if self.distinct is None:
            self.distinct, self.inverse = np.unique(self.parents, return_inverse=True)
        codes = self.table.codes(j)
        near = self.neighbors[self.distinct]
        values = codes[near]
        values[np.arange(near.shape[1]) >= self.counts[self.distinct, np.newaxis]] = -1
        votes = sum((values == values[:, [b]]) for b in range(1, near.shape[1]))
        votes = votes + (values == values[:, [0]]).astype(np.int32)
        votes[values < 0] = 0
        wins = (votes == votes.max(axis=1, keepdims=True)) & (votes > 0)
        order = np.argsort(~wins, axis=1, kind="stable")
        n_wins = wins.sum(axis=1)
        n_wins[codes[self.distinct] < 0] = 0
        place = (draws * n_wins[self.inverse]).astype(np.intp)
        rows = near[self.inverse, order[self.inverse, place]]
        return np.where(n_wins[self.inverse] > 0, rows, self.parents)


def _positions(augmenter, name):
    """Positions that a parameter names; none for None."""
    wanted = getattr(augmenter, name)
    wanted = [] if wanted is None else wanted
    return sorted({augmenter._position(each, name) for each in wanted})


def _coordinates(table, rows):
    """Numbers of some rows as coordinates, and codes of the other columns."""
    codes = [
        table.codes(j)[rows]
        for j, kind in enumerate(table.kinds)
        if kind in ("bool", "category")
    ]
    numeric = [j for j, kind in enumerate(table.kinds) if kind in NUMERIC]
    points = np.empty((len(rows), len(numeric)))
    for i, j in enumerate(numeric):
        values, frozen = table.numbers_of(j, rows)
        points[:, i] = _tamed(values.astype(np.float64), frozen)
        if frozen.any():
            codes.append(frozen.astype(np.int32))
    return points, codes


def _tamed(values, missing):
    """Fill missing values with the mean; keep squares of the largest floats finite."""
    if not missing.all():
        largest = np.abs(values[~missing]).max()
        if largest > 1e100:
            values = values * (1e100 / largest)
        values[missing] = values[~missing].mean()
        return values
    return np.zeros(len(values))


def _standardized(values):
    std = values.std(axis=0)
    return (values - values.mean(axis=0)) / np.where(std > 0, std, 1)


def _between_numbers(start, end, share, rng):
    """Numbers between two numbers; where one is missing, the first."""
    if start.dtype.kind != "f":
        return between(start, end, share, rng.random(start.shape))
    with np.errstate(over="ignore", invalid="ignore"):
        result = end.astype(np.float64)
        result -= start
        result *= share
        result += start
        finite = np.isfinite(result.sum())
    if not finite:
        _repair(result, start, end, share)
    return result.astype(start.dtype, copy=False)


def _repair(result, start, end, share):
    """Write what the plain formula cannot: missing ends and differences too large."""
    missing = np.isnan(start) | np.isnan(end)
    np.copyto(result, start, where=missing)
    far = ~np.isfinite(result) & ~missing
    share = np.broadcast_to(share, result.shape)[far]
    first, last = (part[far].astype(np.float64) for part in (start, end))
    result[far] = first * (1 - share) + last * share


def _between_sparse(start, end, share, chosen, rng):
    """Rows of a CSR matrix between two others, cell by cell."""
    wide = np.float64 if start.dtype.kind == "f" else np.int64
    way = (end.astype(wide) - start.astype(wide)).tocsr().astype(np.float64)
    way.data *= np.repeat(share, np.diff(way.indptr))
    if wide is np.int64:
        way.data = rounded_at_random(way.data, rng.random(way.nnz))
    way.data[~(np.isfinite(way.data) & chosen[way.indices])] = 0.0
    result = (start.astype(wide) + way.astype(wide)).astype(start.dtype)
    result.eliminate_zeros()
    return type(start)(result)


def _nearest_sparse(X, k, standardize):
    """Positions of the k nearest other rows of each row of a CSR matrix."""
    X = X.astype(np.float64)
    X.data[np.isnan(X.data)] = 0.0
    if standardize:
        std = np.sqrt(mean_variance_axis(X, axis=0)[1])
        inplace_column_scale(X, 1 / np.where(std > 0, std, 1))
    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(X)
    return search.kneighbors(return_distance=False)
