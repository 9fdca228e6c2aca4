"""The base of augmenters that change numbers, whatever table these are in."""

from abc import abstractmethod

import numpy as np

from skoverfit._columns import cells_of
from skoverfit._declared import declared_base
from skoverfit._docs import documented
from skoverfit._types import (
    Blocks,
    Bounds,
    Columns,
    Constraint,
    Mode,
    SamplingStrategy,
    Seed,
)
from skoverfit.augmentation._docs import NUMBERS
from skoverfit.augmentation._tables._cells._moves import with_moved_numbers
from skoverfit.augmentation._tables._cells._noise import (
    column_std,
    given_bounds,
    learned_limits,
)
from skoverfit.augmentation._tables._column_choice import ColumnAugmenter

__all__ = ["NumericAugmenter", "NumericColumns"]


@declared_base
class NumericColumns(ColumnAugmenter):
    """What augmenters that change numbers share: which columns, within which bounds."""

    bounds: Bounds = None

    _parameter_constraints = {
        "bounds": ["array-like", dict, None],
    }

    def _numeric_selection(self, X):
        """Mark the columns that are selected and hold numbers."""
        selected = self._selected()
        numeric = _numeric_columns(X)
        if self.columns is not None and not numeric[selected].all():
            raise ValueError(_not_numeric(X, selected[~numeric[selected]]))
        chosen = np.zeros(self.n_features_in_, dtype=bool)
        single = self._learned_units(X).single
        chosen[single] = numeric[single]
        return chosen

    def _learn_limits(self, X, chosen, changed):
        """Keep which columns change, and their limits."""
        given = given_bounds(
            self.bounds, np.flatnonzero(chosen), lambda c: self._position(c, "bounds")
        )
        self._active = np.flatnonzero(changed)
        self._limits = learned_limits(X, self._active, given)


@documented(NUMBERS)
class NumericAugmenter(NumericColumns):
    """Base class for augmenters that change the numbers of a table.

    A subclass implements one method, ``_perturb(numbers, y, rng)``, which gets numbers
    as an array of floats and returns new ones. This class takes care of the rest of
    the contract of :class:`BaseAugmenter`, and of the table:

    - only float and integer columns that vary are given to ``_perturb``; bools,
      categories, texts and dates never change, nor do columns of `blocks`;
    - a missing value, NaN in what ``_perturb`` gets, stays missing, and no other
      value becomes missing or infinite;
    - integers, of any width and with or without missing values, stay whole: their move
      is rounded up or down at random, so that its mean is kept;
    - integers stay inside the range seen in the data, or inside `bounds`; floats
      stay inside `bounds`. A move that would leave it, or whose mirror image would, is
      not made, so moves that are as often up as down keep the mean of the column;
    - zeros of a sparse matrix stay zeros;
    - arrays, lists, pandas and polars frames and sparse matrices are accepted, and
      dtypes are kept.

    Parameters
    ----------
    {n_copies, columns, blocks, bounds}
    {mode, sampling_strategy, constraint, random_state}

    Attributes
    ----------
    {columns_, blocks_, of_tables}

    Raises
    ------
    ValueError
        If a parameter is out of range, ``columns`` or ``bounds`` names a column that
        does not exist or holds no numbers, or the data are not inside the bounds.
    TypeError
        If ``_perturb`` returns something other than numbers of the shape that it got.

    See Also
    --------
    BaseAugmenter : For augmenters of other things than numbers.
    skoverfit.testing.check_augmenter : Checks the contract of an augmenter.

    Notes
    -----
    A subclass with parameters of its own has an ``__init__`` that names all
    parameters, as everywhere in scikit-learn. The allowed values of its own stand in
    its ``_parameter_constraints``; those of this class apply as well.

    Examples
    --------
    >>> import pandas as pd
    >>> from skoverfit.augmentation import NumericAugmenter
    >>> class Jitter(NumericAugmenter):
    ...     '''Move each number by up to a tenth of its column's spread.'''
    ...
    ...     def _perturb(self, numbers, y, rng):
    ...         return numbers + 0.1 * self._std * rng.uniform(-1, 1, numbers.shape)
    >>> X = pd.DataFrame({"size": [1.5, 2.5, None], "sex": ["f", "m", "f"]})
    >>> X_out, y_out = Jitter(random_state=0).fit_resample(X, [0, 1, 0])
    >>> X_out.round(2)
       size sex
    0  1.50   f
    1  2.50   m
    2   NaN   f
    0  1.48   f
    1  2.47   m
    2   NaN   f
    """

    def __init__(
        self,
        n_copies: int = 1,
        *,
        columns: Columns = None,
        blocks: Blocks = "auto",
        bounds: Bounds = None,
        mode: Mode = "append",
        sampling_strategy: SamplingStrategy = None,
        constraint: Constraint = None,
        random_state: Seed = None,
    ) -> None:
        super().__init__(
            columns=columns,
            blocks=blocks,
            bounds=bounds,
            mode=mode,
            sampling_strategy=sampling_strategy,
            constraint=constraint,
            random_state=random_state,
        )
        self.n_copies = n_copies

    @abstractmethod
    def _perturb(self, numbers, y, rng):
        """Return new numbers for some rows.

        It is called once for each copy, and for a sparse matrix once for each batch of
        rows. ``self._std`` holds the standard deviation of each column, over the
        present values of all rows, and ``self.columns_`` the positions of the columns.

        Parameters
        ----------
        numbers : ndarray of shape (n_rows, n_columns), dtype float64
            The perturbed columns of the parents, NaN where a value is missing. It is a
            copy that may be changed.
        y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
            Their targets. Not to be changed.
        rng : numpy.random.Generator
            The only source of randomness.

        Returns
        -------
        numbers : ndarray of the same shape
            The new numbers. Where one is not finite, the old one is kept.
        """

    def _learn(self, X, y):
        chosen = self._numeric_selection(X)
        std = column_std(X, chosen)
        self._learn_limits(X, chosen, chosen & (std > 0))
        self.columns_, self._std = self._active, std[self._active]

    def _augment(self, X, y, rng):
        if self._active.size == 0:
            return X, y

        def move(numbers, rows):
            return self._checked_numbers(numbers, y[rows], rng)

        return with_moved_numbers(X, self._active, self._limits, move, rng), y

    def _checked_numbers(self, numbers, y, rng):
        """Return new numbers, checked so that an error has an author."""
        shape = numbers.shape
        new = self._perturb(numbers.copy(), y, rng)
        found = np.asarray(new)
        if found.shape != shape or found.dtype.kind not in "fiub":
            raise TypeError(
                f"{type(self).__name__}._perturb must return numbers of shape {shape}, "
                f"as it was given. Got {type(new).__name__} of shape {found.shape} and "
                f"dtype {found.dtype}."
            )
        return found.astype(np.float64, copy=False)


def _numeric_columns(X):
    """Mark the float and integer columns."""
    cells = cells_of(X)
    return np.array([cells.kind(j) in "fiu" for j in range(X.shape[1])])


def _not_numeric(X, positions):
    """Message for columns that cannot be computed with."""
    cells = cells_of(X)
    return (
        "columns must select float or integer columns. "
        f"Got {', '.join(cells.describe(j) for j in positions)} instead."
    )
