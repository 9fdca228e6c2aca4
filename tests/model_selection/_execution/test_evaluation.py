"""Bundles of evaluations: the same as one by one, on time, and after Ctrl-C."""

import copy
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, f1_score, make_scorer
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV, GroupKFold, ShuffleSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV
from skoverfit.exceptions import IncompleteSearchWarning
from skoverfit.model_selection import (
    BestScore,
    SharedFit,
    register_shared_fit,
    view_of,
)
from skoverfit.model_selection._execution import _evaluation
from skoverfit.model_selection._execution._bundle import evaluate
from skoverfit.model_selection._shared_fits import _contract as shared_fits
from tests.model_selection.side_by_side import compare, families, n_served, steps

X, y = make_classification(80, 5, flip_y=0.1, random_state=0)
PIPE = Pipeline([("scale", StandardScaler()), ("clf", SVC())])
CS = {"clf__C": [0.1, 1.0, 10.0]}
FOREST = RandomForestClassifier(random_state=0)
FORESTS = {"n_estimators": [1, 3, 6], "max_depth": [1, None]}


def accuracy(estimator, rows, target):
    return float(np.mean(estimator.predict(rows) == target))


def two_numbers(estimator, rows, target):
    predicted = estimator.predict(rows)
    return {"a": accuracy_score(target, predicted), "b": f1_score(target, predicted)}


def pickles(estimator, rows, target):
    again = pickle.loads(pickle.dumps(estimator))
    assert_array_equal(again.predict(rows), estimator.predict(rows))
    return accuracy(copy.deepcopy(estimator), rows, target)


def keeps(estimator, rows, target):
    KEPT.append(estimator)
    return accuracy(estimator, rows, target)


def subsets(estimator, rows, target):
    half = accuracy(estimator, rows[::2], target[::2])
    return half + 10 * accuracy(estimator, rows[1:], target[1:])


def refits(estimator, rows, target):
    fresh = clone(estimator).fit(rows, target)
    return accuracy(fresh, rows, target) + accuracy(estimator, rows, target)


def asks_everything(estimator, rows, target):
    inside = estimator[:-1].transform(rows) if isinstance(estimator, Pipeline) else rows
    score = float(np.abs(inside).sum())
    for name in ("decision_function", "predict_proba"):
        if hasattr(estimator, name):
            first, second = (getattr(estimator, name)(rows) for _ in range(2))
            assert_array_equal(first, second)
            first[:] = 0  # what a scorer is given is its own
            assert_array_equal(getattr(estimator, name)(rows), second)
            score += float(second.sum())
    return score + accuracy(estimator, rows, target)


KEPT = []
SCORERS = [
    "roc_auc",
    ["accuracy", "roc_auc", "f1"],
    {"accuracy": "accuracy", "mine": make_scorer(f1_score)},
    accuracy,
    two_numbers,
    pickles,
    keeps,
    subsets,
    refits,
    asks_everything,
]


@pytest.mark.parametrize("scoring", SCORERS)
def test_scorers(scoring):
    KEPT.clear()
    refit = {two_numbers: "b"}.get(scoring, True) if callable(scoring) else True
    refit = "accuracy" if isinstance(scoring, list | dict) else refit
    options = {"scoring": scoring, "refit": refit}
    assert steps(compare(PIPE, CS, X, y, **options)) == (6, 2)
    compare(FOREST, FORESTS, X, y, **options)
    for estimator in KEPT:  # kept ones are ordinary estimators, then and later
        assert_array_equal(
            estimator.predict(X), pickle.loads(pickle.dumps(estimator)).predict(X)
        )


@pytest.mark.parametrize("error_score", [np.nan, 0.0])
@pytest.mark.parametrize("several", [False, True])
@pytest.mark.filterwarnings("ignore:One or more of the .* scores are non-finite")
def test_scorers_that_fail(error_score, several):
    def fails(estimator, rows, target):
        if estimator.get_params().get("clf__C") == 1.0:
            raise ValueError("not this one")
        return accuracy(estimator, rows, target)

    scoring = {"good": accuracy, "bad": fails} if several else fails
    options = {"scoring": scoring, "refit": "good" if several else True}
    with pytest.warns(UserWarning, match="not this one") as caught:
        compare(PIPE, CS, X, y, error_score=error_score, **options)
    told = [str(w.message) for w in caught if "Scoring failed" in str(w.message)]
    assert len(told) == 2 * 4  # each search: one candidate, two splits and sides
    assert all(f"set to {error_score}" in text for text in told)
    with pytest.raises(ValueError, match="not this one"):
        GapAwareSearchCV(PIPE, CS, error_score="raise", **options).fit(X, y)


class FailsFor(ClassifierMixin, BaseEstimator):
    def __init__(self, k=1):
        self.k = k

    def fit(self, X, y):
        if self.k == 2:
            raise ValueError("not with two")
        self.classes_ = np.unique(y)
        self._model = KNeighborsClassifier(self.k).fit(X, y)
        return self

    def predict(self, X):
        return self._model.predict(X)


@pytest.mark.parametrize("error_score", [np.nan, 0])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the .* scores are non-finite")
def test_last_steps_that_fail(error_score):
    estimator = Pipeline([("scale", StandardScaler()), ("clf", FailsFor())])
    search = compare(estimator, {"clf__k": [1, 2, 3, 2]}, X, y, error_score=error_score)
    assert families(search) == {"pipeline prefix": 4}
    grid = {"clf": [SVC(), SVC(C=-1), SVC(C=-1), SVC(kernel="nonsense")]}
    compare(estimator, grid, X, y, error_score=error_score)
    with pytest.raises(ValueError, match="not with two"):
        GapAwareSearchCV(estimator, {"clf__k": [1, 2]}, error_score="raise").fit(X, y)


def test_unknown_parameters_are_refused_as_scikit_learn_does():
    with pytest.raises(ValueError, match="Invalid parameter 'nonsense'"):
        GapAwareSearchCV(PIPE, {"clf__nonsense": [1, 2]}).fit(X, y)


def test_equal_candidates_are_fitted_once():
    for estimator, grid, family in (
        (GaussianNB(), {"priors": [None] * 3}, "equal candidates"),
        (PIPE, {"clf__C": [1.0, 1.0, 1.0]}, "equal candidates"),
        (FOREST, {"n_estimators": [3, 3, 3]}, None),
    ):
        search = compare(estimator, grid, X, y)
        assert n_served(search) == 6
        assert family is None or families(search) == {family: 6}
    random = DecisionTreeClassifier(max_features=1, splitter="random")
    search = GapAwareSearchCV(random, {"max_depth": [2] * 8}, cv=2).fit(X, y)
    assert n_served(search) == 0
    assert len(set(search.cv_results_["mean_train_score"])) > 1


def test_candidates_that_differ_in_type_only_are_not_equal():
    grid = {"clf__C": [1, 1.0, np.float32(1), True]}
    compare(PIPE, grid | {"clf__gamma": ["scale", 0.2]}, X, y)


def test_no_sharing_when_it_is_switched_off():
    options = {"selection": BestScore(), "cv": 2}
    shared = GapAwareSearchCV(FOREST, FORESTS, **options).fit(X, y)
    fresh = GapAwareSearchCV(FOREST, FORESTS, share_fits=False, **options).fit(X, y)
    assert n_served(shared) > 0
    assert n_served(fresh) == 0
    for key, values in fresh.cv_results_.items():
        if not key.endswith("_time"):
            assert_array_equal(shared.cv_results_[key], values)


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_parallel(n_jobs, backend):
    with joblib.parallel_config(backend=backend):
        compare(FOREST, FORESTS, X, y, n_jobs=n_jobs)
        compare(PIPE, CS | {"clf__gamma": [0.1, 1]}, X, y, n_jobs=n_jobs)


def test_without_a_target_and_with_several():
    search = compare(KMeans(2, n_init=1, random_state=0), {"n_clusters": [2, 3, 2]}, X)
    assert families(search) == {"equal candidates": 4}
    both = Pipeline(
        [("scale", StandardScaler()), ("k", KMeans(random_state=0, n_init=1))]
    )
    assert steps(compare(both, {"k__n_clusters": [2, 3]}, X)) == (4, 2)
    targets = np.column_stack([X[:, 0] * y, X[:, 1]])
    forest = RandomForestRegressor(random_state=0)
    compare(forest, {"n_estimators": [1, 4], "max_depth": [2, None]}, X, targets)
    compare(forest, {"n_estimators": [1, 4], "max_depth": [2, None]}, X, X[:, 0] * y)


def test_pairwise_rows():
    kernel = rbf_kernel(X)
    svc = SVC(kernel="precomputed")
    compare(svc, {"C": [0.1, 1, 1]}, kernel, y)
    compare(Pipeline([("svc", svc)]), {"svc__C": [0.1, 1, 1]}, kernel, y)
    distances = np.sqrt(np.abs(2 - 2 * kernel))
    neighbors = KNeighborsClassifier(metric="precomputed")
    grid = {"n_neighbors": [1, 3], "weights": ["uniform", "distance"]}
    compare(neighbors, grid, distances, y)


def test_groups_weights_and_train_scores_left_out():
    groups, weight = np.arange(len(y)) % 7, np.linspace(0.1, 2, len(y))
    compare(PIPE, CS, X, y, cv=GroupKFold(3), fit={"groups": groups})
    compare(FOREST, FORESTS, X, y, fit={"sample_weight": weight})
    compare(FOREST, FORESTS, X, y, return_train_score=False)
    search = compare(PIPE, CS, X, y, return_train_score=False)
    assert steps(search) == (6, 2)
    splits = ShuffleSplit(2, train_size=0.5, test_size=0.2, random_state=0)
    compare(PIPE, CS, X, y, cv=splits)


def test_weights_by_metadata_routing():
    weight = np.linspace(0.1, 2, len(y))
    with config_context(enable_metadata_routing=True):
        forest = clone(FOREST).set_fit_request(sample_weight=True)
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        fit = {"sample_weight": weight}
        search = compare(forest, FORESTS, X, y, scoring=scorer, fit=fit)
        assert n_served(search) > 0
        final = LogisticRegression().set_fit_request(sample_weight=True)
        estimator = Pipeline([("scale", StandardScaler()), ("clf", final)])
        estimator.set_params(
            scale=StandardScaler().set_fit_request(sample_weight=False)
        )
        search = compare(estimator, CS, X, y, scoring=scorer, fit=fit)
        assert steps(search) == (6, 2)


class Slow(ClassifierMixin, BaseEstimator):
    seconds = 0.05

    def __init__(self, level=0.5):
        self.level = level

    def fit(self, X, y):
        time.sleep(self.seconds)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return (X[:, 0] > self.level).astype(int)


def test_fit_times_add_up_to_the_time_spent():
    class SlowScaler(StandardScaler):
        def fit(self, X, y=None, sample_weight=None):
            time.sleep(0.2)
            return super().fit(X, y)

    estimator = Pipeline([("scale", SlowScaler()), ("clf", Slow())])
    begun = time.perf_counter()
    search = GapAwareSearchCV(
        estimator, {"clf__level": [0.1, 0.2, 0.3, 0.4]}, cv=2, refit=False
    ).fit(X, y)
    spent = time.perf_counter() - begun
    assert steps(search) == (8, 2)
    charged = 2 * search.cv_results_["mean_fit_time"].sum()
    # One scaler and four classifiers per split, divided among four candidates.
    assert 2 * (0.2 + 4 * 0.05) <= charged <= spent
    assert search.cv_results_["mean_fit_time"].min() >= 0.2 / 4 + 0.05


@pytest.mark.filterwarnings("ignore:There is no honest score:UserWarning")
def test_a_timeout_ranks_what_is_finished():
    grid = {"level": np.linspace(-1, 1, 50)}
    search = GapAwareSearchCV(Slow(), grid, cv=2, timeout=1.0, selection=BestScore())
    begun = time.perf_counter()
    with pytest.warns(IncompleteSearchWarning, match="timeout: .* of 50 candidates"):
        search.fit(X, y)
    assert time.perf_counter() - begun < 4
    means = search.cv_results_["mean_test_score"]
    finished = np.isfinite(means)
    assert 0 < finished.sum() < 50
    assert search.best_score_ == np.nanmax(means)
    assert finished[search.best_index_]
    full = GridSearchCV(Slow(), {"level": grid["level"][:1]}, cv=2).fit(X, y)
    assert means[0] == full.cv_results_["mean_test_score"][0]


@pytest.mark.filterwarnings("ignore:There is no honest score:UserWarning")
def test_a_timeout_inside_a_bundle():
    estimator = Pipeline([("scale", StandardScaler()), ("clf", Slow())])
    grid = {"clf__level": np.linspace(-1, 1, 80)}
    search = GapAwareSearchCV(estimator, grid, cv=2, timeout=2.5, selection=BestScore())
    with pytest.warns(IncompleteSearchWarning, match="timeout"):
        search.fit(X, y)
    assert np.isfinite(search.cv_results_["split0_test_score"]).sum() < 80
    assert search.cv_results_["mean_fit_time"][0] > 0.05


def test_a_timeout_before_anything_is_finished():
    search = GapAwareSearchCV(Slow(), {"level": [0, 1]}, timeout=1e-9)
    with pytest.raises(TimeoutError, match="timeout=1e-09"):
        search.fit(X, y)


INTERRUPTED = """
import sys, time, warnings
import numpy as np
from tests.model_selection._execution.test_evaluation import *

class Tells(Slow):
    seconds = {seconds}
    def fit(self, X, y):
        os.write(1, b"fit\\n")  # at once, whatever other workers write
        return super().fit(X, y)

estimator = Tells()
grid = {{"level": np.linspace(-1, 1, 400)}}
if {pipeline}:
    estimator = Pipeline([("scale", StandardScaler()), ("clf", estimator)])
    grid = {{"clf__level": grid["level"]}}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    try:
        search = GapAwareSearchCV(
            estimator, grid, cv=2, selection=BestScore(), refit=False, n_jobs={n_jobs}
        ).fit(X, y)
    except KeyboardInterrupt:
        print("KeyboardInterrupt")
        sys.exit(0)
messages = [w.category.__name__ for w in caught]
ran = np.isfinite(search.cv_results_["split0_test_score"]).sum()
print("ended", messages.count("IncompleteSearchWarning"), ran > 0, ran < 400)
print("best", np.isfinite(search.best_score_))
"""


def interrupted(n_fits, pipeline=False, n_jobs=1, seconds=0.05, group=False):
    """Send SIGINT after some fits, and return the last lines of the output."""
    root = Path(__file__).parents[3]
    script = INTERRUPTED.format(pipeline=pipeline, n_jobs=n_jobs, seconds=seconds)
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        for _ in range(n_fits):
            assert process.stdout.readline() == "fit\n"
        if group:  # as a terminal does: the workers get it, too
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    lines = [line for line in output.splitlines() if line != "fit"]
    assert process.returncode == 0, errors
    return lines


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pipeline": True},
        {"n_jobs": 2, "n_fits": 12},
        {"n_jobs": 2, "n_fits": 12, "group": True},
    ],
)
def test_ctrl_c_ends_the_search_with_what_is_finished(options):
    assert interrupted(**({"n_fits": 7} | options)) == [
        "ended 1 True True",
        "best True",
    ]


@pytest.mark.parametrize("pipeline", [False, True])
def test_ctrl_c_before_anything_is_finished(pipeline):
    lines = interrupted(1, pipeline=pipeline, seconds=30)
    assert lines == ["KeyboardInterrupt"]


class Level(SharedFit):
    """Serves `Slow`, and goes wrong as it is told."""

    name = "levels"
    free = ("level",)
    fault = None

    def serves(self, estimator):
        return type(estimator) is Fast

    def views(self, estimators, data):
        X, y, *_ = data
        if self.fault == "at once":
            raise ValueError("at once")
        return self._views(estimators, X, y)

    def _views(self, estimators, X, y):
        fitted = clone(estimators[0]).fit(X, y)
        for position, estimator in enumerate(estimators):
            if self.fault == "later" and position == 2:
                raise ValueError("later")
            if self.fault == "leaves out" and position == 1:
                continue
            shown = {"twice": 0, "out of range": position + 7}
            view = view_of(fitted, estimator)
            if self.fault == "cannot predict":
                view.predict = None
            yield shown.get(self.fault, position), view


class Fast(Slow):
    seconds = 0


@pytest.mark.parametrize(
    ("fault", "n_served_per_split"),
    [
        (None, 4),
        ("at once", 0),
        ("later", 2),
        ("leaves out", 3),
        ("twice", 1),
        ("out of range", 0),
        ("cannot predict", 0),
    ],
)
def test_families_that_go_wrong_cost_nothing_but_time(fault, n_served_per_split):
    family = register_shared_fit(Level())
    try:
        family.fault = fault
        search = compare(Fast(), {"level": [-1, -0.5, 0, 1]}, X, y)
        assert families(search).get("levels", 0) == 2 * n_served_per_split
        estimator = Pipeline([("scale", StandardScaler()), ("clf", Fast())])
        search = compare(estimator, {"clf__level": [-1, -0.5, 0, 1]}, X, y)
        assert families(search).get("levels", 0) == 2 * n_served_per_split
    finally:
        shared_fits._REGISTRY.remove(family)


@pytest.mark.parametrize("grid", [CS, {"clf": [SVC(), FailsFor(2), GaussianNB()]}])
@pytest.mark.filterwarnings("ignore:.*does not support callbacks:UserWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the .* scores are non-finite")
def test_callbacks_are_told_as_often_as_by_scikit_learn(grid):
    pytest.importorskip(
        "sklearn.callback", reason="only scikit-learn 1.9 and newer have callbacks"
    )
    from sklearn.callback.tests._utils import RecordingCallback

    counts = []
    for search in (GridSearchCV(PIPE, grid, cv=2), GapAwareSearchCV(PIPE, grid, cv=2)):
        callback = RecordingCallback()
        search.set_callbacks(callback).fit(X, y)
        hooks = ("setup", "on_fit_task_begin", "on_fit_task_end", "teardown")
        counts.append([callback.count_hooks(hook) for hook in hooks])
    assert counts[0] == counts[1]


@pytest.mark.parametrize("n_workers", [1, 3, 6, 12, 64])
@pytest.mark.parametrize(
    ("estimator", "space"),
    [
        (FOREST, FORESTS),
        (KNeighborsClassifier(), {"n_neighbors": [1, 2, 5, 9]}),
        (Pipeline([("scale", StandardScaler()), ("clf", Ridge())]),
         {"clf__alpha": [0.1, 1.0, 10.0, 100.0]}),
    ],
    ids=["forest", "neighbors", "ridge"],
)  # fmt: skip
def test_idle_workers_get_parts_of_bundles(estimator, space, n_workers, monkeypatch):
    sizes = []

    def spy(placed, bundle, deadline, search=None):
        sizes.append(len(bundle.jobs))
        return evaluate(placed, bundle, deadline, search)

    monkeypatch.setattr(_evaluation, "evaluate", spy)
    alone = GapAwareSearchCV(estimator, space, cv=3).fit(X, y)
    sizes.clear()
    with joblib.parallel_config(backend="threading"):
        search = GapAwareSearchCV(estimator, space, cv=3, n_jobs=n_workers).fit(X, y)
    for key, expected in alone.cv_results_.items():
        if not key.endswith("_time"):
            assert_array_equal(search.cv_results_[key], expected, key)
    n_candidates = len(alone.cv_results_["params"])
    assert sum(sizes) == 3 * n_candidates
    whole = estimator.__class__ is Pipeline or n_workers < 6
    assert len(sizes) == 3 * (1 if whole else min(n_workers // 3, n_candidates))
