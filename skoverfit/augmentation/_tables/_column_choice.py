"""Which columns of a table an augmenter changes, and which change together."""

from numbers import Integral

import numpy as np
from scipy import sparse

from skoverfit._columns import columns_of
from skoverfit._compat import StrOptions
from skoverfit._declared import declared_base
from skoverfit._types import Blocks, Columns
from skoverfit.augmentation._base import takes_any_table
from skoverfit.augmentation._declared import DeclaredAugmenter
from skoverfit.augmentation._tables._cells._blocks import (
    Units,
    given_blocks,
)

__all__ = ["ColumnAugmenter"]


@declared_base
class ColumnAugmenter(DeclaredAugmenter):
    """What augmenters of tables share: the choice of columns, and blocks of them."""

    columns: Columns = None
    blocks: Blocks = "auto"

    _parameter_constraints = {
        "columns": ["array-like", None],
        "blocks": [StrOptions({"auto"}), list, tuple, None],
    }

    def _learned_units(self, X):
        """Tell columns that change alone from blocks of those that belong together.

        A block changes only if all of its columns are selected.
        """
        self._is_sparse = sparse.issparse(X)
        selected = self._selected()
        if isinstance(self.blocks, str):
            known = columns_of(X).one_hot_blocks
        else:
            given = [] if self.blocks is None else self.blocks
            known = given_blocks(given, lambda c: self._position(c, "blocks"))
        whole = [block for block in known if np.isin(block, selected).all()]
        if not isinstance(self.blocks, str):
            self._check_no_part(known, selected, whole)
        self.blocks_ = [block.tolist() for block in whole]
        bound = np.concatenate([np.empty(0, np.intp), *known])
        return Units(np.setdiff1d(selected, bound), whole)

    def _check_no_part(self, known, selected, whole):
        """Refuse blocks of which only a part may change."""
        touched = [b.tolist() for b in known if np.isin(b, selected).any()]
        if len(touched) > len(whole):
            raise ValueError(
                f"columns must select each of the blocks as a whole or not at all. Got "
                f"columns={self.columns!r} with blocks={self.blocks!r}."
            )

    def _selected(self):
        """Positions of the columns that the parameter ``columns`` selects."""
        if self.columns is None:
            return np.arange(self.n_features_in_)
        positions = {self._position(column, "columns") for column in self.columns}
        return np.array(sorted(positions), dtype=np.intp)

    def _position(self, column, parameter):
        """Position of a column that a parameter gives by name or number."""
        names = getattr(self, "feature_names_in_", None)
        return _position(column, names, self.n_features_in_, parameter)

    def __sklearn_tags__(self):
        return takes_any_table(super().__sklearn_tags__())


def _position(column, names, n_features, parameter):
    """Position of one column given by name or number, or a clear error."""
    if isinstance(column, str):
        if names is None:
            raise ValueError(
                f"{parameter} contains the name {column!r}, but X has no column names; "
                "give positions instead."
            )
        if column not in names:
            raise ValueError(
                f"{parameter} contains {column!r}, which X does not have. "
                f"X has {list(map(str, names))}."
            )
        return int(np.flatnonzero(names == column)[0])
    if not isinstance(column, Integral) or isinstance(column, bool | np.bool_):
        raise ValueError(
            f"{parameter} must contain names or positions. Got {column!r} instead."
        )
    if not -n_features <= column < n_features:
        raise ValueError(
            f"{parameter} contains {column}, but X has {n_features} columns; allowed "
            f"are positions from {-n_features} to {n_features - 1}."
        )
    return int(column) % n_features
