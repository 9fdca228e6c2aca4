"""Augmenters for tables: noise on numbers and swaps between rows."""

from dataclasses import KW_ONLY
from numbers import Integral, Real
from typing import Literal

import numpy as np
from scipy import sparse
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.sparsefuncs import inplace_column_scale, mean_variance_axis

from skoverfit._columns import cells_of, columns_of
from skoverfit._compat import Interval, StrOptions
from skoverfit._declared import declared
from skoverfit._docs import documented
from skoverfit.augmentation._docs import AUGMENTERS, NUMBERS
from skoverfit.augmentation._swaps import DonorPool, swapped_sparse
from skoverfit.augmentation._tables._cells._blocks import with_blocks_taken
from skoverfit.augmentation._tables._cells._noise import (
    Spread,
    column_std,
    with_noise,
)
from skoverfit.augmentation._tables._column_choice import ColumnAugmenter
from skoverfit.augmentation._tables._numeric import NumericColumns
from skoverfit.augmentation._targets import class_codes

__all__ = ["GaussianNoise", "SwapNoise"]


class NoiseAugmenter(NumericColumns):
    """What augmenters that add normal noise to numbers share."""

    def _augment(self, X, y, rng):
        if self._active.size == 0:
            return X, y
        spread = self._spread_of(self._parents)
        active, limits = self._active, self._limits
        return with_noise(X, self._new_rows, active, spread, limits, rng), y


@documented(NUMBERS)
@declared
class GaussianNoise(NoiseAugmenter):
    """Add copies of the rows with Gaussian noise on their numbers.

    The noise of a column has standard deviation ``scale`` times the standard
    deviation of that column, or follows the local density of the rows. What happens to
    a cell depends on its column:

    - float: noise is added; a missing value stays missing;
    - integer: the noise is rounded to a whole number at random, up or down, so that
      its mean stays zero. A move that would leave the range of the column, or whose
      mirror image would, is not made. So values stay whole, inside the range seen in
      the data, and unbiased row by row; columns coded 0/1 never change;
    - with `bounds`: the same holds for floats, and for integers with these bounds in
      place of the range seen;
    - bool, category, string, date, object: never changed;
    - a constant column of any type: never changed;
    - sparse: only nonzero values are perturbed, so zeros stay zeros.

    Parameters
    ----------
    scale : float, default=0.1
        Amount of noise relative to `scale_by`, 0 or more.
    {n_copies}
    scale_by : {"column", "density"}, default="column"
        What `scale` multiplies. "column": the standard deviation of the column.
        "density": how far a row is from its neighbors, so that copies of rows in
        dense places stay close. The length of a row's move, in units of the columns'
        standard deviations and as a root mean square, is then `scale` times the
        distance to its `n_neighbors`-th nearest row; duplicates of that number do not
        move at all.
    n_neighbors : int, default=5
        Which neighbor ``scale_by="density"`` looks at, 1 or more.
    {bounds, columns, blocks, mode, sampling_strategy, constraint, random_state}

    Attributes
    ----------
    noise_scale_ : ndarray of shape (n_features_in_,), dtype float64
        Standard deviation of the noise of each column; 0 where it is not changed.
        With ``scale_by="density"`` for a row whose neighbor is as many standard
        deviations away as the root of the number of perturbed columns.
    {blocks_, of_tables}

    Raises
    ------
    ValueError
        If a parameter is out of range, ``columns`` or ``bounds`` names a column that
        does not exist or holds no numbers, or the data are not inside the bounds.

    See Also
    --------
    SmoothedBootstrap : Noise as wide as the density of each class suggests.
    SwapNoise : Works on columns of any type.

    Notes
    -----
    The standard deviation is over the present values of a column, zeros of sparse
    matrices included, and pays no attention to sample weights. Near the ends of the
    range, integer columns move less than ``scale`` says, and so do floats near bounds.

    Distances for ``scale_by="density"`` are between rows of all perturbed columns in
    units of their standard deviations, missing values counted as the mean. Finding
    them takes time that grows with the square of the number of rows where there are
    many columns.

    More copies with the same labels add no information about the target. For
    least squares, training on many noisy copies is ridge regression [1]_; flexible
    models often fit the copies more closely than the data.

    References
    ----------
    .. [1] C. M. Bishop, "Training with noise is equivalent to Tikhonov
       regularization", Neural Computation 7(1), 108-116, 1995.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import GaussianNoise
    >>> X = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])
    >>> noise = GaussianNoise(scale=0.1, random_state=0)
    >>> X_out, y_out = noise.fit_resample(X, np.array([0, 1, 0]))
    >>> X_out.shape, y_out, noise.sample_indices_
    ((6, 2), array([0, 1, 0, 0, 1, 0]), array([0, 1, 2, 0, 1, 2]))
    >>> noise.noise_scale_.round(3)  # the second column is constant
    array([0.082, 0.   ])
    """

    scale: float = 0.1
    n_copies: int = 1
    _: KW_ONLY
    scale_by: Literal["column", "density"] = "column"
    n_neighbors: int = 5

    _parameter_constraints = {
        "scale": [Interval(Real, 0, None, closed="left")],
        "scale_by": [StrOptions({"column", "density"})],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
    }

    def _learn(self, X, y):
        chosen = self._numeric_selection(X)
        std = column_std(X, chosen)
        with np.errstate(over="ignore"):
            scaled = np.nan_to_num(self.scale * std)
        self.noise_scale_ = np.where(chosen, scaled, 0.0)
        self._learn_limits(X, chosen, self.noise_scale_)
        self._reach = None
        if self.scale_by == "density" and self._active.size:
            points = _standardized(X, self._active, std[self._active])
            self._reach = _neighbor_distance(points, self.n_neighbors)

    def _spread_of(self, parents):
        """Return standard deviations of the noise of these rows."""
        reach = None if self._reach is None else self._reach[parents]
        return Spread(self.noise_scale_[np.newaxis, self._active], reach=reach)


def _standardized(X, active, std):
    """Active columns in units of their standard deviations; missing is the mean."""
    if sparse.issparse(X):
        points = X[:, active].astype(np.float64)
        missing = np.isnan(points.data)
        mean = mean_variance_axis(points, axis=0)[0]
        points.data[missing] = mean[points.indices[missing]]
        inplace_column_scale(points, 1 / std)
        return points
    table = columns_of(X)
    points = np.column_stack([table.numbers(j) for j in active.tolist()])
    points -= np.nanmean(points, axis=0)
    points /= std
    return np.nan_to_num(points, copy=False)


def _neighbor_distance(points, k):
    """Distance of each row to its k-th nearest one, per root of the columns."""
    k = min(k, points.shape[0] - 1)
    distances, _ = NearestNeighbors(n_neighbors=k).fit(points).kneighbors()
    return distances[:, -1] / np.sqrt(points.shape[1])


@documented(AUGMENTERS)
@declared
class SwapNoise(ColumnAugmenter):
    """Add copies of the rows in which some cells come from other rows.

    Each cell of a copy is replaced, with probability ``p`` and independently of the
    others, by the value of the same column in another row drawn at random. No value
    is invented, so it works for columns of any type: numbers, bools, categories,
    strings and dates, missing values included (they swap like values). On average
    each column keeps its distribution, while relations between columns weaken.

    Parameters
    ----------
    p : float, default=0.15
        Probability that a cell is replaced, in [0, 1].
    {n_copies}
    within_class : bool, default=False
        Whether the other row must have the same target. Then relations between a
        column and the class are kept as well; it needs a classification target. The
        only row of a class is copied unchanged.
    {columns}
    blocks : "auto", list of lists of columns, or None, default="auto"
        Columns that belong together, by name or position. They are replaced
        together, by those of one other row. "auto" finds columns that are one-
        hot in the data, scaled or not; None lets all columns change by
        themselves.
    {mode, sampling_strategy, constraint, random_state}

    Attributes
    ----------
    {blocks_, of_tables}

    Raises
    ------
    ValueError
        If a parameter is out of range, ``columns`` names a column that does not
        exist, or ``within_class`` is used with a continuous target.

    See Also
    --------
    GaussianNoise : Moves numbers a little instead.

    Notes
    -----
    For sparse matrices time and memory grow with the number of stored values, not
    with the number of cells; each cell is still replaced with probability ``p``.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import SwapNoise
    >>> X = np.array([["a", "x"], ["b", "y"], ["c", "z"]], dtype=object)
    >>> swap = SwapNoise(p=0.5, random_state=0)
    >>> X_out, y_out = swap.fit_resample(X, np.array([0, 1, 0]))
    >>> X_out.shape
    (6, 2)
    >>> bool(np.isin(X_out[:, 0], ["a", "b", "c"]).all())
    True
    """

    p: float = 0.15
    n_copies: int = 1
    _: KW_ONLY
    within_class: bool = False

    _parameter_constraints = {
        "p": [Interval(Real, 0, 1, closed="both")],
        "within_class": ["boolean"],
    }

    def _learn(self, X, y):
        self._units = self._learned_units(X)
        if self.within_class:
            _check_class_labels(y)
        groups = class_codes(y) if self.within_class else np.zeros(len(y), np.intp)
        self._donors, self._rows = DonorPool(groups), X

    def _augment(self, X, y, rng):
        donors, parents, units = self._donors, self._parents, self._units
        if self._is_sparse:
            return self._swapped_sparse(X, rng), y
        hit = np.flatnonzero(rng.random((len(y), len(units))) < self.p)
        rows, swapped = np.divmod(hit, max(len(units), 1))
        columns, owner = units.cells(swapped)
        sources = donors.draw(parents[rows], rng)[owner]
        swapped_rows = cells_of(X).with_cells_taken(
            rows[owner], columns, self._rows, sources, out=self._new_rows
        )
        return swapped_rows, y

    def _swapped_sparse(self, X, rng):
        parents, donors, units = self._parents, self._donors, self._units
        swapped = swapped_sparse(
            X, self._rows, parents, units.single, self.p, donors, rng
        )
        sources = []
        for _ in units.blocks:
            source = np.full(len(parents), -1)
            hit = np.flatnonzero(rng.random(len(parents)) < self.p)
            source[hit] = donors.draw(parents[hit], rng)
            sources.append(source)
        return with_blocks_taken(swapped, self._rows, units.blocks, sources)


def _check_class_labels(y):
    """Refuse a target that is not made of classes."""
    kind = type_of_target(y, input_name="y")
    if kind.startswith("continuous") or kind == "unknown":
        raise ValueError(
            "within_class=True needs class labels in y. "
            f"Got a target of type {kind!r} instead; allowed are labels, or "
            "within_class=False."
        )
