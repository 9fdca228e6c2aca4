"""The estimator's own settings, kept unless another candidate is shown to be better."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import loguniform
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV
from skoverfit._gap import corrected_estimate
from skoverfit._paired import paired_estimate
from skoverfit.model_selection import (
    BestScore,
    OwnSettingsUnlessBetter,
    PenalizedGap,
    Racing,
    SmallestGapWithinNoise,
)
from skoverfit.testing import check_selection_rule, random_cv_results

X, y = make_classification(160, 6, flip_y=0.25, random_state=0)
TREE = DecisionTreeClassifier(random_state=0)
DEPTHS = {"max_depth": [1, 2, 3, 5]}


def fitted(rule, estimator=TREE, space=DEPTHS, **options):
    return GapAwareSearchCV(estimator, space, selection=rule, **options).fit(X, y)


@pytest.mark.parametrize(
    "rule",
    [
        OwnSettingsUnlessBetter(),
        OwnSettingsUnlessBetter(BestScore(), 0.5),
        OwnSettingsUnlessBetter(SmallestGapWithinNoise(1.0), 0.01),
    ],
    ids=repr,
)
def test_it_keeps_the_promises_of_all_rules(rule):
    check_selection_rule(rule)


@pytest.mark.parametrize("level", [0.1, 0.2, 0.5])
def test_another_candidate_is_chosen_exactly_if_the_test_says_so(level):
    proposing = BestScore()
    counts = np.zeros(2, dtype=int)
    for seed in range(100):
        results = random_cv_results(np.random.default_rng(seed), n_candidates=3)
        results["params"][0] = {}
        splits = np.stack([results[f"split{k}_test_score"] for k in range(5)])
        proposed = proposing(results)
        pvalue = corrected_estimate(splits[:, proposed] - splits[:, 0]).pvalue
        expected = proposed if pvalue < level else 0
        assert OwnSettingsUnlessBetter(proposing, level)(results) == expected
        counts[int(expected > 0)] += 1
    assert counts.min() > 2


def test_the_search_adds_them_as_the_first_candidate():
    search = fitted(OwnSettingsUnlessBetter())
    assert search.cv_results_["params"][0] == {}
    assert len(search.cv_results_["params"]) == 5
    alone = fitted(BestScore(), space={"max_depth": [None]})
    own, same = search.cv_results_, alone.cv_results_
    assert own["mean_test_score"][0] == same["mean_test_score"][0]
    assert np.ma.is_masked(own["param_max_depth"][0])


def test_own_settings_of_the_space_are_not_added_twice():
    search = fitted(OwnSettingsUnlessBetter(), space=[DEPTHS, {}])
    assert search.cv_results_["params"].count({}) == 1
    assert search.selection_path_.own_settings.index == 4


def test_the_path_says_what_the_rows_show():
    search = fitted(OwnSettingsUnlessBetter(BestScore()))
    report = search.selection_path_.own_settings
    results = search.cv_results_
    assert report.proposed_index == results["mean_test_score"].argmax()
    assert report.proposed_params == results["params"][report.proposed_index]
    proposed = DecisionTreeClassifier(random_state=0, **report.proposed_params)
    hits = [cross_val_predict(each, X, y, cv=5) == y for each in (proposed, TREE)]
    splits = [test for _, test in StratifiedKFold(5).split(X, y)]
    one, other = ([h[test].astype(float) for test in splits] for h in hits)
    expected = paired_estimate(one, other, splits)
    assert_allclose(report.difference.mean, expected.mean)
    assert_allclose(report.difference.pvalue, expected.pvalue)
    assert report.are_kept == (expected.pvalue >= 0.2)
    assert search.best_index_ == (0 if report.are_kept else report.proposed_index)


def test_own_settings_that_stay_are_what_is_fitted():
    search = fitted(OwnSettingsUnlessBetter(significance_level=1e-9))
    assert search.best_params_ == {}
    assert search.selection_path_.own_settings.are_kept
    assert search.best_estimator_.get_params() == TREE.get_params()
    frame = search.summary()
    assert frame.loc["own settings", "candidate"] == search.best_index_


def test_a_clearly_better_candidate_is_taken():
    bad = DecisionTreeClassifier(max_depth=1, max_features=1, random_state=3)
    rows, target = make_classification(
        400, 10, n_informative=8, n_redundant=0, class_sep=2.0, random_state=1
    )
    space = {"max_depth": [None], "max_features": [None]}
    search = GapAwareSearchCV(bad, space, selection=OwnSettingsUnlessBetter(None, 0.01))
    search.fit(rows, target)
    assert search.best_params_ == {"max_depth": None, "max_features": None}
    assert not search.selection_path_.own_settings.are_kept
    assert search.selection_path_.own_settings.difference.pvalue < 0.01


@pytest.mark.parametrize("store", [False, True])
def test_without_a_choice_nothing_is_taken_off_the_score(store):
    noise = {"max_features": [1], "random_state": list(range(20))}
    options = {"space": noise, "store_predictions": store}
    kept = fitted(OwnSettingsUnlessBetter(BestScore(), 1e-9), **options)
    assert kept.best_index_ == 0
    assert set(kept.honest_score_.chosen) == {0}
    assert abs(kept.honest_score_.optimism) < (2e-2 if store else 1e-12)
    assert fitted(BestScore(), **options).honest_score_.optimism > 2e-2


def test_the_honest_score_repeats_the_choice_with_rows():
    seen = []

    class Sees(OwnSettingsUnlessBetter):
        def select(self, cv_results, *, metric=None, test_train_ratio=None):
            seen.append("row_scores_score" in cv_results)
            return super().select(
                cv_results, metric=metric, test_train_ratio=test_train_ratio
            )

    fitted(Sees(), store_predictions=True)
    assert len(seen) > 100
    assert all(seen)


def test_penalized_scores_are_those_of_the_rule_within():
    guarded = fitted(OwnSettingsUnlessBetter(PenalizedGap(0.3)))
    plain = fitted(PenalizedGap(0.3), space=[{}, DEPTHS])
    name = "mean_penalized_score"
    assert_allclose(guarded.cv_results_[name], plain.cv_results_[name])


def test_a_sampler_is_not_told_of_them():
    pytest.importorskip("optuna")
    space = {"C": loguniform(1e-3, 1e3)}
    options = {"n_iter": 24, "sampler": "tpe", "random_state": 0}
    model = LogisticRegression()
    guarded = fitted(
        OwnSettingsUnlessBetter(PenalizedGap(0.0)), model, space, **options
    )
    plain = fitted(PenalizedGap(0.0), model, space, **options)
    assert guarded.cv_results_["params"] == [{}, *plain.cv_results_["params"]]


def test_own_settings_that_racing_dropped_are_not_kept():
    bad = KNeighborsClassifier(n_neighbors=120)
    space = {"n_neighbors": [5, 7, 9, 11]}
    rule = OwnSettingsUnlessBetter(significance_level=1e-9)
    search = fitted(rule, bad, space, cv=8, racing=Racing(0.5))
    assert search.cv_results_["n_splits_run"][0] < 8
    assert search.best_index_ > 0
    assert search.selection_path_.own_settings.difference is None


def test_own_settings_that_failed_are_not_kept():
    broken = DecisionTreeClassifier(max_leaf_nodes=1)
    space = {"max_leaf_nodes": [2, 8]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fits that failed, as they should
        search = fitted(OwnSettingsUnlessBetter(), broken, space)
    assert search.best_index_ > 0


def test_refinement_repeats_own_settings_that_were_kept():
    search = fitted(OwnSettingsUnlessBetter(significance_level=1e-9), refine=2)
    assert search.best_params_ == {}
    assert np.isfinite(search.cv_results_["refined_mean_test_score"][0])


def test_best_rounds_are_picked_by_the_rule_within():
    model = GradientBoostingClassifier(n_estimators=20, random_state=0)
    space = {"n_estimators": "best", "max_depth": [1, 2]}
    rule = PenalizedGap(0.3)
    guarded = fitted(OwnSettingsUnlessBetter(rule, 0.5), model, space)
    plain = fitted(rule, model, space)
    assert guarded.cv_results_["params"] == [{}, *plain.cv_results_["params"]]
    report = guarded.selection_path_.own_settings
    assert report.index == 0
    assert guarded.honest_score_ is not None
    assert guarded.honest_score_.n_invalid == 0


def test_it_serves_scikit_learns_own_search():
    grid = GridSearchCV(
        TREE,
        [{}, DEPTHS],
        refit=OwnSettingsUnlessBetter(significance_level=1e-9),
        return_train_score=True,
    ).fit(X, y)
    assert grid.best_params_ == {}


def test_missing_own_settings_and_bad_values_are_refused():
    results = random_cv_results(np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"none has params of \{\}"):
        OwnSettingsUnlessBetter()(results)
    with pytest.raises(ValueError, match=r"'significance_level' parameter.*Got 0\.7"):
        OwnSettingsUnlessBetter(significance_level=0.7)
    with pytest.raises(ValueError, match="'rule' parameter"):
        OwnSettingsUnlessBetter(accuracy_score)
    with pytest.raises(ValueError, match="needs train scores"):
        fitted(OwnSettingsUnlessBetter(), return_train_score=False)


def test_no_train_scores_are_needed_where_the_rule_within_needs_none():
    rule = OwnSettingsUnlessBetter(BestScore(), 1e-9)
    assert fitted(rule, return_train_score=False).best_params_ == {}
