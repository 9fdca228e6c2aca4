"""Digests of parameters, data and code that are the same in every process.

Python's own hashes change from run to run, and a pickle of equal values may differ:
here a value is taken apart into plain tokens, and these are hashed.
"""

import copyreg
import functools
import importlib.metadata
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator

from skoverfit.model_selection._shared_fits import CONFIGURATION

__all__ = ["candidate_key", "describe", "digest_of", "search_identity", "split_key"]

#: Rows of arrays that are not contiguous are copied and hashed in pieces of this size.
CHUNK_BYTES = 2**24
LONGEST_TEXT = 80
#: What results depend on in every search, whatever the estimator is.
LIBRARIES = ("numpy", "scipy", "sklearn", "imblearn", "skoverfit")
#: Releases of Python that differ in the third number compile and compute alike.
PYTHON = ".".join(map(str, sys.version_info[:2]))
#: Stands among the ids of containers for one that a clone copies as it is, so that
#: what estimators in it were fitted to counts.
COPIED = -1
SIMPLE = (type(None), bool, int, float, complex, str, bytes)


def candidate_key(params: Mapping[str, Any]) -> str:
    """Return the key of a candidate: a digest of its parameters, in any order.

    Parameters
    ----------
    params : dict of str to object
        The candidate's parameters.

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
    parts = []
    for name in sorted(params):
        try:
            parts += [name.encode(), _encode(params[name], ())]
        except TypeError as error:
            raise TypeError(
                f"The journal cannot tell values of parameter {name!r} apart: {error}"
            ) from error
    return _node("candidate", *parts).hex()


def split_key(train: Any, test: Any) -> str:
    """Return the key of a split: a digest of its training and test rows, in order.

    Parameters
    ----------
    train, test : array-like of int or bool
        Positions of the rows, or masks.

    Returns
    -------
    key : str
    """
    return _node(
        "split", *(_array(_positions(rows), ()) for rows in (train, test))
    ).hex()


def _positions(rows: Any) -> Any:
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows.astype("<i8")


def digest_of(value: Any) -> str:
    """Return a digest of any value, the same in every process."""
    return _encode(value, ()).hex()


def describe(value: Any) -> str:
    """Return one line that is equal for equal values, readable where that is short."""
    if isinstance(value, SIMPLE) and len(repr(value)) <= LONGEST_TEXT:
        return repr(value)
    return f"{_summary(value)} #{digest_of(value)}"


def _summary(value: Any) -> str:
    name = _name_of(value if inspect.isclass(value) else type(value))
    if inspect.isroutine(value):
        return _name_of(value)
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
    identity = {"X": describe(X), "y": describe(y)}
    identity |= {f"fit parameter {k}": describe(params[k]) for k in sorted(params)}
    if splits is not None:
        identity["splits"] = _describe_splits(splits)
    identity |= _describe_estimator(estimator)
    identity["scoring"] = describe(scoring)
    identity |= {name: describe(settings[name]) for name in sorted(settings)}
    return identity | _describe_versions(estimator)


def _describe_splits(splits: Iterable[tuple[Any, Any]]) -> str:
    keys = [split_key(train, test) for train, test in splits]
    return f"{len(keys)} splits #{digest_of(keys)}"


def _describe_estimator(estimator: Any) -> dict[str, str]:
    """One item for each parameter, so that an error can name the one that differs."""
    deep = estimator.get_params(deep=True)
    items = {"estimator": _name_of(type(estimator))}
    for name in sorted(deep):
        nested = f"{name}__"
        listed = any(other.startswith(nested) for other in deep)
        text = _name_of(type(deep[name])) if listed else describe(deep[name])
        items[f"estimator.{name}"] = text
    # Covers what parameters do not tell: requested metadata, output containers, and
    # the state of estimators that are cloned with it.
    items["estimator as a whole"] = f"#{digest_of(estimator)}"
    return items


def _describe_versions(estimator: Any) -> dict[str, str]:
    nested = [estimator, *estimator.get_params(deep=True).values()]
    used = {_top(type(value)) for value in nested if hasattr(value, "get_params")}
    versions = {name: _version(name) for name in sorted(used | set(LIBRARIES))}
    known = {f"version of {k}": v for k, v in versions.items() if v is not None}
    return {"version of Python": PYTHON, **known}


def _top(thing: Any) -> str:
    return (getattr(thing, "__module__", None) or "builtins").partition(".")[0]


@functools.cache
def _version(package: str) -> str | None:
    """Version of a top-level package; None for the user's own code."""
    if package == "__main__":
        return None
    if package in sys.stdlib_module_names:
        return PYTHON
    module = sys.modules.get(package)
    try:
        return getattr(module, "__version__", None) or importlib.metadata.version(
            package
        )
    except importlib.metadata.PackageNotFoundError:
        return None


# --------------------------------------------------------------------------- digests


def _node(kind: str, *parts: bytes) -> bytes:
    """Digest of a kind and its parts; lengths keep ("ab", "c") from ("a", "bc")."""
    digest = blake2b(kind.encode(), digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.digest()


def _encode(value: Any, above: tuple[int, ...]) -> bytes:
    """Digest of a value; `above` holds the ids of the values that contain it."""
    if type(value) in SIMPLE:
        return _node(type(value).__name__, _simple(value))
    if id(value) in above:
        return _node("cycle", str(len(above) - above.index(id(value))).encode())
    return _encoder_of(value)(value, (*above, id(value)))


def _simple(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    # Exact for floats, and NaN and the sign of zero survive.
    return (value if isinstance(value, str) else repr(value)).encode(
        "utf-8", "surrogatepass"
    )


def _encoder_of(value: Any) -> Callable[[Any, tuple[int, ...]], bytes]:
    for applies, encoder in _ENCODERS:
        if applies(value):
            return encoder
    return _reduced


def _sequence(value: Any, above: tuple[int, ...]) -> bytes:
    return _node(type(value).__name__, *(_encode(item, above) for item in value))


def _set(value: Any, above: tuple[int, ...]) -> bytes:
    return _node(type(value).__name__, *sorted(_encode(item, above) for item in value))


def _dict(value: Any, above: tuple[int, ...]) -> bytes:
    # In the order of the dict: what iterates over it may depend on that.
    parts = (part for item in value.items() for part in item)
    return _node("dict", *(_encode(part, (*above, COPIED)) for part in parts))


def _state(value: Mapping[str, Any], above: tuple[int, ...]) -> bytes:
    """Digest of named attributes, whose order means nothing."""
    return _node("state", *(_encode(item, above) for item in sorted(value.items())))


def _generic(value: Any, above: tuple[int, ...]) -> bytes:
    return _node("scalar", _array(np.asarray(value), above))


def _array(value: Any, above: tuple[int, ...]) -> bytes:
    # The layout decides in which order sums are taken, so it is part of the value.
    fortran = value.flags.f_contiguous and not value.flags.c_contiguous
    rows = value.T if fortran else value
    head = f"{value.dtype.str}{value.dtype.descr}{value.shape}{fortran}".encode()
    if value.dtype.hasobject:
        items = (_encode(item, above) for item in rows.ravel().tolist())
        return _node("array", head, *items)
    digest = blake2b(head, digest_size=16)
    for piece in _pieces(rows):
        digest.update(piece)
    return _node("array", digest.digest())


def _pieces(array: Any) -> Iterator[Any]:
    array = array.reshape(1) if array.ndim == 0 else array
    step = max(1, CHUNK_BYTES * len(array) // max(1, array.nbytes))
    for start in range(0, len(array), step):
        piece = np.ascontiguousarray(array[start : start + step])
        yield piece.reshape(-1).view(np.uint8).data


def _sparse(value: Any, above: tuple[int, ...]) -> bytes:
    names = ("data", "indices", "indptr", "row", "col", "offsets")
    head = f"{type(value).__name__}{value.format}{value.shape}".encode()
    stored = value.tocsr() if value.format in {"lil", "dok"} else value
    arrays = [(name, getattr(stored, name)) for name in names if hasattr(stored, name)]
    return _node("sparse", head, _encode(arrays, above))


def _is_frame(value: Any) -> bool:
    return _top(type(value)) in {"pandas", "polars"} and hasattr(value, "to_numpy")


def _frame(value: Any, above: tuple[int, ...]) -> bytes:
    """Digest of a table, a column or an index: names, types and values."""
    columns = [value]
    if hasattr(value, "columns"):
        at = value.iloc if hasattr(value, "iloc") else value
        columns = [at[:, i] for i in range(len(value.columns))]
    index = getattr(value, "index", None)
    rows = None if index is None or callable(index) else np.asarray(index)
    head = _encode([type(value).__name__, rows], above)
    return _node("frame", head, *(_column(column, above) for column in columns))


def _column(value: Any, above: tuple[int, ...]) -> bytes:
    kind = [getattr(value, "name", None), str(value.dtype)]
    if _top(type(value)) == "pandas" and hasattr(value.dtype, "categories"):
        kind += [value.dtype.ordered, np.asarray(value.dtype.categories)]
    return _node("column", _encode([*kind, value.to_numpy()], above))


def _estimator(value: Any, above: tuple[int, ...]) -> bytes:
    params = value.get_params(deep=False)
    kept = vars(value) if COPIED in above else CONFIGURATION
    state = {name: v for name, v in vars(value).items() if name in kept}
    parts = _state(params, above), _state(state, above)
    return _node("estimator", _class(type(value), above), *parts)


def _is_estimator(value: Any) -> bool:
    """Whether a clone has its parameters and nothing else."""
    cloned_as_usual = BaseEstimator.__sklearn_clone__
    return (
        isinstance(value, BaseEstimator)
        and type(value).__sklearn_clone__ is cloned_as_usual
    )


def _name_of(thing: Any) -> str:
    name = getattr(thing, "__qualname__", None) or getattr(thing, "__name__", "")
    return f"{getattr(thing, '__module__', None) or 'builtins'}.{name}"


def _class(value: Any, above: tuple[int, ...]) -> bytes:
    """Digest of a class: name and version, or the code where it has no version."""
    parts = [_name_of(value), _version(_top(value))]
    own = [base for base in value.__mro__ if _version(_top(base)) is None]
    methods = [sorted(_methods(base)) for base in own]
    return _node("class", _encode(parts, above), _encode(methods, above))


def _methods(cls: Any) -> Iterator[tuple[str, bytes]]:
    for name, value in vars(cls).items():
        function = getattr(value, "fget", None) or getattr(value, "__func__", value)
        if isinstance(function, types.FunctionType):
            yield name, _code(function.__code__, ())


def _function(value: Any, above: tuple[int, ...]) -> bytes:
    """Digest of a function: its name, and the code unless a version stands for it."""
    owner = getattr(value, "__self__", None)
    name = _encode([_name_of(value), _version(_top(value))], above)
    if owner is not None and not inspect.ismodule(owner):
        return _node("method", name, _encode(owner, above))
    if not isinstance(value, types.FunctionType) or _is_released(value):
        return _node("function", name)
    enclosed = inspect.getclosurevars(value).nonlocals
    context = [value.__defaults__, value.__kwdefaults__, enclosed]
    return _node(
        "function", name, _code(value.__code__, above), _encode(context, above)
    )


def _is_released(function: Any) -> bool:
    """Whether module, name and version say which function this is."""
    if _version(_top(function)) is None:
        return False
    found = sys.modules.get(function.__module__)
    for part in function.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is function


def _code(code: types.CodeType, above: tuple[int, ...]) -> bytes:
    nested = [c if not inspect.iscode(c) else _code(c, above) for c in code.co_consts]
    return _node("code", code.co_code, _encode([nested, code.co_names], above))


def _reduced(value: Any, above: tuple[int, ...]) -> bytes:
    """Digest of any other object: what a copy of it would be made from."""
    reducer = copyreg.dispatch_table.get(type(value))
    try:
        parts = reducer(value) if reducer else value.__reduce_ex__(4)
    except TypeError as error:
        raise TypeError(f"{type(value).__name__} object: {error}") from error
    if isinstance(parts, str):  # a global name, such as that of a sentinel
        return _node("global", _encode(f"{type(value).__module__}.{parts}", above))
    # Items of lists and dicts come as iterators, in places 3 and 4.
    plain = [
        list(part) if i in {3, 4} and part else part for i, part in enumerate(parts)
    ]
    return _node("object", *(_encode_part(part, (*above, COPIED)) for part in plain))


def _encode_part(part: Any, above: tuple[int, ...]) -> bytes:
    named = isinstance(part, dict) and all(isinstance(key, str) for key in part)
    return _state(part, above) if named else _encode(part, above)


_ENCODERS: list[
    tuple[Callable[[Any], bool], Callable[[Any, tuple[int, ...]], bytes]]
] = [
    (lambda value: type(value) in {list, tuple}, _sequence),
    (lambda value: type(value) in {set, frozenset}, _set),
    (lambda value: type(value) is dict, _dict),
    (lambda value: isinstance(value, np.generic), _generic),
    (lambda value: type(value) in {np.ndarray, np.memmap}, _array),
    (inspect.isclass, _class),
    (inspect.isroutine, _function),
    (_is_estimator, _estimator),
    (issparse, _sparse),
    (_is_frame, _frame),
]
