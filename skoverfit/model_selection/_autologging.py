"""Experiment trackers that patch ``fit``: one search is one run, not one per fit."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["without_autologging"]


@contextmanager
def without_autologging() -> Iterator[None]:
    """Keep MLflow from logging each fit of a search; does nothing without MLflow.

    MLflow's autologging patches the estimators of scikit-learn, and recognizes
    scikit-learn's own searches only. Within any other search it would log a run with a
    model for every candidate and split.
    """
    tracker = sys.modules.get("mlflow.utils.autologging_utils")
    # MLflow's own context switches logging on when it ends, whatever was before.
    if tracker is None or tracker.autologging_is_disabled("sklearn"):
        yield
        return
    with tracker.disable_autologging():
        yield
