"""Tables of any container: arrays, lists of rows, pandas, polars and sparse matrices.

`columns_of` reads a table once: names, kinds and missing cells of its columns, and all
of it as numbers. `cells_of` reads and replaces single columns of arrays and frames,
dtypes kept, and `is_missing` is the one definition of a missing cell. `plain` gives
a table the form that computations know, `rewrap` gives rows the caller's container.

narwhals would read the two kinds of frames as well. It is not used because it turns
whole numbers with missing ones among them into floats, refuses frames of pandas in
which a name is there twice, and does not know the sparse, period, interval and object
columns of pandas, nor arrays and sparse matrices: the branches below would stay, and
the package would have one dependency more.
"""

from skoverfit._columns._cells import cells_of
from skoverfit._columns._containers import (
    is_mixed,
    plain,
    rewrap,
    same_layout,
    unwritable,
)
from skoverfit._columns._identifiers import is_clock, is_identifier
from skoverfit._columns._kinds import NUMERIC, Kind, holds_texts, kind_of
from skoverfit._columns._missing import (
    is_a,
    is_missing,
    is_missing_value,
    is_pandas,
    is_polars,
)
from skoverfit._columns._numbers import codes_of, numbers_of
from skoverfit._columns._rounding import (
    as_modular,
    between,
    moved_integers,
    rounded_at_random,
)
from skoverfit._columns._rows import is_frame, is_series, stack, take
from skoverfit._columns._table import Table, columns_of

__all__ = [
    "NUMERIC",
    "Kind",
    "Table",
    "as_modular",
    "between",
    "cells_of",
    "codes_of",
    "columns_of",
    "holds_texts",
    "is_a",
    "is_clock",
    "is_frame",
    "is_identifier",
    "is_missing",
    "is_missing_value",
    "is_mixed",
    "is_pandas",
    "is_polars",
    "is_series",
    "kind_of",
    "moved_integers",
    "numbers_of",
    "plain",
    "rewrap",
    "rounded_at_random",
    "same_layout",
    "stack",
    "take",
    "unwritable",
]
