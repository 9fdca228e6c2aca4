"""Models that a search has fitted, with what they have said of rows already."""

from dataclasses import dataclass
from typing import Any

from skoverfit.model_selection._committee._average import method_of
from skoverfit.model_selection._shared_fits import remembers, without_memory

__all__ = ["KeptModel", "kept_of"]


@dataclass(frozen=True)
class KeptModel:
    """A fitted model, and answers that cost nothing more while it was scored.

    Attributes
    ----------
    model : estimator
        Fitted.
    method : str or None
        What it was asked, if it was.
    test, train : object
        What it says of the test rows and of the training rows of its split, where that
        is known.
    """

    model: Any
    method: str | None = None
    test: Any = None
    train: Any = None


def kept_of(view: Any, X_test: Any, X_train: Any = None) -> KeptModel:
    """Keep the model behind a view, and what the view remembers for known rows.

    Parameters
    ----------
    view : estimator
        Fitted; may share memory with others.
    X_test, X_train : array-like
        Rows; no answers for training rows are kept where they are None.
    """
    model, method = without_memory(view), method_of([view])
    if not remembers(view, method):
        return KeptModel(model)
    ask = getattr(view, method)
    train = None if X_train is None else ask(X_train)
    return KeptModel(model, method, ask(X_test), train)
