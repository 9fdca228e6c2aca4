"""Tables of columns of several types: what is in a column, and new rows from cells.

Every column, whatever its type, can be read as ranks of its values, and a new column
can be put together of cells of the old one. That is all that categories, dates, missing
values and the extension types of data frames need; only numbers are ever computed.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy import sparse

from skoverfit._columns import is_missing, is_pandas
from skoverfit.augmentation._containers import column_adapter, is_frame
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
        self._reader = _FrameReader(X) if is_frame(X) else _ArrayReader(X)
        self.shape = X.shape
        self.kinds = [self._reader.kind(j) for j in range(X.shape[1])]
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
        return self._reader.numbers(j)

    def numbers_of(self, j: int, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `numbers`, of some rows."""
        if isinstance(self.X, np.ndarray) and self.X.dtype.kind == "f":
            values = self.X[rows, j]
            return values, np.isnan(values)
        values, missing = self.numbers(j)
        return values[rows], missing[rows]

    def codes(self, j: int) -> np.ndarray:
        """Ranks of the values of a column, from 0 without holes; -1 is missing."""
        if j not in self._codes:
            codes = self._reader.codes(j) if j not in self._blocks else self._tuples(j)
            if codes is None:
                self.kinds[j], codes = "other", np.zeros(self.shape[0], dtype=np.int32)
            self._codes[j] = codes
        return self._codes[j]

    def _tuples(self, j: int) -> np.ndarray:
        """Codes of what the columns of a block hold together."""
        codes = [self._reader.codes(k) for k in self._blocks[j]]
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
        return self._reader.build(block, rows, numbers, out)


class _ArrayReader:
    """Columns of a 2-D array of any dtype."""

    def __init__(self, X: np.ndarray) -> None:
        self.X = X
        kinds = {"f": "float", "i": "integer", "u": "integer", "b": "bool"}
        self._kind = kinds.get(X.dtype.kind, "category")

    def kind(self, j: int) -> str:
        if self.X.dtype.kind != "O":
            return self._kind
        column = self.X[:, j]
        present = column[~is_missing(column)].tolist()
        if not present or any(_is_no_number(value) for value in present):
            return "category"
        if not all(isinstance(value, Integral) for value in present):
            return "float"
        # Whole numbers that no 64 bits hold cannot be computed with exactly.
        wide = any(not -(2**63) <= int(value) < 2**63 for value in present)
        return "category" if wide else "integer"

    def numbers(self, j: int) -> tuple[np.ndarray, np.ndarray]:
        column = self.X[:, j]
        if column.dtype.kind == "f":
            return column, np.isnan(column)
        if column.dtype.kind != "O":
            return column, np.zeros(len(column), dtype=bool)
        missing = is_missing(column)
        whole = self.kind(j) == "integer"
        values = np.full(len(column), 0 if whole else np.nan)
        values[~missing] = column[~missing].astype(values.dtype)
        return values, missing

    def codes(self, j: int) -> np.ndarray | None:
        column = self.X[:, j]
        if column.dtype.kind == "O":
            return _object_codes(column)
        return _dense_codes(column, is_missing(column))

    def build(
        self,
        block: np.ndarray,
        rows: Mapping,
        numbers: Mapping,
        out: Callable | None = None,
    ) -> np.ndarray:
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


class _FrameReader:
    """Columns of a pandas or polars frame."""

    def __init__(self, X: Any) -> None:
        self.X = X
        self.adapter = column_adapter(X)
        self.is_pandas = is_pandas(X)

    def kind(self, j: int) -> str:
        kind = self.adapter.kind(j)
        if kind in "fiu":
            return "float" if kind == "f" else "integer"
        is_bool = kind == "b" or str(self.column(j).dtype) == "Boolean"
        return "bool" if is_bool else "category"

    def column(self, j: int) -> Any:
        return self.X.iloc[:, j] if self.is_pandas else self.X.to_series(j)

    def numbers(self, j: int) -> tuple[np.ndarray, np.ndarray]:
        return self.adapter.numbers(j)

    def codes(self, j: int) -> np.ndarray | None:
        if self.kind(j) in NUMERIC:
            return _dense_codes(*self._values(j))
        reader = _pandas_codes if self.is_pandas else _polars_codes
        return reader(self.column(j))

    def _values(self, j: int) -> tuple[np.ndarray, np.ndarray]:
        """Values with all that are missing marked; not the fill values of sparse."""
        values, _ = self.adapter.numbers(j)
        return values, is_missing(self.column(j))

    def build(
        self, block: Any, rows: Mapping, numbers: Mapping, out: Callable | None = None
    ) -> Any:
        new = {j: self._cells(j, source) for j, source in rows.items()}
        if self.is_pandas:  # plain columns at once, because each frame is a copy
            plain = [j for j in numbers if isinstance(block.dtypes.iloc[j], np.dtype)]
            for j in plain:
                old = new[j] if j in new else block.iloc[:, j].array
                new[j] = _kept_missing(np.asarray(old), numbers[j])
            numbers = {j: numbers[j] for j in numbers if j not in plain}
        if new:
            block = _with_columns(block, new)
        if not numbers:
            return block
        adapter, final = column_adapter(block), {}
        for j, values in numbers.items():
            old, frozen = adapter.numbers(j)
            final[j] = np.where(frozen, old, values.astype(old.dtype, copy=False))
        return adapter.with_numbers(final)

    def _cells(self, j: int, source: np.ndarray) -> Any:
        column = self.column(j)
        return column.array.take(source) if self.is_pandas else column.gather(source)


def _kept_missing(old: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values of a plain column, and NaN where there was one."""
    values = values.astype(old.dtype, copy=False)
    if old.dtype.kind == "f" and np.isnan(old).any():
        return np.where(np.isnan(old), old, values)
    return values


def _with_columns(frame: Any, new: dict) -> Any:
    """Return a frame with some columns replaced, by position."""
    if not is_pandas(frame):
        return frame.with_columns(list(new.values()))
    # Series with the dtype: for arrays of objects pandas 3 would guess another.
    series, dtypes = sys.modules["pandas"].Series, frame.dtypes
    columns = {
        j: series(new.get(j, frame.iloc[:, j].array), dtype=dtypes.iloc[j])
        for j in range(frame.shape[1])
    }
    result = type(frame)(columns)
    result.index, result.columns = frame.index, frame.columns
    return result


def _is_no_number(value: Any) -> bool:
    return isinstance(value, bool | np.bool_) or not isinstance(value, Real)


def _set_objects(column: np.ndarray, values: np.ndarray) -> None:
    """Write numbers as Python numbers, except where one is missing."""
    present = ~is_missing(column)
    column[present] = values[present].astype(object)


def _dense_codes(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    codes = np.full(len(values), -1, dtype=np.int32)
    codes[~missing] = np.unique(values[~missing], return_inverse=True)[1]
    return codes


def _object_codes(column: np.ndarray) -> np.ndarray | None:
    """Codes of Python objects; None if they cannot be told apart by hashing."""
    missing = is_missing(column)
    levels: dict[Any, int] = {}
    try:
        found = [levels.setdefault(value, len(levels)) for value in column[~missing]]
    except TypeError:
        return None
    try:
        ordered = sorted(levels)
    except TypeError:  # values of several types have no order: that of appearance
        ordered = list(levels)
    rank = np.empty(len(levels), dtype=np.int32)
    rank[[levels[level] for level in ordered]] = np.arange(len(levels))
    codes = np.full(len(column), -1, dtype=np.int32)
    codes[~missing] = rank[np.array(found, dtype=np.intp)]
    return codes


def _pandas_codes(column: Any) -> np.ndarray | None:
    if hasattr(column, "cat"):
        codes = column.cat.codes.to_numpy()
        return _dense_codes(codes, codes < 0)
    pandas = sys.modules["pandas"]
    try:
        return pandas.factorize(column, sort=True)[0].astype(np.int32)
    except (TypeError, NotImplementedError):  # no order, or Arrow's nested columns
        return _object_codes(column.to_numpy(dtype=object))


def _polars_codes(column: Any) -> np.ndarray | None:
    polars = sys.modules["polars"]
    if str(column.dtype).startswith(("Categorical", "Enum")):
        column = column.to_physical()
    elif column.dtype.is_nested() or column.dtype == polars.Object:
        return None
    ranks = column.rank("dense").fill_null(0).to_numpy()
    return ranks.astype(np.int32) - 1


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
