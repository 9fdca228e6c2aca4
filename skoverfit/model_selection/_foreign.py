"""Code of unknown origin inside estimators: what it may do that spoils sharing."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.preprocessing import FunctionTransformer

from skoverfit.model_selection._rows import Unshareable, digest
from skoverfit.model_selection._shared_fits import clones_itself

__all__ = ["fits_afresh", "leaves_no_trace"]

#: Packages whose estimators keep to scikit-learn's conventions.
TRUSTED = {"sklearn", "imblearn", "skrub", "xgboost", "lightgbm", "skoverfit"}

#: Parameters by which estimators overwrite the rows that they are given.
COPIES = {"copy", "copy_X", "copy_x"}


def fits_afresh(estimator: Any) -> bool:
    """Whether a fit depends on parameters alone, and leaves its rows as they are.

    Not so where rows are overwritten (``copy=False``), and where a parameter is an
    estimator that was fitted before, which clones of candidates carry along.
    """
    return not any(
        (name.rpartition("__")[2] in COPIES and value is False) or _was_fitted(value)
        for name, value in estimator.get_params(deep=True).items()
    )


def _was_fitted(value: Any) -> bool:
    if isinstance(value, type) or not hasattr(value, "fit") or clones_itself(value):
        return False
    return any(k.endswith("_") and not k.startswith("_") for k in vars(value))


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
    if not (shared and _is_foreign(step)):
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


def _is_foreign(step: Any) -> bool:
    """Whether code of unknown origin is in an estimator or its parts."""
    parts = [step, *step.get_params(deep=True).values()]
    return any(
        isinstance(part, FunctionTransformer)
        or type(part).__module__.partition(".")[0] not in TRUSTED
        for part in parts
        if hasattr(part, "fit") and not isinstance(part, type)
    )
