"""Fitted estimators that several candidates have a part in, lent to their scorers.

scikit-learn's own scorers ask an estimator for predictions and do nothing else with
it, and so do functions whose code shows it. Any other callable may do to it whatever
Python allows: fit it again, set its parameters, write into its coefficients, keep it
for later. It gets a copy of its own that remembers nothing, and sharing ends where the
copy was changed.
"""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from skoverfit._compat import PIPELINES
from skoverfit.model_selection._shared_fits._asking import only_asks
from skoverfit.model_selection._shared_fits._contract import Remembered, view_of
from skoverfit.model_selection._shared_fits._guard import Unshareable, buffers_of

__all__ = ["lent", "own_copy", "remembered", "without_memory"]


@contextmanager
def lent(view: Any, scorer: Any, rows: Sequence[Any] = ()) -> Iterator[Any]:
    """Lend a view to a scorer, as a copy unless the scorer asks for predictions only.

    Parameters
    ----------
    view : estimator object
        Fitted; its state may be that of other candidates, too.
    scorer : callable
        Whoever is going to use it.
    rows : sequence of array-like
        What the scorer is given besides: a copy holds the same objects, too.

    Yields
    ------
    estimator : estimator object
        The view, or a copy.

    Raises
    ------
    Unshareable
        If the copy has other attributes or parameters afterwards. Whether what was
        made of it equals a fresh fit hangs on private state that views need not have,
        such as that of a random generator.
    """
    if only_asks(scorer):
        yield view
        return
    own = own_copy(view, rows)
    before = _attributes(own)
    yield own
    if not _are_same(before, _attributes(own)):
        raise Unshareable(f"a scorer changed the {type(own).__name__} it was given")


def own_copy(fitted: Any, rows: Sequence[Any] = ()) -> Any:
    """Return a copy of a fitted estimator without memory or state in common with it.

    Only `rows` are not copied: estimators that keep their training rows hold the
    caller's.

    Raises
    ------
    Unshareable
        If it cannot be copied.
    """
    bare = without_memory(fitted)
    try:
        return copy.deepcopy(bare, _known_copies(bare, rows))
    except Exception as error:
        raise Unshareable(f"{type(fitted).__name__} cannot be copied") from error


def _known_copies(estimator: Any, rows: Sequence[Any]) -> dict[int, Any]:
    """Return, by identity, what `deepcopy` must not copy in its own way."""
    copies = {id(each): each for each in rows}
    buffers = [array for each in rows for array in buffers_of(each)]
    for _, state in _attributes(estimator):
        for value in state.values():
            if isinstance(value, np.ndarray):
                if any(np.may_share_memory(value, array) for array in buffers):
                    copies[id(value)] = value
            elif type(value).__module__.startswith("lightgbm."):
                copies[id(value)] = _copy_by_state(value)
    return copies


def _copy_by_state(value: Any) -> Any:
    """Copy as pickles do: deep copies of LightGBM's boosters lose attributes."""
    twin = object.__new__(type(value))
    twin.__setstate__(copy.deepcopy(value.__getstate__()))
    return twin


def without_memory(fitted: Any) -> Any:
    """Return an estimator, also as a step of Pipelines, with its class's methods.

    It may be kept: families change neither views nor what these are made of.
    """
    if type(fitted) in PIPELINES:
        steps = [(name, without_memory(step)) for name, step in fitted.steps]
        return view_of(fitted, fitted, steps=steps)
    state = getattr(fitted, "__dict__", {})
    if any(isinstance(value, Remembered) for value in state.values()):
        return view_of(fitted, fitted)
    return fitted


def remembered(view: Any) -> set[str]:
    """Return the methods of a view, or of its last step, that answer from memory."""
    while type(view) in PIPELINES:
        view = view.steps[-1][1]
    state = getattr(view, "__dict__", {})
    return {name for name, value in state.items() if isinstance(value, Remembered)}


def _attributes(estimator: Any) -> list[tuple[Any, dict[str, Any]]]:
    """Return an estimator and its parts, each with its attributes as they are now."""
    parts = [estimator, *estimator.get_params(deep=True).values()]
    return [
        (part, dict(vars(part)))
        for part in parts
        if hasattr(part, "get_params") and hasattr(part, "__dict__")
    ]


def _are_same(before: list[Any], after: list[Any]) -> bool:
    """Whether no attribute was set or deleted: contents may have changed."""
    if len(before) != len(after):
        return False
    return all(
        part is same_part
        and state.keys() == new.keys()
        and all(new[name] is state[name] for name in state)
        for (part, state), (same_part, new) in zip(before, after, strict=True)
    )
