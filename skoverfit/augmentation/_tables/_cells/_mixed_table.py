"""Tables of columns of several types: what is in a column, and new rows from cells.

Every column, whatever its type, can be read as ranks of its values, and a new column
can be put together of cells of the old one. That is all that categories, dates, missing
values and the extension types of data frames need; only numbers are ever computed.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from scipy import sparse

from skoverfit._columns import cells_of, is_missing, is_pandas
from skoverfit.augmentation._targets import class_codes

__all__ = [
    "Lazy",
    "MixedTable",
    "is_smooth",
    "refuse_sparse",
]

#: Kinds whose cells are computed rather than taken from another row.
NUMERIC = ("float", "integer")


class Lazy(Mapping):
    """A mapping whose values are computed each time that they are asked for."""

    def __init__(self, keys, compute: Callable) -> None:
        self._keys, self._compute = dict.fromkeys(keys), compute

    def __getitem__(self, key) -> np.ndarray:
        return self._compute(key)

    def __contains__(self, key) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


class MixedTable:
    """Rows of an array or a data frame, read column by column.

    Parameters
    ----------
    X : ndarray or data frame of shape (n_rows, n_columns)
        As an augmenter gets it.
    categorical : iterable of int, default=()
        Positions of columns that hold categories although their type is a number.
    blocks : iterable of ndarray of int, default=()
        Positions of columns whose cells always come from one row. The first column of
        a block stands for all of them, as a category.

    Attributes
    ----------
    kinds : list of str
        Of each column: "float", "integer", "bool", "category", "other" or "member".
        Cells of "other" can only be copied together with their row, and those of
        "member" together with those of the first column of their block.
    """

    def __init__(self, X: Any, categorical: Any = (), blocks: Any = ()) -> None:
        self.X = X
        self.is_array = isinstance(X, np.ndarray)
        self._cells = cells_of(X)
        self.shape = X.shape
        self.kinds = [self._kind(j) for j in range(X.shape[1])]
        for j in categorical:
            self.kinds[j] = "category"
        self._blocks = {int(block[0]): block.tolist() for block in blocks}
        for first, *others in self._blocks.values():
            self.kinds[first] = "category"
            for j in others:
                self.kinds[j] = "member"
        self._codes: dict[int, np.ndarray] = {}

    def columns_of(self, j: int) -> list[int]:
        """Columns whose cells come from the same row as those of a column."""
        return self._blocks.get(j, [j])

    def numbers(self, j: int) -> tuple[np.ndarray, np.ndarray]:
        """Values of a numeric column, and a mask of cells that hold none."""
        return self._cells.numbers(j)

    def numbers_of(self, j: int, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `numbers`, of some rows."""
        return self._cells.numbers_at(j, rows)

    def codes(self, j: int) -> np.ndarray:
        """Ranks of the values of a column, from 0 without holes; -1 is missing."""
        if j not in self._codes:
            codes = self._cells.ranks(j) if j not in self._blocks else self._tuples(j)
            if codes is None:
                self.kinds[j], codes = "other", np.zeros(self.shape[0], dtype=np.int32)
            self._codes[j] = codes
        return self._codes[j]

    def _kind(self, j: int) -> str:
        """Kind of a column by what can be computed with its cells."""
        kind = self._cells.kind_of_values(j)
        if kind in "fiu":
            return "float" if kind == "f" else "integer"
        return "bool" if self._cells.is_bool(j) else "category"

    def _tuples(self, j: int) -> np.ndarray:
        """Codes of what the columns of a block hold together."""
        codes = [self._cells.ranks(k) for k in self._blocks[j]]
        known = [each for each in codes if each is not None]
        if not known:
            return np.zeros(self.shape[0], dtype=np.int32)
        return class_codes(np.column_stack(known)).astype(np.int32)

    def is_whole(self, j: int) -> bool:
        """Whether a column holds whole numbers only, such as codes stored as floats."""
        values, frozen = self.numbers(j)
        return bool((values[~frozen] == np.floor(values[~frozen])).all())

    def forget_codes(self) -> None:
        """Give back the memory of codes that are not needed any more."""
        self._codes.clear()

    def build(
        self, block: Any, rows: Mapping, numbers: Mapping, out: Callable | None = None
    ) -> Any:
        """Rows like those of a block, with some columns replaced.

        Parameters
        ----------
        block : ndarray or data frame
            The parents.
        rows : mapping of int to ndarray
            For some columns, the row of the table from which each cell is taken.
        numbers : mapping of int to ndarray
            For some columns, values; where the cell is missing in the block, or in
            the row that `rows` names, it stays missing.
        out : callable, default=None
            Takes an array and gives memory for another like it.
        """
        owners = {k: j for j in rows for k in self.columns_of(j)}
        if len(owners) > len(rows):
            first = rows
            rows = Lazy(owners, lambda k: first[owners[k]])
        if self.is_array:
            return self._built_array(block, rows, numbers, out)
        return self._built_frame(block, rows, numbers)

    def _built_array(self, block, rows, numbers, out):
        result = np.empty_like(block) if out is None else out(block)
        result[...] = block
        for j, source in rows.items():
            result[:, j] = self.X[source, j]
        for j, values in numbers.items():
            if result.dtype.kind == "O":
                _set_objects(result[:, j], values)
            elif result.dtype.kind == "f":
                np.copyto(result[:, j], values, where=~np.isnan(result[:, j]))
            else:
                result[:, j] = values
        return result

    def _built_frame(self, block, rows, numbers):
        new = {j: self._cells.taken(j, source) for j, source in rows.items()}
        if is_pandas(block):  # plain columns at once, because each frame is a copy
            plain = [j for j in numbers if isinstance(block.dtypes.iloc[j], np.dtype)]
            for j in plain:
                old = new[j] if j in new else block.iloc[:, j].array
                new[j] = _kept_missing(np.asarray(old), numbers[j])
            numbers = {j: numbers[j] for j in numbers if j not in plain}
        if new:
            block = cells_of(block).with_columns(new)
        if not numbers:
            return block
        cells, final = cells_of(block), {}
        for j, values in numbers.items():
            old, frozen = cells.numbers(j)
            final[j] = np.where(frozen, old, values.astype(old.dtype, copy=False))
        return cells.with_numbers(final)


def _kept_missing(old: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values of a plain column, and NaN where there was one."""
    values = values.astype(old.dtype, copy=False)
    if old.dtype.kind == "f" and np.isnan(old).any():
        return np.where(np.isnan(old), old, values)
    return values


def _set_objects(column: np.ndarray, values: np.ndarray) -> None:
    """Write numbers as Python numbers, except where one is missing."""
    present = ~is_missing(column)
    column[present] = values[present].astype(object)


def is_smooth(table, j):
    """Whether a column may hold numbers between those seen."""
    return table.kinds[j] == "float" and not table.is_whole(j)


def refuse_sparse(augmenter, X):
    """Say that an augmenter takes no sparse matrix."""
    if sparse.issparse(X):
        raise TypeError(
            f"Sparse data was passed to {type(augmenter).__name__}, which draws every "
            "cell. Use X.toarray() if it fits into memory, or SwapNoise."
        )
