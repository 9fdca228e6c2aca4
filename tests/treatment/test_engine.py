"""Faults of remedies, and what becomes of those that are too slow."""

import os
import threading
import time

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from skoverfit import TreatedClassifier
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind
from skoverfit.exceptions import InputError
from skoverfit.treatment import _estimators, _guard

TREE = DecisionTreeClassifier(random_state=0)


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 5))
    return X, (X.sum(axis=1) + rng.normal(size=150) > 0).astype(int)


class Raises(LogisticRegression):
    def fit(self, X, y, sample_weight=None):
        raise RuntimeError("out of memory\non the device")


class Lost(LogisticRegression):
    def predict_proba(self, X):
        return np.full((len(X), 2), np.nan)


class Endless(LogisticRegression):
    def fit(self, X, y, sample_weight=None):
        time.sleep(1000)


class Holds(DecisionTreeClassifier):
    """Opens in its fit what no other process can have, as a model on a GPU does."""

    def fit(self, X, y, sample_weight=None):
        self.handle_ = threading.Lock()
        return super().fit(X, y, sample_weight)


class Dies(LogisticRegression):
    def fit(self, X, y, sample_weight=None):
        os._exit(1)


def kind_of(estimator):
    """A kind that proposes one estimator, or raises what it is given."""

    class Kind(RemedyKind):
        name = type(estimator).__name__

        def candidates(self, problem):
            if isinstance(estimator, Exception):
                raise estimator
            return [Candidate(self.name, "", "", estimator)]

    return Kind()


def treated(monkeypatch, rows, *estimators, budget=None):
    kinds = tuple(kind_of(own) for own in estimators)
    monkeypatch.setattr(_estimators, "choose_kinds", lambda wanted: kinds)
    model = TreatedClassifier(TREE, budget=budget, random_state=0).fit(*rows)
    return model, {step.name: step for step in model.report_.steps}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Raises(), "RuntimeError: out of memory on the device"),
        (Lost(), "ValueError: some of its probabilities are missing or infinite"),
        (KeyError("no such column"), "KeyError: 'no such column'"),
    ],
)
def test_a_remedy_that_fails_is_named_and_others_go_on(
    monkeypatch, rows, fault, reason
):
    model, steps = treated(monkeypatch, rows, fault, LogisticRegression())
    step = steps[type(fault).__name__]
    assert (step.state, step.reason) == ("failed", reason)
    assert f"failed: {reason}" in str(model.report_)
    assert steps["LogisticRegression"].state == "used"


def test_a_fit_that_does_not_end_is_stopped(monkeypatch, rows):
    start = time.perf_counter()
    model, steps = treated(
        monkeypatch, rows, Endless(), LogisticRegression(), budget="6s"
    )
    assert time.perf_counter() - start < 100  # it would take 1000 seconds
    assert steps["Endless"].state == "skipped"
    assert steps["Endless"].reason == "its fit did not end in time"
    assert model.predict(rows[0]).shape == (150,)


class Alike(LogisticRegression):
    """Has a parameter that does nothing."""


def test_a_remedy_that_changes_nothing_is_not_counted_twice(monkeypatch, rows):
    _, steps = treated(monkeypatch, rows, LogisticRegression(), Alike())
    assert steps["LogisticRegression"].state == "used"
    assert steps["Alike"].state == "dropped"
    assert steps["Alike"].reason == "it answers as LogisticRegression does"


def test_models_that_are_sure_of_every_row_may_agree_by_chance(monkeypatch, rows):
    deep = DecisionTreeClassifier(max_depth=50, random_state=0)
    _, steps = treated(monkeypatch, rows, deep)
    assert steps["DecisionTreeClassifier"].state != "dropped"


# -------------------------------------------------------------------- the given model
def test_a_given_model_whose_fit_does_not_end_is_named(monkeypatch, rows):
    monkeypatch.setattr(_guard, "LEAST_BUDGET", 1.0)
    model = TreatedClassifier(Endless(), budget="4s", remedies=[])
    with pytest.raises(InputError, match=r"Endless did not end within .* 4 seconds"):
        model.fit(*rows)


def test_predictions_that_are_no_numbers_are_named(rows):
    model = TreatedClassifier(Lost(), budget=None, remedies=[])
    with pytest.raises(InputError, match="Lost cannot be fitted and scored"):
        model.fit(*rows)


@pytest.mark.parametrize("options", [{"n_jobs": 2}, {"budget": "1h"}])
def test_a_model_that_cannot_leave_its_process_is_treated_there(rows, options):
    options = {"budget": None, "remedies": ["splines"], "trust": True, **options}
    model = TreatedClassifier(Holds(random_state=0), **options).fit(*rows)
    (note,) = model.report_.notes
    assert note.startswith("All fits run in this process, one after another: ")
    assert all(step.state in ("used", "tried") for step in model.report_.steps)
    assert len(model.report_.steps) == 3
    assert model.predict(rows[0]).shape == (150,)


class Counts(DecisionTreeClassifier):
    """Writes a letter to a file in each fit, in whatever process."""

    def __init__(self, path=None):
        super().__init__(random_state=0)
        self.path = path

    def fit(self, X, y, sample_weight=None):
        with open(self.path, "a") as file:
            file.write("x")
        return super().fit(X, y, sample_weight)


def test_the_first_split_is_fitted_once_wherever_it_is(rows, tmp_path):
    options = {"budget": None, "remedies": [], "trust": True, "random_state": 0}
    found = []
    for n_jobs in (1, 2):
        counts = Counts(tmp_path / str(n_jobs))
        model = TreatedClassifier(counts, n_jobs=n_jobs, **options).fit(*rows)
        assert counts.path.read_text() == "x" * 6  # five splits, and all rows
        found.append(model.report_.steps[0].score)
    assert found[0] == found[1]


def test_a_remedy_that_ends_its_process_is_named(monkeypatch, rows):
    _, steps = treated(monkeypatch, rows, Dies(), LogisticRegression(), budget="1h")
    assert steps["Dies"].state == "failed"
    assert "TerminatedWorkerError" in steps["Dies"].reason
    assert steps["LogisticRegression"].state == "used"


def test_a_thousand_classes_are_no_obstacle():
    rng = np.random.default_rng(0)
    y = np.arange(1000).repeat(3)
    X = rng.normal(size=(1000, 4)).repeat(3, axis=0) + rng.normal(0, 0.1, (3000, 4))
    model = TreatedClassifier(
        DecisionTreeClassifier(random_state=0),
        cv=2,
        budget=None,
        trust=True,
        remedies=["neighbors"],
        random_state=0,
    ).fit(X, y)
    assert len(model.classes_) == 1000
    assert model.report_.accepted
    assert model.score(X, y) > 0.5
