"""Normal noise on the cells of tables: how much, within which limits, and the sums."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from numbers import Real
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils import gen_batches
from sklearn.utils.sparsefuncs import mean_variance_axis

from skoverfit._columns import cells_of, is_frame, moved_integers

__all__ = [
    "Limits",
    "Spread",
    "column_std",
    "given_bounds",
    "learned_limits",
    "standard_normal",
    "with_noise",
]

# Rows per batch: what is computed of a batch should stay in the cache.
_BATCH = 1024
# Rows that are laid side by side before they are added up.
_FOLD = 16


@dataclass(frozen=True)
class Spread:
    """Standard deviation of the noise of each cell.

    Attributes
    ----------
    scale : ndarray of shape (n_kinds, n_active)
        By kind of row and by column.
    kind : ndarray of int of shape (n_rows,), or None
        Kind of each row; None where there is one kind only.
    reach : ndarray of float of shape (n_rows,), or None
        Factor of each row; None where it is 1.
    """

    scale: np.ndarray
    kind: np.ndarray | None = None
    reach: np.ndarray | None = None

    def of(self, rows: slice) -> np.ndarray:
        """Return those of a batch, so that they can be multiplied with its cells."""
        scale = self.scale[0] if self.kind is None else self.scale[self.kind[rows]]
        return scale if self.reach is None else scale * self.reach[rows, np.newaxis]

    def of_cells(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return those of single cells."""
        kind = 0 if self.kind is None else self.kind[rows]
        scale = self.scale[kind, columns]
        return scale if self.reach is None else scale * self.reach[rows]


@dataclass(frozen=True)
class Limits:
    """Lowest and highest value of each active column.

    Attributes
    ----------
    low, high : list
        Numbers; integers for columns of integers, infinite where there is no limit.
    """

    low: list[Any]
    high: list[Any]

    @property
    def any(self) -> bool:
        """Whether there is a limit at all."""
        return bool(np.isfinite([*map(float, [*self.low, *self.high])]).any())

    def arrays(self, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
        """Return both as arrays, integers exactly."""
        kind = dtype if dtype.kind in "iu" else np.dtype(np.float64)
        return np.array(self.low, dtype=kind), np.array(self.high, dtype=kind)


def with_noise(X, out, active, spread, limits, rng):
    """Return X with noise in the active columns.

    Parameters
    ----------
    X : ndarray, CSR matrix or data frame
        The rows.
    out : callable
        Gives the memory for the result where X is an array.
    active : ndarray of int
        Positions of the columns that are perturbed.
    spread : Spread
        Standard deviations of the noise.
    limits : Limits
        Of the active columns.
    rng : numpy.random.Generator
        Where the noise comes from.
    """
    if is_frame(X):
        return _noisy_frame(X, active, spread, limits, rng)
    if sparse.issparse(X):
        return _noisy_sparse(X, active, spread, limits, rng)
    return _noisy_array(X, out(X), active, spread, limits, rng)


def _noisy_array(X, out, active, spread, limits, rng):
    """Write the rows and their noise into ``out``, batch by batch."""
    whole = active.size == X.shape[1]
    fast = whole and X.dtype in (np.float32, np.float64) and not limits.any
    low, high = limits.arrays(X.dtype)
    for rows in gen_batches(X.shape[0], _BATCH):
        if fast:
            _add_into(out[rows], X[rows], spread.of(rows), rng)
            continue
        values = X[rows] if whole else X[rows, active]
        noise = _normal(rng, values.shape, spread.of(rows), X.dtype)
        if X.dtype.kind == "f":
            moved = _add_within(values, noise, low, high)
        else:
            dither = rng.random(values.shape)
            moved = moved_integers(values, noise, dither, low, high)
        if not whole:
            out[rows] = X[rows]
        out[rows, slice(None) if whole else active] = moved
    return out


def _add_into(out, values, scale, rng):
    """Write values plus noise; a sum beyond the largest float is not made."""
    noise = standard_normal(rng, values.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        np.multiply(noise, scale.astype(out.dtype, copy=False), out=out)
        out += values
        if not np.isfinite(out.sum()):  # true for missing values too
            np.copyto(out, values, where=np.isinf(out))


def _noisy_sparse(X, active, spread, limits, rng):
    """Copy of a CSR matrix with noise on its nonzero values."""
    result = X.copy()
    result.eliminate_zeros()
    place = np.full(X.shape[1], -1)
    place[active] = np.arange(active.size)
    stored = np.flatnonzero(place[result.indices] >= 0)
    row = np.repeat(np.arange(X.shape[0]), np.diff(result.indptr))[stored]
    column, values = place[result.indices[stored]], result.data[stored]
    noise = _normal(rng, values.shape, spread.of_cells(row, column), X.dtype)
    low, high = (each[column] for each in limits.arrays(X.dtype))
    if X.dtype.kind == "f":
        result.data[stored] = _add_within(values, noise, low, high)
    else:
        dither = rng.random(values.shape)
        result.data[stored] = moved_integers(values, noise, dither, low, high)
    return result


def _noisy_frame(X, active, spread, limits, rng):
    """Copy of a frame with noise in the active columns."""
    columns = cells_of(X)
    cells = [columns.numbers(j) for j in active.tolist()]
    noise = np.empty((X.shape[0], len(cells)))
    for rows in gen_batches(X.shape[0], _BATCH):  # the same draws as for an array
        drawn = standard_normal(rng, noise[rows].shape)
        np.multiply(drawn, spread.of(rows), out=noise[rows])
    is_integer = [values.dtype.kind != "f" for values, _ in cells]
    dithers = iter(rng.random((sum(is_integer), X.shape[0])))
    moved = {}
    for i, (values, frozen) in enumerate(cells):
        noise[frozen, i] = 0.0
        edges = limits.low[i], limits.high[i]
        if is_integer[i]:
            low, high = (values.dtype.type(edge) for edge in edges)
            new = moved_integers(values, noise[:, i], next(dithers), low, high)
        else:
            new = _add_within(values, noise[:, i], *edges)
        moved[int(active[i])] = new
    return columns.with_numbers(moved)


def standard_normal(rng, shape):
    """Draw standard normal numbers in single precision.

    The transform of Box and Muller takes one 64-bit draw for two numbers and runs on
    whole arrays, in half the time of drawing them one by one. The largest is 6.8.
    """
    n = prod(shape)
    half = -(-n // 2)
    pairs = rng.integers(0, 2**64 - 1, half, dtype=np.uint64, endpoint=True)
    radius, angle, other = numbers = np.empty((3, half), np.float32)
    np.copyto(numbers[:2].reshape(-1), pairs.view(np.uint32), casting="unsafe")
    radius *= np.float32(2**-32)
    radius += np.float32(2**-33)  # never 0
    np.log(radius, out=radius)
    radius *= np.float32(-2)
    np.sqrt(radius, out=radius)
    angle *= np.float32(2**-31 * np.pi)
    np.sin(angle, out=other)
    np.cos(angle, out=angle)
    numbers[1:] *= radius
    return numbers[1:].reshape(-1)[:n].reshape(shape)


def _normal(rng, shape, scale, dtype):
    """Draw normal noise, in single precision if the column needs no more."""
    noise = standard_normal(rng, shape)
    if dtype.kind == "f" and dtype.itemsize <= 4:
        with np.errstate(over="ignore"):
            noise *= scale
        return noise
    return noise * scale


def _add_to_floats(values, noise):
    """Add in place; a sum beyond the largest float leaves the value as it was."""
    with np.errstate(over="ignore", invalid="ignore"):
        noise += values
        moved = noise.astype(values.dtype, copy=False)
        if not np.isfinite(moved.sum()):  # true for missing values too
            np.copyto(moved, values, where=np.isinf(moved))
    return moved


def _add_within(values, noise, low, high):
    """Add to floats where the move and its mirror image stay within limits."""
    with np.errstate(over="ignore", invalid="ignore"):
        room = np.minimum(values - low, high - values)
        noise[np.abs(noise) > room] = 0.0
    return _add_to_floats(values, noise)


# ------------------------------------------------------------- statistics of columns


def column_std(X, chosen):
    """Compute the standard deviation of present values of the chosen columns."""
    if is_frame(X):
        columns, std = cells_of(X), np.zeros(X.shape[1])
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
    constant column exact.
    """
    origin = _first_present(X)
    present, total, squares = np.zeros((3, X.shape[1]))
    n_rows = min(_BATCH, max(-(-X.shape[0] // _FOLD), 1) * _FOLD)
    buffer, square = np.empty((2, n_rows, X.shape[1]))
    for rows in gen_batches(X.shape[0], n_rows):
        shifted = buffer[: rows.stop - rows.start]
        buffer[len(shifted) :] = 0.0
        np.subtract(X[rows], origin, out=shifted)
        sums = _folded_sum(buffer)
        if np.isnan(sums).any():  # cheaper than looking at each value
            missing = np.isnan(shifted)
            shifted[missing] = 0.0
            present -= missing.sum(axis=0)
            sums = _folded_sum(buffer)
        present += len(shifted)
        total += sums
        squares += _folded_sum(np.multiply(buffer, buffer, out=square))
    present = np.maximum(present, 1)
    return np.sqrt(np.maximum(squares / present - (total / present) ** 2, 0.0))


def _folded_sum(block):
    """Add up columns; a narrow block is added up faster when it is folded."""
    folded = np.add.reduce(block.reshape(len(block) // _FOLD, -1), axis=0)
    return np.add.reduce(folded.reshape(_FOLD, -1), axis=0)


def _first_present(X):
    """First value of each column that is not missing."""
    first = X[:1].sum(axis=0, dtype=np.float64)
    if np.isnan(first).any():
        first = X[np.isnan(X).argmin(axis=0), np.arange(X.shape[1])]
    return first


# ------------------------------------------------------------------- limits of columns


def learned_limits(X, active, given):
    """Return the limits of the active columns.

    Integers stay in the range of the data, floats have no limits, unless limits are
    given.
    """
    limits = [_limits_of(X, j, given.get(j)) for j in active.tolist()]
    return Limits([low for low, _ in limits], [high for _, high in limits])


def _limits_of(X, j, pair):
    """Lowest and highest value that a column may get."""
    is_float = cells_of(X).kind(j) == "f"
    if is_float and pair is None:
        return -np.inf, np.inf
    values, frozen = cells_of(X).numbers(j)
    if is_float:
        values = values[~frozen]
    smallest, largest = values.min().item(), values.max().item()
    if pair is None:
        return smallest, largest
    if smallest < pair[0] or largest > pair[1]:
        raise ValueError(
            f"bounds={pair} of column {j} must hold all values of X. Got values from "
            f"{smallest} to {largest}."
        )
    return pair if is_float else _whole_numbers(pair, smallest, largest, values.dtype)


def _whole_numbers(pair, smallest, largest, dtype):
    """Bounds of integers: as given, or the range of the data where there is none."""
    low = max(np.ceil(pair[0]), np.iinfo(dtype).min) if np.isfinite(pair[0]) else None
    high = min(np.floor(pair[1]), np.iinfo(dtype).max) if np.isfinite(pair[1]) else None
    return smallest if low is None else int(low), largest if high is None else int(high)


def given_bounds(bounds, active, position_of):
    """Return what the parameter ``bounds`` says as position to (low, high)."""
    if bounds is None:
        return {}
    if not isinstance(bounds, Mapping):
        pair = _pair(bounds)
        return dict.fromkeys(active.tolist(), pair)
    pairs = {position_of(column): _pair(pair) for column, pair in bounds.items()}
    unknown = sorted(set(pairs) - set(active.tolist()))
    if unknown:
        raise ValueError(
            f"bounds must name columns that are perturbed. Got positions {unknown}, "
            f"and perturbed are {active.tolist()}."
        )
    return pairs


def _pair(pair):
    """Check one pair of bounds; None means no bound on that side."""
    try:
        low, high = pair
    except (TypeError, ValueError):
        low = high = "neither"
    low, high = -np.inf if low is None else low, np.inf if high is None else high
    numbers = isinstance(low, Real) and isinstance(high, Real)
    if not numbers or not low <= high:
        raise ValueError(
            f"bounds must be pairs (low, high) of numbers or None with low <= high. "
            f"Got {pair!r} instead."
        )
    return low, high
