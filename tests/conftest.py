"""Fixtures for the whole test suite."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data():
    """Folder of real data sets; tests that need it skip where it is absent."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SKOVERFIT_DATA", default))
    if not (folder / "index.csv").exists():
        pytest.skip("the collection of real data sets is not on this machine")
    return folder
