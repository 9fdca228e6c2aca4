"""GapAwareSearchCV against GridSearchCV, and what it adds."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import loguniform, randint
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_breast_cancer, load_diabetes, make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    RandomizedSearchCV,
    RepeatedKFold,
    ShuffleSplit,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import (
    BestScore,
    PenalizedGap,
    SelectionPath,
    SmallestGapByPairedTest,
    SmallestGapWithinNoise,
)

X, y = (part[::3] for part in load_breast_cancer(return_X_y=True))
X = X[:, :8]
TREE = DecisionTreeClassifier(random_state=0)
GRID = {"max_depth": [1, 3, None], "min_samples_leaf": [1, 10]}
TIMES = ("fit_time", "score_time")


def same_results(ours, theirs):
    """Every key of scikit-learn is there with the same values, times aside."""
    for key, expected in theirs.items():
        if key.endswith(TIMES):
            continue
        if key == "params":
            assert ours[key] == expected
        else:
            assert_array_equal(np.asarray(ours[key]), np.asarray(expected), key)


class FailsWhenDeep(DecisionTreeClassifier):
    """Fits only shallow trees."""

    def fit(self, X, y):
        if self.max_depth is None:
            raise ValueError("too deep")
        return super().fit(X, y)


def test_grid_is_scikit_learns_grid_and_more():
    ours = GapAwareSearchCV(TREE, GRID, selection=BestScore()).fit(X, y)
    theirs = GridSearchCV(TREE, GRID, return_train_score=True).fit(X, y)
    same_results(ours.cv_results_, theirs.cv_results_)
    assert set(ours.cv_results_) - set(theirs.cv_results_) == {
        *(f"split{k}_gap_score" for k in range(5)),
        "mean_gap_score",
        "std_gap_score",
        "mean_penalized_score",
        "rank_penalized_score",
    }
    assert ours.best_index_ == theirs.best_index_
    assert ours.best_score_ == theirs.best_score_
    assert_array_equal(ours.predict(X), theirs.predict(X))


def test_sample_is_scikit_learns_sample():
    space = {"max_depth": randint(1, 9), "ccp_alpha": loguniform(1e-4, 1e-1)}
    ours = GapAwareSearchCV(
        TREE, space, n_iter=6, random_state=3, selection=BestScore()
    ).fit(X, y)
    theirs = RandomizedSearchCV(
        TREE, space, n_iter=6, random_state=3, return_train_score=True
    ).fit(X, y)
    same_results(ours.cv_results_, theirs.cv_results_)


@pytest.mark.parametrize(
    ("space", "n_iter", "n_candidates"),
    [
        ({"max_depth": [1, 2, 3]}, None, 3),
        ([{"max_depth": [1, 2]}, {"min_samples_leaf": [5]}], None, 3),
        ({"max_depth": [1, 2, 3, 4]}, 2, 2),
        ({"max_depth": randint(1, 50)}, None, 10),
        ([{"max_depth": randint(1, 50)}, {"min_samples_leaf": [5, 9]}], 4, 4),
    ],
)
def test_lists_are_a_grid_and_distributions_a_sample(space, n_iter, n_candidates):
    search = GapAwareSearchCV(TREE, space, n_iter=n_iter, random_state=0, cv=2)
    assert len(search.fit(X, y).cv_results_["params"]) == n_candidates


def test_gap_columns_follow_their_definition():
    search = GapAwareSearchCV(TREE, GRID, gap_penalty=0.3, gap_tolerance=0.02)
    results = search.fit(X, y).cv_results_
    gaps = np.stack(
        [
            results[f"split{k}_train_score"] - results[f"split{k}_test_score"]
            for k in range(5)
        ],
        axis=1,
    )
    for k in range(5):
        assert_array_equal(results[f"split{k}_gap_score"], gaps[:, k])
    assert_allclose(results["mean_gap_score"], gaps.mean(axis=1))
    assert_allclose(results["std_gap_score"], gaps.std(axis=1))
    penalized = results["mean_test_score"] - 0.3 * np.maximum(
        0, gaps.mean(axis=1) - 0.02
    )
    assert_allclose(results["mean_penalized_score"], penalized)
    assert results["rank_penalized_score"][search.best_index_] == 1
    assert search.best_penalized_score_ == penalized[search.best_index_]
    assert search.best_gap_ == results["mean_gap_score"][search.best_index_]
    assert search.best_score_ == results["mean_test_score"][search.best_index_]


def test_gap_penalty_is_short_for_the_rule():
    short = GapAwareSearchCV(TREE, GRID, gap_penalty=0.5, gap_tolerance=0.01).fit(X, y)
    long = GapAwareSearchCV(TREE, GRID, selection=PenalizedGap(0.5, 0.01)).fit(X, y)
    same_results(short.cv_results_, long.cv_results_)
    assert short.best_index_ == long.best_index_


def worst_score(results):
    return int(np.argmin(results["mean_test_score"]))


def test_the_default_rule_is_the_small_penalty():
    plain = GapAwareSearchCV(TREE, GRID).fit(X, y)
    named = GapAwareSearchCV(TREE, GRID, gap_penalty=0.05).fit(X, y)
    same_results(plain.cv_results_, named.cv_results_)
    assert plain.best_index_ == named.best_index_
    assert PenalizedGap() == PenalizedGap(0.05)


def test_selection_path_says_what_was_paid_for_what():
    search = GapAwareSearchCV(TREE, GRID, selection=worst_score).fit(X, y)
    test = search.cv_results_["mean_test_score"]
    gap = search.cv_results_["mean_gap_score"]
    best = int(test.argmax())
    chosen = search.best_index_
    assert chosen != best
    assert search.selection_path_ == SelectionPath(
        index=chosen,
        params=search.best_params_,
        argmax_index=best,
        argmax_params=search.cv_results_["params"][best],
        test_score_paid=test[best] - test[chosen],
        gap_saved=gap[best] - gap[chosen],
    )
    assert search.selection_path_.test_score_paid > 0


@pytest.mark.parametrize("error_score", [np.nan, 0.0, 1.0])
def test_a_failed_fit_is_never_a_gap_of_zero(error_score):
    search = GapAwareSearchCV(
        FailsWhenDeep(random_state=0),
        {"max_depth": [None, 2]},
        error_score=error_score,
        selection=PenalizedGap(1000.0),
    )
    with pytest.warns(Warning, match="fits failed|non-finite"):
        search.fit(X, y)
    assert np.isnan(search.cv_results_["mean_gap_score"][0])
    assert search.best_params_ == {"max_depth": 2}
    assert search.cv_results_["rank_penalized_score"][1] == 1 or error_score == 1.0


def test_a_failed_scorer_is_never_a_gap_of_zero():
    def fails_when_deep(estimator, X, y):
        if estimator.max_depth is None:
            raise ValueError("cannot score")
        return estimator.score(X, y)

    search = GapAwareSearchCV(
        TREE, {"max_depth": [None, 2]}, scoring=fails_when_deep, error_score=0.0
    )
    with pytest.warns(UserWarning, match="Scoring failed"):
        search.fit(X, y)
    assert np.isnan(search.cv_results_["mean_gap_score"][0])


def test_all_candidates_nan_behaves_as_scikit_learn():
    def never(estimator, X, y):
        return np.nan

    for search in (
        GapAwareSearchCV(TREE, GRID, scoring=never),
        GridSearchCV(TREE, GRID, scoring=never),
    ):
        with pytest.warns(UserWarning, match="non-finite"):
            search.fit(X, y)
        assert search.best_index_ == 0
        assert np.isnan(search.best_score_)


def test_all_fits_failed_raises_as_scikit_learn():
    with pytest.raises(ValueError, match="All the 10 fits failed"):
        GapAwareSearchCV(FailsWhenDeep(), {"min_samples_leaf": [1, 2]}).fit(X, y)


SCORERS = ["accuracy", "roc_auc"]


def callable_scorers(estimator, X, y):
    return {"accuracy": estimator.score(X, y), "constant": 0.5}


@pytest.mark.parametrize("rule", [None, BestScore(), PenalizedGap(0.2)], ids=repr)
def test_several_metrics_with_a_named_one(rule):
    search = GapAwareSearchCV(
        TREE, GRID, scoring=SCORERS, refit="roc_auc", selection=rule
    ).fit(X, y)
    index = search.best_index_
    assert search.best_score_ == search.cv_results_["mean_test_roc_auc"][index]
    assert search.best_gap_ == search.cv_results_["mean_gap_roc_auc"][index]
    assert {"mean_gap_accuracy", "mean_penalized_roc_auc"} <= set(search.cv_results_)
    auc = search.scorer_["roc_auc"](search.best_estimator_, X, y)
    assert search.score(X, y) == auc
    assert search.selection_metric_ == "roc_auc"


def test_several_metrics_with_a_rule_as_refit():
    rule = PenalizedGap(0.2, metric="roc_auc")
    named = GapAwareSearchCV(
        TREE, GRID, scoring=SCORERS, refit="roc_auc", selection=rule
    ).fit(X, y)
    search = GapAwareSearchCV(TREE, GRID, scoring=SCORERS, refit=rule).fit(X, y)
    assert search.best_score_ == named.best_score_
    assert search.score(X, y) == named.score(X, y)


def test_callable_scorer_with_several_metrics():
    search = GapAwareSearchCV(
        TREE, GRID, scoring=callable_scorers, refit="accuracy"
    ).fit(X, y)
    assert search.score(X, y) == search.best_estimator_.score(X, y)
    assert not search.cv_results_["mean_gap_constant"].any()


def test_a_plain_callable_that_names_no_metric():
    def second(results):
        return 1

    search = GapAwareSearchCV(TREE, GRID, scoring=SCORERS, refit=second).fit(X, y)
    assert search.best_index_ == 1
    assert not hasattr(search, "best_score_")
    with pytest.raises(ValueError, match="names no metric to score by"):
        search.score(X, y)
    single = GapAwareSearchCV(TREE, GRID, selection=second).fit(X, y)
    assert single.best_score_ == single.cv_results_["mean_test_score"][1]
    assert single.score(X, y) == single.best_estimator_.score(X, y)


def test_a_rule_that_fails_loses_no_work():
    def broken(results):
        raise RuntimeError("my rule")

    search = GapAwareSearchCV(TREE, GRID, selection=broken)
    with pytest.raises(RuntimeError, match="my rule"):
        search.fit(X, y)
    assert len(search.cv_results_["mean_test_score"]) == 6


@pytest.mark.parametrize(("returned", "error"), [(99, IndexError), ("a", TypeError)])
def test_a_rule_that_returns_nonsense(returned, error):
    with pytest.raises(error, match="best_index_"):
        GapAwareSearchCV(TREE, GRID, selection=lambda results: returned).fit(X, y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"gap_penalty": 0.1, "selection": BestScore()}, "not selection and gap_penal"),
        ({"gap_penalty": 0.1, "refit": BestScore()}, "gap_penalty and refit"),
        ({"refit": BestScore(), "selection": BestScore()}, "selection and refit"),
        ({"gap_penalty": -1}, "'gap_penalty' parameter.*Got -1"),
        ({"gap_penalty": "a"}, "'gap_penalty' parameter.*Got 'a'"),
        ({"gap_tolerance": -0.1}, "'gap_tolerance' parameter.*Got -0.1"),
        ({"n_iter": 0}, "'n_iter' parameter.*Got 0"),
        ({"selection": "best"}, "'selection' parameter.*Got 'best'"),
        ({"param_space": 3}, "'param_space' parameter.*Got 3"),
        ({"param_space": {"max_depth": []}}, "max_depth.*non-empty"),
        ({"return_train_score": False}, "needs train scores.*BestScore"),
        ({"selection": PenalizedGap(metric="f1")}, "metric='f1' of the rule.*score"),
        (
            {
                "selection": PenalizedGap(metric="roc_auc"),
                "scoring": SCORERS,
                "refit": "accuracy",
            },
            "contradicts refit='accuracy'",
        ),
        ({"scoring": SCORERS}, "refit must be set to a scorer key"),
    ],
)
def test_bad_input_is_refused_before_any_fit(params, message):
    fits = []

    class Counts(DummyClassifier):
        def fit(self, X, y, sample_weight=None):
            fits.append(1)
            return super().fit(X, y, sample_weight)

    params = {"param_space": {"strategy": ["prior", "stratified"]}} | params
    with pytest.raises((ValueError, TypeError), match=message):
        GapAwareSearchCV(Counts(), **params).fit(X, y)
    assert not fits


def test_no_train_scores_needs_a_rule_that_does_without():
    search = GapAwareSearchCV(
        TREE, GRID, selection=BestScore(), return_train_score=False
    ).fit(X, y)
    assert not [key for key in search.cv_results_ if "gap" in key or "penal" in key]
    assert not hasattr(search, "best_gap_")
    assert np.isnan(search.selection_path_.gap_saved)


def test_no_refit():
    search = GapAwareSearchCV(TREE, GRID, refit=False).fit(X, y)
    assert search.best_params_ == search.cv_results_["params"][search.best_index_]
    assert not hasattr(search, "predict")
    with pytest.raises(AttributeError, match="refit=False"):
        search.score(X, y)


def named_frame(X):
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])


@pytest.mark.parametrize("container", [sp.csr_matrix, sp.csc_array, named_frame])
def test_containers_pass_through(container):
    search = GapAwareSearchCV(TREE, {"max_depth": [1, 2]}, cv=2)
    reference = clone(search).fit(X, y)
    assert search.fit(container(X), y).best_score_ == reference.best_score_
    assert hasattr(search, "feature_names_in_") == (container is named_frame)


def test_pairwise_input():
    kernel = rbf_kernel(X / X.std(axis=0) / 30)
    ours = GapAwareSearchCV(
        SVC(kernel="precomputed"), {"C": [0.1, 1]}, selection=BestScore()
    ).fit(kernel, y)
    theirs = GridSearchCV(
        SVC(kernel="precomputed"), {"C": [0.1, 1]}, return_train_score=True
    ).fit(kernel, y)
    same_results(ours.cv_results_, theirs.cv_results_)
    assert ours.__sklearn_tags__().input_tags.pairwise


def test_groups_reach_the_splitter():
    groups = np.arange(len(y)) % 7
    ours = GapAwareSearchCV(TREE, GRID, cv=GroupKFold(3), selection=BestScore())
    theirs = GridSearchCV(TREE, GRID, cv=GroupKFold(3), return_train_score=True)
    ours.fit(X, y, groups=groups)
    theirs.fit(X, y, groups=groups)
    same_results(ours.cv_results_, theirs.cv_results_)


def test_sample_weight_reaches_fit_and_scorer():
    weight = np.random.default_rng(0).integers(1, 4, len(y)).astype(float)
    ours = GapAwareSearchCV(TREE, GRID, selection=BestScore())
    theirs = GridSearchCV(TREE, GRID, return_train_score=True)
    ours.fit(X, y, sample_weight=weight)
    theirs.fit(X, y, sample_weight=weight)
    same_results(ours.cv_results_, theirs.cv_results_)


def test_metadata_routing():
    weight = np.random.default_rng(0).uniform(1, 4, len(y))
    groups = np.arange(len(y)) % 7
    with config_context(enable_metadata_routing=True):
        logistic = LogisticRegression(solver="liblinear").set_fit_request(
            sample_weight=True
        )
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        fitted = [
            search(
                logistic, {"C": [0.1, 1]}, scoring=scorer, cv=GroupKFold(3), **options
            ).fit(X, y, sample_weight=weight, groups=groups)
            for search, options in (
                (GapAwareSearchCV, {"selection": BestScore()}),
                (GridSearchCV, {"return_train_score": True}),
            )
        ]
        ours, theirs = fitted
        same_results(ours.cv_results_, theirs.cv_results_)
        assert ours.score(X, y, sample_weight=weight) == theirs.score(
            X, y, sample_weight=weight
        )


@pytest.mark.parametrize(
    ("cv", "ratio"),
    [
        (4, 1 / 3),
        (RepeatedKFold(n_splits=5, n_repeats=3, random_state=0), 1 / 4),
        (ShuffleSplit(6, train_size=0.5, test_size=0.25, random_state=0), 1 / 2),
    ],
)
def test_paired_rule_gets_the_real_sizes_of_the_splits(cv, ratio):
    seen = []

    class Spy(SmallestGapByPairedTest):
        def select(self, cv_results, *, metric=None, test_train_ratio=None):
            seen.append(test_train_ratio)
            return super().select(
                cv_results, metric=metric, test_train_ratio=test_train_ratio
            )

    GapAwareSearchCV(TREE, GRID, cv=cv, selection=Spy()).fit(X, y)
    # The choice itself, and its repetitions for the honest score.
    assert len(seen) > 1
    assert_allclose(seen, ratio, rtol=0.02)


def test_one_shot_iterators_of_splits():
    splits = list(KFold(3).split(X))
    once = GapAwareSearchCV(TREE, GRID, cv=iter(splits)).fit(X, y)
    again = GapAwareSearchCV(TREE, GRID, cv=splits).fit(X, y)
    same_results(once.cv_results_, again.cv_results_)


def test_same_result_at_any_n_jobs():
    space = {"max_depth": randint(1, 9)}
    searches = [
        GapAwareSearchCV(TREE, space, n_iter=4, random_state=0, n_jobs=n).fit(X, y)
        for n in (1, 2)
    ]
    same_results(searches[0].cv_results_, searches[1].cv_results_)


def test_global_random_state_is_left_alone():
    before = np.random.mtrand._rand.get_state()[1].copy()
    GapAwareSearchCV(TREE, {"max_depth": randint(1, 9)}, random_state=0).fit(X, y)
    assert_array_equal(np.random.mtrand._rand.get_state()[1], before)


def test_clone_pickle_and_nested_parameters():
    search = GapAwareSearchCV(TREE, GRID, selection=PenalizedGap(0.1))
    copied = clone(search)
    assert copied.selection == search.selection
    copied.set_params(estimator__max_features=3, selection=BestScore())
    assert copied.estimator.max_features == 3
    restored = pickle.loads(pickle.dumps(search.fit(X, y)))
    assert_array_equal(restored.predict(X), search.predict(X))


def test_html_repr_shows_the_chosen_estimator():
    search = GapAwareSearchCV(TREE, GRID)
    assert "estimator: DecisionTreeClassifier" in search._repr_html_()
    assert "best_estimator_" in search.fit(X, y)._repr_html_()
    assert "SmallestGapWithinNoise" in repr(
        GapAwareSearchCV(TREE, GRID, selection=SmallestGapWithinNoise(1.0))
    )


def test_unsupervised_and_regression():
    data, target = load_diabetes(return_X_y=True)
    search = GapAwareSearchCV(
        DecisionTreeRegressor(random_state=0), {"max_depth": [1, 2, 4, None]}
    ).fit(data, target)
    assert search.best_params_ != {"max_depth": None}

    class Density(BaseEstimator):
        def __init__(self, shift=0.0):
            self.shift = shift

        def fit(self, X, y=None):
            self.mean_ = X.mean() + self.shift
            return self

        def score(self, X, y=None):
            return -abs(X.mean() - self.mean_)

    search = GapAwareSearchCV(Density(), {"shift": [0.5, 0.0]}).fit(data)
    assert search.best_params_ == {"shift": 0.0}


def test_caller_is_not_modified():
    class Keeps(ClassifierMixin, BaseEstimator):
        def __init__(self, depth=1):
            self.depth = depth

        def fit(self, X, y):
            self.tree_ = DecisionTreeClassifier(max_depth=self.depth).fit(X, y)
            self.classes_ = self.tree_.classes_
            return self

        def predict(self, X):
            return self.tree_.predict(X)

    keeps = Keeps()
    data, target = X.copy(), y.copy()
    data.flags.writeable = target.flags.writeable = False
    GapAwareSearchCV(keeps, {"depth": [1, 2]}).fit(data, target)
    assert not hasattr(keeps, "tree_")
    assert keeps.depth == 1


def test_the_forest_grid_gives_grid_searchs_best_score():
    """The 27 candidates people try first, on 100 rows of 20 columns."""
    X, y = make_classification(n_samples=100, n_features=20, random_state=42)
    grid = {
        "n_estimators": [2, 5],  # docs/examples runs 50, 100 and 200
        "max_depth": [None, 10, 20],
        "min_samples_split": [2, 5, 10],
    }
    forest = RandomForestClassifier(random_state=42)
    ours = GapAwareSearchCV(forest, grid, cv=5, selection=BestScore()).fit(X, y)
    theirs = GridSearchCV(forest, grid, cv=5).fit(X, y)
    assert ours.best_score_ == theirs.best_score_
    assert ours.best_params_ == theirs.best_params_


def test_multi_output_tags_follow_the_estimator():
    tags = GapAwareSearchCV(Ridge(), {"alpha": [1.0]}).__sklearn_tags__()
    assert tags.target_tags.multi_output
    data, target = load_diabetes(return_X_y=True)
    both = np.column_stack([target, -target])
    search = GapAwareSearchCV(Ridge(), {"alpha": [0.1, 1.0]}).fit(data, both)
    assert search.predict(data).shape == both.shape


@pytest.mark.filterwarnings("ignore:.*does not support callbacks:UserWarning")
def test_scikit_learns_progress_bar_counts_candidates(capsys):
    callback = pytest.importorskip(
        "sklearn.callback", reason="only scikit-learn 1.9 and newer have callbacks"
    )
    search = GapAwareSearchCV(TREE, {"max_depth": [1, 2]}, cv=3)
    search.set_callbacks(callback.ProgressBar()).fit(X, y)
    shown = capsys.readouterr().out
    assert "GapAwareSearchCV" in shown
    assert "100%" in shown
