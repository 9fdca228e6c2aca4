"""Fits of a search are not logged one by one by an experiment tracker."""

import sys
from contextlib import contextmanager
from types import ModuleType

import pytest

from skoverfit.model_selection._autologging import without_autologging


@pytest.fixture
def tracker(monkeypatch):
    """What is used of MLflow, with its way of switching on at the end."""
    module = ModuleType("mlflow.utils.autologging_utils")
    module.disabled = False

    @contextmanager
    def disable_autologging():
        module.disabled = True
        try:
            yield
        finally:
            module.disabled = False

    module.disable_autologging = disable_autologging
    module.autologging_is_disabled = lambda name: module.disabled
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_logging_is_off_within_and_on_again_after(tracker):
    with without_autologging():
        assert tracker.disabled
    assert not tracker.disabled
    with pytest.raises(KeyError), without_autologging():
        raise KeyError
    assert not tracker.disabled


def test_a_search_within_a_search_does_not_switch_logging_on(tracker):
    with without_autologging():
        with without_autologging():
            pass
        assert tracker.disabled


def test_nothing_happens_without_a_tracker(monkeypatch):
    monkeypatch.delitem(sys.modules, "mlflow.utils.autologging_utils", raising=False)
    with without_autologging():
        assert "mlflow" not in sys.modules
