"""Hierarchical shrinkage of trees: the formula, every family, the wrappers."""

import pickle
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy.sparse import csr_array
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_diabetes, make_classification
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, r2_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from skoverfit.regularization import ShrunkTreeClassifier, ShrunkTreeRegressor

SEED = {"random_state": 0}
CLASSIFIERS = [
    DecisionTreeClassifier(**SEED),
    ExtraTreeClassifier(**SEED),
    RandomForestClassifier(5, **SEED),
    ExtraTreesClassifier(5, **SEED),
    BaggingClassifier(n_estimators=5, max_samples=0.3, max_features=0.7, **SEED),
    GradientBoostingClassifier(n_estimators=4, subsample=0.7, **SEED),
    HistGradientBoostingClassifier(max_iter=4, min_samples_leaf=5, **SEED),
]
REGRESSORS = [
    DecisionTreeRegressor(**SEED),
    ExtraTreeRegressor(**SEED),
    RandomForestRegressor(5, **SEED),
    ExtraTreesRegressor(5, **SEED),
    BaggingRegressor(n_estimators=5, **SEED),
    GradientBoostingRegressor(n_estimators=4, loss="huber", **SEED),
    HistGradientBoostingRegressor(max_iter=4, loss="poisson", **SEED),
]
FAMILIES = [*CLASSIFIERS, *REGRESSORS]


@pytest.fixture(scope="module")
def classes():
    return make_classification(
        240, 8, n_informative=5, n_classes=3, flip_y=0.2, random_state=0
    )


@pytest.fixture(scope="module")
def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return X[:240], y[:240]


@pytest.fixture
def data_for(classes, diabetes):
    return lambda model: classes if is_classifier(model) else diabetes


def wrapped(model, **options):
    """Put the wrapper of the right kind around a model."""
    kind = ShrunkTreeClassifier if is_classifier(model) else ShrunkTreeRegressor
    return kind(model, **options)


def output(model, X):
    """What a model predicts at its finest."""
    return model.predict_proba(X) if is_classifier(model) else model.predict(X)


# ----------------------------------------------------------------- the formula, anew
def walked(tree, X, shrinkage):
    """Predictions by the published formula, along the decision path of each row."""
    value, n = tree.tree_.value, tree.tree_.weighted_n_node_samples
    predictions = []
    for row in tree.decision_path(X).toarray():
        path = np.flatnonzero(row)  # parents have smaller numbers than children
        total = value[path[0]].copy()
        for parent, child in pairwise(path):
            total += (value[child] - value[parent]) / (1 + shrinkage / n[parent])
        predictions.append(total)
    return np.array(predictions)


@pytest.mark.parametrize("shrinkage", [0.3, 10, 500])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("model", [*CLASSIFIERS[:2], *REGRESSORS[:2]], ids=repr)
def test_trees_follow_the_formula(data_for, model, weighted, shrinkage):
    X, y = data_for(model)
    weights = np.random.default_rng(0).integers(0, 3, len(y)) if weighted else None
    plain = clone(model).fit(X, y, sample_weight=weights)
    shrunk = wrapped(model, shrinkage=shrinkage).fit(X, y, sample_weight=weights)
    expected = walked(plain, X, shrinkage)
    expected = expected[:, 0] if is_classifier(model) else expected[:, 0, 0]
    assert output(shrunk, X) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert np.abs(output(plain, X) - expected).max() > 1e-3


def test_forests_follow_the_formula(data_for):
    for model in (*CLASSIFIERS[2:4], *REGRESSORS[2:4]):
        X, y = data_for(model)
        plain = clone(model).fit(X, y)
        mean = np.mean([walked(t, X, 7.0) for t in plain.estimators_], axis=0)
        expected = mean[:, 0] if is_classifier(model) else mean[:, 0, 0]
        shrunk = wrapped(model, shrinkage=7.0).fit(X, y)
        assert output(shrunk, X) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_gradient_boosting_of_squared_error_follows_the_formula(diabetes):
    X, y = diabetes
    model = GradientBoostingRegressor(n_estimators=20, **SEED)
    plain = clone(model).fit(X, y)
    expected = y.mean() + 0.1 * sum(
        walked(tree, X, 5.0)[:, 0, 0] for tree in plain.estimators_[:, 0]
    )
    shrunk = wrapped(model, shrinkage=5.0).fit(X, y)
    assert shrunk.predict(X) == pytest.approx(expected, rel=1e-9)


def hist_walked(nodes, shrinkage):
    """Leaves of one tree of histogram gradient boosting, by recursion."""

    def mean(k):
        node = nodes[k]
        if node["is_leaf"]:
            return node["value"]
        pair = nodes[node["left"]], nodes[node["right"]]
        both = [mean(node["left"]), mean(node["right"])]
        return np.average(both, weights=[child["count"] for child in pair])

    leaves = {}

    def descend(k, value):
        node = nodes[k]
        if node["is_leaf"]:
            leaves[k] = value
            return
        for child in (node["left"], node["right"]):
            step = (mean(child) - mean(k)) / (1 + shrinkage / node["count"])
            descend(child, value + step)

    descend(0, mean(0))
    return leaves


def test_histogram_boosting_follows_the_formula(diabetes):
    X, y = diabetes
    model = HistGradientBoostingRegressor(max_iter=3, **SEED)
    plain = clone(model).fit(X, y)
    shrunk = wrapped(model, shrinkage=5.0).fit(X, y).estimator_
    for [old], [new] in zip(plain._predictors, shrunk._predictors, strict=True):
        for k, value in hist_walked(old.nodes, 5.0).items():
            assert new.nodes["value"][k] == pytest.approx(value, rel=1e-9)


# ------------------------------------------------------------------- every family
@pytest.mark.parametrize("model", FAMILIES, ids=repr)
def test_no_shrinkage_changes_nothing(data_for, model):
    X, y = data_for(model)
    plain = clone(model).fit(X, y)
    shrunk = wrapped(plain, shrinkage=0, prefit=True).fit(X, y)
    assert shrunk.estimator_ is not plain
    assert type(shrunk.estimator_) is type(plain)
    assert np.array_equal(output(shrunk, X), output(plain, X))


@pytest.mark.parametrize("model", FAMILIES, ids=repr)
def test_much_shrinkage_leaves_the_root(data_for, model):
    X, y = data_for(model)
    shrunk = wrapped(model, shrinkage=1e12).fit(X, y)
    assert np.ptp(output(shrunk, X), axis=0) == pytest.approx(0, abs=1e-4)
    assert np.isfinite(output(shrunk, X)).all()


@pytest.mark.parametrize("model", FAMILIES, ids=repr)
def test_prefit_does_not_touch_the_callers_model(data_for, model):
    X, y = data_for(model)
    plain = clone(model).fit(X, y)
    before = output(plain, X)
    frozen = pickle.dumps(plain)
    fresh = wrapped(model, shrinkage=8.0).fit(X, y)
    shrunk = wrapped(plain, shrinkage=8.0, prefit=True).fit(X, y)
    assert np.array_equal(output(plain, X), before)
    assert pickle.dumps(plain) == frozen
    assert np.array_equal(output(shrunk, X), output(fresh, X))
    again = pickle.loads(pickle.dumps(shrunk))
    assert np.array_equal(output(again, X), output(shrunk, X))


@pytest.mark.parametrize("model", FAMILIES, ids=repr)
def test_choice_has_the_best_test_score(data_for, model):
    X, y = data_for(model)
    shrunk = wrapped(model, shrinkage=[0, 5, 1e6], cv=None).fit(X, y)
    path = shrunk.shrinkage_path_
    assert path["shrinkage"] == [0, 5, 1e6]
    assert shrunk.shrinkage_ == path["shrinkage"][np.argmax(path["test_score"])]
    assert path["train_score"][1] > path["train_score"][2]
    fixed = wrapped(model, shrinkage=shrunk.shrinkage_).fit(X, y)
    assert np.array_equal(output(shrunk, X), output(fixed, X))


@pytest.mark.parametrize(
    "model",
    [
        HistGradientBoostingRegressor(max_iter=4, early_stopping=False, **SEED),
        RandomForestRegressor(3, bootstrap=False, **SEED),
        DecisionTreeRegressor(**SEED),
    ],
    ids=repr,
)
def test_rows_of_weight_0_do_not_count(diabetes, model):
    X, y = diabetes
    weights = np.repeat([0.0, 1.0], len(y) // 2)
    weighted = wrapped(model, shrinkage=6.0).fit(X, y, sample_weight=weights)
    if not isinstance(model, HistGradientBoostingRegressor):  # its bins see all rows
        alone = wrapped(model, shrinkage=6.0).fit(X[weights > 0], y[weights > 0])
        assert weighted.predict(X) == pytest.approx(alone.predict(X))
    root = wrapped(model, shrinkage=1e12).fit(X, y, sample_weight=weights)
    assert root.predict(X) == pytest.approx(y[weights > 0].mean(), rel=1e-6)


def test_weights_count_as_rows_in_histogram_boosting(diabetes):
    X, y = diabetes
    model = HistGradientBoostingRegressor(max_iter=1, min_samples_leaf=1, **SEED)
    twice = wrapped(model, shrinkage=10.0).fit(X, y, sample_weight=np.full(len(y), 2))
    half = wrapped(model, shrinkage=5.0).fit(X, y)
    assert twice.predict(X) == pytest.approx(half.predict(X), rel=1e-9)


def test_categories_and_missing_values():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"a": rng.normal(size=200), "b": pd.Categorical(rng.choice(list("xyz"), 200))}
    )
    y = frame["a"] + 2.0 * (frame["b"] == "y") + rng.normal(size=200)
    frame.loc[::7, "a"] = np.nan
    model = HistGradientBoostingRegressor(
        max_iter=10, categorical_features="from_dtype", **SEED
    )
    for weights in (None, np.linspace(0.5, 2, 200)):
        shrunk = wrapped(model).fit(frame, y, sample_weight=weights)
        assert list(shrunk.feature_names_in_) == ["a", "b"]
        strong = wrapped(model, shrinkage=50.0).fit(frame, y, sample_weight=weights)
        means = pd.Series(strong.predict(frame)).groupby(frame["b"], observed=True)
        assert means.mean()["y"] > means.mean()["x"] + 0.1
    missing = wrapped(DecisionTreeRegressor(**SEED)).fit(frame[["a"]], y)
    assert np.isfinite(missing.predict(frame[["a"]])).all()


def test_several_outputs(diabetes):
    X, y = diabetes
    Y = np.column_stack([y, -y + 3 * X[:, 0]])
    labels = np.column_stack([y > 100, np.digitize(y, [90, 150])])
    for model in (DecisionTreeRegressor(**SEED), RandomForestRegressor(10, **SEED)):
        assert wrapped(model).fit(X, Y).predict(X).shape == Y.shape
    for model in (DecisionTreeClassifier(**SEED), RandomForestClassifier(10, **SEED)):
        shrunk = wrapped(model).fit(X, labels)
        assert [p.shape[1] for p in shrunk.predict_proba(X)] == [2, 3]
        plain = clone(model).fit(X, labels)
        member = plain if hasattr(plain, "tree_") else plain.estimators_[0]
        same = wrapped(member, shrinkage=4.0, prefit=True).fit(X, labels)
        expected = walked(member, X, 4.0)
        assert same.predict_proba(X)[1] == pytest.approx(expected[:, 1], abs=1e-12)


def test_monotonic_constraints_still_hold(diabetes):
    X, y = diabetes
    model = DecisionTreeRegressor(monotonic_cst=[0, 0, 1, *[0] * 7], **SEED)
    shrunk = wrapped(model, shrinkage=20.0).fit(X, y)
    grid = np.repeat(X[:20], 30, axis=0)
    grid[:, 2] = np.tile(np.linspace(-0.1, 0.2, 30), 20)
    steps = np.diff(shrunk.predict(grid).reshape(20, 30), axis=1)
    assert steps.min() >= -1e-9
    assert steps.max() > 1


@pytest.mark.parametrize("library", ["lightgbm", "xgboost"])
@pytest.mark.parametrize("weighted", [False, True])
def test_boosting_libraries(library, weighted, classes, diabetes):
    module = pytest.importorskip(library, reason="an optional library")
    if library == "lightgbm":
        options = {"n_estimators": 5, "verbose": -1, "n_jobs": 1}
        models = module.LGBMClassifier(**options), module.LGBMRegressor(**options)
    else:
        options = {"n_estimators": 5, "n_jobs": 1}
        models = module.XGBClassifier(**options), module.XGBRegressor(**options)
    for model, (X, y) in zip(models, (classes, diabetes), strict=True):
        weights = np.linspace(0.5, 2, len(y)) if weighted else None
        plain = clone(model).fit(X, y, sample_weight=weights)
        before = output(plain, X)

        def shrunk(amount, plain=plain, X=X, y=y, weights=weights):
            prefit = wrapped(plain, shrinkage=amount, prefit=True)
            return output(prefit.fit(X, y, sample_weight=weights), X)

        assert np.array_equal(shrunk(0.0), before)
        assert np.ptp(shrunk(1e12), axis=0) == pytest.approx(0, abs=1e-3)
        some = shrunk(20.0)
        assert np.array_equal(output(plain, X), before)
        assert 0 < np.ptp(some, axis=0).max() < np.ptp(before, axis=0).max()


@pytest.mark.parametrize("library", ["lightgbm", "xgboost"])
# Old and new releases of LightGBM name the rows for early stopping differently.
@pytest.mark.filterwarnings("ignore:The argument 'eval_set'")
def test_early_stopping_of_libraries_is_kept(library, diabetes):
    module = pytest.importorskip(library, reason="an optional library")
    X, y = diabetes
    if library == "lightgbm":
        model = module.LGBMRegressor(n_estimators=80, learning_rate=0.5, verbose=-1)
        stop = {"callbacks": [module.early_stopping(2, verbose=False)]}
    else:
        model, stop = module.XGBRegressor(n_estimators=80, early_stopping_rounds=2), {}
    options = {"verbose": False} if library == "xgboost" else stop
    model.fit(X[:150], y[:150], eval_set=[(X[150:], y[150:])], **options)
    same = wrapped(model, shrinkage=0.0, prefit=True).fit(X[:150], y[:150])
    assert np.array_equal(same.predict(X), model.predict(X))
    again = pickle.loads(pickle.dumps(same))
    assert np.array_equal(again.predict(X), model.predict(X))


def test_lightgbm_follows_the_formula(diabetes):
    lightgbm = pytest.importorskip("lightgbm", reason="an optional library")
    X, y = diabetes
    model = lightgbm.LGBMRegressor(n_estimators=1, learning_rate=1.0, verbose=-1)
    plain = model.fit(X, y)
    tree = plain.booster_.dump_model()["tree_info"][0]["tree_structure"]
    leaf_of_row = plain.predict(X, pred_leaf=True).ravel()

    def rows(node):
        if "leaf_index" in node:
            return leaf_of_row == node["leaf_index"]
        return rows(node["left_child"]) | rows(node["right_child"])

    expected = np.full(len(y), y.mean())

    def descend(node):
        if "leaf_index" in node:
            return
        for child in (node["left_child"], node["right_child"]):
            step = y[rows(child)].mean() - y[rows(node)].mean()
            expected[rows(child)] += step / (1 + 9.0 / rows(node).sum())
            descend(child)

    descend(tree)
    shrunk = wrapped(plain, shrinkage=9.0, prefit=True).fit(X, y)
    assert shrunk.predict(X) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("model", [CLASSIFIERS[0], CLASSIFIERS[2], REGRESSORS[0]])
def test_shap_explains_shrunken_trees(data_for, model):
    shap = pytest.importorskip("shap", reason="an optional library")
    X, y = data_for(model)
    shrunk = wrapped(model, shrinkage=5.0).fit(X, y).estimator_
    explained = shap.TreeExplainer(shrunk)(X[:20])
    total = explained.base_values + explained.values.sum(axis=1)
    assert np.squeeze(total) == pytest.approx(output(shrunk, X[:20]), abs=1e-6)


# -------------------------------------------------------------------------- the choice
def test_out_of_bag_scores(classes):
    X, y = classes
    forest = RandomForestClassifier(30, oob_score=True, **SEED).fit(X, y)
    shrunk = wrapped(forest, shrinkage=[0, 4], prefit=True, cv="oob").fit(X, y)
    expected = np.clip(forest.oob_decision_function_, np.finfo(float).eps, 1)
    # All the trees predict at 0, and none else has seen a row.
    loss = -np.log(expected[np.arange(len(y)), y]).mean()
    assert shrunk.shrinkage_path_["test_score"][0] == pytest.approx(-loss)
    train = log_loss(y, forest.predict_proba(X))
    assert shrunk.shrinkage_path_["train_score"][0] == pytest.approx(-train)
    assert hasattr(forest, "oob_score_")
    assert not hasattr(shrunk.estimator_, "oob_score_")


@pytest.mark.parametrize("model", [REGRESSORS[0], REGRESSORS[6]], ids=repr)
def test_scores_of_folds(diabetes, model):
    X, y = diabetes
    folds = KFold(3)
    grid = [0.0, 3.0, 30.0]
    path = wrapped(model, shrinkage=grid, cv=folds).fit(X, y).shrinkage_path_
    for shrinkage, score in zip(grid, path["test_score"], strict=True):
        fixed = wrapped(model, shrinkage=shrinkage)
        expected = cross_val_score(fixed, X, y, cv=folds).mean()
        assert score == pytest.approx(expected)


@pytest.mark.parametrize("scoring", ["neg_log_loss", "roc_auc_ovr", "accuracy"])
def test_scoring_of_classifiers(classes, scoring):
    X, y = classes
    folds = KFold(3)
    model = wrapped(CLASSIFIERS[0], shrinkage=[2.0, 20.0], cv=folds, scoring=scoring)
    path = model.fit(X, y).shrinkage_path_
    fixed = wrapped(CLASSIFIERS[0], shrinkage=20.0)
    expected = cross_val_score(fixed, X, y, cv=folds, scoring=scoring).mean()
    assert path["test_score"][1] == pytest.approx(expected)


def test_weights_enter_the_scores(diabetes):
    X, y = diabetes
    weights = np.linspace(0.1, 3, len(y))
    tree = DecisionTreeRegressor(max_depth=3, **SEED).fit(X[:100], y[:100])
    rest = X[100:], y[100:]
    for scoring in (None, "r2"):
        model = wrapped(tree, shrinkage=[0], cv="holdout", prefit=True, scoring=scoring)
        model.fit(*rest, sample_weight=weights[100:])
        expected = r2_score(rest[1], tree.predict(rest[0]), sample_weight=weights[100:])
        assert model.shrinkage_path_["test_score"] == [pytest.approx(expected)]


def test_groups_stay_together(diabetes):
    X, y = diabetes
    groups = np.arange(len(y)) // 10
    model = wrapped(REGRESSORS[0], shrinkage=[0, 10])
    given = clone(model).set_params(cv=GroupKFold(4)).fit(X, y, groups=groups)
    splits = list(GroupKFold(4).split(X, y, groups))
    same = clone(model).set_params(cv=splits).fit(X, y)
    assert given.shrinkage_path_ == same.shrinkage_path_


@pytest.mark.parametrize("share", [0.5, 0.25])
def test_one_split_instead_of_folds(classes, diabetes, share, monkeypatch):
    X, y = classes
    sizes, fit = [], DecisionTreeClassifier.fit

    def counting(self, X, y, **params):
        sizes.append((len(X), np.bincount(y).min()))
        return fit(self, X, y, **params)

    monkeypatch.setattr(DecisionTreeClassifier, "fit", counting)
    model = wrapped(CLASSIFIERS[0], shrinkage=[0, 10], cv=share).fit(X, y)
    (all_rows, _), (n_rows, rarest) = sizes
    assert (all_rows, n_rows) == (240, 240 * (1 - share))
    assert rarest == pytest.approx(np.bincount(y).min() * (1 - share), abs=1)
    assert model.shrinkage_ == 10
    X, y = diabetes
    groups = np.arange(len(y)) // 10
    splits = list(
        GroupShuffleSplit(1, test_size=share, random_state=0).split(X, y, groups)
    )
    given = wrapped(REGRESSORS[0], cv=share).fit(X, y, groups=groups)
    assert (
        given.shrinkage_path_
        == wrapped(REGRESSORS[0], cv=splits).fit(X, y).shrinkage_path_
    )


def test_bad_shares(classes):
    X, y = classes
    for share in (0.0, 1.0, -0.5, np.nan):
        with pytest.raises(ValueError, match="'cv' parameter"):
            wrapped(CLASSIFIERS[0], cv=share).fit(X, y)
    with pytest.raises(ValueError, match=r"cv=0\.01 leaves no rows on one side"):
        wrapped(CLASSIFIERS[0], cv=0.01).fit(X[:10], y[:10])


def test_result_does_not_depend_on_n_jobs_or_order_of_the_grid(classes):
    X, y = classes
    one = wrapped(CLASSIFIERS[0], shrinkage=[0, 1, 9]).fit(X, y)
    two = wrapped(CLASSIFIERS[0], shrinkage=[9, 0, 1, 9], n_jobs=2).fit(X, y)
    assert one.shrinkage_path_ == two.shrinkage_path_


def test_rare_classes_and_labels(classes):
    X, y = classes
    labels = np.array(["a", "b", "c", "only one"])[np.r_[3, y[1:]]]
    for model in (CLASSIFIERS[0], CLASSIFIERS[4], CLASSIFIERS[2]):
        shrunk = wrapped(model).fit(X, labels)
        assert list(shrunk.classes_) == ["a", "b", "c", "only one"]
        assert shrunk.predict_proba(X).sum(axis=1) == pytest.approx(1)
        assert set(shrunk.predict(X)) <= set(labels)


def test_sparse_data(classes):
    X, y = classes
    dense = wrapped(CLASSIFIERS[2]).fit(X, y)
    sparse = wrapped(CLASSIFIERS[2]).fit(csr_array(X), y)
    assert sparse.shrinkage_path_ == dense.shrinkage_path_


# ------------------------------------------------------------------ as in scikit-learn
def test_pipeline_search_clone_and_html(classes):
    X, y = classes
    model = wrapped(DecisionTreeClassifier(**SEED), shrinkage=3.0)
    pipeline = make_pipeline(StandardScaler(), model)
    grid = {"shrunktreeclassifier__shrinkage": [0.0, 30.0]}
    search = GridSearchCV(pipeline, grid, cv=3, scoring="neg_log_loss").fit(X, y)
    assert search.best_params_ == {"shrunktreeclassifier__shrinkage": 30.0}
    assert clone(model).get_params()["shrinkage"] == 3.0
    # scikit-learn 1.8 with NumPy 1 cannot draw a number where the default is a word.
    drawn = clone(model).set_params(shrinkage="cv")
    assert "ShrunkTreeClassifier" in drawn._repr_html_()


def test_frozen_models_stay_fitted_through_clones(classes):
    X, y = classes
    tree = DecisionTreeClassifier(**SEED).fit(X, y)
    model = clone(wrapped(FrozenEstimator(tree), shrinkage=5.0)).fit(X, y)
    expected = wrapped(tree, shrinkage=5.0, prefit=True).fit(X, y)
    assert np.array_equal(model.predict_proba(X), expected.predict_proba(X))


def test_metadata_routing(diabetes):
    X, y = diabetes
    weights, groups = np.linspace(0.1, 3, len(y)), np.arange(len(y)) // 10
    grid = [0.0, 4.0, 40.0]
    plain = DecisionTreeRegressor(**SEED)
    expected = wrapped(plain, shrinkage=grid, cv=GroupKFold(3)).fit(
        X, y, sample_weight=weights, groups=groups
    )
    with sklearn.config_context(enable_metadata_routing=True):
        tree = clone(plain).set_fit_request(sample_weight=True)
        model = wrapped(tree, shrinkage=grid, cv=GroupKFold(3))
        model.fit(X, y, sample_weight=weights, groups=groups)
        assert model.shrinkage_path_ == expected.shrinkage_path_
        assert not hasattr(model, "set_fit_request")
        with pytest.raises(ValueError, match="not explicitly set"):
            wrapped(clone(plain), shrinkage=1.0).fit(X, y, sample_weight=weights)


# --------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("shrinkage", "message"),
    [
        (-1.0, "'shrinkage' parameter"),
        (float("nan"), "'shrinkage' parameter"),
        (float("inf"), "'shrinkage' parameter"),
        ("loo", "'shrinkage' parameter"),
        ([0.0, -1.0], "shrinkage=.* must be"),
        ([0.0, np.nan], "shrinkage contains NaN"),
        ([], "minimum of 1 is required"),
        ([[1.0, 2.0]], "one-dimensional"),
    ],
)
def test_bad_shrinkage(classes, shrinkage, message):
    with pytest.raises(ValueError, match=message):
        wrapped(CLASSIFIERS[0], shrinkage=shrinkage).fit(*classes)


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(),
        make_pipeline(StandardScaler(), DecisionTreeClassifier()),
        BaggingClassifier(LogisticRegression()),
    ],
)
def test_models_without_trees(classes, model):
    with pytest.raises(ValueError, match="Allowed are decision trees, extra trees"):
        wrapped(model).fit(*classes)


def test_bad_use(classes, diabetes):
    X, y = classes
    tree = DecisionTreeClassifier(**SEED)
    with pytest.raises(NotFittedError):
        wrapped(tree, prefit=True).fit(X, y)
    with pytest.raises(NotFittedError):
        wrapped(tree).predict(X)
    with pytest.raises(ValueError, match="needs prefit=True"):
        wrapped(tree, cv="holdout").fit(X, y)
    with pytest.raises(ValueError, match="cv='oob' needs a forest"):
        wrapped(tree, cv="oob").fit(X, y)
    with pytest.raises(ValueError, match="use ShrunkTreeClassifier"):
        ShrunkTreeRegressor(tree).fit(*diabetes)
    forest = RandomForestClassifier(5, **SEED).fit(X, y)
    for rows in (slice(0, 100), slice(None, None, -1)):
        with pytest.raises(ValueError, match="rows that the estimator was fitted on"):
            wrapped(forest, prefit=True).fit(X[rows], y[rows])
