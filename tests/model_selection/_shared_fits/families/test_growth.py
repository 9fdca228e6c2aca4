"""When a grown tree is the tree of other limits, and what families grow at all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit.exceptions import InternalsChangedError
from skoverfit.model_selection import TrainingSet
from skoverfit.model_selection._shared_fits.families import _forests
from skoverfit.model_selection._shared_fits.families._forests import ForestFamily
from skoverfit.model_selection._shared_fits.families._growth import (
    Grown,
    Limits,
    Plot,
    first_leaves,
    loosest_first,
    same_tree,
)
from skoverfit.model_selection._shared_fits.families._trees import TreeFamily

FIELDS = {
    "max_leaf_nodes": [None, 2, 5, 11, 60],
    "min_samples_leaf": [1, 2, 3, 0.07],
    "min_samples_split": [2, 3, 6, 0.2],
    "min_weight_fraction_leaf": [0.0, 0.01, 0.03],
    "max_depth": [None, 40, 7, 5, 3, 2, 1],
}
LIMITS = st.fixed_dictionaries({k: st.sampled_from(v) for k, v in FIELDS.items()})
TREES = st.sampled_from(
    [
        DecisionTreeClassifier(max_features=2),
        DecisionTreeClassifier(splitter="random", criterion="entropy"),
        DecisionTreeRegressor(max_features=2),
        DecisionTreeRegressor(splitter="random", criterion="poisson"),
    ]
)


def table(seed, n=60):
    """Few distinct values, so that splits tie and some nodes cannot be split."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 6, (n, 4)).astype(float)
    return X, (X[:, 0] + rng.integers(0, 4, n) > 4).astype(int)


@settings(max_examples=150)
@given(tree=TREES, loose=LIMITS, tight=LIMITS, seed=st.integers(0, 50))
def test_a_certified_tree_is_the_tree_of_the_tighter_limits(tree, loose, tight, seed):
    X, y = table(seed)
    one = clone(tree).set_params(random_state=seed, **loose)
    other = clone(tree).set_params(random_state=seed, **tight)
    own, asked = Limits.of(one, len(X)), Limits.of(other, len(X))
    if not own.allow(asked):
        return
    grown = Grown(one.fit(X, y).tree_, own, float(len(X)), exact_sums=True)
    same = grown.under(asked)
    if same is not None:
        assert same_tree(same.tree, other.fit(X, y).tree_)
        assert same.tree.max_depth == other.tree_.max_depth


@settings(max_examples=60)
@given(limits=st.lists(LIMITS, min_size=2, max_size=8))
def test_limits_that_allow_others_come_first(limits):
    resolved = [
        Limits.of(DecisionTreeClassifier().set_params(**values), 60)
        for values in limits
    ]
    ordered = sorted(set(resolved), key=loosest_first)
    for position, early in enumerate(ordered):
        assert not any(late.allow(early) for late in ordered[position + 1 :])


@pytest.mark.parametrize("n_leaves", [2, 3, 7, 12])
def test_first_leaves_of_a_tree_grown_best_first(n_leaves):
    X, y = table(3)
    tree = DecisionTreeClassifier(max_features=2, random_state=0, max_leaf_nodes=12)
    small = clone(tree).set_params(max_leaf_nodes=n_leaves).fit(X, y)
    assert small.get_n_leaves() == n_leaves
    assert same_tree(first_leaves(tree.fit(X, y).tree_, n_leaves), small.tree_)


def test_a_limit_that_never_binds_needs_no_other_tree():
    X, y = make_classification(random_state=0)
    tree = DecisionTreeClassifier(random_state=0).fit(X, y)
    grown = Grown(tree.tree_, Limits.of(tree, len(X)), float(len(X)), True)
    deep = Limits.of(tree.set_params(max_depth=tree.get_depth()), len(X))
    shallow = Limits.of(tree.set_params(max_depth=tree.get_depth() - 1), len(X))
    assert grown.under(deep) is grown
    assert grown.under(shallow) is None


def test_rounding_sums_are_no_ground_for_larger_leaves():
    X, y = table(1)
    stump = DecisionTreeRegressor(max_depth=1, random_state=0).fit(X, y)
    own = Limits.of(stump, len(X))
    asked = Limits.of(stump.set_params(min_samples_leaf=2), len(X))
    sizes = stump.tree_.n_node_samples[1:]
    assert sizes.min() >= 2
    for exact in (True, False):
        grown = Grown(stump.tree_, own, float(len(X)), exact)
        assert (grown.under(asked) is not None) == exact


def fit_all(family, estimators, X, y):
    views = family.views(estimators, TrainingSet(X, y, {}, (X,)))
    return dict(views)


def count_growth(monkeypatch):
    grown = []
    grow = Plot.grow

    def counted(plot, limits, sample):
        grown.append(limits)
        return grow(plot, limits, sample)

    monkeypatch.setattr(Plot, "grow", counted)
    return grown


def test_a_forest_grows_only_trees_that_bind(monkeypatch):
    grown = count_growth(monkeypatch)
    X, y = make_classification(80, 6, flip_y=0.2, random_state=0)
    forests = [
        RandomForestClassifier(n, max_depth=depth, random_state=0)
        for n in (5, 20)
        for depth in (None, 50, 8)
    ]
    views = fit_all(ForestFamily(), forests, X, y)
    depths = [tree.get_depth() for tree in views[3].estimators_]
    # A tree of depth 8 is grown anew only if a node at its bottom was tried.
    assert len(grown) - 20 <= sum(depth >= 8 for depth in depths)
    assert sum(limits.max_depth == 8 for limits in grown) >= sum(d > 8 for d in depths)
    assert 0 < sum(depth > 8 for depth in depths) < 20
    for small, large in ((0, 3), (1, 4), (2, 5)):
        pairs = zip(views[small].estimators_, views[large].estimators_, strict=False)
        assert all(one.tree_ is other.tree_ for one, other in pairs)
    assert all(view.max_depth == f.max_depth for view, f in zip_sorted(views, forests))
    assert views[4].estimators_[0].max_depth == 50


def zip_sorted(views, estimators):
    return zip((views[k] for k in sorted(views)), estimators, strict=True)


def test_trees_unlike_scikit_learns_own_are_not_trusted(monkeypatch):
    """Should scikit-learn ever grow other trees, it grows them all itself."""
    monkeypatch.setattr(_forests, "same_tree", lambda one, other: False)
    grown = count_growth(monkeypatch)
    X, y = table(0)
    forest = RandomForestClassifier(6, random_state=0)
    views = fit_all(
        ForestFamily(), [forest, clone(forest).set_params(max_depth=2)], X, y
    )
    assert len(grown) == 1
    np.testing.assert_array_equal(
        views[0].predict_proba(X), clone(forest).fit(X, y).predict_proba(X)
    )


def test_other_seeds_than_scikit_learns_are_an_error(monkeypatch):
    monkeypatch.setattr(_forests, "MAX_SEED", 10)
    X, y = table(0)
    forests = [RandomForestClassifier(n, random_state=0) for n in (2, 3)]
    with pytest.raises(InternalsChangedError, match="other seeds"):
        fit_all(ForestFamily(), forests, X, y)


@pytest.mark.parametrize(
    "params",
    [
        {"random_state": None},
        {"random_state": np.random.RandomState(0)},
        {"oob_score": True},
        {"warm_start": True},
        {"max_depth": "deep"},
        {"max_depth": 2.5},
        {"min_samples_leaf": None},
        {"n_estimators": True},
    ],
)
def test_forests_that_are_not_served(params):
    forest = RandomForestClassifier(random_state=0)
    assert ForestFamily().serves(forest)
    assert not ForestFamily().serves(clone(forest).set_params(**params))


class OwnForest(RandomForestClassifier):
    """May do anything in ``fit``."""


class OwnTree(DecisionTreeClassifier):
    """May do anything in ``fit``."""


def test_subclasses_are_not_served():
    assert not ForestFamily().serves(OwnForest(random_state=0))
    assert not TreeFamily().serves(OwnTree(random_state=0))
    assert not TreeFamily().serves(DecisionTreeClassifier())


def test_a_forest_in_threads_grows_the_same_trees():
    X, y = table(2)
    forests = [
        RandomForestClassifier(7, max_depth=depth, random_state=0, n_jobs=2)
        for depth in (None, 2)
    ]
    views = fit_all(ForestFamily(), forests, X, y)
    for position, forest in enumerate(forests):
        fresh = clone(forest).fit(X, y)
        for one, other in zip(
            views[position].estimators_, fresh.estimators_, strict=True
        ):
            assert same_tree(one.tree_, other.tree_)
            assert one.random_state == other.random_state
