"""Code of unknown origin inside estimators: what it may do that spoils sharing."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.preprocessing import FunctionTransformer

from skoverfit.model_selection._shared_fits._contract import (
    Remembered,
    SharedFit,
    is_own,
)
from skoverfit.model_selection._shared_fits._guard import Unshareable, digest

__all__ = [
    "is_foreign",
    "leaves_no_trace",
    "leaves_rows_alone",
    "may_serve",
    "needs_proof",
    "same_state",
]

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


#: By this attribute a class says that equal fits on equal rows give equal results.
SAYS_SO = "__skoverfit_reproducible__"


def needs_proof(estimator: Any) -> bool:
    """Whether only a second fit can show that fits on the same rows are equal.

    Code of unknown origin may make a generator inside ``fit``, whatever its parameters.
    """
    parts = [estimator, *estimator.get_params(deep=True).values()]
    return any(
        type(part).__module__.partition(".")[0] not in TRUSTED
        and not getattr(part, SAYS_SO, False)
        for part in parts
        if hasattr(part, "fit") and not isinstance(part, type)
    )


def may_serve(family: SharedFit, estimator: Any) -> bool:
    """Whether a family may be asked: only its author speaks for code of others."""
    return not (is_own(family) and needs_proof(estimator))


def same_state(left: Any, right: Any) -> bool:
    """Whether two fitted estimators, or other values, are equal in all they hold."""
    return state_digest(left) == state_digest(right)


def state_digest(value: Any) -> Any:
    """Return a hash of a value, of an estimator's state without its memory."""
    if not hasattr(value, "get_params"):
        return digest(value)
    state = vars(value).items()
    return digest({k: v for k, v in state if not isinstance(v, Remembered)})


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
