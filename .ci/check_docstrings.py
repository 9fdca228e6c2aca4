"""Validate the docstrings of every public object with numpydoc.

The checks stand in ``[tool.numpydoc_validation]`` of ``pyproject.toml``. Names come
from the ``__all__`` of the public packages; methods and properties are included when
the library itself defines them.
"""

import dataclasses
import importlib
import inspect
import sys
import tomllib
from pathlib import Path

from numpydoc.validate import ERROR_MSGS, Validator, get_doc_object, validate

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "skoverfit",
    "skoverfit.augmentation",
    "skoverfit.diagnosis",
    "skoverfit.exceptions",
    "skoverfit.model_selection",
    "skoverfit.regularization",
    "skoverfit.testing",
    "skoverfit.testing.strategies",
)


def checks():
    """Return the codes to report: all but those named beside "all"."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = set(settings["tool"]["numpydoc_validation"]["checks"])
    return set(ERROR_MSGS) - named if "all" in named else named


def public_names():
    """Yield the dotted name of each public object and of its own public members."""
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isclass(value) or inspect.isroutine(value):
                yield f"{package}.{name}"
            if inspect.isclass(value):
                yield from own_members(f"{package}.{name}", value)


def own_members(name, cls):
    """Yield the public members that the class or a base of the library defines."""
    for member in dir(cls):
        owner = next((c for c in cls.__mro__ if member in vars(c)), None)
        is_ours = owner is not None and owner.__module__.startswith("skoverfit")
        value = getattr(cls, member)
        # Classes that scikit-learn's metadata routing adds bring its own docstrings.
        generated = member.startswith("set_") and member.endswith("_request")
        documented = inspect.isroutine(value) or isinstance(value, property)
        if is_ours and documented and not member.startswith("_") and not generated:
            yield f"{name}.{member}"


def is_documented_record(name):
    """Whether this is a record that lists all its fields under Attributes."""
    cls = Validator(get_doc_object(Validator._load_obj(name))).code_obj
    if dataclasses.is_dataclass(cls):
        fields = {field.name for field in dataclasses.fields(cls)}
    else:
        fields = set(getattr(cls, "_fields", ()))
    documented = {
        name.strip()
        for attribute in get_doc_object(cls)["Attributes"]
        for name in attribute.name.split(",")
    }
    return bool(fields) and fields <= documented


def main():
    """Print each finding as ``name: code message``; return 1 if there is any."""
    wanted, findings, seen = checks(), [], set()
    for name in public_names():
        result = validate(name)
        place = (result["file"], result["file_line"])
        if place in seen:  # exported twice, or inherited
            continue
        seen.add(place)
        findings += [
            f"{name}: {code} {message}"
            for code, message in result["errors"]
            if code in wanted and not (code == "PR01" and is_documented_record(name))
        ]
    print("\n".join(findings) or f"{len(seen)} public docstrings are valid.")
    return int(bool(findings))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
