"""Shadow features: how important columns look that cannot know the target.

A shadow is a copy of all columns with their rows in another order. Columns stay
together, so shadows are related to one another as the columns are. A block of columns
that is independent of the target and of all other columns cannot be told from its
shadows, which makes the comparison with them a permutation test.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit

from skoverfit._columns import is_a, is_missing
from skoverfit._compat import _check_method_params, feature_importances_of

__all__ = ["encoded", "measured", "shadow_rows", "step_down", "with_one_type"]

#: Share of the rows that permutation importance is measured on.
HELD_OUT = 1 / 3


# -------------------------------------------------------------------------- columns
def with_one_type(X: Any) -> Any:
    """Return a frame that NumPy can make one array of, whatever types it mixes.

    scikit-learn looks for a common type of all columns, and finds none for a category
    beside a nullable number, or a date beside a float.
    """
    if not is_a(X, "pandas", "DataFrame") or len(set(X.dtypes)) < 2:
        return X
    is_number = [getattr(kind, "kind", "O") in "biuf" for kind in X.dtypes]
    return X if all(is_number) else X.astype(object)


def encoded(X: Any, names: Sequence[Any] | None = None) -> Any:
    """Return columns as numbers.

    Texts and categories are numbered in sorted order, dates and durations are seconds.
    """
    if sparse.issparse(X) or X.dtype.kind in "fiub":
        return X
    columns = zip(X.T, range(X.shape[1]) if names is None else names, strict=True)
    return np.column_stack([_encoded_column(*each) for each in columns])


def _encoded_column(column, name):
    missing = is_missing(column)
    known = column[~missing]
    numbers = np.full(len(column), np.nan)
    if any(isinstance(value, str) for value in known):
        numbers[~missing] = np.unique(known.astype(str), return_inverse=True)[1]
    else:
        numbers[~missing] = [_number(value, name) for value in known]
    return numbers


def _number(value: Any, name: Any) -> float:
    """Return a number, a date or a duration as a number."""
    if isinstance(value, datetime) and value.tzinfo is None:
        value = value.replace(tzinfo=UTC)  # not that of this machine
    if isinstance(value, np.datetime64 | np.timedelta64):
        return float(value.astype(f"{value.dtype.kind}8[ns]").astype(np.int64)) / 1e9
    for attribute in ("timestamp", "total_seconds", "toordinal"):
        if hasattr(value, attribute):
            return float(getattr(value, attribute)())
    try:
        return float(getattr(value, "ordinal", value))  # of periods of pandas
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"Column {name!r} of X holds {type(value).__name__} values: {error}. "
            "Columns must hold numbers, texts, categories, dates or durations: convert "
            "or drop it."
        ) from error


def shadow_rows(n_rows: int, groups: Any, rng: Any) -> np.ndarray:
    """Draw another order of rows; of whole groups where there are any.

    A group gets the rows of another one, over again if that has fewer rows. Rows of
    one group resemble each other, so orders that tear them apart would make columns
    look important that only tell groups apart.
    """
    if groups is None:
        return rng.permutation(n_rows)
    codes = np.unique(groups, return_inverse=True)[1]
    members = [np.flatnonzero(codes == code) for code in range(codes.max() + 1)]
    rows = np.empty(n_rows, dtype=np.intp)
    for own, other in zip(members, rng.permutation(len(members)), strict=True):
        rows[own] = np.resize(members[other], len(own))
    return rows


# ----------------------------------------------------------------------- importances
def measured(estimator, X, y, groups, params, measure, seed) -> np.ndarray:
    """Return importances of the columns and of fresh shadows, from one fit on both.

    Returns
    -------
    importances : ndarray of shape (2, n_features)
        Those of the columns, then those of their shadows.
    """
    rng = np.random.RandomState(seed)
    rows = shadow_rows(X.shape[0], groups, rng)
    if sparse.issparse(X):
        both = sparse.hstack([X, X[rows]], format="csc")
    else:
        both = np.hstack([X, X[rows]])
    model = seeded(clone(estimator), rng)
    if measure == "permutation":
        found = _on_held_out_rows(model, both, y, groups, params, rng)
    else:
        found = feature_importances_of(model.fit(both, y, **params), measure)
    found = np.asarray(found, dtype=float)
    if found.shape != (both.shape[1],):
        raise ValueError(
            f"importance={measure!r} gave {found.shape} numbers for {both.shape[1]} "
            "features; it must give one for each feature that the estimator is fitted "
            "on, shadows included."
        )
    return found.reshape(2, -1)


def _on_held_out_rows(model, X, y, groups, params, rng):
    """Return what the score on held-out rows loses when a column is permuted."""
    kind = ShuffleSplit if groups is None else GroupShuffleSplit
    splitter = kind(1, test_size=HELD_OUT, random_state=rng)
    train, test = next(splitter.split(X, y, groups))
    params = _check_method_params(X, params, indices=train)
    model.fit(X[train], y[train], **params)
    score = _brier if hasattr(model, "predict_proba") else None
    found = permutation_importance(
        model, X[test], y[test], scoring=score, n_repeats=1, random_state=rng
    )
    return found.importances_mean


def _brier(model, X, y):
    """Less the squared error of probabilities: fine steps, and no infinite loss."""
    probabilities = model.predict_proba(X)
    if isinstance(probabilities, list):
        parts = zip(probabilities, np.asarray(y).T, model.classes_, strict=True)
        return float(np.mean([_brier_of(*part) for part in parts]))
    return _brier_of(probabilities, y, model.classes_)


def _brier_of(probabilities, y, classes):
    return -float(np.mean((probabilities - (y[:, None] == classes)) ** 2))


def seeded(estimator, rng):
    """Set whatever seeds an estimator, and the parts of it, has."""
    seeds = {
        name: int(rng.randint(np.iinfo(np.int32).max))
        for name in sorted(estimator.get_params(deep=True))
        if name == "random_state" or name.endswith("__random_state")
    }
    return estimator.set_params(**seeds)


# -------------------------------------------------------------------------- the test
def step_down(own: Any, shadows: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compare importances with those of shadows; step-down maxima (Westfall, Young).

    Parameters
    ----------
    own : ndarray of shape (n_features,)
        Importances of the columns.
    shadows : ndarray of shape (n_repeats, n_features)
        Importances of shadows of the columns.

    Returns
    -------
    pvalues : ndarray of shape (n_features,)
        Adjusted for the number of features.
    scores : ndarray of shape (n_features,)
        Importances, standardized by :func:`standardized`.
    maxima : ndarray of shape (n_repeats,)
        Largest score among the shadows of each repeat.
    """
    scores = standardized(np.vstack([own, shadows]))
    order = np.argsort(-scores[0], kind="stable")
    # For each feature, the maxima over the shadows of those that come no better.
    behind = np.maximum.accumulate(scores[1:, order][:, ::-1], axis=1)[:, ::-1]
    hits = (behind >= scores[0, order]).sum(axis=0)
    pvalues = np.empty(len(order))
    pvalues[order] = np.maximum.accumulate((1 + hits) / len(scores))
    return pvalues, scores[0], behind[:, 0]


def standardized(importances: Any) -> np.ndarray:
    """Scale importances, column by column, by the column and its shadows alike.

    Some columns look more important than others even if permuted, such as those of
    many values in a random forest. The largest of a column is left out of mean and
    variance, or one outlier would hide itself; the variance is the mean of the
    column's own and that of all columns, or a column that is hardly ever used would
    have none. Nothing here tells a column from its shadows, so that the comparison
    remains a permutation test.
    """
    rest = np.sort(importances, axis=0)[:-1]
    variance = rest.var(axis=0)
    spread = np.sqrt((variance + variance.mean()) / 2)
    centered = importances - rest.mean(axis=0)
    # Where no shadow is ever used, any use at all is more than that.
    return np.divide(centered, spread, out=1e9 * centered, where=spread > 0)
