"""What ``_augment`` is given and must return, so that mistakes have an author."""

from inspect import signature
from typing import Any

import numpy as np

from skoverfit._columns import is_frame, same_layout, unwritable
from skoverfit.augmentation._copies import SoftTarget

__all__ = ["augmented"]


def augmented(augmenter: Any, X: Any, y: np.ndarray, rng: np.random.Generator) -> tuple:
    """Call ``_augment`` of an augmenter and check what comes back."""
    name = f"{type(augmenter).__name__}._augment"
    _check_parameters(augmenter._augment, name)
    try:
        answer = augmenter._augment(unwritable(X), unwritable(y), rng)
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise ValueError(
            f"{name} must not write to the X and y that it is given ({error}): change "
            "copies of them, such as X.copy()."
        ) from error
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise TypeError(
            f"{name} must return a tuple (X_new, y_new) of rows and targets. "
            f"Got {_described(answer)}."
        )
    X_new, y_new = _as_given(X, answer[0]), answer[1]
    if not same_layout(X, X_new):
        raise TypeError(
            f"{name} must return rows with the container, shape, columns and dtypes "
            f"that it was given, {_described(X)}. Got {_described(X_new)}."
        )
    _check_targets(y, y_new, name)
    return X_new, y_new


def _check_parameters(method: Any, name: str) -> None:
    try:
        signature(method).bind(None, None, None)
    except TypeError as error:
        raise TypeError(
            f"{name} must take three arguments, as in _augment(self, X, y, rng). "
            f"It takes {signature(method)}: {error}."
        ) from None


def _as_given(X: Any, X_new: Any) -> Any:
    """Give numbers the dtype of the rows, where arithmetic has made it a wider one."""
    arrays = isinstance(X, np.ndarray) and isinstance(X_new, np.ndarray)
    if not arrays or X.dtype == X_new.dtype or X_new.dtype.kind not in "iuf":
        return X_new
    if X.dtype.kind == X_new.dtype.kind == "f":
        return X_new.astype(X.dtype) if X_new.itemsize > X.itemsize else X_new
    if X.dtype.kind in "iub" and np.isfinite(X_new).all():
        return _rounded(X, X_new)
    return X_new


def _rounded(X: np.ndarray, X_new: np.ndarray) -> np.ndarray:
    """Turn numbers into whole numbers, or booleans, of the dtype of the rows."""
    if X.dtype.kind == "b":
        return X_new >= 0.5
    limits = np.iinfo(X.dtype)
    rounded = np.rint(X_new)
    # The largest integers have no float of their own: the bounds are set apart.
    inside = (rounded > limits.min) & (rounded < limits.max)
    whole = np.where(rounded > 0, limits.max, limits.min).astype(X.dtype)
    whole[inside] = rounded[inside].astype(X.dtype)
    return whole


def _check_targets(y: np.ndarray, y_new: Any, name: str) -> None:
    labels = [y_new]
    if isinstance(y_new, SoftTarget):
        labels = [y_new.y, y_new.other]
    for each in labels:
        if not same_layout(y, np.asarray(each)):
            raise TypeError(
                f"{name} must return targets with the shape and dtype that it was "
                f"given, {_described(y)}. Got {_described(each)}."
            )


def _described(value: Any) -> str:
    """Container, shape and dtypes of a value."""
    kind = type(value).__name__
    if isinstance(value, tuple | list):
        inside = ", ".join(type(each).__name__ for each in value[:5])
        return f"a {kind} of {len(value)} ({inside})"
    if value is None or not hasattr(value, "shape"):
        return "None" if value is None else f"an object of type {kind}"
    dtypes = list(value.dtypes) if is_frame(value) else getattr(value, "dtype", "?")
    return f"{kind} of shape {value.shape} and dtype {dtypes}"
