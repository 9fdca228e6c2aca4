"""What is being diagnosed, checked once."""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GroupKFold,
    StratifiedGroupKFold,
    check_cv,
)
from sklearn.utils.multiclass import type_of_target

from skoverfit._columns import is_missing
from skoverfit._compat import _num_samples, _safe_indexing
from skoverfit._compat._scorers import metric_of
from skoverfit.diagnosis._inputs import (
    ForwardSplits,
    check_splits,
    check_takes_columns,
    check_test_part,
    check_time,
    check_weights,
    checked_rows,
    cloned,
    one_split,
    splitter_of_word,
    take_columns,
    unwrapped,
)
from skoverfit.diagnosis._records import Task
from skoverfit.exceptions import InputError
from skoverfit.model_selection._committee._members import row_numbers

Splits = list[tuple[NDArray[np.int64], NDArray[np.int64]]]


@dataclass(frozen=True)
class Problem:
    """One estimator, one data set and the splits that every measurement shares.

    Attributes
    ----------
    estimator : estimator object
        The estimator under diagnosis, never fitted itself.
    X, y : data
        The table, as given, and the target as an array.
    task : {"classification", "regression"}
        Kind of target.
    splitter : cross-validation splitter
        Where the splits come from.
    splits : list of (ndarray, ndarray)
        Train and test rows, made once.
    scorer : callable
        ``scorer(estimator, X, y)``, greater is better.
    scoring : str
        Its name.
    groups : ndarray of shape (n_samples,) or None
        Group of each row.
    n_jobs : int or None
        Splits fitted in parallel.
    seed : int
        Seeds everything random, estimators without a seed included.
    X_test, y_test : data and ndarray, or None
        The user's own test part.
    time : ndarray of shape (n_samples,) or None
        When each row was recorded, as numbers.
    sample_weight : ndarray of shape (n_samples,) or None
        Weight of each row.
    search : object or None
        The fitted search whose winner is diagnosed.
    given_model : estimator object or None
        The estimator as it was fitted by the user; None if it was not.
    other_scorers : tuple of (str, callable)
        Further scores to report.
    """

    estimator: Any
    X: Any
    y: NDArray
    task: Task
    splitter: Any
    splits: Splits
    scorer: Any
    scoring: str
    groups: NDArray | None
    n_jobs: int | None
    seed: int
    X_test: Any = None
    y_test: NDArray | None = None
    time: NDArray | None = None
    sample_weight: NDArray | None = None
    search: Any = None
    given_model: Any = None
    other_scorers: tuple[tuple[str, Any], ...] = ()

    @property
    def is_classification(self) -> bool:
        """Whether the target holds class labels."""
        return self.task == "classification"

    @property
    def n_samples(self) -> int:
        """Number of rows."""
        return len(self.y)

    @cached_property
    def n_features(self) -> int:
        """Number of columns; 1 for a list of texts."""
        shape = getattr(self.X, "shape", None) or np.shape(self.X)
        return int(np.prod(shape[1:])) if len(shape) > 1 else 1

    @cached_property
    def n_classes(self) -> int:
        """Number of distinct targets."""
        return len(np.unique(self.y))

    @cached_property
    def provides(self) -> frozenset[str]:
        """What a cause may need and this problem has."""
        given = {
            self.task: True,
            "numeric": is_numeric(self.X),
            "table": len(getattr(self.X, "shape", ())) == 2,
            "frame": hasattr(self.X, "columns"),
            "binary": self.is_classification and self.n_classes == 2,
            "test_part": self.X_test is not None,
            "time": self.time is not None,
            "groups": self.groups is not None,
            "search": self.search is not None,
            "sample_weight": self.sample_weight is not None,
            "given_model": self.given_model is not None,
            "splits": len(self.splits) > 1,
        }
        return frozenset(name for name, is_there in given.items() if is_there)

    def on(self, splits: Splits) -> "Problem":
        """Build the same problem on other splits."""
        return replace(self, splits=splits)

    def without_splits(self) -> "Problem":
        """Build what a worker needs for one split."""
        nothing: dict[str, Any] = dict.fromkeys(
            (
                *("splitter", "groups", "estimator", "X_test", "y_test"),
                *("time", "search", "given_model"),
            )
        )
        return replace(self, splits=[], **nothing)


def make_problem(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    X_test: Any = None,
    y_test: Any = None,
    groups: Any = None,
    time: Any = None,
    cv: Any = None,
    scoring: Any = None,
    sample_weight: Any = None,
    n_jobs: int | None = None,
    random_state: Any = None,
) -> Problem:
    """Check the input of a diagnosis, as early and as clearly as possible.

    Raises
    ------
    InputError
        If they cannot be used together; the message is one line.
    """
    task = _task_of(estimator)
    estimator, given_model, search = unwrapped(estimator)
    cloned(estimator)
    check_takes_columns(estimator)
    X = checked_rows(X)
    y = _check_target(y, X, task)
    X, X_test, named = take_columns(X, X_test, groups=groups, time=time)
    check_test_part(X, X_test, y_test)
    groups = check_groups(named["groups"], len(y))
    time = check_time(named["time"], len(y))
    (scorer, name), *others = _check_scorings(scoring, task)
    splitter = _check_splitter(one_split(cv, len(y)), y, task, groups, time)
    return Problem(
        estimator=estimator,
        X=X,
        y=y,
        task=task,
        splitter=splitter,
        splits=_make_splits(splitter, X, y, groups),
        scorer=scorer,
        scoring=name,
        groups=groups,
        n_jobs=n_jobs,
        seed=seed_of(random_state),
        X_test=X_test,
        y_test=None if y_test is None else _as_target(y_test, task),
        time=time,
        sample_weight=check_weights(sample_weight, len(y)),
        search=search,
        given_model=given_model,
        other_scorers=tuple((name, scorer) for scorer, name in others),
    )


def _as_target(y: Any, task: Task) -> NDArray:
    """Check the target of the test part like that of the data."""
    y = np.asarray(y)
    y = y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y
    if y.ndim != 1 or not len(y):
        raise InputError(f"y_test must be one-dimensional; got shape {y.shape}.")
    n_missing = int(is_missing(y).sum())
    if n_missing:
        raise InputError(f"y_test is missing in {n_missing} of {len(y)} rows.")
    return (_check_labels if task == "classification" else _check_numbers)(y)


# -------------------------------------------------------------------- checks of input
def _task_of(estimator: Any) -> Task:
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        raise InputError(
            f"estimator={estimator!r} must be an instance with a fit method."
        )
    if not hasattr(estimator, "get_params"):
        raise InputError(
            f"estimator={type(estimator).__name__} has no get_params, so it cannot be "
            "cloned for each split. Wrap it in a class that follows scikit-learn's "
            "interface, such as scikeras.wrappers.KerasClassifier for a Keras model "
            "or skorch.NeuralNetClassifier for PyTorch."
        )
    if is_classifier(estimator):
        return "classification"
    if is_regressor(estimator):
        return "regression"
    raise InputError(
        f"estimator={type(estimator).__name__} is neither a classifier nor a regressor."
    )


def _check_target(y: Any, X: Any, task: Task) -> NDArray:
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y.ravel()
    if _is_one_hot(y):
        raise InputError(
            f"y holds one-hot rows (shape {y.shape}): pass one label per row, such as "
            "np.argmax(y, axis=1)."
        )
    if y.ndim != 1:
        raise InputError(
            f"y must be one-dimensional; got shape {y.shape}. Diagnose one column of "
            "it at a time."
        )
    if len(y) != _num_samples(X):
        raise InputError(f"y has {len(y)} values, but X has {_num_samples(X)} rows.")
    n_missing = int(is_missing(y).sum())
    if n_missing:
        raise InputError(f"The target is missing in {n_missing} of {len(y)} rows.")
    check = _check_labels if task == "classification" else _check_numbers
    y = check(y)
    if len(np.unique(y)) < 2:
        raise InputError(f"The target is constant: every row has {y[:1].tolist()}.")
    return y


def _is_one_hot(y: NDArray) -> bool:
    """Whether every row has a single 1 among zeros."""
    if y.ndim != 2 or y.shape[1] < 2 or not y.size:
        return False
    is_one = y == 1
    return bool(np.all(is_one | (y == 0)) and np.all(is_one.sum(axis=1) == 1))


def _check_labels(y: NDArray) -> NDArray:
    if y.dtype.kind == "O":
        y = np.array(y.tolist())  # plain numbers or texts, which can be sorted
    if y.dtype.kind != "f" or type_of_target(y) in ("binary", "multiclass"):
        return y
    raise InputError(
        "The estimator is a classifier, but the target is continuous "
        f"({len(np.unique(y))} distinct values in {len(y)} rows); use a regressor."
    )


def _check_numbers(y: NDArray) -> NDArray:
    try:
        y = y.astype(float)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"The estimator is a regressor, but the target is not numeric ({error}); "
            "use a classifier."
        ) from None
    if not np.all(np.isfinite(y)):
        raise InputError("The target has infinite values.")
    return y


def check_groups(groups: Any, n_samples: int) -> NDArray | None:
    if groups is None:
        return None
    groups = np.asarray(groups)
    if groups.shape != (n_samples,):
        raise InputError(
            f"groups must have one value per row ({n_samples}); "
            f"got shape {groups.shape}."
        )
    n_missing = int(is_missing(groups).sum())
    if n_missing:
        raise InputError(f"groups is missing in {n_missing} of {n_samples} rows.")
    # Mixed objects cannot be sorted, which splitters do: number them instead.
    return groups if groups.dtype.kind != "O" else _numbered(groups)


def _numbered(groups: NDArray) -> NDArray:
    numbers: dict[Any, int] = {}
    return np.array([numbers.setdefault(group, len(numbers)) for group in groups])


def _check_scorings(scoring: Any, task: Task) -> list[tuple[Any, str]]:
    """Check one scorer, or a list of them."""
    if not isinstance(scoring, (list, tuple)):
        return [check_scoring(scoring, task)]
    if not scoring:
        raise InputError("scoring is an empty list; give at least one scorer.")
    return [check_scoring(each, task) for each in scoring]


def check_scoring(scoring: Any, task: Task) -> tuple[Any, str]:
    if scoring is None:
        scoring = "accuracy" if task == "classification" else "r2"
    if isinstance(scoring, str):
        try:
            return get_scorer(scoring), scoring
        except ValueError:
            raise InputError(
                f"scoring={scoring!r} is not a scorer; "
                "sklearn.metrics.get_scorer_names() lists them."
            ) from None
    if callable(scoring):
        function = metric_of(scoring)
        return scoring, getattr(function, "__name__", type(scoring).__name__)
    raise InputError(
        f"scoring={scoring!r} must be a scorer, a list of scorers or None; a scorer is "
        "a name or a callable."
    )


def _check_splitter(
    cv: Any, y: NDArray, task: Task, groups: NDArray | None, time: NDArray | None
) -> Any:
    is_class = task == "classification"
    if isinstance(cv, str):
        return splitter_of_word(
            cv, is_classification=is_class, groups=groups, time=time
        )
    _refuse_test_part(cv)
    if cv is not None and not isinstance(cv, int) and not _gives_splits(cv):
        raise InputError(
            f"cv={cv!r} must be a number of folds, a splitter or an iterable of splits."
        )
    is_count = cv is None or isinstance(cv, int)
    if not is_count:
        return check_cv(cv, y, classifier=task == "classification")
    n_folds = 5 if cv is None else cv
    if time is not None and not isinstance(n_folds, bool) and n_folds >= 2:
        return ForwardSplits(n_folds, time)
    _check_fold_count(n_folds, y, task, groups)
    if groups is None:
        return check_cv(n_folds, y, classifier=task == "classification")
    splitter = StratifiedGroupKFold if task == "classification" else GroupKFold
    return splitter(n_folds)


def _refuse_test_part(cv: Any) -> None:
    """Say what to do with a pair such as (X_test, y_test) instead of splits."""
    if not isinstance(cv, (tuple, list)) or len(cv) != 2:
        return
    if all(_length(part) == 2 for part in cv):
        return
    raise InputError(
        "cv is a pair, but not of splits: (X_test, y_test) or (train, test) is no way "
        "to split X. Pass your own test part as X_test and y_test, or give a list of "
        "splits, each a pair of row numbers: cv=[(train, test), (train, test)]."
    )


def _length(part: Any) -> int:
    try:
        return int(_num_samples(part))
    except TypeError:
        return -1


def _gives_splits(cv: Any) -> bool:
    if isinstance(cv, str):
        return False
    return hasattr(cv, "split") or hasattr(cv, "__iter__")


def _check_fold_count(
    n_folds: int, y: NDArray, task: Task, groups: NDArray | None
) -> None:
    if isinstance(n_folds, bool) or n_folds < 2:
        raise InputError(f"cv={n_folds} must be at least 2 folds.")
    if len(y) < n_folds:
        raise InputError(f"There are {len(y)} rows, fewer than {n_folds} folds.")
    if groups is not None and len(np.unique(groups)) < n_folds:
        raise InputError(
            f"There are {len(np.unique(groups))} groups, fewer than {n_folds} folds."
        )
    if task == "classification":
        label, count = min(Counter(y.tolist()).items(), key=lambda item: item[1])
        if count < n_folds:
            raise InputError(
                f"Class {label!r} has {count} rows, fewer than {n_folds} folds."
            )


def _make_splits(splitter: Any, X: Any, y: NDArray, groups: Any) -> Splits:
    try:
        splits = [
            (row_numbers(train), row_numbers(test))
            for train, test in splitter.split(X, y, groups)
        ]
    except (ValueError, TypeError) as error:
        raise InputError(
            f"cv={splitter_name(splitter)} cannot split the data: {error}"
        ) from error
    if not splits:
        raise InputError(f"cv={splitter_name(splitter)} gives no split.")
    check_splits(splits, len(y), splitter_name(splitter))
    return splits


def splitter_name(splitter: Any) -> str:
    """Write a splitter in one line; splits given one by one have no useful repr."""
    if type(splitter).__name__ == "_CVIterableWrapper":
        return "the given splits"
    return " ".join(repr(splitter).split())


def seed_of(random_state: Any) -> int:
    if isinstance(random_state, (int, np.integer)) and 0 <= random_state < 2**32:
        return int(random_state)
    if random_state is None:
        random_state = np.random.default_rng()
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    raise InputError(
        f"random_state={random_state!r} must be an integer from 0 to {2**32 - 1}, a "
        "generator of NumPy, or None."
    )


def rows_of(X: Any, rows: NDArray) -> Any:
    """Rows of any container, in the given order."""
    return _safe_indexing(X, rows)


def is_numeric(X: Any) -> bool:
    """Whether X is a sparse matrix, or an array or frame of numbers."""
    if issparse(X):
        return True
    if hasattr(X, "columns"):
        kinds = [getattr(dtype, "kind", "O") for dtype in X.dtypes]
        return all(kind in "biuf" for kind in kinds)
    return np.asarray(X).dtype.kind in "biuf"
