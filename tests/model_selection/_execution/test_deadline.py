"""Time limits hold whoever sets the clock, and travel with the tasks."""

import pickle
import time

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.naive_bayes import GaussianNB

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection._execution import _deadline
from skoverfit.model_selection._execution._deadline import Deadline

X, Y = make_classification(60, random_state=0)


@pytest.mark.parametrize("jump", [1e9, -1e9])
def test_a_clock_that_is_set_ends_no_search(jump, monkeypatch):
    real, calls = time.time, []

    def set_meanwhile():
        calls.append(1)
        return real() + jump * len(calls)

    monkeypatch.setattr(time, "time", set_meanwhile)
    grid = {"var_smoothing": [1e-9, 1e-3, 0.1]}
    search = GapAwareSearchCV(GaussianNB(), grid, timeout=300, n_jobs=1).fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert 0 <= search.refit_time_ < 300


def test_a_deadline_is_the_same_for_all_processes_of_a_machine(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    sent = pickle.dumps(Deadline(10))
    now[0] += 9
    assert not pickle.loads(sent).has_passed
    now[0] += 2  # the way of the task is counted
    assert pickle.loads(sent).has_passed
    assert not pickle.loads(pickle.dumps(Deadline(None))).has_passed


@pytest.mark.parametrize("began", [-1e6, 1e6])
def test_on_another_machine_what_was_left_counts(began, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    deadline = Deadline(10)
    now[0] += 4
    sent = pickle.dumps(deadline)
    now[0] += began
    monkeypatch.setattr(_deadline, "_machine", lambda: ("another", ""))
    there = pickle.loads(sent)
    now[0] += 5
    assert not there.has_passed
    now[0] += 2
    assert there.has_passed
