"""Code of unknown origin inside estimators: what it may do that spoils sharing."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.preprocessing import FunctionTransformer

from skoverfit.model_selection._rows import Unshareable, digest

__all__ = ["is_foreign", "leaves_no_trace", "leaves_rows_alone"]

#: Packages whose estimators keep to scikit-learn's conventions.
TRUSTED = {
    "catboost",
    "imblearn",
    "lightgbm",
    "skoverfit",
    "sklearn",
    "skrub",
    "xgboost",
}

#: Parameters by which estimators overwrite the rows that they are given.
COPIES = {"copy", "copy_X", "copy_x"}


def leaves_rows_alone(estimator: Any) -> bool:
    """Whether no part of an estimator is told to overwrite its rows."""
    return not any(
        name.rpartition("__")[2] in COPIES and value is False
        for name, value in estimator.get_params(deep=True).items()
    )


@contextmanager
def leaves_no_trace(step: Any, shared: bool, state: bool = False) -> Iterator[None]:
    """Raise `Unshareable` if foreign code draws random numbers or changes its state.

    Parameters
    ----------
    step : estimator object
        What runs meanwhile.
    shared : bool
        Whether other candidates rely on it.
    state : bool, default=False
        Whether the step's own state must remain as it is.
    """
    if not (shared and is_foreign(step)):
        yield
        return
    before = _traces(step, state)
    yield
    if _traces(step, state) != before:
        raise Unshareable(f"{type(step).__name__} depends on more than its rows")


def _traces(step: Any, state: bool) -> Any:
    name, keys, *rest = np.random.get_state()  # noqa: NPY002  looked at, not used
    generators = random.getstate(), name, np.asarray(keys).tobytes(), rest
    return generators, digest(vars(step)) if state else None


def is_foreign(step: Any) -> bool:
    """Whether code of unknown origin is in an estimator or its parts."""
    parts = [step, *step.get_params(deep=True).values()]
    return any(
        isinstance(part, FunctionTransformer)
        or type(part).__module__.partition(".")[0] not in TRUSTED
        for part in parts
        if hasattr(part, "fit") and not isinstance(part, type)
    )
