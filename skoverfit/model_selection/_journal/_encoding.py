"""Digests of values: arrays, tables, estimators, functions and whatever holds these.

A value is taken apart into plain tokens, and these are hashed. Code that may change is
not part of the value: a :class:`Walk` follows it, each function, class and constant
once, and keeps one digest for each by its name.
"""

import copyreg
import functools
import inspect
import sys
import types
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from pathlib import PurePath
from typing import Any, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator

from skoverfit._compat import CONFIGURATION
from skoverfit.model_selection._journal._bytecode import CodeFacts, facts_of
from skoverfit.model_selection._journal._origin import (
    imported_by,
    is_changing,
    is_reachable,
    module_of,
    name_of,
    origin_of,
    top_of,
    version_of,
)

__all__ = ["Walk", "node"]

#: Rows of arrays that are not contiguous are copied and hashed in pieces of this size.
CHUNK_BYTES = 2**24
SIMPLE = (type(None), bool, int, float, complex, str, bytes)
#: Objects that code names are looked at to this depth, within Python's own limit.
DEEPEST = 200
#: What classes and functions say of themselves, and Python keeps beside their code.
NOT_CODE = {
    *("__abstractmethods__", "__annotate__", "__annotate_func__", "__annotations__"),
    *("__annotations_cache__", "__dict__", "__doc__", "__firstlineno__", "__module__"),
    *("__name__", "__orig_bases__", "__parameters__", "__qualname__"),
    *("__static_attributes__", "__type_params__", "__weakref__", "_abc_impl"),
}


def node(kind: str, *parts: bytes) -> bytes:
    """Digest of a kind and its parts; lengths keep ("ab", "c") from ("a", "bc")."""
    digest = blake2b(kind.encode(), digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.digest()


class Walk:
    """Digests of values, and of the code that they name."""

    def __init__(self) -> None:
        # By the id of the owner, a module's variables or a class, and the name in it.
        self._found: dict[tuple[int, str], bytes] = {}
        self._changed: set[tuple[int, str]] = set()
        self._waiting: list[Callable[[], None]] = []
        self._followed: set[Hashable] = set()
        self._alive: dict[int, Any] = {}
        self._versions: dict[str, str] = {}
        self.known: dict[tuple[int, bool], bytes] = {}

    def digest(self, value: Any) -> bytes:
        """Return the digest of a value, without the code that it names.

        Raises
        ------
        TypeError
            If it is nothing that can be told from others of its kind.
        """
        return encode(value, Place(self))

    def code(self) -> dict[str, str]:
        """Return a line for each piece of code that all values so far name.

        That is, global variables that functions read, other functions among them, and
        attributes of classes, as far as they are of modules that may change; of other
        packages, the version. What the code itself changes while it runs, such as
        counters, is left out.

        Returns
        -------
        code : dict of str to str
            From what it is to a digest or a version.
        """
        while self._waiting:
            self._waiting.pop()()
        named = defaultdict(list)
        for (owner, name), digest in self._found.items():
            if (owner, name) not in self._changed:
                named[f"{_label(self._alive[owner])}.{name}"].append(digest)
        code = {name: node("code", *sorted(each)).hex() for name, each in named.items()}
        items = {f"code of {name}": f"#{digest}" for name, digest in code.items()}
        return items | {f"version of {k}": v for k, v in self._versions.items()}

    def follow(self, key: Hashable, step: Callable[[], None]) -> None:
        """Take a step later, once for each key."""
        if key not in self._followed:
            self._followed.add(key)
            self._waiting.append(step)

    def keep(self, owner: Any, name: str, value: Any) -> None:
        """Keep what a name stands for among a module's variables or in a class."""
        place = Place(self, copied=True, lenient=True)
        if (self.id_of(owner), name) not in self._found:
            self._found[id(owner), name] = b""  # the value may lead back to the owner
            self._found[id(owner), name] = encode(value, place)

    def keep_version(self, module: str) -> None:
        """Keep the version of the package that a module is in."""
        package = module.partition(".")[0]
        version = version_of(package)
        if version is not None and package not in sys.stdlib_module_names:
            self._versions[package] = version

    def leave_out(self, owner: Any, name: str) -> None:
        """Leave out what the code itself changes."""
        self._changed.add((self.id_of(owner), name))

    def id_of(self, thing: Any) -> int:
        """Return the id of an object, which no other gets as long as the walk lasts."""
        self._alive[id(thing)] = thing
        return id(thing)


def _label(owner: Any) -> str:
    return str(owner["__name__"]) if isinstance(owner, dict) else name_of(owner)


@dataclass(frozen=True)
class Place:
    """Where in a value an encoder is.

    Attributes
    ----------
    walk : Walk
        Who follows code.
    above : tuple of int
        Ids of the values that contain this one.
    copied : bool
        Whether a clone copies what is here as it is, so that what estimators in it
        were fitted to counts.
    lenient : bool
        Whether the kind may stand for what cannot be taken apart, such as the locks
        and open files that code uses.
    """

    walk: Walk
    above: tuple[int, ...] = ()
    copied: bool = False
    lenient: bool = False

    def inside(self, value: Any) -> Self:
        """Return the place of what a value contains."""
        return replace(self, above=(*self.above, id(value)))


Encoder = Callable[[Any, Place], bytes]


def encode(value: Any, place: Place) -> bytes:
    """Return the digest of a value at a place."""
    if type(value) in SIMPLE:
        return node(type(value).__name__, _simple(value))
    if id(value) in place.above:
        up = len(place.above) - place.above.index(id(value))
        return node("cycle", str(up).encode())
    if not place.lenient:
        return _encoder_of(value)(value, place.inside(value))
    if len(place.above) > DEEPEST:
        return node("deep", name_of(type(value)).encode())
    # What code names may be a net of objects with many ways to each.
    key = place.walk.id_of(value), place.copied
    if key not in place.walk.known:
        digest = _encoder_of(value)(value, place.inside(value))
        place.walk.known[key] = digest
    return place.walk.known[key]


def _simple(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    # Exact for floats, and NaN and the sign of zero survive.
    return (value if isinstance(value, str) else repr(value)).encode(
        "utf-8", "surrogatepass"
    )


def _encoder_of(value: Any) -> Encoder:
    for applies, encoder in _ENCODERS:
        if applies(value):
            return encoder
    return _reduced


def _sequence(value: Any, place: Place) -> bytes:
    return node(type(value).__name__, *(encode(item, place) for item in value))


def _set(value: Any, place: Place) -> bytes:
    return node(type(value).__name__, *sorted(encode(item, place) for item in value))


def _dict(value: Any, place: Place) -> bytes:
    # In the order of the dict: what iterates over it may depend on that.
    parts = (part for item in value.items() for part in item)
    place = replace(place, copied=True)
    return node("dict", *(encode(part, place) for part in parts))


def _state(value: Mapping[str, Any], place: Place) -> bytes:
    """Digest of named attributes, whose order means nothing."""
    return node("state", *(encode(item, place) for item in sorted(value.items())))


def _generic(value: Any, place: Place) -> bytes:
    return node("scalar", _array(np.asarray(value), place))


def _array(value: Any, place: Place) -> bytes:
    # The layout decides in which order sums are taken, so it is part of the value.
    fortran = value.flags.f_contiguous and not value.flags.c_contiguous
    rows = value.T if fortran else value
    head = f"{value.dtype.str}{value.dtype.descr}{value.shape}{fortran}".encode()
    if value.dtype.hasobject:
        items = (encode(item, place) for item in rows.ravel().tolist())
        return node("array", head, *items)
    digest = blake2b(head, digest_size=16)
    for piece in _pieces(rows):
        digest.update(piece)
    return node("array", digest.digest())


def _pieces(array: Any) -> Iterator[Any]:
    array = array.reshape(1) if array.ndim == 0 else array
    step = max(1, CHUNK_BYTES * len(array) // max(1, array.nbytes))
    for start in range(0, len(array), step):
        piece = np.ascontiguousarray(array[start : start + step])
        yield piece.reshape(-1).view(np.uint8).data


def _sparse(value: Any, place: Place) -> bytes:
    names = ("data", "indices", "indptr", "row", "col", "offsets")
    head = f"{type(value).__name__}{value.format}{value.shape}".encode()
    stored = value.tocsr() if value.format in {"lil", "dok"} else value
    arrays = [(name, getattr(stored, name)) for name in names if hasattr(stored, name)]
    return node("sparse", head, encode(arrays, place))


def _is_frame(value: Any) -> bool:
    return top_of(type(value)) in {"pandas", "polars"} and hasattr(value, "to_numpy")


def _frame(value: Any, place: Place) -> bytes:
    """Digest of a table, a column or an index: names, types and values."""
    columns = [value]
    if hasattr(value, "columns"):
        at = value.iloc if hasattr(value, "iloc") else value
        columns = [at[:, i] for i in range(len(value.columns))]
    index = getattr(value, "index", None)
    rows = None if index is None or callable(index) else np.asarray(index)
    head = encode([type(value).__name__, rows], place)
    return node("frame", head, *(_column(column, place) for column in columns))


def _column(value: Any, place: Place) -> bytes:
    kind = [getattr(value, "name", None), str(value.dtype)]
    if top_of(type(value)) == "pandas" and hasattr(value.dtype, "categories"):
        kind += [value.dtype.ordered, np.asarray(value.dtype.categories)]
    return node("column", encode([*kind, value.to_numpy()], place))


def _estimator(value: Any, place: Place) -> bytes:
    params = value.get_params(deep=False)
    kept = vars(value) if place.copied else CONFIGURATION
    state = {name: v for name, v in vars(value).items() if name in kept}
    parts = _state(params, place), _state(state, place)
    return node("estimator", _class(type(value), place), *parts)


def _is_estimator(value: Any) -> bool:
    """Whether a clone has its parameters and nothing else."""
    cloned_as_usual = BaseEstimator.__sklearn_clone__
    return (
        isinstance(value, BaseEstimator)
        and type(value).__sklearn_clone__ is cloned_as_usual
    )


# -------------------------------------------------------------------------- functions


def _function(value: Any, place: Place) -> bytes:
    """Digest of a function: its name, and the code unless a version stands for it."""
    name = encode([name_of(value), origin_of(value)], place)
    released = not is_changing(module_of(value)) and is_reachable(value)
    if released or not isinstance(value, types.FunctionType):
        return node("function", name)
    facts = facts_of(value.__code__)
    place.walk.follow(
        place.walk.id_of(value), partial(_follow_names, value, facts, place.walk)
    )
    assigned = {path[-1] for _, path in facts.changed if len(path) > 1}
    said = {k: v for k, v in vars(value).items() if k not in assigned | NOT_CODE}
    context = [value.__defaults__, value.__kwdefaults__, _enclosed(value, facts), said]
    inside = replace(place, copied=True, lenient=True)
    return node("function", name, _code(value.__code__), encode(context, inside))


def _method(value: Any, place: Place) -> bytes:
    """Digest of a bound method, or of a method of a built-in object."""
    owner = getattr(value, "__self__", None)
    if owner is None or inspect.ismodule(owner):
        return _function(value, place)
    function = getattr(value, "__func__", value.__name__)
    return node("method", encode(function, place), encode(owner, place))


@functools.lru_cache(maxsize=8192)
def _code(code: types.CodeType) -> bytes:
    return node("code", encode(facts_of(code).tokens, Place(Walk())))


def _enclosed(function: Any, facts: CodeFacts) -> list[Any]:
    """Return what variables of surrounding functions hold, but for those it changes."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
    return [
        _content(cell) for name, cell in cells if ("free", (name,)) not in facts.changed
    ]


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # of a function that is not finished
        return None


def _follow_names(function: Any, facts: CodeFacts, walk: Walk) -> None:
    """Keep what the names in a function stand for."""
    for value in _enclosed(function, facts):
        if inspect.ismodule(value):
            _follow_module(value, facts, walk)
    space = function.__globals__
    if is_changing(space.get("__name__", "__main__")):
        _leave_out_changed(space, facts, walk)
        for name in facts.globals:
            if name in space:
                _follow_name(space, name, facts, walk)
        for imported in facts.imports:
            for module in imported_by(imported, space):
                _follow_import(module, facts, walk)


def _leave_out_changed(space: dict[str, Any], facts: CodeFacts, walk: Walk) -> None:
    for kind, (*path, last) in facts.changed:
        owner: Any = space
        for name in path:
            owner = _inside(owner, name)
        if kind == "global" and owner is not None:
            walk.leave_out(owner, last)


def _inside(owner: Any, name: str) -> Any:
    if isinstance(owner, dict):
        value = owner.get(name)
    else:
        value = inspect.getattr_static(owner, name, None)
    return vars(value) if inspect.ismodule(value) else value


def _follow_import(name: str, facts: CodeFacts, walk: Walk) -> None:
    if not is_changing(name):
        walk.keep_version(name)
    elif name in sys.modules:
        _follow_module(sys.modules[name], facts, walk)


def _follow_name(
    space: dict[str, Any], name: str, facts: CodeFacts, walk: Walk
) -> None:
    value = space[name]
    if inspect.ismodule(value):
        _follow_module(value, facts, walk)
    elif name not in NOT_CODE:
        walk.keep(space, name, _from_folder(value, space))


def _follow_module(module: Any, facts: CodeFacts, walk: Walk) -> None:
    """Keep what a function may read of a module: what has one of the names in it."""
    key = walk.id_of(module), facts.names
    walk.follow(key, partial(_follow_attributes, module, facts, walk))


def _follow_attributes(module: Any, facts: CodeFacts, walk: Walk) -> None:
    space = vars(module)
    if not is_changing(module.__name__):
        walk.keep_version(module.__name__)
        return
    if (compiled := origin_of(module)) is not None:
        walk.keep(space, "(compiled)", compiled)
    for name in sorted(facts.names & space.keys()):
        _follow_name(space, name, facts, walk)


def _from_folder(value: Any, space: Mapping[str, Any]) -> Any:
    """Say of paths beside a module where they are from there: a copy has others."""
    file = space.get("__file__")
    if not isinstance(value, str | PurePath) or not value or not file:
        return value
    folder, path = PurePath(file).parent, PurePath(value)
    return (
        ("path", str(path.relative_to(folder)))
        if path.is_relative_to(folder)
        else value
    )


# ---------------------------------------------------------------------------- classes


def _class(value: Any, place: Place) -> bytes:
    """Digest of a class; of the user's own, a walk follows the attributes."""
    name = encode([name_of(value), origin_of(value)], place)
    if not is_changing(module_of(value)):
        return node("class", name)
    if is_reachable(value):
        walk = place.walk
        walk.follow(walk.id_of(value), partial(_follow_class, value, walk))
        return node("class", name)
    # Another one of the same name may be here too.
    inside = replace(place, copied=True, lenient=True)
    return node("class", name, encode(_attributes(value), inside))


def _follow_class(value: Any, walk: Walk) -> None:
    for name, attribute in _attributes(value).items():
        walk.keep(value, name, attribute)
        if isinstance(attribute, types.FunctionType):
            for kind, path in facts_of(attribute.__code__).changed:
                if kind == "self" and len(path) == 2:
                    _leave_out_attribute(value, path[1], walk)


def _leave_out_attribute(cls: Any, name: str, walk: Walk) -> None:
    """Leave out what methods change in place, such as a cache of the class."""
    for owner in cls.__mro__:
        if name in vars(owner):
            walk.leave_out(owner, name)


def _attributes(cls: Any) -> dict[str, Any]:
    own = {name: vars(cls)[name] for name in sorted(vars(cls).keys() - NOT_CODE)}
    return {**own, "__mro__": cls.__mro__[1:], "__class__": type(cls)}


def _is_routine(value: Any) -> bool:
    return inspect.isroutine(value) and isinstance(
        getattr(value, "__name__", None), str
    )


def _property(value: Any, place: Place) -> bytes:
    parts = [getattr(value, name, None) for name in ("fget", "fset", "fdel", "func")]
    return node("property", encode(parts, place))


def _bound_later(value: Any, place: Place) -> bytes:
    return node(type(value).__name__, encode(value.__func__, place))


def _is_wrapper(value: Any) -> bool:
    """Whether a library's decorator made an object of a function."""
    is_made = "__wrapped__" in getattr(value, "__dict__", ())
    return is_made and not is_changing(module_of(type(value)))


def _wrapper(value: Any, place: Place) -> bytes:
    # The rest are caches and times.
    functions = {k: v for k, v in sorted(vars(value).items()) if callable(v)}
    return node("wrapper", name_of(type(value)).encode(), encode(functions, place))


def _module(value: Any, place: Place) -> bytes:
    return node("module", encode([value.__name__, origin_of(value)], place))


# --------------------------------------------------------------------- other objects


def _reduced(value: Any, place: Place) -> bytes:
    """Digest of any other object: what a copy of it would be made from."""
    reducer = copyreg.dispatch_table.get(type(value))
    try:
        parts = reducer(value) if reducer else value.__reduce_ex__(4)
    except Exception as error:
        if place.lenient:
            return node("opaque", encode(type(value), place))
        raise TypeError(f"{type(value).__name__} object: {error}") from error
    if isinstance(parts, str):  # a global name, such as that of a sentinel
        return node("global", encode(f"{type(value).__module__}.{parts}", place))
    # Items of lists and dicts come as iterators, in places 3 and 4.
    plain = [
        list(part) if i in {3, 4} and part else part for i, part in enumerate(parts)
    ]
    inside = replace(place, copied=True)
    return node("object", *(_encode_part(part, inside) for part in plain))


def _encode_part(part: Any, place: Place) -> bytes:
    named = isinstance(part, dict) and all(isinstance(key, str) for key in part)
    return _state(part, place) if named else encode(part, place)


_ENCODERS: list[tuple[Callable[[Any], bool], Encoder]] = [
    (lambda value: type(value) in {list, tuple}, _sequence),
    (lambda value: type(value) in {set, frozenset}, _set),
    (lambda value: type(value) in {dict, types.MappingProxyType}, _dict),
    (lambda value: isinstance(value, np.generic), _generic),
    (lambda value: type(value) in {np.ndarray, np.memmap}, _array),
    (inspect.isclass, _class),
    (lambda value: isinstance(value, types.FunctionType), _function),
    (inspect.ismodule, _module),
    (lambda value: isinstance(value, property | functools.cached_property), _property),
    (lambda value: isinstance(value, staticmethod | classmethod), _bound_later),
    (_is_wrapper, _wrapper),
    (_is_routine, _method),
    (_is_estimator, _estimator),
    (issparse, _sparse),
    (_is_frame, _frame),
]
