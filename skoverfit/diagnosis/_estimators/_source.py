"""The Python that a person would write for an estimator: imports and one expression."""

import inspect
import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np
from scipy import special
from sklearn.pipeline import Pipeline, make_pipeline

from skoverfit._compat._models import own_output
from skoverfit.diagnosis._estimators._steps import has_usual_names

__all__ = ["WIDTH", "code_of"]

WIDTH = 88
"""Columns of a line."""


def code_of(
    estimator: Any, *, name: str = "estimator", known: Mapping[int, str] | None = None
) -> str:
    """Write Python that builds an estimator.

    Parameters
    ----------
    estimator : estimator object
        Parameters that have their default are left out.
    name : str, default="estimator"
        The name that it is bound to.
    known : mapping of int to str, default=None
        Names of objects that are there already, by their ``id``.

    Returns
    -------
    code : str
        Imports, an empty line, and an assignment. What cannot be imported, such as a
        function of the script itself, is named in a comment above the imports.
    """
    source = _Source(dict(known or {}))
    text = source.written(estimator, 0, len(name) + 3)
    return "\n".join([*source.imports, "", f"{name} = {text}"])


class _Source:
    """Writes values, and remembers what has to be imported for them."""

    def __init__(self, known: dict[int, str]) -> None:
        self.known = known
        self._from: dict[str, set[str]] = {}
        self._own: dict[int, str] = {}
        self._needs_numpy = False

    @property
    def imports(self) -> list[str]:
        """Lines to import what was written."""
        lines = [
            f"from {module} import {', '.join(sorted(names))}"
            for module, names in sorted(self._from.items())
        ]
        if self._needs_numpy:
            lines = ["import numpy as np", *lines]
        own = ", ".join(sorted(set(self._own.values())))
        return [f"# Your own: {own}", *lines] if own else lines

    def written(self, value: Any, indent: int, used: int = 0) -> str:
        """Write a value; `used` columns of its first line are taken."""
        if id(value) in self.known:
            return self.known[id(value)]
        if isinstance(value, type) or (callable(value) and hasattr(value, "__name__")):
            return self._reference(value)
        if hasattr(value, "get_params"):
            return self._estimator(value, indent, used)
        if isinstance(value, (list, tuple, dict)):
            return self._container(value, indent, used)
        if isinstance(value, (np.ndarray, np.generic, float)):
            return self._number(value, indent, used)
        if type(value).__repr__ is object.__repr__ and _keeps_parameters(value):
            return self._plain(value, indent, used)
        return self._other(value)

    def _estimator(self, value: Any, indent: int, used: int) -> str:
        arguments, function = _changed(value), type(value)
        if type(value) is Pipeline and has_usual_names(value):
            steps = [("", step) for _, step in value.steps]
            rest = [(name, own) for name, own in arguments if name != "steps"]
            arguments, function = steps + rest, make_pipeline
        elif arguments and arguments[0][0] == _first_required(type(value)):
            arguments = [("", arguments[0][1]), *arguments[1:]]
        start = f"{self._reference(function)}("
        text = self._bracketed(start, ")", arguments, indent, used, "=")
        output = own_output(value)
        return text if output is None else f'{text}.set_output(transform="{output}")'

    def _plain(self, value: Any, indent: int, used: int) -> str:
        """Write an object without a repr of its own, such as a selector of columns."""
        arguments = [
            (name, getattr(value, name))
            for name, default in _defaults(type(value)).items()
            if not _is_same(getattr(value, name), default)
        ]
        start = f"{self._reference(type(value))}("
        return self._bracketed(start, ")", arguments, indent, used, "=")

    def _container(self, value: Any, indent: int, used: int) -> str:
        if isinstance(value, dict):
            items = [(self.written(k, indent), v) for k, v in value.items()]
            return self._bracketed("{", "}", items, indent, used, ": ")
        start, end = "[]" if isinstance(value, list) else "()"
        items = [("", own) for own in value]
        text = self._bracketed(start, end, items, indent, used, "")
        needs_comma = end == ")" and len(value) == 1 and "\n" not in text
        return f"{text[:-1]},)" if needs_comma else text

    def _bracketed(
        self,
        start: str,
        end: str,
        items: list[tuple[str, Any]],
        indent: int,
        used: int,
        sign: str,
    ) -> str:
        """Write on one line, or on one line for each item where that is too long."""
        heads = [f"{key}{sign}" if key else "" for key, _ in items]
        flat = [
            head + self.written(value, indent)
            for head, (_, value) in zip(heads, items, strict=True)
        ]
        line = f"{start}{', '.join(flat)}{end}"
        if (len(line) + indent + used < WIDTH and "\n" not in line) or not items:
            return line
        margin = " " * (indent + 4)
        parts = [
            f"{margin}{head}{self.written(value, indent + 4, len(head))},\n"
            for head, (_, value) in zip(heads, items, strict=True)
        ]
        return f"{start}\n{''.join(parts)}{' ' * indent}{end}"

    def _number(self, value: Any, indent: int, used: int) -> str:
        if isinstance(value, np.ndarray):
            self._needs_numpy = True
            return f"np.array({self.written(value.tolist(), indent, used + 9)})"
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float) and not np.isfinite(value):
            self._needs_numpy = True
            return "np.nan" if np.isnan(value) else f"{'-' * (value < 0)}np.inf"
        return repr(value)

    def _reference(self, value: Any) -> str:
        """Import a class or function from where users would."""
        if isinstance(value, np.ufunc):
            return self._ufunc(value)
        home = getattr(value, "__module__", None)
        if home in (None, "__main__") or "<" in getattr(value, "__qualname__", "<"):
            return self._of_script(value, value.__name__)
        module = _public_module(value)
        if module != "builtins":
            self._from.setdefault(module, set()).add(value.__name__)
        return value.__name__

    def _ufunc(self, value: np.ufunc) -> str:
        """Write a function that does not know where it comes from."""
        name = value.__name__
        if getattr(np, name, None) is value:
            self._needs_numpy = True
            return f"np.{name}"
        if getattr(special, name, None) is not value:
            return self._of_script(value, name)
        self._from.setdefault("scipy.special", set()).add(name)
        return name

    def _other(self, value: Any) -> str:
        """Write what has a repr that is Python, such as splitters and rules."""
        if isinstance(value, str):
            text = repr(value)
            return text if '"' in text else f'"{text[1:-1]}"'
        text = " ".join(repr(value).split())
        if text.startswith("<"):  # the repr of an object that has none
            return self._of_script(value, type(value).__name__.lower())
        if text.startswith(f"{type(value).__name__}("):
            self._reference(type(value))
        return text

    def _of_script(self, value: Any, name: str) -> str:
        """Name what is known in the script of the user only."""
        usual = name if name.isidentifier() else f"function_{len(self._own) + 1}"
        return self._own.setdefault(id(value), usual)


def _changed(estimator: Any) -> list[tuple[str, Any]]:
    """Parameters that differ from their default, in the order of the signature."""
    params, defaults = estimator.get_params(deep=False), _defaults(type(estimator))
    order = [*(name for name in defaults if name in params), *params]
    return [
        (name, params[name])
        for name in dict.fromkeys(order)
        if name not in defaults or not _is_same(params[name], defaults[name])
    ]


def _defaults(kind: type) -> dict[str, Any]:
    """Defaults of the parameters; some classes keep them elsewhere than in names."""
    parameters = _parameters(kind)
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return dict(kind().get_params(deep=False))
    return {name: each.default for name, each in parameters.items()}


@lru_cache(maxsize=256)
def _parameters(kind: type) -> Mapping[str, inspect.Parameter]:
    """Parameters that make an object; reading them takes longer than writing it."""
    return inspect.signature(kind).parameters


def _keeps_parameters(value: Any) -> bool:
    """Whether an object has an attribute for each parameter that makes it."""
    kind: type = type(value)
    parameters = _parameters(kind).values()
    stars = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return all(each.kind not in stars for each in parameters) and all(
        hasattr(value, each.name) for each in parameters
    )


def _first_required(kind: type) -> str | None:
    """Name the parameter that goes without a name."""
    first = next(iter(_parameters(kind).values()), None)
    is_required = first is not None and first.default is first.empty
    return first.name if first is not None and is_required else None


def _is_same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and repr(value) == repr(default)


def _public_module(value: Any) -> str:
    """Find the package that exports a class or function, the shortest with its name."""
    parts = value.__module__.split(".")
    public = next((i for i, p in enumerate(parts) if p.startswith("_")), len(parts))
    for end in range(1, public + 1):
        name = ".".join(parts[:end])
        module = sys.modules.get(name) or import_module(name)
        if name == "sklearn":  # it is the packages in it that export
            continue
        if getattr(module, value.__name__, None) is value:
            return name
    return str(value.__module__)
