"""Strategies of tables of numbers with a target."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from skoverfit.exceptions import InputError
from skoverfit.testing.strategies._bounds import chosen, integers_within

__all__ = [
    "classification_data",
    "groups_and_time",
    "multilabel_data",
    "regression_data",
    "sparse_data",
]

#: Names of classes, by what labels are.
LABELS = {
    "integers": np.arange(10),
    "texts": np.array([f"class {letter}" for letter in "abcdefghij"]),
    "negative": np.arange(-1, 9),
}
SPARSE = {
    f"{form}_{kind}": getattr(sparse, f"{form}_{kind}")
    for form in ("csr", "csc", "coo")
    for kind in ("matrix", "array")
}


def _numbers(max_value: float, allow_nan: bool = False) -> st.SearchStrategy[float]:
    """Draw numbers that 32-bit floats hold, of moderate size; zero is the simplest."""
    numbers = st.floats(-max_value, max_value, width=32, allow_subnormal=False)
    return numbers | st.just(np.nan) if allow_nan else numbers


def _rows(n_rows: int, n_columns: int, cells: Any) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(np.float64, (n_rows, n_columns), elements=cells)


def _table(
    draw: Any, rows: Any, columns: Any, max_value: float, allow_nan: bool
) -> np.ndarray:
    shape = draw(rows), draw(columns)
    return draw(_rows(*shape, _numbers(max_value, allow_nan)))


def _codes(n_rows: int, n_codes: int) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(np.intp, n_rows, elements=st.integers(0, n_codes - 1))


def classification_data(
    *,
    min_rows: int = 4,
    max_rows: int = 30,
    min_columns: int = 1,
    max_columns: int = 4,
    min_classes: int = 2,
    max_classes: int = 3,
    min_per_class: int = 1,
    max_value: float = 100.0,
    allow_nan: bool = False,
    labels: Sequence[str] = ("integers", "texts", "negative"),
) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """Draw rows of numbers with classes; each class is there.

    Parameters
    ----------
    min_rows, max_rows : int, default=4, 30
        Bounds of the number of rows.
    min_columns, max_columns : int, default=1, 4
        Bounds of the number of columns.
    min_classes, max_classes : int, default=2, 3
        Bounds of the number of classes, up to 10.
    min_per_class : int, default=1
        Rows that each class has at least, as folds need.
    max_value : float, default=100.0
        Largest size of a number.
    allow_nan : bool, default=False
        Whether cells may be missing.
    labels : sequence of {"integers", "texts", "negative"}
        What labels may be; "negative" are integers from -1 on.

    Returns
    -------
    strategy : hypothesis.strategies.SearchStrategy
        Draws tuples ``(X, y)``. The simplest has zeros and the classes in order.

    Examples
    --------
    >>> from hypothesis import find
    >>> from skoverfit.testing.strategies import classification_data
    >>> X, y = find(classification_data(min_rows=2), lambda data: len(data[0]) > 2)
    >>> X.tolist(), y.tolist()
    ([[0.0], [0.0], [0.0]], [0, 1, 0])
    """
    rows = integers_within("rows", min_rows, max_rows)
    columns = integers_within("columns", min_columns, max_columns)
    classes = integers_within("classes", min_classes, max_classes)
    integers_within("per_class", min_per_class, max_rows)
    if max_classes > 10 or max_classes * min_per_class > max_rows:
        raise InputError(
            f"max_classes={max_classes} must be at most 10, with max_rows={max_rows} "
            f"rows enough for min_per_class={min_per_class} of each."
        )
    names = chosen("labels", labels, LABELS)

    @st.composite
    def data(draw: Any) -> tuple[np.ndarray, np.ndarray]:
        n_classes = draw(classes)
        n_known = n_classes * min_per_class
        enough = rows.map(lambda n_rows: max(n_rows, n_known))
        X = _table(draw, enough, columns, max_value, allow_nan)
        codes = draw(_codes(len(X), n_classes))
        codes[:n_known] = np.tile(np.arange(n_classes), min_per_class)
        return X, LABELS[draw(st.sampled_from(names))][codes]

    return data()


def regression_data(
    *,
    min_rows: int = 4,
    max_rows: int = 30,
    min_columns: int = 1,
    max_columns: int = 4,
    min_targets: int = 1,
    max_targets: int = 1,
    max_value: float = 100.0,
    allow_nan: bool = False,
) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """Draw rows of numbers with one number to predict, or several.

    Parameters
    ----------
    min_rows, max_rows : int, default=4, 30
        Bounds of the number of rows.
    min_columns, max_columns : int, default=1, 4
        Bounds of the number of columns.
    min_targets, max_targets : int, default=1, 1
        Bounds of the number of targets; y has one dimension where there is one.
    max_value : float, default=100.0
        Largest size of a number.
    allow_nan : bool, default=False
        Whether cells of X may be missing.

    Returns
    -------
    strategy : hypothesis.strategies.SearchStrategy
        Draws tuples ``(X, y)``. The simplest is all zeros.

    Examples
    --------
    >>> from hypothesis import find
    >>> from skoverfit.testing.strategies import regression_data
    >>> X, y = find(regression_data(min_rows=2), lambda data: data[1].max() > 2)
    >>> X.tolist(), y.tolist()
    ([[0.0], [0.0]], [3.0, 3.0])
    """
    rows = integers_within("rows", min_rows, max_rows)
    columns = integers_within("columns", min_columns, max_columns)
    targets = integers_within("targets", min_targets, max_targets)

    @st.composite
    def data(draw: Any) -> tuple[np.ndarray, np.ndarray]:
        X = _table(draw, rows, columns, max_value, allow_nan)
        Y = draw(_rows(len(X), draw(targets), _numbers(max_value)))
        return X, Y[:, 0] if Y.shape[1] == 1 else Y

    return data()


def multilabel_data(
    *,
    min_rows: int = 4,
    max_rows: int = 30,
    min_columns: int = 1,
    max_columns: int = 4,
    min_labels: int = 2,
    max_labels: int = 4,
    max_value: float = 100.0,
) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """Draw rows of numbers with several labels each, or none.

    Parameters
    ----------
    min_rows, max_rows : int, default=4, 30
        Bounds of the number of rows.
    min_columns, max_columns : int, default=1, 4
        Bounds of the number of columns.
    min_labels, max_labels : int, default=2, 4
        Bounds of the number of labels.
    max_value : float, default=100.0
        Largest size of a number.

    Returns
    -------
    strategy : hypothesis.strategies.SearchStrategy
        Draws tuples ``(X, Y)`` with a column of 0 and 1 for each label. The simplest
        is all zeros.

    Examples
    --------
    >>> from hypothesis import find
    >>> from skoverfit.testing.strategies import multilabel_data
    >>> X, Y = find(multilabel_data(min_rows=1), lambda data: data[1].all(axis=1).any())
    >>> Y.tolist()
    [[1, 1]]
    """
    rows = integers_within("rows", min_rows, max_rows)
    columns = integers_within("columns", min_columns, max_columns)
    labels = integers_within("labels", min_labels, max_labels, least=2)

    @st.composite
    def data(draw: Any) -> tuple[np.ndarray, np.ndarray]:
        X = _table(draw, rows, columns, max_value, False)
        shape = len(X), draw(labels)
        return X, draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 1)))

    return data()


def sparse_data(
    *,
    min_rows: int = 4,
    max_rows: int = 30,
    min_columns: int = 1,
    max_columns: int = 6,
    max_value: float = 100.0,
    formats: Sequence[str] = tuple(SPARSE),
) -> st.SearchStrategy[tuple[Any, np.ndarray]]:
    """Draw sparse rows with two classes; zeros may be stored, indices may have 64 bits.

    Parameters
    ----------
    min_rows, max_rows : int, default=4, 30
        Bounds of the number of rows.
    min_columns, max_columns : int, default=1, 6
        Bounds of the number of columns.
    max_value : float, default=100.0
        Largest size of a number.
    formats : sequence of str
        Of "csr_matrix", "csr_array", "csc_matrix", "csc_array", "coo_matrix" and
        "coo_array".

    Returns
    -------
    strategy : hypothesis.strategies.SearchStrategy
        Draws tuples ``(X, y)``. The simplest is an empty CSR matrix.

    Examples
    --------
    >>> from hypothesis import find
    >>> from skoverfit.testing.strategies import sparse_data
    >>> X, y = find(sparse_data(min_rows=2), lambda data: data[0].nnz == 1)
    >>> X.format, X.shape, X.data.tolist(), y.tolist()
    ('csr', (2, 1), [0.0], [0, 1])
    """
    rows = integers_within("rows", min_rows, max_rows, least=2)
    columns = integers_within("columns", min_columns, max_columns)
    names = chosen("formats", formats, SPARSE)

    @st.composite
    def data(draw: Any) -> tuple[Any, np.ndarray]:
        shape = draw(rows), draw(columns)
        places = st.tuples(*(st.integers(0, size - 1) for size in shape))
        cells = draw(st.dictionaries(places, _numbers(max_value), max_size=12))
        make = SPARSE[draw(st.sampled_from(names))]
        X = make(_coordinates(cells, shape))
        if draw(st.booleans()):
            _widen_indices(X)
        return X, np.arange(shape[0]) % 2

    return data()


def _coordinates(cells: dict[Any, float], shape: tuple[int, int]) -> Any:
    """Make a matrix that stores these cells, zeros included."""
    at = np.array([*cells], dtype=np.int32).reshape(-1, 2)
    values = np.array([*cells.values()], dtype=float)
    return sparse.coo_matrix((values, (at[:, 0], at[:, 1])), shape=shape)


def _widen_indices(X: Any) -> None:
    """Give a matrix indices of 64 bits, in place."""
    for name in ("indices", "indptr", "row", "col"):
        if hasattr(X, name) and X.format in ("csr", "csc"):
            setattr(X, name, getattr(X, name).astype(np.int64))


def groups_and_time(
    *,
    min_rows: int = 4,
    max_rows: int = 30,
    min_groups: int = 2,
    max_groups: int = 5,
    dates: bool = False,
) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """Draw the group of each row, and when it was recorded.

    Parameters
    ----------
    min_rows, max_rows : int, default=4, 30
        Bounds of the number of rows.
    min_groups, max_groups : int, default=2, 5
        Bounds of the number of groups; each is there.
    dates : bool, default=False
        Whether times are days (``datetime64[D]``) instead of numbers.

    Returns
    -------
    strategy : hypothesis.strategies.SearchStrategy
        Draws tuples ``(groups, time)``. Times may be equal, and need not be in order.
        The simplest are the groups in order, all at time zero.

    Examples
    --------
    >>> from hypothesis import find
    >>> from skoverfit.testing.strategies import groups_and_time
    >>> groups, time = find(groups_and_time(), lambda data: data[1].max() > 0)
    >>> groups.tolist(), time.tolist()
    ([0, 1, 0, 0], [1, 1, 1, 1])
    """
    rows = integers_within("rows", min_rows, max_rows)
    groups = integers_within("groups", min_groups, max_groups)
    if max_groups > max_rows:
        raise InputError(
            f"max_groups={max_groups} must be at most max_rows={max_rows}."
        )

    @st.composite
    def data(draw: Any) -> tuple[np.ndarray, np.ndarray]:
        n_groups = draw(groups)
        n_rows = max(draw(rows), n_groups)
        codes = draw(_codes(n_rows, n_groups))
        codes[:n_groups] = np.arange(n_groups)
        time = draw(hnp.arrays(np.int64, n_rows, elements=st.integers(0, 100)))
        return codes, (time.astype("datetime64[D]") if dates else time)

    return data()
