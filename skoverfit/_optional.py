"""Optional libraries: imported where they are needed, with the extra to install."""

import importlib
from types import ModuleType

__all__ = ["import_optional"]


def import_optional(name: str, *, extra: str) -> ModuleType:
    """Import an optional library, or say which extra brings it."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        raise ImportError(
            f"{name} needs {missing}, which is not installed. "
            f"Install it with: python -m pip install 'skoverfit[{extra}]'"
        ) from error
