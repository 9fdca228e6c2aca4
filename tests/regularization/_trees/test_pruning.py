"""Pruning by cross-validation: every subtree exact, the choice, the contract."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from joblib import parallel_config
from scipy.sparse import csr_array
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_breast_cancer, load_diabetes, make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneOut,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from skoverfit import GapAwareSearchCV
from skoverfit.regularization import PrunedTreeClassifier, PrunedTreeRegressor
from skoverfit.regularization._trees._pruning_path import weakest_links

SEED = {"random_state": 0}
CLASSES = make_classification(
    200, 8, n_informative=5, n_classes=3, flip_y=0.2, random_state=0
)
DIABETES = tuple(part[:160] for part in load_diabetes(return_X_y=True))
TREES = [
    DecisionTreeClassifier(**SEED),
    DecisionTreeClassifier(criterion="entropy", max_leaf_nodes=17, **SEED),
    DecisionTreeClassifier(class_weight="balanced", min_samples_leaf=3, **SEED),
    ExtraTreeClassifier(**SEED),
    DecisionTreeRegressor(**SEED),
    DecisionTreeRegressor(criterion="absolute_error", max_depth=5, **SEED),
    ExtraTreeRegressor(min_samples_leaf=2, **SEED),
]


def wrapped(tree, **options):
    kind = PrunedTreeClassifier if is_classifier(tree) else PrunedTreeRegressor
    return kind(tree, **options)


def data_of(tree):
    return CLASSES if is_classifier(tree) else DIABETES


def nodes_of(tree):
    return tree.tree_.__getstate__()["nodes"].tobytes()


# --------------------------------------------------------------------- exactness
@pytest.mark.parametrize("tree", TREES, ids=repr)
@pytest.mark.parametrize("scored", ["own", "by a scorer"])
@pytest.mark.parametrize("weighted", [False, True])
def test_scores_are_those_of_trees_fitted_one_by_one(tree, scored, weighted):
    X, y = data_of(tree)
    weights = np.random.default_rng(0).integers(0, 3, len(y)) if weighted else None
    name = None
    if scored == "by a scorer":
        name = (
            "balanced_accuracy" if is_classifier(tree) else "neg_median_absolute_error"
        )
    folds = KFold(3, shuffle=True, random_state=0)
    model = wrapped(tree, cv=folds, scoring=name).fit(X, y, sample_weight=weights)
    path = model.pruning_path_
    scorer = get_scorer(name or ("accuracy" if is_classifier(tree) else "r2"))
    for k in np.linspace(0, len(path["ccp_alpha"]) - 1, 6).astype(int):
        own = clone(tree).set_params(ccp_alpha=path["ccp_alpha"][k])
        for split, (train, test) in enumerate(folds.split(X)):
            given = {} if weights is None else {"sample_weight": weights[train]}
            own.fit(X[train], y[train], **given)
            for part, rows in (("train", train), ("test", test)):
                given = {} if weights is None else {"sample_weight": weights[rows]}
                expected = scorer(own, X[rows], y[rows], **given)
                found = path[f"split_{part}_score"][k][split]
                assert found == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_the_tree_is_the_library_s_own(tree):
    X, y = data_of(tree)
    model = wrapped(tree, cv=3).fit(X, y)
    own = clone(tree).set_params(ccp_alpha=model.ccp_alpha_).fit(X, y)
    assert nodes_of(model.estimator_) == nodes_of(own)
    np.testing.assert_array_equal(model.estimator_.tree_.value, own.tree_.value)
    assert model.estimator_.get_params() == own.get_params()
    assert type(model.estimator_) is type(tree)


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_one_value_lies_inside_each_interval_of_the_library_s_path(tree):
    X, y = data_of(tree)
    path = wrapped(tree, cv=2).fit(X, y).pruning_path_
    ends = clone(tree).cost_complexity_pruning_path(X, y).ccp_alphas
    # The library lists the values of all steps, several of which may be equal.
    ends = np.unique(ends.round(14))
    ends = ends[np.append(True, np.diff(ends) > 1e-9 * ends[1:])]
    alphas = np.array(path["ccp_alpha"])
    inside = np.searchsorted(ends, alphas[1:])
    np.testing.assert_array_equal(np.diff(inside), 1)
    np.testing.assert_allclose(
        alphas[1:-1], np.sqrt(ends[1:-1] * ends[2:])[-len(alphas) + 2 :]
    )
    assert alphas[0] == 0
    assert path["n_leaves"] == sorted(path["n_leaves"], reverse=True)
    assert path["n_leaves"][0] == clone(tree).fit(X, y).get_n_leaves()
    assert path["n_leaves"][-1] == 1


def test_weakest_links_grow_towards_the_root():
    tree = DecisionTreeRegressor(**SEED).fit(*DIABETES).tree_
    links = weakest_links(tree)
    for child in (tree.children_left, tree.children_right):
        inner = np.flatnonzero(child >= 0)
        assert (links[child[inner]] <= links[inner]).all()


def test_trees_of_one_leaf():
    X, y = np.zeros((20, 2)), np.arange(20.0)
    model = PrunedTreeRegressor(DecisionTreeRegressor(**SEED)).fit(X, y)
    assert model.pruning_path_["n_leaves"] == [1]
    assert model.ccp_alpha_ == 0
    labels = PrunedTreeClassifier(DecisionTreeClassifier(**SEED)).fit(X, y > 9)
    assert labels.predict(X).shape == (20,)


def test_constant_targets_score_as_in_the_library():
    X = np.arange(12.0)[:, None]
    y = np.repeat([1.0, 5.0], [8, 4])
    folds = KFold(3)  # the targets of each test fold are constant
    path = wrapped(TREES[4], cv=folds).fit(X, y).pruning_path_
    own = cross_validate(clone(TREES[4]), X, y, cv=folds)["test_score"]
    assert path["split_test_score"][0] == own.tolist()


def test_a_tree_is_grown_once_for_each_fold_and_once_for_all_rows(monkeypatch):
    grown, fit = [], DecisionTreeRegressor.fit

    def counting(self, X, y, **params):
        grown.append(len(X))
        return fit(self, X, y, **params)

    monkeypatch.setattr(DecisionTreeRegressor, "fit", counting)
    model = wrapped(DecisionTreeRegressor(**SEED)).fit(*DIABETES)
    assert sorted(grown) == [128] * 5 + [160]
    assert len(model.pruning_path_["ccp_alpha"]) > 50


# --------------------------------------------------------------------- the choice
@pytest.mark.parametrize("n_se", [0, 0.5, 1, 3])
def test_the_smallest_tree_within_the_noise_is_chosen(n_se):
    model = wrapped(TREES[0], n_se=n_se).fit(*CLASSES)
    path = model.pruning_path_
    test = np.array(path["split_test_score"])
    mean = test.mean(axis=1)
    best = mean.argmax()
    least = mean[best] - n_se * test[best].std(ddof=1) / np.sqrt(5)
    expected = np.flatnonzero(mean >= least - 1e-12)[-1]
    assert model.ccp_alpha_ == path["ccp_alpha"][expected]
    assert model.estimator_.get_n_leaves() == path["n_leaves"][expected]


def test_more_standard_errors_never_give_a_larger_tree():
    sizes = [
        wrapped(TREES[4], n_se=n_se).fit(*DIABETES).estimator_.get_n_leaves()
        for n_se in (0, 1, 2)
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1]


def test_pruning_helps_a_noisy_tree():
    X, y = load_breast_cancer(return_X_y=True)
    rng = np.random.default_rng(0)
    noisy = np.where(rng.random(len(y)) < 0.2, 1 - y, y)
    tree = DecisionTreeClassifier(**SEED)
    kept, held = slice(0, 400), slice(400, None)
    plain = clone(tree).fit(X[kept], noisy[kept])
    pruned = wrapped(tree).fit(X[kept], noisy[kept])
    assert pruned.score(X[held], y[held]) > plain.score(X[held], y[held]) + 0.05


# ------------------------------------------------------------------------- contract
def test_containers_and_outputs():
    X, y = CLASSES
    model = wrapped(TREES[0]).fit(X, y)
    frame = pd.DataFrame(X, columns=[f"c{k}" for k in range(X.shape[1])])
    framed = wrapped(TREES[0]).fit(frame, pd.Series(y))
    assert framed.pruning_path_ == model.pruning_path_
    assert framed.feature_names_in_.tolist() == list(frame)
    sparse = wrapped(TREES[0]).fit(csr_array(X), y)
    assert sparse.pruning_path_ == model.pruning_path_
    words = wrapped(TREES[0]).fit(X, np.array(["a", "b", "c"])[y])
    assert words.pruning_path_ == model.pruning_path_
    assert set(words.predict(X)) == {"a", "b", "c"}
    missing = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)
    assert wrapped(TREES[0]).fit(missing, y).predict(missing).shape == y.shape


@pytest.mark.parametrize("tree", [TREES[0], TREES[4]], ids=repr)
def test_several_outputs(tree):
    X, y = data_of(tree)
    Y = np.column_stack([y, (y > np.median(y)).astype(y.dtype)])
    folds = KFold(3)
    path = wrapped(tree, cv=folds).fit(X, Y).pruning_path_
    for k, alpha in list(enumerate(path["ccp_alpha"]))[::20]:
        own = clone(tree).set_params(ccp_alpha=alpha)
        scores = []
        for train, test in folds.split(X):
            own.fit(X[train], Y[train])
            right = own.predict(X[test]) == Y[test]
            r2 = get_scorer("r2")
            scores.append(
                right.mean() if is_classifier(tree) else r2(own, X[test], Y[test])
            )
        assert path["split_test_score"][k] == pytest.approx(scores)


def test_a_class_may_be_missing_from_a_fold():
    X, y = CLASSES
    y = np.where(np.arange(len(y)) == 0, 9, y)
    model = wrapped(TREES[0], cv=KFold(4)).fit(X, y)
    own = cross_validate(clone(TREES[0]), X, y, cv=KFold(4), return_train_score=True)
    assert model.pruning_path_["split_test_score"][0] == own["test_score"].tolist()
    assert 9 in model.classes_


def test_groups_jobs_clones_and_pickles():
    X, y = DIABETES
    groups = np.arange(len(y)) // 10
    model = wrapped(TREES[4], cv=GroupKFold(4)).fit(X, y, groups=groups)
    splits = list(GroupKFold(4).split(X, y, groups))
    with parallel_config(backend="threading"):
        two = wrapped(TREES[4], cv=splits, n_jobs=2).fit(X, y)
    assert two.pruning_path_ == model.pruning_path_
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert clone(model).get_params()["cv"].n_splits == 4


@pytest.mark.parametrize("search", [GridSearchCV, GapAwareSearchCV])
def test_in_pipelines_and_searches(search):
    X, y = CLASSES
    pipeline = make_pipeline(StandardScaler(), wrapped(TREES[0], cv=3))
    grid = {
        "prunedtreeclassifier__n_se": [0.0, 1.0],
        "prunedtreeclassifier__estimator__criterion": ["gini", "entropy"],
    }
    found = search(pipeline, grid, cv=2).fit(X, y)
    assert found.best_params_.keys() == grid.keys()
    assert found.best_estimator_[-1].estimator_.get_n_leaves() >= 1


def test_metadata_go_where_they_are_requested():
    X, y = DIABETES
    weights, groups = np.linspace(0.1, 3, len(y)), np.arange(len(y)) // 10
    expected = wrapped(TREES[4], cv=GroupKFold(3)).fit(
        X, y, sample_weight=weights, groups=groups
    )
    with sklearn.config_context(enable_metadata_routing=True):
        tree = clone(TREES[4]).set_fit_request(sample_weight=True)
        model = wrapped(tree, cv=GroupKFold(3))
        model.fit(X, y, sample_weight=weights, groups=groups)
        assert model.pruning_path_ == expected.pruning_path_
        scorer = get_scorer("r2").set_score_request(sample_weight=False)
        unweighted = clone(model).set_params(scoring=scorer)
        unweighted.fit(X, y, sample_weight=weights, groups=groups)
        assert (
            unweighted.pruning_path_["n_leaves"] == expected.pruning_path_["n_leaves"]
        )
        assert unweighted.pruning_path_ != expected.pruning_path_
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            wrapped(clone(TREES[4])).fit(X, y, sample_weight=weights)


# ------------------------------------------------------------------------ bad input
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"estimator": RandomForestClassifier()}, "cannot be pruned. Allowed are"),
        ({"estimator": TREES[4]}, "use PrunedTreeRegressor"),
        ({"n_se": -1}, "n_se"),
        ({"n_se": np.nan}, "n_se"),
        ({"cv": 1}, "cv"),
        ({"cv": "loo"}, "cv"),
        ({"scoring": "no such score"}, "scoring|no such score"),
        ({"n_jobs": "two"}, "n_jobs"),
    ],
)
def test_bad_input_is_refused(params, message):
    model = PrunedTreeClassifier(TREES[0]).set_params(**params)
    with pytest.raises(ValueError, match=message):
        model.fit(*CLASSES)


def test_bad_use():
    X, y = DIABETES
    with pytest.raises(NotFittedError):
        wrapped(TREES[4]).predict(X)
    with pytest.raises(ValueError, match="gave no number"):
        wrapped(TREES[4], cv=LeaveOneOut()).fit(X[:30], y[:30])
    with pytest.raises(ValueError, match="needs 2 rows or more"):
        wrapped(TREES[4]).fit(X[:1], y[:1])
