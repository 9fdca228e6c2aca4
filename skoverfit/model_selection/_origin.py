"""Where code comes from: a release that its version identifies, or somebody's own."""

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
    "import_own",
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
#: Folders of installed packages, in every layout of Python.
INSTALLED = {"site-packages", "dist-packages"}


def name_of(thing: Any) -> str:
    """Return the full name of a function or class, such as ``"package.module.name"``.

    Parameters
    ----------
    thing : object
        A function, a class, or whatever else has a name.

    Returns
    -------
    name : str
    """
    name = getattr(thing, "__qualname__", None) or getattr(thing, "__name__", "")
    return f"{module_of(thing)}.{name}"


def module_of(thing: Any) -> str:
    """Return the name of the module that a function or class says it is from."""
    module = getattr(thing, "__module__", None)
    return module if isinstance(module, str) else "builtins"


def top_of(thing: Any) -> str:
    """Return the name of the top-level package of a function or class."""
    return module_of(thing).partition(".")[0]


@functools.cache
def version_of(package: str) -> str | None:
    """Return the version of a top-level package; None where no version is known."""
    if package == "__main__":
        return None
    if package in sys.stdlib_module_names:
        return PYTHON
    module = sys.modules.get(package)
    try:
        version = getattr(module, "__version__", None)
        return str(version or importlib.metadata.version(package))
    except importlib.metadata.PackageNotFoundError:
        return None


def is_changing(module: str) -> bool:
    """Whether the code of a module may change while its version stays.

    So it is for scripts, notebooks, modules that are found by a path, editable
    installations, and packages that were installed from a folder.

    Parameters
    ----------
    module : str
        Its name, as in ``sys.modules``.

    Returns
    -------
    is_changing : bool
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
    try:
        distribution = importlib.metadata.distribution(package)
        return '"dir_info"' in (distribution.read_text("direct_url.json") or "")
    except (importlib.metadata.PackageNotFoundError, OSError):
        return False


def is_reachable(thing: Any) -> bool:
    """Whether its module and name lead to a function or class, so that they name it.

    Parameters
    ----------
    thing : function or class
        What its module may hold.

    Returns
    -------
    is_reachable : bool
    """
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


def import_own(
    imported: tuple[int, str, tuple[str, ...]], space: Mapping[str, Any]
) -> Iterator[Any]:
    """Give the modules that an import inside a function leads to.

    Those of one's own are imported, as the function would; of others, what is loaded.

    Parameters
    ----------
    imported : (int, str, tuple of str)
        Number of leading dots, name of the module, and the names taken from it.
    space : dict
        Global variables of the function.

    Yields
    ------
    module : module
    """
    level, name, wanted = imported
    try:
        full = importlib.util.resolve_name(
            "." * level + name, space.get("__package__") or ""
        )
        own = is_changing(full)
    except (ImportError, ValueError):
        return
    for each in (full, *(f"{full}.{one}" for one in wanted)):
        module = _import(each) if own else sys.modules.get(each)
        if module is not None:
            yield module


def _import(name: str) -> Any:
    if name in sys.modules:
        return sys.modules[name]
    try:
        if importlib.util.find_spec(name) is not None:
            return importlib.import_module(name)
    except Exception:  # so will it be for the function
        pass
    return None
