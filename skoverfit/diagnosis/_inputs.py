"""What users hold in their hands: columns by name, words for splits, fitted models."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)
from sklearn.utils.validation import check_is_fitted

from skoverfit._columns import (
    NUMERIC,
    columns_of,
    is_missing,
    is_pandas,
    is_polars,
    kind_of,
    numbers_of,
)
from skoverfit._compat import _num_samples
from skoverfit.exceptions import InputError

CV_WORDS = ("kfold", "shuffled", "stratified", "group", "time")
"""Kinds of splits that have a name, here and on the command line."""


class ForwardSplits(TimeSeriesSplit):
    """Each split tests on rows recorded after those it trains on.

    Parameters
    ----------
    n_splits : int, default=5
        Number of splits.
    time : ndarray of shape (n_samples,), default=None
        When each row was recorded; the order of the rows by default.
    test_size : int, default=None
        Rows that a split tests; by default they are as many as the first trains on.
    """

    def __init__(
        self,
        n_splits: int = 5,
        time: NDArray | None = None,
        test_size: int | None = None,
    ):
        super().__init__(n_splits, test_size=test_size)
        self.time = time

    def __repr__(self) -> str:
        size = "" if self.test_size is None else f", test_size={self.test_size}"
        return f"TimeSeriesSplit({self.n_splits}{size}), rows in the order of time"

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Any:
        """Give the rows of each split."""
        n_samples = _num_samples(X)
        order = np.arange(n_samples)
        if self.time is not None:
            order = np.argsort(self.time, kind="stable")
        for train, test in super().split(order):
            yield np.sort(order[train]), np.sort(order[test])


def splitter_of_word(
    word: str, *, is_classification: bool, groups: Any, time: NDArray | None
) -> Any:
    """Find the splitter behind a word such as "shuffled:10".

    Parameters
    ----------
    word : str
        One of `CV_WORDS`, with ":k" for the number of folds; 5 by default.
    is_classification : bool
        Whether classes can be stratified.
    groups, time : array or None
        What rows belong together, and when they were recorded.

    Raises
    ------
    InputError
        If it is not such a word, or what it needs is not given.
    """
    name, _, count = word.strip().lower().partition(":")
    if name not in CV_WORDS or not (count or "5").isdigit() or int(count or 5) < 2:
        raise InputError(
            f"cv={word!r} must be a number of folds, a splitter, or one of "
            f"{', '.join(CV_WORDS)}, with at least 2 folds, such as 'shuffled:10'."
        )
    n_folds = int(count or 5)
    if name == "group" and groups is None:
        raise InputError(f"cv={word!r} needs groups.")
    if name == "stratified" and not is_classification:
        raise InputError(f"cv={word!r} needs classes; the target holds numbers.")
    if name == "time":
        return ForwardSplits(n_folds, time)
    if name == "group":
        return (StratifiedGroupKFold if is_classification else GroupKFold)(n_folds)
    if name == "shuffled":
        kind = StratifiedKFold if is_classification else KFold
        return kind(n_folds, shuffle=True, random_state=0)
    return (StratifiedKFold if name == "stratified" else KFold)(n_folds)


# -------------------------------------------------------------------- columns by name
def take_columns(X: Any, X_test: Any, **named: Any) -> tuple[Any, Any, dict[str, Any]]:
    """Take columns that are given by name out of the table.

    Returns
    -------
    X, X_test : table
        Without these columns.
    values : dict
        The arguments as arrays.

    Raises
    ------
    InputError
        If there is no such column.
    """
    names = {key: value for key, value in named.items() if isinstance(value, str)}
    if not names:
        return X, X_test, named
    columns = [str(name) for name in getattr(X, "columns", [])]
    for key, name in names.items():
        if name not in columns:
            raise InputError(
                f"{key}={name!r} is not a column of X; give a column of a frame, or an "
                "array with one value per row."
            )
    values = {
        **named,
        **{key: X[X.columns[columns.index(name)]] for key, name in names.items()},
    }
    X, X_test = _left(X, names), None if X_test is None else _left(X_test, names)
    return X, X_test, values


def _left(X: Any, names: dict[str, str]) -> Any:
    columns = [str(name) for name in getattr(X, "columns", [])]
    return columns_of(X).drop(set(names.values()).intersection(columns))


def check_time(time: Any, n_samples: int) -> NDArray[np.float64] | None:
    """Read the times of the rows as numbers."""
    if time is None:
        return None
    values = np.asarray(time)
    if values.shape != (n_samples,):
        raise InputError(
            f"time must have one value per row ({n_samples}); got shape {values.shape}."
        )
    n_missing = int(is_missing(time).sum())
    if n_missing:
        raise InputError(f"time is missing in {n_missing} of {n_samples} rows.")
    column = time if is_pandas(time) or is_polars(time) else values
    kind = kind_of(column)
    if kind not in (*NUMERIC, "datetime"):
        raise InputError(
            f"time must hold numbers or dates such as 2024-05-01; got {values[0]!r}."
        )
    return numbers_of(column, kind)


def checked_rows(X: Any) -> Any:
    """Give rows that can be taken one by one, or say what X must be.

    Raises
    ------
    InputError
        If it has no rows, or is a frame of an unknown library.
    """
    is_frame = hasattr(X, "columns")
    if X is None or (is_frame and not hasattr(X, "iloc") and not is_polars(X)):
        raise InputError(
            f"X is {type(X).__module__}.{type(X).__name__}, which has no rows to take; "
            "pass an array, a sparse matrix, or a data frame of pandas or polars."
        )
    if issparse(X) and X.format not in ("csr", "csc", "lil"):
        X = X.tocsr()
    if not _num_samples(X):
        raise InputError(f"X has no rows: its shape is {np.shape(X)}.")
    return X


def check_splits(splits: Any, n_samples: int, name: str) -> None:
    """Check that splits have rows on both sides, and only rows that there are.

    Raises
    ------
    InputError
        If they have not.
    """
    for side in (rows for split in splits for rows in split):
        if not len(side):
            raise InputError(f"cv={name} gives a split with an empty side.")
        if side.min() < 0 or side.max() >= n_samples:
            wrong = side.min() if side.min() < 0 else side.max()
            raise InputError(
                f"cv={name} names row {wrong}, but the rows have the numbers 0 to "
                f"{n_samples - 1}."
            )


def check_weights(sample_weight: Any, n_samples: int) -> NDArray[np.float64] | None:
    """Check the weights of the rows."""
    if sample_weight is None:
        return None
    try:
        weights = np.asarray(sample_weight, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"sample_weight must hold numbers ({error}).") from None
    if weights.shape != (n_samples,):
        raise InputError(
            f"sample_weight must have one value per row ({n_samples}); "
            f"got shape {weights.shape}."
        )
    if not np.all(np.isfinite(weights)) or weights.min() < 0 or weights.sum() == 0:
        raise InputError(
            "sample_weight must hold finite numbers, none below 0 and not all 0."
        )
    return weights


def check_test_part(X: Any, X_test: Any, y_test: Any) -> None:
    """Check that a test part is whole and of the same columns."""
    if (X_test is None) != (y_test is None):
        missing = "X_test" if X_test is None else "y_test"
        raise InputError(f"{missing} is missing: a test part needs X_test and y_test.")
    if X_test is None:
        return
    if _num_samples(X_test) != _num_samples(y_test):
        raise InputError(
            f"y_test has {_num_samples(y_test)} values, but X_test has "
            f"{_num_samples(X_test)} rows."
        )
    shapes = [np.shape(part)[1:] for part in (X, X_test) if hasattr(part, "shape")]
    if len(shapes) == 2 and shapes[0] != shapes[1]:
        raise InputError(
            f"X_test has rows of shape {shapes[1]}, but X has {shapes[0]}: both need "
            "the same columns."
        )


def cloned(estimator: Any) -> Any:
    """Clone the given model, or say what it lacks."""
    try:
        return clone(estimator)
    except (TypeError, RuntimeError) as error:
        raise InputError(
            f"estimator={type(estimator).__name__} cannot be cloned, so it cannot be "
            f"fitted on splits: {error}"
        ) from error


def check_takes_columns(estimator: Any) -> None:
    """Refuse models of kernels or distances: these have no columns to look at."""
    tags = getattr(estimator, "__sklearn_tags__", None)
    if tags is not None and tags().input_tags.pairwise:
        raise InputError(
            f"estimator={estimator!r} takes kernels or distances between rows, which "
            "have no columns to look at. Give one that computes them from columns, "
            "such as kernel='rbf'; gap_scores measures the gap of any."
        )


# ------------------------------------------------------------------------ fitted models
def unwrapped(estimator: Any) -> tuple[Any, Any, Any]:
    """Tell the model to diagnose from what was fitted before.

    Returns
    -------
    estimator : estimator object
        To be cloned and fitted again.
    given : estimator object or None
        As it was fitted.
    search : object or None
        The fitted search.
    """
    if is_fitted_search(estimator):
        winner = getattr(estimator, "best_estimator_", None)
        if winner is None:
            model = clone(estimator.estimator).set_params(**estimator.best_params_)
            return model, None, estimator
        return winner, winner, estimator
    return estimator, estimator if _is_fitted(estimator) else None, None


def is_fitted_search(estimator: Any) -> bool:
    """Whether this is a search that has compared its candidates."""
    facts = ("cv_results_", "best_score_", "best_params_")
    return all(hasattr(estimator, name) for name in facts)


def _is_fitted(estimator: Any) -> bool:
    try:
        check_is_fitted(estimator)
    except (NotFittedError, TypeError):
        return False
    return bool(vars(estimator)) and any(
        name.endswith("_") and not name.startswith("_")
        for step in _parts(estimator)
        for name in vars(step)
    )


def _parts(estimator: Any) -> list[Any]:
    """Give the estimator and the steps of a pipeline."""
    steps = getattr(estimator, "steps", [])
    return [estimator, *(step for _, step in steps if hasattr(step, "__dict__"))]


def one_split(cv: Any, n_samples: int) -> Any:
    """Turn a pair of row numbers into a list of one split; all else stays."""
    if not isinstance(cv, (tuple, list)) or len(cv) != 2:
        return cv
    try:
        sides = [np.asarray(side) for side in cv]
    except ValueError:
        return cv
    if any(side.ndim != 1 or side.dtype.kind not in "iu" for side in sides):
        return cv
    rows = np.concatenate(sides)
    is_pair = min(map(len, sides)) > 0 and len(np.unique(rows)) == len(rows)
    return (
        [tuple(sides)] if is_pair and 0 <= rows.min() <= rows.max() < n_samples else cv
    )
