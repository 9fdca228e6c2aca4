"""What failed for a passing reason is tried again when a search is resumed."""

import os
import subprocess
import traceback
import urllib.error
from concurrent.futures import BrokenExecutor, TimeoutError

import numpy as np
import pytest
from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn.base import BaseEstimator, ClassifierMixin

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection._journal._passing import is_passing

X, Y = np.arange(20.0).reshape(-1, 1), np.arange(20) % 2


class OutOfMemoryError(RuntimeError):
    """As some libraries name theirs."""


class Flaky(ClassifierMixin, BaseEstimator):
    """Raises what it is told as long as the machine is ill, which no journal sees."""

    fits = []

    def __init__(self, k=1, error=None):
        self.k = k
        self.error = error

    def fit(self, X, y):
        self.fits.append(self.k)
        if self.k == 2 and "MACHINE_IS_ILL" in os.environ:
            raise self.error
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[self.k % 2])


def text_of(error, cause=None):
    try:
        raise error from cause
    except Exception:
        return traceback.format_exc()


PASSING = [
    MemoryError(),
    OSError(28, "No space left on device"),
    ConnectionResetError("gone"),
    FileNotFoundError(2, "a share that is not mounted"),
    TimeoutError(),
    urllib.error.URLError("no network"),
    BrokenExecutor("a process was killed"),
    TerminatedWorkerError("a worker was killed"),
    OutOfMemoryError("CUDA"),
    RuntimeError("CUDA error: out of memory"),
    subprocess.TimeoutExpired("train", 3),
    EOFError(),
]
LASTING = [
    ValueError("Input X contains NaN."),
    TypeError("fit() got an unexpected keyword argument"),
    ZeroDivisionError("division by zero"),
    RuntimeError("the solver did not converge"),
    AttributeError("memory"),
    KeyError("timeout"),
    ImportError("no module"),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_what_the_machine_is_to_blame_for_passes(error):
    assert is_passing(text_of(error))
    assert is_passing(text_of(RuntimeError("the fit failed"), cause=error))


@pytest.mark.parametrize("error", LASTING, ids=repr)
def test_other_errors_last(error):
    assert not is_passing(text_of(error))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:.*non-finite")
@pytest.mark.parametrize(
    ("error", "fits"), [(MemoryError("8 GiB"), [2, 2]), (ValueError("k"), [])], ids=repr
)
def test_a_resumed_search_tries_again_what_may_pass(error, fits, tmp_path, monkeypatch):
    model, grid = Flaky(error=error), {"k": [1, 2, 3]}
    options = {"cv": 2, "journal": tmp_path / "journal", "refit": False}
    search = GapAwareSearchCV(model, grid, **options)
    monkeypatch.setenv("MACHINE_IS_ILL", "1")
    means = search.fit(X, Y).cv_results_["mean_test_score"]
    assert np.isnan(means).tolist() == [False, True, False]
    monkeypatch.delenv("MACHINE_IS_ILL")
    Flaky.fits.clear()
    means = search.fit(X, Y).cv_results_["mean_test_score"]
    assert Flaky.fits == fits
    assert np.isnan(means).tolist() == [False, fits == [], False]


def unwell(model, X, y):
    """Score by a service that may be down, which no journal sees."""
    if "MACHINE_IS_ILL" in os.environ:
        raise ConnectionError("down")
    return model.score(X, y)


@pytest.mark.filterwarnings("ignore:Scoring failed", "ignore:.*non-finite")
@pytest.mark.parametrize(
    "scoring", [unwell, {"a": unwell, "b": "accuracy"}], ids=["one", "several"]
)
def test_scores_that_failed_are_tried_again(scoring, tmp_path, monkeypatch):
    options = {"cv": 2, "journal": tmp_path / "journal", "refit": False}
    search = GapAwareSearchCV(Flaky(), {"k": [1, 3]}, scoring=scoring, **options)
    metric = "score" if callable(scoring) else "a"
    monkeypatch.setenv("MACHINE_IS_ILL", "1")
    means = search.fit(X, Y).cv_results_[f"mean_test_{metric}"]
    assert np.isnan(means).all()
    monkeypatch.delenv("MACHINE_IS_ILL")
    means = search.fit(X, Y).cv_results_[f"mean_test_{metric}"]
    assert not np.isnan(means).any()
