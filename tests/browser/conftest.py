"""Hand-made reports, shared with the tests of the page."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def samples():
    """The module that makes reports by hand."""
    path = Path(__file__).parents[1] / "diagnosis" / "report_samples.py"
    spec = importlib.util.spec_from_file_location("report_samples", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
