"""Doctests of the package: each module is imported once, whichever file comes first."""

import importlib
from pathlib import Path

ROOT = Path(__file__).parent


def pytest_collect_file(file_path):
    """Import the package of a module by its name, before pytest imports by path.

    Otherwise pytest runs the module again that its own package has imported already:
    then there are two of each class, and pickle refuses one of them.
    """
    if ROOT / "skoverfit" in file_path.parents:
        folder = file_path.parent.relative_to(ROOT)
        importlib.import_module(".".join(folder.parts))
