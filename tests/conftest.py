"""Fixtures and settings for the whole test suite."""

import os

# One test process per core (pytest-xdist): threads of BLAS and OpenMP inside each
# would only fight for the same cores. Set before NumPy is imported anywhere.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("MPLBACKEND", "Agg")
# What skglm has compiled at run time runs for milliseconds, and compiles for seconds.
os.environ.setdefault("NUMBA_OPT", "0")

import gc
import importlib.util
from pathlib import Path

import joblib
import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run: a failure is a finding, not bad luck. No deadline,
# because a first call that imports or compiles is slow on a busy machine.
settings.register_profile(
    "skoverfit",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("skoverfit")


def pytest_xdist_auto_num_workers(config):
    """Give the cores that this process may use, container limits included."""
    return joblib.cpu_count()


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Spare the garbage collector modules and tests, which stay until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def project_root():
    """Folder of the checkout: sources, docs and the files beside them."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared_data():
    """Folder of real data sets; tests that need it skip where it is absent."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SKOVERFIT_DATA", default))
    if not (folder / "index.csv").exists():
        pytest.skip("the collection of real data sets is not on this machine")
    return folder


@pytest.fixture(scope="session")
def samples():
    """The module that makes reports by hand, for the tests of the visible forms."""
    path = Path(__file__).parent / "report_samples.py"
    spec = importlib.util.spec_from_file_location("report_samples", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
