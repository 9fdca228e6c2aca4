"""Some of very many rows choose, and all rows are learned from."""

import re

import numpy as np
import pytest
from sklearn.model_selection import KFold
from sklearn.tree import DecisionTreeClassifier

from skoverfit import treat
from skoverfit.treatment._data_in import _sampled

TREE = DecisionTreeClassifier(random_state=0)
QUICK = {"budget": None, "random_state": 0, "trust": True}


@pytest.fixture
def rows(monkeypatch):
    monkeypatch.setattr(_sampled, "MOST_ROWS", 200)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 5))
    y = (X.sum(axis=1) + rng.normal(size=600) > 0).astype(int)
    y[590:] = 7  # a class of which few are drawn
    return X, y


def test_the_given_model_is_fitted_on_all_rows(rows):
    treated = treat(TREE, *rows, remedies=[], **QUICK)
    assert treated.best_estimator_.tree_.n_node_samples[0] == 600
    (note,) = treated.report_.notes
    assert re.match(
        "Remedies were chosen by 20[0-9] of 600 rows, drawn at random", note
    )


def test_members_are_fitted_on_all_rows(rows):
    X, y = rows
    treated = treat(TREE, X, y, remedies=["linear"], **QUICK)
    assert treated.report_.accepted
    names = {"X": X, "y": y}
    exec(treated.code_, names)
    exec(treated.fit_code_, names)
    again = names["estimator"].predict_proba(X)
    assert np.array_equal(again, treated.predict_proba(X))
    assert list(treated.classes_) == [0, 1, 7]
    assert "the result was fitted on all" in str(treated.report_)


def test_whole_groups_are_drawn(rows):
    X, y = rows
    groups = np.arange(600) // 10
    treated = treat(TREE, X, y, groups=groups, remedies=["linear"], **QUICK)
    assert "chosen by 200 of 600 rows" in str(treated.report_)
    if treated.report_.accepted:
        names = {"X": X, "y": y, "groups": groups}
        exec(treated.code_, names)
        exec(treated.fit_code_, names)
        again = names["estimator"].predict_proba(X)
        assert np.array_equal(again, treated.predict_proba(X))


def test_splits_of_ones_own_need_all_rows(rows):
    treated = treat(TREE, *rows, cv=KFold(3), remedies=[], **QUICK)
    assert treated.report_.notes == ()
