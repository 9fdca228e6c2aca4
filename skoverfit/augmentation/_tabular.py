"""Augmenters for tables: noise on numbers and swaps between rows."""

from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.utils import gen_batches
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.sparsefuncs import mean_variance_axis

from skoverfit._compat import Interval
from skoverfit.augmentation._base import BaseAugmenter
from skoverfit.augmentation._containers import column_adapter, is_frame
from skoverfit.augmentation._swaps import DonorPool, swapped_sparse

__all__ = ["GaussianNoise", "SwapNoise"]

# Rows per batch when a statistic of the columns is computed.
_BATCH = 4096


class _ColumnAugmenter(BaseAugmenter):
    """What augmenters of tables share: the choice of columns."""

    _parameter_constraints: dict = {
        **BaseAugmenter._parameter_constraints,
        "columns": ["array-like", None],
    }

    def _selected(self):
        """Positions of the columns that the parameter ``columns`` selects."""
        if self.columns is None:
            return np.arange(self.n_features_in_)
        names = getattr(self, "feature_names_in_", None)
        positions = {
            _position(column, names, self.n_features_in_) for column in self.columns
        }
        return np.array(sorted(positions), dtype=np.intp)


def _position(column, names, n_features):
    """Position of one column given by name or number, or a clear error."""
    if isinstance(column, str):
        if names is None:
            raise ValueError(
                f"columns contains the name {column!r}, but X has no column names; "
                "give positions instead."
            )
        if column not in names:
            raise ValueError(
                f"columns contains {column!r}, which X does not have. "
                f"X has {list(map(str, names))}."
            )
        return int(np.flatnonzero(names == column)[0])
    if not isinstance(column, Integral) or isinstance(column, bool | np.bool_):
        raise ValueError(
            f"columns must contain names or positions. Got {column!r} instead."
        )
    if not -n_features <= column < n_features:
        raise ValueError(
            f"columns contains {column}, but X has {n_features} columns; allowed are "
            f"positions from {-n_features} to {n_features - 1}."
        )
    return int(column) % n_features


class GaussianNoise(_ColumnAugmenter):
    """Add copies of the rows with Gaussian noise on their numbers.

    The noise of a column has standard deviation ``scale`` times the standard
    deviation of that column. What happens to a cell depends on its column:

    - float: noise is added; a missing value stays missing;
    - integer: the noise is rounded to a whole number at random, up or down, so that
      its mean stays zero. A move that would leave the range of the column, or whose
      mirror image would, is not made. So values stay whole, inside the range seen in
      the data, and unbiased row by row; columns coded 0/1 never change;
    - bool, category, string, date, object: never changed;
    - a constant column of any type: never changed;
    - sparse: only nonzero values are perturbed, so zeros stay zeros.

    Parameters
    ----------
    scale : float, default=0.1
        Noise relative to each column's standard deviation, 0 or more.
    n_copies : int, default=1
        Number of perturbed copies of each row, 0 or more.
    columns : array-like of str or int, or None, default=None
        Names or positions of the columns to perturb; each must be a float or an
        integer column. None takes all of these. Integers that code categories
        should be left out.
    random_state : int, RandomState instance or None, default=None
        Seed of the noise. An int gives the same result in each call.

    Attributes
    ----------
    noise_scale_ : ndarray of shape (n_features_in_,), dtype float64
        Standard deviation of the noise of each column; 0 where it is not changed.
    sample_indices_ : ndarray of shape (n_rows * (1 + n_copies),), dtype int64
        Position in the input of the parent of each row of the output.
    n_features_in_ : int
        Number of columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    Raises
    ------
    ValueError
        If a parameter is out of range, or ``columns`` names a column that does not
        exist or holds no numbers.

    See Also
    --------
    SwapNoise : Works on columns of any type.

    Notes
    -----
    The standard deviation is over the present values of a column, zeros of sparse
    matrices included, and pays no attention to sample weights. Near the ends of the
    range, integer columns move less than ``scale`` says.

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

    _parameter_constraints: dict = {
        **_ColumnAugmenter._parameter_constraints,
        "scale": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        scale=0.1,
        n_copies=1,
        *,
        columns=None,
        mode="append",
        sampling_strategy=None,
        constraint=None,
        random_state=None,
    ):
        super().__init__(
            n_copies=n_copies,
            mode=mode,
            sampling_strategy=sampling_strategy,
            constraint=constraint,
            random_state=random_state,
        )
        self.scale = scale
        self.columns = columns

    def _learn(self, X, y):
        selected = self._selected()
        numeric = _numeric_columns(X)
        if self.columns is not None and not numeric[selected].all():
            raise ValueError(_not_numeric(X, selected[~numeric[selected]]))
        chosen = np.zeros(self.n_features_in_, dtype=bool)
        chosen[selected] = numeric[selected]
        with np.errstate(over="ignore"):
            scaled = np.nan_to_num(self.scale * _column_std(X, chosen))
        self.noise_scale_ = np.where(chosen, scaled, 0.0)

    def _augment(self, X, y, rng):
        active = np.flatnonzero(self.noise_scale_)
        if active.size == 0:
            return X, y
        if is_frame(X):
            return _noisy_frame(X, active, self.noise_scale_[active], rng), y
        if sparse.issparse(X):
            return _noisy_sparse(X, self.noise_scale_, rng), y
        return _noisy_array(X, active, self.noise_scale_[active], rng), y


def _numeric_columns(X):
    """Mark the float and integer columns."""
    if is_frame(X):
        columns = column_adapter(X)
        return np.array([columns.kind(j) in "fiu" for j in range(X.shape[1])])
    return np.full(X.shape[1], X.dtype.kind in "fiu")


def _not_numeric(X, positions):
    """Message for columns that cannot take noise."""
    columns = column_adapter(X) if is_frame(X) else None
    found = [columns.describe(j) if columns else f"{j} ({X.dtype})" for j in positions]
    return (
        "columns must select float or integer columns. "
        f"Got {', '.join(map(str, found))} instead."
    )


def _column_std(X, chosen):
    """Compute the standard deviation of present values of the chosen columns."""
    if is_frame(X):
        columns, std = column_adapter(X), np.zeros(X.shape[1])
        for j in np.flatnonzero(chosen).tolist():
            std[j] = _dense_std(columns.present(j)[:, np.newaxis])[0]
        return std
    if not chosen.any():
        return np.zeros(X.shape[1])
    return _sparse_std(X) if sparse.issparse(X) else _dense_std(X)


def _sparse_std(X):
    """Compute the standard deviation of CSR columns, zeros included."""
    if not X.data.all():  # stored zeros must not change the order of the sums
        X = X.copy()
        X.eliminate_zeros()
    mean, variance = mean_variance_axis(X.astype(np.float64, copy=False), axis=0)
    std = np.sqrt(np.nan_to_num(variance))
    # The variance of a constant column may be a rounding error instead of 0.
    return np.where(std > 1e-12 * np.abs(mean), std, 0.0)


def _dense_std(X):
    """Compute column standard deviations: NaN is skipped, a constant gives 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        std = _shifted_std(X)
        if np.isfinite(std).all():
            return std
        # Squares of the largest floats overflow: repeat at a smaller exponent.
        small = _shifted_std(np.ldexp(X.astype(np.float64), -600))
        return np.where(np.isfinite(std), std, np.ldexp(small, 600))


def _shifted_std(X):
    """One pass in batches that stay in the cache, relative to the first value.

    Subtracting a value of the column keeps the sums small and makes the result of a
    constant column exact. einsum adds in the same order at any number of threads,
    and much faster than ``sum`` over the rows of a narrow array.
    """
    origin = _first_present(X)
    present, total, squares = np.zeros((3, X.shape[1]))
    buffer = np.empty((min(_BATCH, X.shape[0]), X.shape[1]))
    for rows in gen_batches(X.shape[0], _BATCH):
        shifted = buffer[: rows.stop - rows.start]
        np.subtract(X[rows], origin, out=shifted)
        if np.isnan(shifted.sum()):  # cheaper than looking at each value
            missing = np.isnan(shifted)
            shifted[missing] = 0.0
            present -= missing.sum(axis=0)
        present += len(shifted)
        total += np.einsum("ij->j", shifted)
        squares += np.einsum("ij,ij->j", shifted, shifted)
    present = np.maximum(present, 1)
    return np.sqrt(np.maximum(squares / present - (total / present) ** 2, 0.0))


def _first_present(X):
    """First value of each column that is not missing."""
    first = X[:1].sum(axis=0, dtype=np.float64)
    if np.isnan(first).any():
        first = X[np.isnan(X).argmin(axis=0), np.arange(X.shape[1])]
    return first


def _normal(rng, shape, scale, dtypes):
    """Draw normal noise, in single precision if no column needs double."""
    single = all(dtype.kind == "f" and dtype.itemsize <= 4 for dtype in dtypes)
    noise = rng.standard_normal(shape, dtype=np.float32 if single else np.float64)
    with np.errstate(over="ignore"):
        noise *= scale
    return noise


def _add_to_floats(values, noise):
    """Add in place; a sum beyond the largest float leaves the value as it was."""
    with np.errstate(over="ignore", invalid="ignore"):
        noise += values
        moved = noise.astype(values.dtype, copy=False)
        if not np.isfinite(moved.sum()):  # true for missing values too
            np.copyto(moved, values, where=np.isinf(moved))
    return moved


def _add_to_integers(values, noise, dither, low, high):
    """Add noise rounded at random, where the move and its mirror stay in range.

    Rounding down after adding a uniform draw is unbiased, and dropping moves in
    mirrored pairs keeps it so. All sums are modulo 2**64, hence exact for each
    integer type.
    """
    steps = np.floor(noise + dither).clip(-(2.0**62), 2.0**62).astype(np.int64)
    wide, low, high = (_as_modular(part) for part in (values, low, high))
    room = np.minimum(wide - low, high - wide)
    steps[np.abs(steps).view(np.uint64) > room] = 0
    return (wide + steps.view(np.uint64)).astype(values.dtype)


def _as_modular(integers):
    """Bits of integers of any type, sign extended, as 64-bit modular numbers."""
    wide = np.int64 if integers.dtype.kind == "i" else np.uint64
    return integers.astype(wide).view(np.uint64)


def _noisy_array(X, active, scale, rng):
    """Copy of an array with noise in the active columns."""
    block = X if active.size == X.shape[1] else X[:, active]
    noise = _normal(rng, block.shape, scale, [X.dtype])
    if X.dtype.kind == "f":
        moved = _add_to_floats(block, noise)
    else:
        low, high = block.min(axis=0), block.max(axis=0)
        moved = _add_to_integers(block, noise, rng.random(block.shape), low, high)
    if block is X:
        return moved
    result = X.copy()
    result[:, active] = moved
    return result


def _noisy_sparse(X, noise_scale, rng):
    """Copy of a CSR matrix with noise on its nonzero values."""
    result = X.copy()
    result.eliminate_zeros()
    stored = np.flatnonzero(noise_scale[result.indices])
    column, values = result.indices[stored], result.data[stored]
    noise = _normal(rng, values.shape, noise_scale[column], [X.dtype])
    if X.dtype.kind == "f":
        result.data[stored] = _add_to_floats(values, noise)
    else:
        low, high = (
            extreme(axis=0).toarray().ravel()[column] for extreme in (X.min, X.max)
        )
        dither = rng.random(values.shape)
        result.data[stored] = _add_to_integers(values, noise, dither, low, high)
    return result


def _noisy_frame(X, active, scale, rng):
    """Copy of a frame with noise in the active columns."""
    columns = column_adapter(X)
    cells = [columns.numbers(j) for j in active]
    dtypes = [values.dtype for values, _ in cells]
    noise = _normal(rng, (X.shape[0], len(cells)), scale, dtypes)
    dithers = rng.random((sum(d.kind != "f" for d in dtypes), X.shape[0]))
    next_dither = iter(dithers)
    moved = {}
    for i, (values, frozen) in enumerate(cells):
        noise[frozen, i] = 0.0
        if values.dtype.kind == "f":
            moved[active[i]] = _add_to_floats(values, noise[:, i])
        else:
            moved[active[i]] = _add_to_integers(
                values, noise[:, i], next(next_dither), values.min(), values.max()
            )
    return columns.with_numbers(moved)


class SwapNoise(_ColumnAugmenter):
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
    n_copies : int, default=1
        Number of perturbed copies of each row, 0 or more.
    columns : array-like of str or int, or None, default=None
        Names or positions of the columns to perturb. None takes all.
    within_class : bool, default=False
        Whether the other row must have the same target. Then relations between a
        column and the class are kept as well; it needs a classification target. The
        only row of a class is copied unchanged.
    random_state : int, RandomState instance or None, default=None
        Seed of the swaps. An int gives the same result in each call.

    Attributes
    ----------
    sample_indices_ : ndarray of shape (n_rows * (1 + n_copies),), dtype int64
        Position in the input of the parent of each row of the output.
    n_features_in_ : int
        Number of columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

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

    _parameter_constraints: dict = {
        **_ColumnAugmenter._parameter_constraints,
        "p": [Interval(Real, 0, 1, closed="both")],
        "within_class": ["boolean"],
    }

    def __init__(
        self,
        p=0.15,
        n_copies=1,
        *,
        columns=None,
        within_class=False,
        mode="append",
        sampling_strategy=None,
        constraint=None,
        random_state=None,
    ):
        super().__init__(
            n_copies=n_copies,
            mode=mode,
            sampling_strategy=sampling_strategy,
            constraint=constraint,
            random_state=random_state,
        )
        self.p = p
        self.columns = columns
        self.within_class = within_class

    def _learn(self, X, y):
        self._selected()
        if self.within_class:
            _check_class_labels(y)

    def _augment(self, X, y, rng):
        groups = _codes(y) if self.within_class else np.zeros(len(y), dtype=np.intp)
        donors, selected = DonorPool(groups), self._selected()
        if sparse.issparse(X):
            return swapped_sparse(X, selected, self.p, donors, rng), y
        rows, columns = np.nonzero(rng.random((len(y), selected.size)) < self.p)
        sources = donors.draw(rows, rng)
        if is_frame(X):
            return _swapped_frame(X, selected, rows, columns, sources), y
        result = X.copy()
        result[rows, selected[columns]] = X[sources, selected[columns]]
        return result, y


def _check_class_labels(y):
    """Refuse a target that is not made of classes."""
    kind = type_of_target(y, input_name="y")
    if kind.startswith("continuous") or kind == "unknown":
        raise ValueError(
            "within_class=True needs class labels in y. "
            f"Got a target of type {kind!r} instead; allowed are labels, or "
            "within_class=False."
        )


def _codes(y):
    """Give each distinct target a number; a row of a 2-D target is one label."""
    if y.ndim == 1:
        return np.unique(y, return_inverse=True)[1]
    columns = np.column_stack([_codes(column) for column in y.T])
    return np.unique(columns, axis=0, return_inverse=True)[1].ravel()


def _swapped_frame(X, selected, rows, columns, sources):
    """Copy of a frame in which the given cells are read from other rows."""
    by_column = np.argsort(columns, kind="stable")
    ends = np.searchsorted(columns[by_column], np.arange(selected.size + 1))
    taken = {}
    for i, position in enumerate(selected):
        cells = by_column[ends[i] : ends[i + 1]]
        source = np.arange(X.shape[0])
        source[rows[cells]] = sources[cells]
        taken[position] = source
    return column_adapter(X).with_rows_taken(taken)
