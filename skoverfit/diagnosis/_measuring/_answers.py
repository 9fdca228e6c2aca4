"""A fitted model on some rows, asked once for each kind of prediction."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit._compat import PIPELINES

METHODS = ("predict", "predict_proba", "decision_function")


class Answers:
    """Stands in for a fitted model where scorers ask it about some rows.

    Each method is called once, however many scorers need it, and the steps of a
    Pipeline that come before the last one transform the rows once for all of them:
    behind an encoder of mixed tables that is most of the time of a score.

    Parameters
    ----------
    model : estimator object
        Fitted.
    X : array-like of shape (n_rows, ...)
        The only rows it is asked about.
    known : mapping of str to ndarray, default=None
        Answers that are there already, by the name of the method.
    """

    def __init__(
        self, model: Any, X: Any, known: Mapping[str, NDArray] | None = None
    ) -> None:
        self.model = model
        self.X = X
        self.known: dict[str, Any] = dict(known or {})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__sklearn_tags__":
            raise AttributeError(name)  # what copies and pickles look for
        found = getattr(self.model, name)
        return self._once(name) if name in METHODS else found

    def _once(self, name: str) -> Callable[[Any], Any]:
        def answer(X: Any) -> Any:
            if X is not self.X:
                return getattr(self.model, name)(X)
            if name not in self.known:
                last, seen = self._last
                self.known[name] = getattr(last, name)(seen)
            return self.known[name]

        answer.__name__ = name  # scorers look there for the kind of prediction
        return answer

    @cached_property
    def _last(self) -> tuple[Any, Any]:
        """The last step, and the rows as it sees them."""
        model, X = self.model, self.X
        while type(model) in PIPELINES:  # a subclass may predict in its own way
            for _, step in model.steps[:-1]:
                X = _transformed(step, X)
            model = model.steps[-1][1]
        return model, X


def _transformed(step: Any, X: Any) -> Any:
    """Rows behind a step; samplers of imbalanced-learn only act where one fits."""
    is_idle = step is None or isinstance(step, str) or hasattr(step, "fit_resample")
    return X if is_idle else step.transform(X)


def some_of(known: Mapping[str, Any], chosen: NDArray[np.bool_]) -> dict[str, Any]:
    """Answers about some of the rows; those that are no array of rows are left out."""
    return {
        name: values[chosen]
        for name, values in known.items()
        if isinstance(values, np.ndarray) and len(values) == len(chosen)
    }
