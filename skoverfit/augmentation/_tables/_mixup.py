"""Augmenters that mix each row with a partner."""

from abc import abstractmethod
from dataclasses import KW_ONLY
from numbers import Real
from typing import Any, Literal

import numpy as np
from sklearn.utils import gen_batches

from skoverfit._columns import cells_of, is_frame, stack, take
from skoverfit._compat import Interval, StrOptions
from skoverfit._declared import declared
from skoverfit._docs import documented
from skoverfit._types import (
    TaskName,
)
from skoverfit.augmentation._copies import SoftTarget
from skoverfit.augmentation._docs import AUGMENTERS
from skoverfit.augmentation._means import drawn_near, mixed_values, repair
from skoverfit.augmentation._swaps import DonorPool
from skoverfit.augmentation._tables._cells._blocks import with_blocks_taken
from skoverfit.augmentation._tables._column_choice import ColumnAugmenter
from skoverfit.augmentation._tables._partners import SimilarPool
from skoverfit.augmentation._targets import (
    TASKS,
    class_codes,
    is_continuous,
    is_numeric_target,
)

__all__ = ["CutMix", "Mixup"]

# Rows per batch: what is computed of a batch should stay in the cache.
_BATCH = 1024


@declared
class _PartnerAugmenter(ColumnAugmenter):
    """What augmenters share that mix a row with another one.

    A subclass implements ``_mixed(X, others, share, rng)``: the mixed rows and the
    share of the target that is the row's own.
    """

    concentration: float = 0.4
    n_copies: int = 1
    _: KW_ONLY
    partner: Literal["auto", "class", "any", "similar"] = "auto"
    bandwidth: float = 0.25
    task: TaskName = "auto"

    _parameter_constraints = {
        "concentration": [Interval(Real, 0, np.inf, closed="both")],
        "partner": [StrOptions({"auto", "class", "any", "similar"})],
        "bandwidth": [Interval(Real, 0, np.inf, closed="right")],
        "task": TASKS,
    }

    def _learn(self, X, y):
        self._units = self._learned_units(X)
        self._rows, self._targets = X, y
        self.partner_ = self._kind_of_partner(y)
        if self.partner_ == "similar":
            spread, values = _one_number(y)
            self._pool: Any = SimilarPool(values, self.bandwidth * spread)
        else:
            same = self.partner_ == "class"
            self._pool = DonorPool(class_codes(y) if same else np.zeros(len(y), int))
        self._numeric_target = self.partner_ == "similar" or (
            self.partner_ == "any" and self._is_regression(y)
        )

    def _kind_of_partner(self, y):
        """Who may be a partner, given the target."""
        if self.partner == "any":
            return "any"
        if self.partner == "similar":
            if y.dtype.kind not in "fiub":
                raise ValueError(
                    "partner='similar' needs numbers in y. Got a target of dtype "
                    f"{y.dtype}; allowed are 'auto', 'class' and 'any'."
                )
            return "similar"
        if self.partner == "class" and is_continuous(y):
            raise ValueError(
                "partner='class' needs class labels in y. Got a continuous target; "
                "allowed are 'auto', 'any' and 'similar'."
            )
        if self.partner == "class":
            return "class"
        return "similar" if self._is_regression(y) else "class"

    def _is_regression(self, y):
        return is_numeric_target(y, self.task, self.sampling_strategy)

    def _augment(self, X, y, rng):
        partners = self._pool.draw(self._parents, rng)
        share = _own_share(self.concentration, len(y), rng)
        X_new, share = self._mixed(X, partners, share, rng)
        return X_new, self._mixed_target(y, self._targets[partners], share, rng)

    @abstractmethod
    def _mixed(self, X, partners, share, rng):
        """Return the mixed rows, and the share of each that is its own."""

    def _mixed_target(self, y, other, share, rng):
        if self.partner_ == "class":
            return y
        if not self._numeric_target:
            return SoftTarget(y, other, share)
        weight = share.reshape(-1, *[1] * (y.ndim - 1))
        return mixed_values(y, other, weight, rng)


def _own_share(concentration, n_rows, rng):
    """Draw the weight of each row, at least a half; the partner has the rest."""
    if concentration in (0, np.inf):
        return np.full(n_rows, 0.5 if concentration else 1.0)
    share = rng.beta(concentration, concentration, n_rows)
    return np.maximum(share, 1 - share)


def _one_number(y):
    """Spread and values of a target by which rows are alike.

    Several outputs are read along their first principal component.
    """
    values = y.astype(np.float64)
    if values.ndim == 2:
        values = values - values.mean(axis=0)
        std = values.std(axis=0)
        values = values / np.where(std > 0, std, 1.0)
        values = values @ np.linalg.svd(values.T @ values)[2][0]
    spread = values.std()
    return (spread if spread > 0 else 1.0), values


@documented(AUGMENTERS)
class Mixup(_PartnerAugmenter):
    """Add rows on the line between a row and a partner.

    A copy is ``share * row + (1 - share) * partner`` [1]_, where the share is drawn
    from a beta distribution and is at least a half, so that the row that
    ``sample_indices_`` names is the nearer one. What happens to a cell depends on its
    column:

    - float: mixed;
    - integer: mixed and rounded up or down at random, so that the mean is kept;
    - bool, category, string, date, object: one of the two cells, the row's own with
      a chance that is its share. So bools keep their mean and categories their set;
    - missing in one of the two rows: one of the two cells, like a category;
    - sparse: as dense; only cells where one of the two has a value are visited.

    Parameters
    ----------
    concentration : float, default=0.4
        Shape of the beta distribution, 0 or more. The larger, the farther copies are
        from their rows: 0 gives the rows themselves, 1 shares that are uniform between
        a half and 1, infinity equal shares.
    {n_copies}
    partner : {"auto", "class", "any", "similar"}, default="auto"
        Which rows may be partners, drawn uniformly unless said otherwise.

        - "class": other rows with the same label or labels. The target is kept.
        - "any": all other rows. A target of numbers is mixed like a column of
          numbers. Where class labels differ, the copy goes into the output twice, once
          with each label, and ``sample_weight_`` holds the shares, see
          :class:`SoftTarget`.
        - "similar": all other rows, with a chance that falls with the difference of
          the targets like a normal density: C-Mixup [2]_. The target must hold numbers
          and is mixed, whole numbers rounded at random.
        - "auto": "similar" for a target of numbers, otherwise "class".
    bandwidth : float, default=0.25
        For "similar": standard deviation of the normal density relative to the
        standard deviation of the target, above 0. Several outputs are compared along
        their first principal component.
    {task}
    columns : array-like of str or int, or None, default=None
        Names or positions of the columns to mix; the others are the row's own. None
        takes all.
    blocks : "auto", list of lists of columns, or None, default="auto"
        Columns that belong together, by name or position. They are not mixed:
        one of the two rows gives them all, the row itself with a chance that is
        its share. "auto" finds columns that are one-hot in the data, scaled or
        not; None lets all columns change by themselves.
    {mode, sampling_strategy, constraint, random_state}

    Attributes
    ----------
    partner_ : {"class", "any", "similar"}
        Which rows were partners.
    {blocks_, of_tables}

    Raises
    ------
    ValueError
        If a parameter is out of range, ``columns`` names a column that does not
        exist, or ``partner`` does not suit the target.

    See Also
    --------
    CutMix : Takes a part of the columns from the partner instead.

    Notes
    -----
    A row without a possible partner, such as the only one of its class, is copied as
    it is. Partners of "similar" are drawn along the sorted target, in time
    that grows like a sort, without a table of all pairs.

    References
    ----------
    .. [1] H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz, "mixup: Beyond Empirical
       Risk Minimization", ICLR 2018.
    .. [2] H. Yao, Y. Wang, L. Zhang, J. Zou, C. Finn, "C-Mixup: Improving
       Generalization in Regression", NeurIPS 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import Mixup
    >>> X = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> mixup = Mixup(concentration=1.0, n_copies=2, random_state=0)
    >>> X_out, y_out = mixup.fit_resample(X, [0, 0, 1, 1])
    >>> X_out.shape, bool(((X_out[:, 0] <= 1) == (np.array(y_out) == 0)).all())
    ((12, 1), True)
    """

    def _mixed(self, X, partners, share, rng):
        units = self._units
        if is_frame(X):
            others = take(self._rows, partners)
            return _mixed_frame(X, others, units, share, rng), share
        if self._is_sparse:
            mixed = _mixed_sparse(X, self._rows[partners], units.single, share, rng)
            sources = [
                np.where(rng.random(len(share)) < share, -1, partners)
                for _ in units.blocks
            ]
            return with_blocks_taken(mixed, self._rows, units.blocks, sources), share
        out = self._new_rows(X)
        if len(units.columns) == X.shape[1] and X.dtype.kind == "f":
            self._mix_floats(X, out, partners, share, rng)
        else:
            self._mix_columns(X, out, units.single, partners, share, rng)
        for block in units.blocks:
            own = rng.random((len(share), 1)) < share[:, np.newaxis]
            other = self._rows[partners[:, np.newaxis], block]
            out[:, block] = np.where(own, X[:, block], other)
        return out, share

    def _mix_columns(self, X, out, chosen, partners, share, rng):
        """Write rows with mixed columns, batch by batch, into ``out``."""
        for rows in gen_batches(len(X), _BATCH):
            other = self._rows[partners[rows]][:, chosen]
            weight = share[rows, np.newaxis]
            out[rows] = X[rows]
            out[rows, chosen] = mixed_values(X[rows, chosen], other, weight, rng)

    def _mix_floats(self, X, out, partners, share, rng):
        """Write mixed rows, batch by batch, into ``out``."""
        for rows in gen_batches(len(X), _BATCH):
            weight, block = share[rows, np.newaxis], out[rows]
            self._rows.take(partners[rows], axis=0, out=block, mode="clip")
            if not drawn_near(block, X[rows], weight):
                repair(block, X[rows], self._rows[partners[rows]], weight, rng)


def _mixed_frame(X, others, units, share, rng):
    """Mix the columns of two frames by their type."""
    first, second = cells_of(X), cells_of(others)
    taken, mixed = {}, {}
    own = np.arange(len(X))
    for j in units.single.tolist():
        draws = rng.random(len(X)) < share
        if first.kind(j) in "fiu":
            values, missing = first.numbers(j)
            partner, gone = second.numbers(j)
            mixed[j] = mixed_values(values, partner, share, rng)
            draws |= ~(missing | gone)
        taken[j] = np.where(draws, own, own + len(X))
    for block in units.blocks:
        draws = rng.random(len(X)) < share
        taken.update(dict.fromkeys(block.tolist(), np.where(draws, own, own + len(X))))
    result = cells_of(stack([X, others])).with_rows_taken(taken, len(X))
    # What was missing in one of both has been taken; the rest is mixed.
    adapter = cells_of(result)
    for j, values in mixed.items():
        kept, _ = adapter.numbers(j)
        _, missing = first.numbers(j)
        _, gone = second.numbers(j)
        mixed[j] = np.where(missing | gone, kept, values)
    return adapter.with_numbers(mixed)


class _Aligned:
    """Cells of two CSR matrices in which one of them has a value."""

    def __init__(self, X, others):
        width = X.shape[1]
        keys = [_keys(matrix, width) for matrix in (X, others)]
        self.keys = np.union1d(*keys)
        self.row, self.column = np.divmod(self.keys, width)
        self.own, self.other = np.zeros((2, len(self.keys)), X.dtype)
        self.own[np.searchsorted(self.keys, keys[0])] = X.data
        self.other[np.searchsorted(self.keys, keys[1])] = others.data

    def matrix(self, values, like):
        """Return a matrix with these values in the cells."""
        places = [part.astype(like.indices.dtype) for part in (self.row, self.column)]
        result = type(like)((values, tuple(places)), shape=like.shape, dtype=like.dtype)
        result.eliminate_zeros()
        return result


def _keys(X, width):
    """One number for each stored cell of a canonical CSR matrix, ascending."""
    return np.repeat(np.arange(X.shape[0]), np.diff(X.indptr)) * width + X.indices


def _mixed_sparse(X, others, chosen, share, rng):
    cells = _Aligned(X, others)
    active = np.isin(cells.column, chosen)
    values = cells.own.copy()
    values[active] = mixed_values(
        cells.own[active], cells.other[active], share[cells.row[active]], rng
    )
    return cells.matrix(values, X)


@documented(AUGMENTERS)
class CutMix(_PartnerAugmenter):
    """Add rows of which a random part of the columns comes from a partner.

    Each column is the partner's with the same chance, drawn for the row from a beta
    distribution and at most a half [1]_. No value is invented, so it works for columns
    of any type, missing values included (they are taken like values). The columns of a
    partner stay together, unlike those of :class:`SwapNoise`.

    Parameters
    ----------
    concentration : float, default=0.4
        Shape of the beta distribution, 0 or more. The larger, the more columns come
        from partners: 0 gives the rows themselves, infinity half of the columns.
    {n_copies}
    partner : {"auto", "class", "any", "similar"}, default="auto"
        Which rows may be partners, drawn uniformly unless said otherwise.

        - "class": other rows with the same label or labels. The target is kept.
        - "any": all other rows. The target is mixed by the shares of columns:
          one of numbers like a number; where class labels differ, the copy goes into
          the output twice, once with each label, and ``sample_weight_`` holds the
          shares, see :class:`SoftTarget`.
        - "similar": all other rows, with a chance that falls with the difference of
          the targets like a normal density, as for :class:`Mixup`. The target must
          hold numbers and is mixed, whole numbers rounded at random.
        - "auto": "similar" for a target of numbers, otherwise "class".
    bandwidth : float, default=0.25
        For "similar": standard deviation of the normal density relative to the
        standard deviation of the target, above 0.
    {task}
    columns : array-like of str or int, or None, default=None
        Names or positions of the columns that may come from the partner, and of which
        shares are counted. None takes all.
    blocks : "auto", list of lists of columns, or None, default="auto"
        Columns that belong together, by name or position. They come from the
        partner together, and count as one column. "auto" finds columns that are
        one-hot in the data, scaled or not; None lets all columns change by
        themselves.
    {mode, sampling_strategy, constraint, random_state}

    Attributes
    ----------
    partner_ : {"class", "any", "similar"}
        Which rows were partners.
    {blocks_, of_tables}

    Raises
    ------
    ValueError
        If a parameter is out of range, ``columns`` names a column that does not
        exist, or ``partner`` does not suit the target.

    See Also
    --------
    Mixup : Mixes numbers instead.
    SwapNoise : Each cell from a row of its own.

    Notes
    -----
    A row without a possible partner, such as the only one of its class, is copied as
    it is.

    References
    ----------
    .. [1] S. Yun, D. Han, S. J. Oh, S. Chun, J. Choe, Y. Yoo, "CutMix: Regularization
       Strategy to Train Strong Classifiers with Localizable Features", ICCV 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import CutMix
    >>> X = np.array([["a", "x"], ["b", "y"]], dtype=object)
    >>> cutmix = CutMix(concentration=5.0, partner="any", random_state=0)
    >>> X_out, y_out = cutmix.fit_resample(X, ["no", "yes"])
    >>> X_out[2:].tolist(), y_out[2:]
    ([['b', 'y'], ['a', 'y'], ['a', 'y']], ['yes', 'yes', 'no'])
    >>> cutmix.sample_weight_[2:]
    array([1. , 0.5, 0.5])
    """

    def _mixed(self, X, partners, share, rng):
        units = self._units
        if self._is_sparse:
            return self._cut_sparse(X, partners, share, rng)
        own = rng.random((len(partners), len(units))) < share[:, np.newaxis]
        # One draw for each unit, and so for each of its columns.
        by_column, chosen = own[:, units.cells(np.arange(len(units)))[1]], units.columns
        row, column = np.divmod(np.flatnonzero(~by_column), max(chosen.size, 1))
        result = cells_of(X).with_cells_taken(
            row, chosen[column], self._rows, partners[row], out=self._new_rows
        )
        return result, _mean(own)

    def _cut_sparse(self, X, partners, share, rng):
        units = self._units
        single = units.single
        result, kept = _cut_sparse(X, self._rows[partners], single, share, rng)
        own = [rng.random(len(share)) < share for _ in units.blocks]
        sources = [np.where(each, -1, partners) for each in own]
        result = with_blocks_taken(result, self._rows, units.blocks, sources)
        kept = sum(own, start=kept)
        return result, kept / len(units) if len(units) else np.ones(len(share))


def _mean(own):
    """Share of columns; of no columns it is 1."""
    return own.mean(axis=1) if own.shape[1] else np.ones(len(own))


def _cut_sparse(X, others, chosen, share, rng):
    """Draw for cells with a value; of the empty ones only the number counts."""
    cells = _Aligned(X, others)
    active = np.isin(cells.column, chosen)
    own = rng.random(len(active)) < share[cells.row]
    kept = np.bincount(cells.row[active & own], minlength=len(share))
    n_stored = np.bincount(cells.row[active], minlength=len(share))
    kept = kept + rng.binomial(chosen.size - n_stored, share)
    values = np.where(own | ~active, cells.own, cells.other)
    return cells.matrix(values, X), kept
