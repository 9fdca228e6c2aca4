"""Single estimators that their family fits for less than their own ``fit``.

``fit`` of a forest checks and converts the rows anew for each tree, which on a few
hundred rows takes longer than growing it. The family of forests does it once, whether
it serves one forest or many, and compares a tree with one of scikit-learn's own.
"""

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from skoverfit._compat import PIPELINES, has_valid_params
from skoverfit._delegation import fitting
from skoverfit.exceptions import InternalsChangedError
from skoverfit.model_selection._shared_fits._contract import (
    Remembered,
    TrainingSet,
    find_family,
    forget,
    views_of,
)
from skoverfit.model_selection._shared_fits._reproducible import is_reproducible
from skoverfit.model_selection._shared_fits.families._forests import ForestFamily

__all__ = ["quick_fits"]


@contextmanager
def quick_fits(*rows: Any) -> Iterator[None]:
    """Let `skoverfit._delegation.fit` take the quicker way to the same models.

    Parameters
    ----------
    *rows : array-like
        The very objects that models will be asked about meanwhile: they remember
        their answers, and forget them in the end.
    """
    fitted: list[Any] = []
    try:
        with fitting(functools.partial(_fit, rows, fitted)):
            yield
    finally:
        for model in fitted:
            forget(model)


def _fit(
    rows: Sequence[Any], fitted: list[Any], model: Any, X: Any, y: Any, **params: Any
) -> Any:
    """Fit an estimator in place; its last step the quick way where there is one."""
    last = model
    while type(last) in PIPELINES and last.steps:
        last = last.steps[-1][1]
    if not _gains(last):
        return model.fit(X, y, **params)
    if last is model:
        return _fit_leaf(rows, fitted, model, X, y, **params)
    # The Pipeline itself transforms and routes, and finds this in place of a method.
    quickly = functools.partial(_fit_leaf, rows, fitted, last)
    vars(last)["fit"] = functools.wraps(last.fit)(quickly)
    try:
        return model.fit(X, y, **params)
    finally:
        vars(last).pop("fit", None)


def _gains(estimator: Any) -> bool:
    """Whether a family serves an estimator for less than its own ``fit``."""
    return isinstance(find_family(estimator), ForestFamily)


def _fit_leaf(
    rows: Sequence[Any], fitted: list[Any], model: Any, X: Any, y: Any, **params: Any
) -> Any:
    """Take over the state of a view; whatever has none is fitted by its class."""
    view = _view(model, TrainingSet(X, y, params, rows))
    if view is None:
        return type(model).fit(model, X, y, **params)
    answers = {
        name: value.of(model)
        for name, value in vars(view).items()
        if rows and isinstance(value, Remembered)
    }
    forget(view)
    vars(model).update({**vars(view), **answers})
    fitted.append(model)
    return model


def _view(model: Any, data: TrainingSet) -> Any:
    family = find_family(model)
    if family is None or not (
        has_valid_params(model) and is_reproducible(model, data.X)
    ):
        return None
    try:
        return next(views_of(family, [model], data), (0, None))[1]
    except InternalsChangedError:
        return None
