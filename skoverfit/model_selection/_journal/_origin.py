"""Where code comes from: a release that its version identifies, or somebody's own."""

import contextlib
import functools
import importlib
import importlib.machinery
import importlib.metadata
import importlib.util
import inspect
import site
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

__all__ = [
    "PYTHON",
    "imported_by",
    "is_changing",
    "is_reachable",
    "module_of",
    "name_of",
    "origin_of",
    "top_of",
    "version_of",
]

#: Releases of Python that differ in the third number compile and compute alike.
PYTHON = ".".join(map(str, sys.version_info[:2]))
#: Packages that every search asks for, and what they are installed by.
DISTRIBUTIONS = {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn"}
#: Folders of installed packages, in every layout of Python.
INSTALLED = {"site-packages", "dist-packages"}


def name_of(thing: Any) -> str:
    """Return the full name of a function or class: ``"package.module.name"``."""
    name = getattr(thing, "__qualname__", None) or getattr(thing, "__name__", "")
    return f"{module_of(thing)}.{name}"


def module_of(thing: Any) -> str:
    """Return the name of the module that a function or class says it is from."""
    module = getattr(thing, "__module__", None)
    return module if isinstance(module, str) else "builtins"


def top_of(thing: Any) -> str:
    """Return the name of the top-level package of a function or class."""
    return module_of(thing).partition(".")[0]


def version_of(package: str) -> str | None:
    """Return the version of a top-level package; None where no version is known.

    The same whether it is loaded or not.
    """
    if package == "__main__":
        return None
    if package in sys.stdlib_module_names:
        return PYTHON
    version = getattr(sys.modules.get(package), "__version__", None)
    return str(version) if version else _installed_version(package)


@functools.cache
def _installed_version(package: str) -> str | None:
    distribution = _distribution(package)
    return None if distribution is None else distribution.version


@functools.cache
def _distribution(package: str) -> importlib.metadata.Distribution | None:
    """Return what was installed to bring a package, which may have another name."""
    try:
        return importlib.metadata.distribution(DISTRIBUTIONS.get(package, package))
    except importlib.metadata.PackageNotFoundError:  # all must be looked at
        names = importlib.metadata.packages_distributions().get(package)
        return importlib.metadata.distribution(names[0]) if names else None


def is_changing(module: str) -> bool:
    """Whether the code of a module may change while its version stays.

    So it is for scripts, notebooks, modules that are found by a path, editable
    installations, and packages that were installed from a folder.
    """
    package = module.partition(".")[0]
    if package == "__main__":
        return True
    if package in sys.stdlib_module_names:
        return False
    file = _file_of(sys.modules.get(module) or sys.modules.get(package), package)
    return version_of(package) is None or file is None or _is_own(file, package)


def _file_of(module: Any, package: str) -> str | None:
    """Return the file of a module, or the folder of a package that has none."""
    if module is None:
        spec: Any = importlib.util.find_spec(package)
        file = getattr(spec, "origin", None)
        places = getattr(spec, "submodule_search_locations", None)
    else:
        file = getattr(module, "__file__", None)
        places = getattr(module, "__path__", None)
    return file or next(iter(places or ()), None)


@functools.cache
def _is_own(file: str, package: str) -> bool:
    """Whether a file is outside of what was installed from a released package."""
    path = Path(file)
    installed = not INSTALLED.isdisjoint(path.parts) or any(
        path.is_relative_to(folder) for folder in _library_folders()
    )
    return not installed or _is_from_folder(package)


@functools.cache
def _library_folders() -> tuple[str, ...]:
    kinds = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = [sysconfig.get_path(kind) for kind in kinds]
    return tuple(
        path
        for path in [*paths, *site.getsitepackages(), site.getusersitepackages()]
        if path
    )


def _is_from_folder(package: str) -> bool:
    """Whether pip says that a folder, not an index, was the origin of a package."""
    distribution = _distribution(package)
    if distribution is None:
        return False
    return '"dir_info"' in (distribution.read_text("direct_url.json") or "")


def is_reachable(thing: Any) -> bool:
    """Whether its module and name lead to a function or class, so that they name it."""
    found: Any = sys.modules.get(module_of(thing))
    for part in getattr(thing, "__qualname__", "").split("."):
        found = inspect.getattr_static(found, part, None)
        found = getattr(found, "__func__", found)
    return found is thing


def origin_of(thing: Any) -> str | None:
    """Return what identifies compiled or released code: its version, or a digest.

    Parameters
    ----------
    thing : function, class or module
        Where it is from counts.

    Returns
    -------
    origin : str or None
        None for the source code of modules that may change.
    """
    module = thing.__name__ if inspect.ismodule(thing) else module_of(thing)
    if not is_changing(module):
        return version_of(module.partition(".")[0])
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    compiled = file.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES))
    return _digest_of_file(file) if compiled else None


@functools.cache
def _digest_of_file(file: str) -> str:
    # Python loads compiled code once, so that a process has one digest of it.
    return blake2b(Path(file).read_bytes(), digest_size=16).hexdigest()


def imported_by(
    imported: tuple[int, str, tuple[str, ...]], space: Mapping[str, Any]
) -> Iterator[str]:
    """Give the modules that an import inside a function leads to.

    Those of one's own are imported, as the function would.

    Parameters
    ----------
    imported : (int, str, tuple of str)
        Number of leading dots, name of the module, and the names taken from it.
    space : dict
        Global variables of the function.

    Yields
    ------
    name : str
        Full names; those of what is not a module, too.
    """
    level, name, wanted = imported
    package = space.get("__package__") or ""
    try:
        full = importlib.util.resolve_name("." * level + name, package)
    except ImportError:  # beyond the top
        return
    for each in (full, *(f"{full}.{one}" for one in wanted)):
        if is_changing(each):
            _try_import(each)
        yield each


def _try_import(name: str) -> None:
    # Whatever is raised, so it will be for the function.
    with contextlib.suppress(Exception):
        if name not in sys.modules and importlib.util.find_spec(name) is not None:
            importlib.import_module(name)
