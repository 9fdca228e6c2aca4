"""Digests of parameters, data and code that are the same in every process.

Python's own hashes change from run to run, and a pickle of equal values may differ:
here a value is taken apart into plain tokens, and these are hashed.
"""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import sklearn

from skoverfit.model_selection._journal._encoding import SIMPLE, Walk, node
from skoverfit.model_selection._journal._origin import (
    PYTHON,
    is_changing,
    name_of,
    top_of,
    version_of,
)

__all__ = ["candidate_key", "describe", "digest_of", "search_identity", "split_key"]

LONGEST_TEXT = 80
#: What results depend on in every search, whatever the estimator is.
LIBRARIES = ("numpy", "scipy", "sklearn", "imblearn", "skoverfit")
#: Options of scikit-learn that only change what is printed.
FOR_SHOW = {"display", "print_changed_only"}


def candidate_key(params: Mapping[str, Any]) -> str:
    """Return the key of a candidate: a digest of its parameters, in any order.

    Returns
    -------
    key : str
        The same in every process, whatever Python's hash seed.

    Raises
    ------
    TypeError
        If a parameter is nothing that can be told from others of its kind, such as
        an open file.
    """
    walk, parts = Walk(), []
    for name in sorted(params):
        try:
            parts += [name.encode(), walk.digest(params[name])]
        except TypeError as error:
            raise TypeError(
                f"The journal cannot tell values of parameter {name!r} apart: {error}"
            ) from error
    return node("candidate", *parts, *_code_parts(walk)).hex()


def split_key(train: Any, test: Any) -> str:
    """Return the key of a split: a digest of its training and test rows, in order."""
    walk = Walk()
    return node(
        "split", *(walk.digest(_positions(rows)) for rows in (train, test))
    ).hex()


def _positions(rows: Any) -> Any:
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows.astype("<i8")


def digest_of(value: Any) -> str:
    """Return a digest of any value and the code it names, equal in every process."""
    walk = Walk()
    return node("value", walk.digest(value), *_code_parts(walk)).hex()


def _code_parts(walk: Walk) -> list[bytes]:
    return [f"{name} {text}".encode() for name, text in sorted(walk.code().items())]


def describe(value: Any, walk: Walk | None = None) -> str:
    """Return one line that is equal for equal values, readable where that is short.

    Parameters
    ----------
    value : object
        Any.
    walk : Walk, default=None
        Takes the code that the value names; without one, the line covers that too.
    """
    if isinstance(value, SIMPLE) and len(repr(value)) <= LONGEST_TEXT:
        return repr(value)
    digest = walk.digest(value).hex() if walk else digest_of(value)
    return f"{_summary(value)} #{digest}"


def _summary(value: Any) -> str:
    name = name_of(value if inspect.isclass(value) else type(value))
    if inspect.isroutine(value):
        return name_of(value)
    if hasattr(value, "shape"):
        shape = " x ".join(map(str, np.shape(value)))
        return f"{name} {getattr(value, 'dtype', '')} {shape}".replace("  ", " ")
    if isinstance(value, Sequence | Mapping):
        return f"{name} of {len(value)}"
    return name


# -------------------------------------------------------------------------- identity


def search_identity(
    estimator: Any,
    X: Any,
    y: Any,
    params: Mapping[str, Any],
    splits: Iterable[tuple[Any, Any]] | None,
    scoring: Any,
    settings: Mapping[str, Any],
) -> dict[str, str]:
    """Return what must be equal for results to be those of the same search.

    Parameters
    ----------
    estimator : estimator object
        Unfitted.
    X, y : array-like
        The data; `y` may be None.
    params : dict
        Keyword arguments of ``fit``, such as ``sample_weight``.
    splits : iterable of (train, test), default=None
        The splits of the first pass; None leaves them out.
    scoring : object
        As the user gave it.
    settings : dict
        What else results depend on, such as ``error_score``.

    Returns
    -------
    identity : dict of str to str
        From the name of an item to one readable line.
    """
    walk = Walk()
    identity = {"X": describe(X, walk), "y": describe(y, walk)}
    identity |= {
        f"fit parameter {name}": describe(params[name], walk) for name in sorted(params)
    }
    if splits is not None:
        identity["splits"] = _describe_splits(splits)
    identity |= _describe_estimator(estimator, walk)
    identity["scoring"] = describe(scoring, walk)
    identity |= {name: describe(settings[name], walk) for name in sorted(settings)}
    identity |= _describe_configuration(walk)
    identity |= _describe_versions(estimator)
    return identity | walk.code()


def _describe_splits(splits: Iterable[tuple[Any, Any]]) -> str:
    keys = [split_key(train, test) for train, test in splits]
    return f"{len(keys)} splits #{digest_of(keys)}"


def _describe_estimator(estimator: Any, walk: Walk) -> dict[str, str]:
    """One item for each parameter, so that an error can name the one that differs."""
    deep = estimator.get_params(deep=True)
    items = {"estimator": name_of(type(estimator))}
    for name in sorted(deep):
        nested = f"{name}__"
        listed = any(other.startswith(nested) for other in deep)
        text = name_of(type(deep[name])) if listed else describe(deep[name], walk)
        items[f"estimator.{name}"] = text
    # Covers what parameters do not tell: requested metadata, output containers, and
    # the state of estimators that are cloned with it.
    items["estimator as a whole"] = f"#{walk.digest(estimator).hex()}"
    return items


def _describe_configuration(walk: Walk) -> dict[str, str]:
    """Options of scikit-learn, which are not part of any object."""
    return {
        f"sklearn.get_config()[{name!r}]": describe(value, walk)
        for name, value in sorted(sklearn.get_config().items())
        if name not in FOR_SHOW
    }


def _describe_versions(estimator: Any) -> dict[str, str]:
    nested = [estimator, *estimator.get_params(deep=True).values()]
    used = {top_of(type(value)) for value in nested if hasattr(value, "get_params")}
    # The version of a package that changes says less than its code.
    used = {name for name in used if not is_changing(name)}
    versions = {name: version_of(name) for name in sorted(used | set(LIBRARIES))}
    known = {f"version of {k}": v for k, v in versions.items() if v is not None}
    return {"version of Python": PYTHON, **known}
