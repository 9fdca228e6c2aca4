"""Rows, targets and splits of a treatment, checked once."""

import warnings
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
    check_cv,
)
from sklearn.utils import indexable
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from skoverfit._columns import is_missing
from skoverfit._compat._scorers import is_plain_scorer
from skoverfit.diagnosis._inputs import (
    ForwardSplits,
    check_splits,
    check_takes_columns,
    check_time,
    check_weights,
)
from skoverfit.diagnosis._problem import (
    Problem,
    check_groups,
    check_scoring,
    splitter_name,
)
from skoverfit.diagnosis._records import Task
from skoverfit.exceptions import InputError
from skoverfit.model_selection import GroupTimeSeriesSplit
from skoverfit.model_selection._committee._members import row_numbers

__all__ = ["DEFAULT_FOLDS", "drawn", "problem_of", "redrawn"]

DEFAULT_FOLDS = 5

Splits = list[tuple[NDArray[np.int64], NDArray[np.int64]]]


@dataclass(frozen=True)
class _Wish:
    """What a user asks for: parameters of the estimator, and metadata of ``fit``."""

    is_classification: bool
    cv: Any
    groups: NDArray | None
    seed: int
    time: NDArray | None = None


def problem_of(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    is_classification: bool,
    scoring: Any,
    cv: Any,
    groups: Any,
    time: Any,
    sample_weight: Any,
    n_jobs: int | None,
    seed: int,
) -> Problem:
    """Check rows, targets and options, and draw the splits.

    Returns
    -------
    problem : Problem
        Without splits where rows are too few for two of them.

    Raises
    ------
    ValueError
        If something cannot be used.
    """
    check_takes_columns(estimator)
    X, y = indexable(X, y)
    y = _checked_target(y, is_classification=is_classification)
    task: Task = "classification" if is_classification else "regression"
    scorer, name = check_scoring(scoring, task)
    if not is_plain_scorer(scorer):
        raise InputError(
            f"scoring={scoring!r} must be the name of a scorer or made by make_scorer: "
            "committees are scored by their predictions."
        )
    groups = check_groups(groups, len(y))
    time = check_time(time, len(y))
    wish = _Wish(is_classification, cv, groups, seed, time)
    splitter = _splitter(wish, y)
    return Problem(
        estimator=estimator,
        X=X,
        y=y,
        task=task,
        splitter=splitter,
        splits=[] if splitter is None else _splits(wish, splitter, X, y),
        scorer=scorer,
        scoring=name,
        groups=groups,
        time=time,
        n_jobs=n_jobs,
        seed=seed,
        sample_weight=check_weights(sample_weight, len(y)),
    )


def redrawn(problem: Problem, groups: NDArray | None, cv: int | None) -> Problem:
    """Draw the splits again, with groups on one side; the same where that fails."""
    wish = _Wish(problem.is_classification, cv, groups, problem.seed)
    splitter = _splitter(wish, problem.y)
    if splitter is None:
        return problem
    splits = _splits(wish, splitter, problem.X, problem.y)
    return replace(problem, groups=groups, splitter=splitter, splits=splits)


def _checked_target(y: Any, *, is_classification: bool) -> NDArray:
    """Check that there is one target for each row, of the right kind."""
    shape = np.shape(y)
    if len(shape) == 2 and shape[1] > 1:
        raise InputError(
            f"y has {shape[1]} columns; treat one of them at a time, or wrap it as "
            "sklearn.multioutput.MultiOutputClassifier(TreatedClassifier())."
        )
    y = column_or_1d(y, warn=True)
    return _labels(y) if is_classification else _numbers(y)


def _labels(y: NDArray) -> NDArray:
    """Check that classes can be told apart and sorted."""
    n_missing = int(is_missing(y).sum())
    if n_missing:
        raise InputError(f"Input y contains NaN: {n_missing} of {len(y)} are missing.")
    if y.dtype.kind == "O" and not any(isinstance(label, str) for label in y):
        y = np.array(y.tolist())  # plain numbers, which scikit-learn knows
    kinds = sorted({type(label).__name__ for label in y})
    if y.dtype.kind == "O" and len(kinds) > 1:
        raise InputError(
            f"y holds labels of several types ({', '.join(kinds)}); make them one, "
            "such as with y.astype(str)."
        )
    check_classification_targets(y)
    return y


def _numbers(y: NDArray) -> NDArray[np.float64]:
    try:
        y = y.astype(float)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"The target is not numeric ({error}); use TreatedClassifier."
        ) from None
    if not np.isfinite(y).all():
        raise InputError("Input y contains NaN or infinite values.")
    return y


def _splitter(wish: _Wish, y: NDArray) -> Any:
    """Find what draws the splits; None where rows are too few for two folds."""
    n_folds = DEFAULT_FOLDS if wish.cv is None else wish.cv
    if isinstance(n_folds, bool) or not isinstance(n_folds, (int, np.integer)):
        return check_cv(wish.cv, y, classifier=wish.is_classification)
    if wish.time is not None:  # the first part of the rows is never tested
        n_folds = int(min(n_folds, len(y) // 2 - 1))
        return ForwardSplits(n_folds, wish.time) if n_folds > 1 else None
    most = _most_folds(wish, y)
    if most < 2:
        return None
    return _folds(wish, int(min(n_folds, most)))


def _most_folds(wish: _Wish, y: NDArray) -> int:
    """Count folds that leave each at least two rows, and classes in several."""
    units = y if wish.groups is None else np.unique(wish.groups)
    most = len(units) // 2 if wish.groups is None else len(units)
    if wish.is_classification:
        most = min(most, max(Counter(y.tolist()).values()))
    return most


def _folds(wish: _Wish, n_folds: int) -> Any:
    if wish.groups is None:
        kind = StratifiedKFold if wish.is_classification else KFold
    else:
        kind = StratifiedGroupKFold if wish.is_classification else GroupKFold
    return kind(n_folds, shuffle=True, random_state=wish.seed)


def _splits(wish: _Wish, splitter: Any, X: Any, y: NDArray) -> Splits:
    splits = drawn(splitter, X, y, wish.groups)
    check_splits(splits, len(y), splitter_name(splitter))
    if len(splits) < 2:
        raise InputError(
            f"cv={wish.cv!r} gives {len(splits) or 'no'} split; a treatment needs at "
            "least two, to judge on one what another chose."
        )
    return splits


def drawn(splitter: Any, X: Any, y: NDArray, groups: NDArray | None) -> Splits:
    """Draw splits, without warnings of rare classes that some folds lack.

    Those that test later rows come with the latest first, which trains on most rows:
    where time is short, the first ones are kept.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        splits = list(splitter.split(X, y, groups))
    found = [(row_numbers(train), row_numbers(test)) for train, test in splits]
    is_forward = isinstance(splitter, TimeSeriesSplit | GroupTimeSeriesSplit)
    return found[::-1] if is_forward else found
