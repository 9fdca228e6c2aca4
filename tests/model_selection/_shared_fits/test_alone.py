"""Single forests that are fitted for less: the state is that of their own ``fit``."""

import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from skoverfit._compat._internals import ACCESSORS
from skoverfit._delegation import fit
from skoverfit.augmentation import AugmentedClassifier, GaussianNoise
from skoverfit.model_selection._shared_fits import quick_fits
from skoverfit.model_selection._shared_fits._contract import Remembered
from skoverfit.model_selection._shared_fits._foreign import same_state
from skoverfit.regularization import RegularizedClassifier

X, y = make_classification(90, 6, n_informative=4, n_classes=3, random_state=0)
WEIGHTS = np.random.default_rng(0).uniform(0.2, 2.0, 60)
FRAME = pd.DataFrame(X, columns=list("abcdef"))
FOREST = RandomForestClassifier(7, random_state=0)

FORESTS = {
    "classifier": FOREST,
    "regressor": RandomForestRegressor(7, random_state=1),
    "extra trees": ExtraTreesClassifier(7, random_state=2, max_depth=3),
    "extra trees of numbers": ExtraTreesRegressor(7, random_state=3, max_features=2),
    "balanced": clone(FOREST).set_params(class_weight="balanced_subsample"),
    "pruned": clone(FOREST).set_params(ccp_alpha=0.02, max_samples=0.5),
    "few leaves": clone(FOREST).set_params(max_leaf_nodes=4, criterion="entropy"),
    # What no family serves is fitted by its own method.
    "out of bag": clone(FOREST).set_params(oob_score=True, n_estimators=40),
    "tree": DecisionTreeClassifier(random_state=0),
    "pipeline": make_pipeline(SimpleImputer(), FOREST),
    "nested": make_pipeline(SimpleImputer(), make_pipeline("passthrough", FOREST)),
    "regularized": RegularizedClassifier(FOREST, strength=0.8),
    "augmented": AugmentedClassifier(FOREST, GaussianNoise(), random_state=0),
    "wrapped pipeline": AugmentedClassifier(
        make_pipeline(SimpleImputer(), FOREST), GaussianNoise(), random_state=0
    ),
}


def parts_of(model):
    """Give all fitted estimators inside one."""
    inner = [getattr(model, "estimator_", None), *getattr(model, "estimators_", ())]
    inner += [step for _, step in getattr(model, "steps", ())]
    inner = [part for part in inner if hasattr(part, "fit")]
    return [model, *(deep for part in inner for deep in parts_of(part))]


def answer(model, rows):
    method = "predict_proba" if hasattr(model, "predict_proba") else "predict"
    return getattr(model, method)(rows)


@pytest.mark.parametrize("rows", [X, FRAME], ids=["array", "frame"])
@pytest.mark.parametrize("name", FORESTS)
def test_the_model_is_that_of_its_own_fit(name, rows):
    train, test = rows[:60], rows[60:]
    fresh = clone(FORESTS[name]).fit(train, y[:60])
    model = clone(FORESTS[name])
    with quick_fits(test):
        assert fit(model, train, y[:60]) is model
        np.testing.assert_array_equal(answer(model, test), answer(fresh, test))
        np.testing.assert_array_equal(model.predict(test), fresh.predict(test))
        np.testing.assert_array_equal(answer(model, train), answer(fresh, train))
    np.testing.assert_array_equal(answer(model, test), answer(fresh, test))
    pairs = list(zip(parts_of(model), parts_of(fresh), strict=True))
    for one, other in pairs:
        assert vars(one).keys() == vars(other).keys()
        assert one.get_params(deep=False).keys() == other.get_params(deep=False).keys()
    assert same_state(*pairs[-1])


@pytest.mark.parametrize("name", ["classifier", "regressor", "pipeline"])
def test_weights_arrive(name):
    model = clone(FORESTS[name])
    last = "randomforestclassifier__" if name == "pipeline" else ""
    weights = {f"{last}sample_weight": WEIGHTS}
    fresh = clone(model).fit(X[:60], y[:60], **weights)
    with quick_fits():
        fit(model, X[:60], y[:60], **weights)
    np.testing.assert_array_equal(answer(model, X), answer(fresh, X))
    plain = clone(model).fit(X[:60], y[:60])
    assert not np.array_equal(answer(model, X), answer(plain, X))


def test_a_forest_answers_from_memory_only_meanwhile():
    model = clone(FOREST)
    with quick_fits(X):
        fit(model, X, y)
        assert isinstance(vars(model)["predict_proba"], Remembered)
    assert not any(isinstance(value, Remembered) for value in vars(model).values())
    twin = copy.deepcopy(model)
    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))


def test_a_step_of_a_pipeline_keeps_its_methods():
    model = make_pipeline(SimpleImputer(), clone(FOREST))
    with quick_fits():
        fit(model, X, y)
    assert "fit" not in vars(model[-1])


@pytest.mark.parametrize("forest", [FOREST, make_pipeline(SimpleImputer(), FOREST)])
def test_errors_are_those_of_its_own_fit(forest):
    name = next(key for key in forest.get_params() if key.endswith("ccp_alpha"))
    wrong = clone(forest).set_params(**{name: -1.0})
    with quick_fits(), pytest.raises(ValueError, match="ccp_alpha"):
        fit(wrong, X, y)
    with quick_fits(), pytest.raises(ValueError, match="infinity"):
        fit(clone(FOREST), np.full_like(X, np.inf), y)
    with quick_fits(), pytest.raises(TypeError, match="nonsense"):
        fit(clone(FOREST), X, y, nonsense=1)


def test_other_internals_mean_the_slow_way(monkeypatch):
    def gone(*args, **kwargs):
        raise AttributeError("_make_estimator")

    monkeypatch.setitem(ACCESSORS, "_plant", gone)
    model = clone(FOREST)
    with quick_fits(X):
        fit(model, X, y)
    fresh = clone(FOREST).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), fresh.predict_proba(X))


def test_outside_and_afterwards_fit_is_the_estimators_own():
    calls = []

    class Counted(DummyClassifier):
        def fit(self, X, y, sample_weight=None):
            calls.append(len(X))
            return super().fit(X, y, sample_weight)

    with quick_fits():
        fit(Counted(), X, y)
    fit(Counted(), X, y)
    with pytest.raises(RuntimeError), quick_fits():
        raise RuntimeError
    model = fit(clone(FOREST), X, y)
    assert len(calls) == 2
    assert "predict_proba" not in vars(model)
