"""What checks of models share: seeds, answers, spies on ``fit``."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
from sklearn.base import clone, is_classifier

from skoverfit.testing._cases import Table, table_of

__all__ = [
    "ASKED",
    "FITTING",
    "Call",
    "answers",
    "check_same_answers",
    "inner_estimators",
    "model_table",
    "seeded_model",
    "spied",
]

ASKED = ("predict", "predict_proba", "decision_function", "transform")
FITTING = ("fit", "fit_transform", "fit_predict", "fit_resample", "partial_fit")


class Call(NamedTuple):
    """A call of a method that fits, of an estimator or of one inside."""

    cls: type
    method: str
    X: Any


def seeded_model(estimator: Any, *, seed: int = 0, **params: Any) -> Any:
    """Clone an estimator, with a seed for all that is random in it and has none."""
    model = clone(estimator).set_params(**params)
    seeds = [
        name
        for name, value in model.get_params().items()
        if name.endswith("random_state") and value is None
    ]
    return model.set_params(**dict.fromkeys(seeds, seed))


def model_table(estimator: Any, n_rows: int = 60) -> Table:
    """Make rows that a classifier or a regressor can learn something from."""
    if not is_classifier(estimator):
        return table_of(n_rows, 3, target="number")
    table = table_of(n_rows, 3)
    X = table.X + 1.5 * table.y[:, np.newaxis] * [1, 0, 0]
    return Table(X, table.y)


def answers(model: Any, X: Any) -> dict[str, np.ndarray]:
    """Return what a fitted model says of rows, by method.

    That methods which are offered fail is a question of its own.
    """
    told = {name: _answer(model, name, X) for name in ASKED if hasattr(model, name)}
    return {name: value for name, value in told.items() if value is not None}


def _answer(model: Any, name: str, X: Any) -> np.ndarray | None:
    try:
        value = getattr(model, name)(X)
    except (AttributeError, NotImplementedError):
        return None
    return value.toarray() if hasattr(value, "toarray") else np.array(value)


def check_same_answers(
    one: dict[str, np.ndarray], other: dict[str, np.ndarray], message: str
) -> None:
    """Compare the answers of two models, up to rounding."""
    for name, value in one.items():
        same = (
            np.allclose(value, other[name], rtol=1e-6, atol=1e-9, equal_nan=True)
            if value.dtype.kind == "f" and value.shape == other[name].shape
            else np.array_equal(value, other[name])
        )
        assert same, f"{name} gives other results {message}."


def inner_estimators(estimator: Any) -> list[Any]:
    """List an estimator and all that are parameters of it, or of these."""
    found = [estimator]
    for value in estimator.get_params(deep=True).values():
        if hasattr(value, "get_params") and not isinstance(value, type):
            found += [value] if all(value is not known for known in found) else []
    return found


@contextmanager
def spied(estimators: list[Any]) -> Iterator[list[Call]]:
    """Collect the calls of methods that fit, of all instances of some classes.

    Instances of their bases count, too: a scaler that fits a plain one inside.
    """
    calls: list[Call] = []
    known = {base for estimator in estimators for base in type(estimator).__mro__}
    with ExitStack() as stack:
        for cls in known:
            for method in {*FITTING} & vars(cls).keys():
                spy = _spy(cls, method, known, calls)
                stack.enter_context(mock.patch.object(cls, method, spy))
        yield calls


def _spy(owner: type, method: str, known: set[type], calls: list[Call]) -> Any:
    original = getattr(owner, method)

    @wraps(original)
    def spy(self: Any, *args: Any, **kwargs: Any) -> Any:
        if type(self) in known:
            calls.append(Call(type(self), method, args[0] if args else kwargs.get("X")))
        return original(self, *args, **kwargs)

    return spy
