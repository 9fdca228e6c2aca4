"""New rows from a Gaussian copula: marginals as seen, relations from correlations."""

from dataclasses import KW_ONLY
from numbers import Real

import numpy as np
from scipy.special import ndtr, ndtri
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.utils import gen_batches

from skoverfit._compat import Interval
from skoverfit._declared import declared
from skoverfit._docs import documented
from skoverfit._types import (
    Columns,
    TaskName,
)
from skoverfit.augmentation._docs import AUGMENTERS
from skoverfit.augmentation._tables._cells._mixed_table import (
    Lazy,
    MixedTable,
    is_smooth,
    refuse_sparse,
)
from skoverfit.augmentation._tables._column_choice import ColumnAugmenter
from skoverfit.augmentation._targets import TASKS, class_codes, is_numeric_target

__all__ = ["GaussianCopula"]

# Terms of the series that relates correlations of scores to those of normal variables,
# most steps of the search that inverts it, and when that ends.
_TERMS, _STEPS, _CLOSE = 20, 40, 1e-12
# Numbers in temporary arrays.
_BLOCK = 2**18
# Rounds of drawing the normal variables behind bools, categories and missing values.
_SWEEPS = 5
# Share of the identity matrix in the correlations that these draws use.
_MILD = 0.02
# Smallest eigenvalue of a correlation matrix.
_SMALLEST = 1e-6


@documented(AUGMENTERS)
@declared
class GaussianCopula(ColumnAugmenter):
    """Add rows drawn from a Gaussian copula that is fitted to each class.

    Each column keeps the distribution that it has in the class, whatever its type, and
    the columns keep their correlations, as far as those of normal variables can give
    them. What a cell of a new row holds depends on its column:

    - float: a number between the smallest and the largest seen, by linear
      interpolation of the empirical quantiles; a value seen, if all are whole;
    - integer, bool, category, string, date: a value seen, with the frequency seen;
    - missing: whether a cell is missing is a column of its own, so each column is
      missing as often as seen, and together with what it was missing with.

    The parent of a new row is the row whose target it has: with labels, a row of the
    same class; with a target of numbers, the row on whose target the draw is
    conditioned. So targets are always kept.

    Parameters
    ----------
    scale : float, default=1.0
        How far new rows are from their parents, in [0, 1]. With 1 they are independent
        of them, given the target; with 0 they are the parents again. In between, the
        normal variables of a new row have correlation ``sqrt(1 - scale**2)`` with
        those of the parent. Marginals and correlations are kept at each scale.
    {n_copies}
    categorical_features : array-like of str or int, or None, default=None
        Names or positions of columns of floats that code categories, which must not be
        interpolated although not all are whole.
    {task, columns}
    blocks : "auto", list of lists of columns, or None, default="auto"
        Columns that belong together, by name or position. They are one
        category, and taken from one row. "auto" finds columns that are one-hot
        in the data, scaled or not; None lets all columns change by themselves.
    {mode, sampling_strategy, constraint, random_state}

    Attributes
    ----------
    shrinkage_ : ndarray of shape (n_models,)
        Share of the identity matrix in the correlation matrix of each class, in the
        order of the sorted labels; one entry for a target of numbers. NaN for classes
        that get no rows.
    {blocks_, of_tables}

    Raises
    ------
    ValueError
        If a parameter is out of range.
    TypeError
        If ``X`` is sparse.

    See Also
    --------
    AdversarialForest : Relations of any form, learned by trees.
    NeighborInterpolation : Rows between neighbors.

    Notes
    -----
    A column is seen as a nondecreasing function of a standard normal variable: its
    empirical quantiles, or the categories in their order, each as an interval between
    two thresholds. The order is that of the values; of categories in a frame, that of
    their definition. The correlation of two normal variables is chosen so that the
    normal scores of the two columns have the covariance seen, which makes up for the
    intervals of bools and categories. Where a column has missing values, this uses the
    rows in which both are present. The matrix is then shrunk towards the identity by
    the Ledoit-Wolf coefficient [1]_ of the scores.

    A row that is alone in its class is repeated. Relations other than correlations,
    such as those between unordered categories with many levels, are mostly lost.

    References
    ----------
    .. [1] O. Ledoit, M. Wolf, "A well-conditioned estimator for large-dimensional
       covariance matrices", Journal of Multivariate Analysis 88(2), 365-411, 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import GaussianCopula
    >>> X = np.column_stack([np.arange(50.0), np.arange(50.0) ** 2 / 3])
    >>> copula = GaussianCopula(random_state=0)
    >>> X_out, y_out = copula.fit_resample(X, np.repeat([0, 1], 25))
    >>> X_out.shape
    (100, 2)
    >>> bool(X_out[50:75, 0].max() < 25)  # inside the range of its class
    True
    """

    scale: float = 1.0
    n_copies: int = 1
    _: KW_ONLY
    categorical_features: Columns = None
    task: TaskName = "auto"

    _parameter_constraints = {
        "scale": [Interval(Real, 0, 1, closed="both")],
        "categorical_features": ["array-like", None],
        "task": TASKS,
    }

    def _learn(self, X, y):
        given = [] if self.categorical_features is None else self.categorical_features
        named = {self._position(each, "categorical_features") for each in given}
        units = self._learned_units(X)
        self._table = MixedTable(X, named, units.blocks)
        numeric = is_numeric_target(y, self.task, self.sampling_strategy)
        targets = y.reshape(len(y), -1).T if numeric else []
        self._groups = np.zeros(len(y), dtype=np.intp) if numeric else class_codes(y)
        selected = units.firsts
        codes = {j: self._table.codes(j) for j in selected}
        self._table.forget_codes()
        drawn = [j for j in selected if self._table.kinds[j] != "other"]
        smooth = [j for j in drawn if is_smooth(self._table, j)]
        self._smooth = {j: self._table.numbers(j)[0] for j in smooth}
        n_models = int(self._groups.max()) + 1
        self.shrinkage_, self._models = np.full(n_models, np.nan), {}
        for group in self._wanted(y):
            rows = np.flatnonzero(self._groups == group)
            columns = [_Column(codes[j], rows) for j in drawn]
            given = [_Column(_dense(target), rows) for target in targets]
            self._models[group] = _Model(rows, columns, given, self.scale < 1)
            self.shrinkage_[group] = self._models[group].shrinkage
        self._drawn = drawn

    def _wanted(self, y):
        """Classes that get rows."""
        groups = np.unique(self._groups).tolist()
        if self.sampling_strategy is None:
            return groups
        labels = np.unique(y)
        return [g for g in groups if self.sampling_strategy_.get(labels[g], 0)]

    def _augment(self, X, y, rng):
        n_rows, groups = len(self._parents), self._groups[self._parents]
        uniform = np.empty((len(self._drawn), n_rows))
        missing: dict[int, np.ndarray] = {}
        filled = []
        for group in np.unique(groups).tolist():
            model, places = self._models[group], np.flatnonzero(groups == group)
            parents = self._parents[places]
            uniform[:, places], gaps = model.draw(parents, self.scale, rng)
            for i, each in gaps.items():
                missing.setdefault(i, np.zeros(n_rows, dtype=bool))[places] = each
            filled.append((model, places))
        draws = _Draws(filled, uniform, missing)
        number = {j: i for i, j in enumerate(self._drawn)}
        # One column after the other, so that only the draws take memory.
        rows = Lazy(self._drawn, lambda j: draws.sources(number[j]))
        numbers = Lazy(
            self._smooth, lambda j: draws.quantiles(number[j], self._smooth[j])
        )
        return self._table.build(X, rows, numbers, out=self._new_rows), y

    def _check_rows(self, X, y):
        refuse_sparse(self, X)
        return super()._check_rows(X, y)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags


def _dense(values):
    return np.unique(values, return_inverse=True)[1]


class _Draws:
    """Uniform draws for all new rows, and what they mean in each column.

    Parameters
    ----------
    filled : list of (_Model, ndarray of int)
        The model of each class, and the new rows that it gives.
    uniform : ndarray of shape (n_columns, n_new)
    missing : dict of int to ndarray of bool
        For columns with missing cells, which new cells are missing.
    """

    def __init__(self, filled, uniform, missing):
        self.filled, self.uniform, self.missing = filled, uniform, missing

    def sources(self, i):
        """Row from which each cell of a column is taken."""
        result = np.empty(self.uniform.shape[1], dtype=np.intp)
        missing = self.missing.get(i)
        for model, places in self.filled:
            gaps = None if missing is None else missing[places]
            result[places] = model.columns[i].source(self.uniform[i, places], gaps)
        return result

    def quantiles(self, i, values):
        """Numbers of a column, missing cells apart."""
        result = np.empty(self.uniform.shape[1])
        for model, places in self.filled:
            column = model.columns[i]
            result[places] = column.quantile(self.uniform[i, places], values)
        return result


class _Column:
    """One column within one class: its order, and its cells as normal intervals.

    Parameters
    ----------
    codes : ndarray of int
        Ranks of the values in the whole table, -1 for missing.
    rows : ndarray of int
        The rows of the class.
    """

    def __init__(self, codes, rows):
        own = codes[rows]
        order = np.argsort(own, kind="stable")
        if len(rows) < 2**31:
            order = order.astype(np.int32)
        #: Positions in the class of missing cells, and of the others in their order.
        self.rows = rows
        self.absent, self.order = np.split(order, [int((own < 0).sum())])
        own = own[self.order]
        first = np.flatnonzero(np.diff(own, prepend=-1))
        #: Where in the order the cells of each level begin and end.
        self.bounds = np.append(first, len(own)).astype(order.dtype)

    @property
    def missing(self):
        """Which cells of the class are missing."""
        mask = np.zeros(len(self.rows), dtype=bool)
        mask[self.absent] = True
        return mask

    def _ends(self):
        """Return the ends of the intervals of ranks of the levels, from 0 to 1."""
        return self.bounds / max(len(self.order), 1)

    def _spread(self, levels, absent=0.0):
        """Give each cell what its level has."""
        result = np.full(len(self.rows), absent)
        result[self.order] = np.repeat(levels, np.diff(self.bounds))
        return result

    def scores(self):
        """Mean of the normal variable in the interval of each cell; 0 if missing."""
        if not len(self.order):
            return np.zeros(len(self.rows)), np.zeros(_TERMS)
        ends = self._ends()
        edges = ndtri(ends)
        density = _density(edges)
        levels = (density[:-1] - density[1:]) / np.diff(ends)
        return self._spread(levels), _hermite_coefficients(levels, edges, density)

    def interval(self):
        """Return the ends of the interval of the normal variable behind each cell."""
        ends = self._ends()
        low, high = self._spread(ends[:-1]), self._spread(ends[1:], absent=1.0)
        # Distinct values take the middle, to come back as they are.
        alone = (high - low) * len(self.order) < 1.5
        alone[self.absent] = False
        low[alone] = high[alone] = (low[alone] + high[alone]) / 2
        return low, high

    def source(self, uniform, missing):
        """Row from which each cell is taken; `missing` is None where none may be."""
        if not len(self.order):
            place = (uniform * len(self.absent)).astype(np.intp)
            return self.rows[self.absent[place]]
        place = (uniform * len(self.order)).astype(np.intp)
        np.minimum(place, len(self.order) - 1, out=place)
        found = self.order[place]
        if missing is not None and missing.any():
            found[missing] = self.absent[0]
        return self.rows[found]

    def quantile(self, uniform, values):
        """Interpolate empirical quantiles, except inside values that were repeated."""
        if not len(self.order):
            return np.full(len(uniform), np.nan)
        ordered = values[self.rows[self.order]].astype(np.float64)
        counts = np.diff(self.bounds)
        tied = np.repeat(counts > 1, counts)
        place = np.clip(uniform * len(ordered) - 0.5, 0, len(ordered) - 1)
        below = np.floor(place).astype(np.intp)
        above = np.minimum(below + 1, len(ordered) - 1)
        place -= below
        smooth = ordered[below] * (1 - place) + ordered[above] * place
        nearest = np.minimum((uniform * len(ordered)).astype(np.intp), above)
        return np.where(tied[nearest], ordered[nearest], smooth)


def _inside(uniform):
    """Keep away from 0 and 1, whose normal quantiles are infinite."""
    return np.clip(uniform, 1e-12, 1 - 1e-12)


def _density(z):
    return np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)


def _hermite_coefficients(levels, edges, density):
    """Coefficients of a step function of a normal variable, from the first on.

    The covariance of two such functions is the sum of products of their coefficients
    times powers of the correlation.
    """
    finite = np.where(np.isfinite(edges), edges, 0.0)  # the density is 0 there
    before, current = np.zeros(len(edges)), np.ones(len(edges))
    result = np.empty(_TERMS)
    for m in range(1, _TERMS + 1):
        weighted = density * current
        result[m - 1] = levels @ (weighted[:-1] - weighted[1:]) / np.sqrt(m)
        before, current = (
            current,
            (finite * current - np.sqrt(m - 1) * before) / np.sqrt(m),
        )
    return result


class _Model:
    """Gaussian copula of the columns of one class.

    Parameters
    ----------
    rows : ndarray of int
        The rows of the class.
    columns : list of _Column
        The columns to be drawn.
    given : list of _Column
        Columns on which the draw is conditioned.
    near : bool
        Whether new rows may depend on their parents.
    """

    def __init__(self, rows, columns, given, near):
        self.rows, self.columns, self.given = rows, columns, given
        self.gaps = [i for i, each in enumerate(columns) if each.missing.any()]
        self.patterns = [
            _Column(columns[i].missing.astype(np.intp), np.arange(len(rows)))
            for i in self.gaps
        ]
        everything = [*columns, *self.patterns, *given]
        correlation, self.shrinkage = _correlation(everything, len(rows))
        n_drawn = len(everything) - len(given)
        across = correlation[:n_drawn, n_drawn:]
        among = correlation[n_drawn:, n_drawn:]
        self.precision = np.linalg.inv(_mild(correlation)) if near else None
        self.slopes = np.linalg.solve(among, across.T)
        rest = correlation[:n_drawn, :n_drawn] - across @ self.slopes
        values, vectors = np.linalg.eigh(rest)
        self.root = vectors * np.sqrt(np.maximum(values, 0.0))

    def draw(self, parents, scale, rng):
        """Uniform variables of new rows, by column, and missing cells of some."""
        own = np.searchsorted(self.rows, parents)
        if scale < 1:
            everything = [*self.columns, *self.patterns, *self.given]
            latent = _latent(everything, own, self.precision, rng)
            drawn, given = np.split(latent, [len(self.root)], axis=1)
            kept = np.sqrt(1 - scale**2) * (drawn - given @ self.slopes)
        else:
            given, kept = _latent(self.given, own, None, rng), None
        n_columns = len(self.columns)
        uniform = np.empty((n_columns, len(parents)))
        missing = {i: np.empty(len(parents), dtype=bool) for i in self.gaps}
        # The same draws as all at once, at a fraction of the memory.
        for rows in gen_batches(len(parents), max(_BLOCK // max(len(self.root), 1), 1)):
            fresh = rng.standard_normal((rows.stop - rows.start, len(self.root)))
            latent = scale * (fresh @ self.root.T) + given[rows] @ self.slopes
            if kept is not None:
                latent += kept[rows]
            block = ndtr(latent).T
            uniform[:, rows] = block[:n_columns]
            for i, column in zip(self.gaps, block[n_columns:], strict=True):
                share = len(self.columns[i].absent) / len(self.rows)
                missing[i][rows] = column >= 1 - share
        return uniform, missing


def _mild(correlation):
    """Lessen correlations a little.

    Otherwise the meaningless differences between columns that nearly repeat one
    another would decide the rest.
    """
    return (1 - _MILD) * correlation + _MILD * np.eye(len(correlation))


def _latent(columns, rows, precision, rng):
    """Draw the normal variables behind some rows.

    They start independent within their intervals. With the precision matrix of all of
    them, those that are not known exactly are then drawn again, each given the others
    and its interval (Gibbs sampling): else new rows would be less correlated.
    """
    ends = [column.interval() for column in columns]
    low, high = (
        np.array([end[rows] for end in each]).reshape(len(columns), len(rows))
        for each in (zip(*ends, strict=True) if ends else ([], []))
    )
    latent = ndtri(_inside(low + rng.random(low.shape) * (high - low)))
    low, high = ndtri(_inside(low)), ndtri(_inside(high))
    free = np.flatnonzero((low < high).any(axis=1)).tolist()
    for j in free * (_SWEEPS if precision is not None else 0):
        weights = -precision[j] / precision[j, j]
        weights[j] = 0.0
        center, std = weights @ latent, 1 / np.sqrt(precision[j, j])
        first, last = ndtr((low[j] - center) / std), ndtr((high[j] - center) / std)
        uniform = _inside(first + rng.random(len(rows)) * (last - first))
        latent[j] = np.clip(center + std * ndtri(uniform), low[j], high[j])
    return latent.T


def _correlation(columns, n_rows):
    """Correlations of the normal variables behind the columns, shrunk."""
    scores = np.empty((len(columns), n_rows))
    coefficients = np.empty((len(columns), _TERMS))
    for i, column in enumerate(columns):
        scores[i], coefficients[i] = column.scores()
    both = np.maximum(_present_together(columns, n_rows), 1.0)
    result = _inverted((scores @ scores.T) / both, coefficients)
    scores /= np.sqrt(np.maximum(coefficients[:, :1], 1e-12))
    shrinkage = 1.0
    if n_rows > 1 and columns:
        shrinkage = ledoit_wolf_shrinkage(scores.T, assume_centered=True)
    result *= 1 - shrinkage
    np.fill_diagonal(result, 1.0)
    return _positive(result), shrinkage


def _present_together(columns, n_rows):
    """Count the rows in which each pair of columns is present."""
    gone = np.array([len(column.absent) for column in columns], dtype=np.float64)
    result = n_rows - gone[:, np.newaxis] - gone
    gaps = np.flatnonzero(gone)
    if gaps.size:
        masks = np.array([columns[i].missing for i in gaps], dtype=np.float64)
        result[np.ix_(gaps, gaps)] += masks @ masks.T
    return result


def _inverted(covariance, coefficients):
    """Correlation at which the covariance of each pair of scores is as seen."""
    n_columns = len(covariance)
    result = np.zeros((n_columns, n_columns))
    for rows in gen_batches(n_columns, max(_BLOCK // (8 * max(n_columns, 1)), 1)):
        pairs = rows, slice(rows.start, n_columns)
        block = _solved(covariance[pairs], *(coefficients[part] for part in pairs))
        result[pairs], result[pairs[::-1]] = block, block.T
    constant = coefficients[:, 0] < 1e-9
    result[constant] = result[:, constant] = 0.0
    return result


def _solved(covariance, left, right):
    """Newton's method on an increasing function, and bisection where that leads out."""
    low, high = np.full(covariance.shape, -1.0), np.ones(covariance.shape)
    # Beyond what any correlation gives, the end is the solution.
    least, most = (_covariance(end, left, right)[0] for end in (low, high))
    inside = (least < covariance) & (covariance < most)
    at = np.where(covariance <= least, low, high)
    at[inside] = 0.0
    for _ in range(_STEPS):
        value, slope = _covariance(at, left, right)
        below = value < covariance
        np.copyto(low, at, where=below)
        np.copyto(high, at, where=~below)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = at - (value - covariance) / slope
        outside = ~((new >= low) & (new <= high))
        new[outside] = (low[outside] + high[outside]) / 2
        moved = np.abs(new - at).max(initial=0.0, where=inside)
        np.copyto(at, new, where=inside)
        if moved < _CLOSE:
            break
    return at


def _covariance(correlation, left, right):
    """Sum the series from its last term on; return it and its derivative."""
    total, slope = np.zeros((2, *correlation.shape))
    for a, b in zip(left.T[::-1], right.T[::-1], strict=True):
        total += a[:, np.newaxis] * b
        slope *= correlation
        slope += total
        total *= correlation
    return total, slope


def _positive(correlation):
    """Make a matrix a correlation matrix: raise small eigenvalues, rescale to ones."""
    values, vectors = np.linalg.eigh(correlation)
    if not values.size or values[0] >= _SMALLEST:
        return correlation
    lifted = (vectors * np.maximum(values, _SMALLEST)) @ vectors.T
    std = np.sqrt(np.diag(lifted))
    return lifted / np.outer(std, std)
