"""Sharing without the private parts of libraries that it relies on."""

import ast
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import sklearn.tree._tree as compiled_trees
from joblib import parallel_config
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import skoverfit.model_selection._shared_fits as shared_fits
from skoverfit import GapAwareSearchCV
from skoverfit._compat import _internals
from skoverfit._compat._internals import accessor
from skoverfit.exceptions import InternalsChangedError, UnsharedFitsWarning
from skoverfit.model_selection._shared_fits import resized

X, Y = make_classification(60, 4, random_state=0)
SIZES = {"n_estimators": [2, 3]}
FEW = {"n_estimators": 2, "random_state": 0}
FOREST = RandomForestClassifier(**FEW), {"max_depth": [1, 2]}
TREE = DecisionTreeClassifier(random_state=0), {"ccp_alpha": [0.0, 0.01]}
REGRESSION_TREE = DecisionTreeRegressor(random_state=0), {"ccp_alpha": [0.0, 0.01]}
BAGGING = BaggingClassifier(random_state=0), SIZES
GRADIENT = GradientBoostingClassifier(random_state=0), SIZES
HISTOGRAM = HistGradientBoostingClassifier(random_state=0), {"max_iter": [2, 3]}
NETWORK = (
    MLPClassifier(3, early_stopping=True, tol=1.0, n_iter_no_change=1, random_state=0),
    {"max_iter": [3, 9]},  # it stops after three epochs, and so does not warn
)
NEIGHBORS = (
    KNeighborsClassifier(algorithm="kd_tree"),
    {"n_neighbors": [1, 3], "weights": ["uniform", "distance"]},
)
COMPONENTS = (
    make_pipeline(PCA(), Ridge()),
    {"pca__n_components": [1, "mle"]},
)

SINGLE = {"n_jobs": 1, "random_state": 0}
CATBOOST = {
    "learning_rate": 0.1,
    "random_seed": 0,
    "verbose": False,
    "allow_writing_files": False,
    "thread_count": 1,
}


def installed(name, **params):
    """Make an estimator of a library that may not be installed."""
    library, _, name = name.partition(".")
    return getattr(pytest.importorskip(library), name)(**params)


#: A search that needs it, for each accessor.
NEEDED_BY = {
    "_plant": FOREST,
    "_watch_epochs": NETWORK,
    "adaboost_rows": (AdaBoostClassifier(random_state=0), SIZES),
    "best_weights": NETWORK,
    "add_iterations": HISTOGRAM,
    "bagged_votes": BAGGING,
    "bagging_seeds": BAGGING,
    "compares_all_pairs": NEIGHBORS,
    "cut_catboost": (
        partial(installed, "catboost.CatBoostRegressor", **CATBOOST),
        {"iterations": [2, 3]},
    ),
    "cut_iterations": HISTOGRAM,
    "first_prediction": GRADIENT,
    "fit_tree": FOREST,
    "forest_rows": FOREST,
    "grow_tree": FOREST,
    "has_valid_params": TREE,
    "iterations_of": HISTOGRAM,
    "likely_dimension": COMPONENTS,
    "make_tree": FOREST,
    "neighbor_rows": NEIGHBORS,
    "neighbor_targets": NEIGHBORS,
    "parameter_names": (
        partial(installed, "lightgbm.LGBMRegressor", verbose=-1, **SINGLE),
        SIZES,
    ),
    "pruned_tree": TREE,
    "raising_scorer": REGRESSION_TREE,  # no scorer is asked for plain hits
    "scorers_by_name": TREE,
    "set_booster": (
        partial(installed, "xgboost.XGBClassifier", **SINGLE),
        SIZES,
    ),
    "start_from": GRADIENT,
    "tree_rows": TREE,
    "with_iterations": HISTOGRAM,
}
ERRORS = (AttributeError, TypeError, ImportError)


def search(estimator, space, **options):
    return GapAwareSearchCV(estimator, space, cv=2, refit=False, **options)


FRESH = {}


def fresh_scores(estimator, space):
    """Return the scores without shared fits, searched for once."""
    key = f"{estimator} {space}"
    if key not in FRESH:
        FRESH[key] = scores_of(search(estimator, space, share_fits=False).fit(X, Y))
    return FRESH[key]


def scores_of(search):
    results = search.cv_results_
    return np.stack([results[f"split{k}_test_score"] for k in (0, 1)])


@pytest.mark.parametrize("name", sorted(NEEDED_BY))
def test_a_search_goes_on_without_an_internal(name, monkeypatch):
    error = ERRORS[sorted(NEEDED_BY).index(name) % len(ERRORS)]

    def changed(*args, **kwargs):
        raise error("of another release")

    estimator, space = NEEDED_BY[name]
    if isinstance(estimator, partial):
        estimator = estimator()
    expected = fresh_scores(estimator, space)
    monkeypatch.setitem(_internals.ACCESSORS, name, changed)
    # Names that are looked up once for each class are looked up anew.
    monkeypatch.setattr("skoverfit._compat._PARAM_NAMES", {})
    with pytest.warns(UnsharedFitsWarning, match="of another release") as caught:
        alone = search(estimator, space).fit(X, Y)
    assert len(caught) == 1
    assert alone.shared_fits_.by_family == {}
    np.testing.assert_array_equal(scores_of(alone), expected)


def test_a_name_that_is_gone_is_named(monkeypatch):
    # scikit-learn's own trees have taken it at import already.
    monkeypatch.delattr(compiled_trees, "_build_pruned_tree_ccp")
    gone = pytest.warns(UnsharedFitsWarning, match="_build_pruned_tree_ccp")
    with gone as caught, parallel_config("threading"):
        alone = search(*TREE, n_jobs=2).fit(X, Y)
    assert len(caught) == 1
    np.testing.assert_array_equal(scores_of(alone), fresh_scores(*TREE))


def test_every_accessor_that_sharing_imports_is_broken_above():
    folder = Path(shared_fits.__file__).parent
    imported = {
        alias.name
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module.startswith("skoverfit._c")
        for alias in node.names
    }
    accessors = imported & _internals.ACCESSORS.keys()
    assert accessors - NEEDED_BY.keys() == {"lightgbm_copy"}  # see below
    assert len(accessors) > 20


def test_what_only_saves_a_clone_may_be_gone(monkeypatch):
    model = installed("lightgbm.LGBMRegressor", verbose=-1, **SINGLE)
    assert resized(model, "n_estimators", 3).n_estimators == 3
    monkeypatch.setitem(_internals.ACCESSORS, "lightgbm_copy", _gone)
    assert resized(model, "n_estimators", 3) is None


def _gone(*args, **kwargs):
    raise AttributeError("of another release")


class Inner:
    def _private(self, value):
        return value + 1


@accessor
def private_of(thing, value):
    """Call a private method."""
    return thing._private(value)


def test_errors_from_inside_a_library_pass():
    assert private_of(Inner(), 1) == 2
    with pytest.raises(TypeError, match="can only concatenate"):
        private_of(Inner(), "text")
    with pytest.raises(InternalsChangedError, match=r"private_of.*'_private'"):
        private_of(object(), 1)
    Inner._private, known = lambda self: None, Inner._private
    try:
        with pytest.raises(InternalsChangedError, match="positional argument"):
            private_of(Inner(), 1)
    finally:
        Inner._private = known
