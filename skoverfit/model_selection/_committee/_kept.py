"""Models that a search has fitted, with what they have said of rows already."""

from dataclasses import dataclass
from typing import Any

from skoverfit.model_selection._committee._average import method_of
from skoverfit.model_selection._shared_fits import remembered, without_memory

__all__ = ["KeptModel", "kept_of"]


@dataclass(frozen=True)
class KeptModel:
    """A fitted model, and an answer that costs little while it is scored.

    Attributes
    ----------
    model : estimator
        Fitted.
    method : str or None
        What it was asked, if it was.
    test : object
        What it says of the test rows of its split, where that is known.
    """

    model: Any
    method: str | None = None
    test: Any = None


def kept_of(view: Any, X_test: Any) -> KeptModel:
    """Keep the model behind a view, and what the view remembers for known rows.

    Parameters
    ----------
    view : estimator
        Fitted; may share memory with others.
    X_test : array-like
        The very rows that it remembers, if any.
    """
    model, known = without_memory(view), remembered(view)
    if not known or (method := method_of([view])) not in known:
        return KeptModel(model)
    return KeptModel(model, method, getattr(view, method)(X_test))
