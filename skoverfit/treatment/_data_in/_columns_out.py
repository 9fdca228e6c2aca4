"""Columns that are left out: of the data, of the given model, and in the code."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.pipeline import Pipeline

from skoverfit._columns import columns_of, is_frame, is_polars
from skoverfit.exceptions import InputError

__all__ = ["adapted", "leaving_out", "left_of", "trusted_columns"]


def left_of(X: Any, names: Sequence[str]) -> Any:
    """Give the data without some columns, by their names in a table."""
    return columns_of(X).drop(names)


def leaving_out(X: Any, names: Sequence[str]) -> Any:
    """Build the step that leaves columns out before anything else.

    New rows need not have these columns where columns have names.
    """
    table = columns_of(X)
    places: Sequence[Any] = table.positions(names)
    if not is_frame(X):
        dense = {} if not issparse(X) else {"sparse_threshold": 1.0}
        return make_column_transformer(
            ("drop", places), remainder="passthrough", **dense
        )
    if all(isinstance(name, str) for name in X.columns):
        places = list(names)
    step = make_column_transformer(
        ("drop", places), remainder="passthrough", verbose_feature_names_out=False
    )
    return step.set_output(transform="polars" if is_polars(X) else "pandas")


def adapted(estimator: Any, X: Any, names: Sequence[str]) -> Any:
    """Take columns out of the lists of a model that reads the data by such lists.

    Parameters
    ----------
    estimator : estimator object
        The given model; returned as it is unless its first step is a
        ColumnTransformer.
    X : table
        The data with all columns.
    names : sequence of str
        The columns that are left out.
    """
    if isinstance(estimator, Pipeline) and estimator.steps:
        name, step = estimator.steps[0]
        changed = adapted(step, X, names)
        if changed is step:
            return estimator
        return clone(estimator).set_params(**{name: changed})
    if not isinstance(estimator, ColumnTransformer):
        return estimator
    table = columns_of(X)
    gone = table.positions(names)
    changed = clone(estimator)
    changed.transformers = [
        (name, step, _without(places, table, gone))
        for name, step, places in estimator.transformers
    ]
    return changed


def _without(places: Any, table: Any, gone: list[int]) -> Any:
    """Take columns out of one list; what is found at fit stays as it is."""
    if callable(places):
        return places
    if isinstance(places, str) or _are(places, str):
        lost = {str(table.names[j]) for j in gone}
        listed = [places] if isinstance(places, str) else list(places)
        kept = [name for name in listed if name not in lost]
        return places if len(kept) == len(listed) else kept
    chosen = np.atleast_1d(np.arange(table.n_columns)[places])
    left = np.setdiff1d(chosen, gone)
    return (left - np.searchsorted(gone, left)).tolist()


def _are(places: Any, kind: type) -> bool:
    return not isinstance(places, slice) and all(
        isinstance(own, kind) for own in np.atleast_1d(np.asarray(places, dtype=object))
    )


def trusted_columns(trust: Any, X: Any) -> frozenset[str]:
    """Check the columns that a user trusts, and give their names.

    Raises
    ------
    InputError
        If there is no such column.
    """
    if isinstance(trust, bool):
        return frozenset()
    wanted = [trust] if isinstance(trust, str) else list(trust)
    if not wanted:
        return frozenset()
    table = columns_of(X)
    try:
        return frozenset(table.names[j] for j in table.positions(wanted))
    except (KeyError, TypeError) as error:
        raise InputError(
            f"trust={trust!r} must be True, False, or names of columns of X (numbers "
            f"of columns, if these have no names): {error.args[0]}"
        ) from None
