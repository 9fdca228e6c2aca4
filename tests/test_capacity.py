"""The capacity table: every entry is valid, monotone and finite."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.ensemble import BalancedRandomForestClassifier
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from imblearn.under_sampling import RandomUnderSampler
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    MultiTaskLasso,
    Ridge,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skoverfit._capacity import (
    capacity_of,
    capacity_table,
    leaf_of,
    require_capacity,
    resolve,
)
from skoverfit._capacity_entries import TABLE
from skoverfit._dials import Rule
from skoverfit._facts import Facts, MeasuredFacts
from skoverfit._strength import settings_at, tuned

STRENGTHS = (0, 0.25, 0.5, 0.75, 1)
NAMES = sorted(TABLE)


def estimator_of(name):
    return resolve(name)()


def penalised_params(name):
    """Default parameters, with the penalty on where that is a choice."""
    params = resolve(TABLE[name].replaced_by or name)().get_params(deep=False)
    return params | ({"penalty": "l2"} if params.get("penalty", "") is None else {})


class SubclassedRidge(Ridge):
    pass


class SubclassedLinear(LinearRegression):
    pass


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n_samples", [1, 2, 7, 500])
def test_settings_of_every_entry_validate(name, n_samples):
    facts = Facts(n_samples, 4)
    for strength in STRENGTHS:
        copy, chosen = tuned(estimator_of(name), strength, facts)
        assert chosen.keys() <= copy.get_params().keys()
        copy._validate_params()


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_exists_and_has_its_row(name):
    capacity = TABLE[name]
    owner = resolve(capacity.replaced_by or name)()
    assert set(capacity.parameters) <= owner.get_params().keys()
    rows = [row for row in capacity_table() if row.estimator == name]
    assert [row.parameter for row in rows] == list(capacity.parameters)
    for row in rows:
        if capacity.replaced_by is None:
            assert row.default == owner.get_params()[row.parameter]


@pytest.mark.parametrize("name", NAMES)
def test_neutral_strength_keeps_the_own_settings(name):
    estimator = estimator_of(name)
    copy, _ = tuned(estimator, 0.5, Facts(100, 5))
    assert type(copy) is type(estimator)
    assert copy.get_params() == estimator.get_params()


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(
    strengths=st.lists(st.floats(0, 1), min_size=2, max_size=2).map(sorted),
    n_samples=st.integers(1, 10_000),
    share=st.floats(0, 1),
)
def test_dials_turn_one_way(name, strengths, n_samples, share):
    facts = Facts(n_samples, 3)
    capacity = TABLE[name]
    params = penalised_params(name)
    for dial in capacity.dials:
        ends = dial.ends(facts, params)
        own = dial._between(*ends, share)
        weak, strong = (dial.value(own, s, facts, params) for s in strengths)
        slack = 1e-9 * abs(weak)
        assert (strong >= weak - slack) if dial.rises else (strong <= weak + slack)
        values = [dial.value(own, s, facts, params) for s in (0, 0.5, 1)]
        assert values == pytest.approx([ends[0], own, ends[1]])


@pytest.mark.parametrize("name", NAMES)
def test_own_settings_beyond_an_end_are_never_turned_back(name):
    facts = Facts(50, 3)
    capacity = TABLE[name]
    params = penalised_params(name)
    for dial in capacity.dials:
        loose, tight = dial.ends(facts, params)
        beyond = (loose / 10, tight * 10) if dial.rises else (loose * 10, tight / 10)
        if dial.scale == "log":
            assert dial.value(beyond[0], 0.2, facts, params) == beyond[0]
        assert dial.value(beyond[1], 0.8, facts, params) == beyond[1]


def test_settings_are_plain_numbers_that_can_be_pasted():
    assert settings_at(DecisionTreeClassifier(), 0.75, n_samples=200) == {
        "min_samples_leaf": 10
    }
    for name in NAMES:
        for value in settings_at(estimator_of(name), 0.7, n_samples=90).values():
            assert isinstance(value, int | float | str)


def test_own_leaf_share_is_read_as_rows():
    tree = DecisionTreeClassifier(min_samples_leaf=0.05)
    at = [settings_at(tree, s, n_samples=200) for s in (0, 0.5, 1)]
    assert [a["min_samples_leaf"] for a in at] == [1, 0.05, 101]
    assert settings_at(tree, 0.51, n_samples=200)["min_samples_leaf"] >= 10


def test_unlimited_own_settings_start_at_the_loose_end():
    facts = Facts(100, 2)
    for estimator in (Ridge(alpha=0.0), LogisticRegression(C=np.inf)):
        capacity = capacity_of(estimator)
        params = estimator.get_params()
        name = capacity.parameters[0]
        loose, tight = capacity.dials[0].ends(facts, params)
        assert tuned(estimator, 0.2, facts)[1][name] == params[name]
        just_above = tuned(estimator, 0.5 + 1e-9, facts)[1][name]
        assert just_above == pytest.approx(loose, rel=1e-6)
        assert tuned(estimator, 1.0, facts)[1][name] == pytest.approx(tight)


def test_companions_make_the_dial_effective():
    facts = Facts(100, 2)
    assert tuned(LinearDiscriminantAnalysis(), 0.8, facts)[1]["solver"] == "lsqr"
    assert tuned(SGDClassifier(penalty=None), 0.8, facts)[1]["penalty"] == "l2"
    assert tuned(SGDClassifier(penalty=None), 0.2, facts)[0].penalty is None
    by_distance = KNeighborsClassifier(weights="distance")
    assert tuned(by_distance, 0.8, facts)[1]["weights"] == "uniform"
    assert tuned(by_distance, 0.3, facts)[0].weights == "distance"


def test_leaf_is_found_behind_pipelines_and_meta_estimators():
    ridge, tree = Ridge(), DecisionTreeClassifier()
    pipeline = make_pipeline(StandardScaler(), tree)
    assert leaf_of(pipeline) == (("decisiontreeclassifier",), tree)
    sampling = make_sampling_pipeline(RandomUnderSampler(), tree)
    assert leaf_of(sampling) == (("decisiontreeclassifier",), tree)
    target = TransformedTargetRegressor(make_pipeline(StandardScaler(), ridge))
    assert leaf_of(target) == (("regressor", "ridge"), ridge)
    rest = OneVsRestClassifier(BaggingClassifier(tree))
    assert leaf_of(rest) == (("estimator", "estimator"), tree)
    assert isinstance(leaf_of(BaggingClassifier())[1], DecisionTreeClassifier)


def test_settings_of_nested_estimators_suit_set_params():
    pipeline = make_pipeline(StandardScaler(), DecisionTreeClassifier())
    chosen = settings_at(pipeline, 1, n_samples=20)
    assert chosen == {"decisiontreeclassifier__min_samples_leaf": 11}
    clone(pipeline).set_params(**chosen)
    linear = make_pipeline(StandardScaler(), LinearRegression())
    chosen = settings_at(linear, 1, n_samples=20)
    assert isinstance(chosen["linearregression"], Ridge)
    bagging = settings_at(BaggingClassifier(), 1, n_samples=20)
    assert bagging["estimator"].min_samples_leaf == 11


def test_subclasses_use_the_entry_of_their_base():
    assert capacity_of(SubclassedRidge()) is capacity_of(Ridge())
    assert capacity_of(BalancedRandomForestClassifier()) is not None
    # A replacement would lose what the subclass adds.
    assert capacity_of(SubclassedLinear()) is None
    # Inherits from LogisticRegression, but has no C.
    assert capacity_of(LogisticRegressionCV()) is None


@pytest.mark.parametrize(
    "estimator",
    [
        DummyClassifier(),
        VotingClassifier([("a", SVC())]),
        GridSearchCV(SVC(), {"C": [1, 2]}),
        make_pipeline(StandardScaler(), DummyClassifier()),
        make_pipeline(StandardScaler(), "passthrough"),
        BaseEstimator(),
        "not an estimator",
    ],
)
def test_unknown_estimators_are_named_in_the_error(estimator):
    leaf = leaf_of(estimator)[1]
    with pytest.raises(ValueError, match=type(leaf).__name__) as caught:
        require_capacity(leaf)
    assert "capacity_table" in str(caught.value)


@pytest.mark.parametrize(
    ("estimator", "shown"),
    [
        (LinearDiscriminantAnalysis("lsqr", shrinkage="auto"), "shrinkage='auto'"),
        (Ridge(alpha=[1.0, 2.0]), "alpha="),
    ],
)
def test_settings_that_are_no_number_are_refused(estimator, shown):
    with pytest.raises(ValueError, match=shown):
        require_capacity(estimator)


# ------------------------------------------------------------------------------ facts
@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3)) * [1, 50, 0.02] + [5, 0, 1]
    return X, X @ [1.0, 2.0, 3.0] + rng.normal(size=40), rng.integers(0, 4, 40)


def all_facts(facts):
    return [
        facts.n_samples,
        facts.n_features,
        facts.total_weight,
        facts.y_spread,
        facts.count_mass,
        *(facts.feature_power(c) for c in (True, False)),
        *(facts.covariance(c) for c in (True, False)),
    ]


@pytest.mark.parametrize("classification", [False, True])
def test_facts_treat_weights_like_repeated_rows(table, classification):
    X, y, weights = table
    y = (y > 0).astype(int) if classification else y
    repeated = MeasuredFacts(
        np.repeat(X, weights, axis=0),
        np.repeat(y, weights),
        is_classification=classification,
    )
    weighted = MeasuredFacts(X, y, weights, is_classification=classification)
    assert weighted.n_samples == np.count_nonzero(weights)
    assert all_facts(weighted)[1:] == pytest.approx(all_facts(repeated)[1:])


def test_facts_of_sparse_data_equal_those_of_dense_data(table):
    X, y, weights = table
    dense = all_facts(MeasuredFacts(X, y, weights))
    assert all_facts(MeasuredFacts(csr_array(X), y, weights)) == pytest.approx(dense)


def test_facts_against_numpy(table):
    X, y, _ = table
    facts = MeasuredFacts(X, y)
    assert facts.feature_power() == pytest.approx(np.var(X, axis=0).sum())
    assert facts.feature_power(False) == pytest.approx((X**2).sum(1).mean())
    cov = np.abs(np.cov(X.T, y, ddof=0)[:3, 3]).max()
    assert facts.covariance() == pytest.approx(cov)
    assert facts.y_spread == pytest.approx(y.std())


@pytest.mark.parametrize(
    "X", [np.ones((1, 1)), np.zeros((5, 2)), np.full((4, 1), 1e300)]
)
def test_ranges_stay_finite_on_odd_data(X):
    y = np.arange(len(X), dtype=float)
    for name in NAMES:
        estimator = estimator_of(name)
        for strength in (0, 0.7, 1):
            facts = MeasuredFacts(X, y)
            for value in tuned(estimator, strength, facts)[1].values():
                assert value is None or isinstance(value, str) or math.isfinite(value)


@pytest.mark.parametrize(
    "estimator",
    [Lasso(), ElasticNet(l1_ratio=0.3), ElasticNet(l1_ratio=1), MultiTaskLasso()],
)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_l1_penalties_end_where_all_coefficients_vanish(
    table, estimator, fit_intercept
):
    X, y, _ = table
    y = np.column_stack([y, -y]) if isinstance(estimator, MultiTaskLasso) else y
    estimator.set_params(fit_intercept=fit_intercept)
    end, chosen = tuned(estimator, 1, MeasuredFacts(X, y))
    assert not end.fit(X, y).coef_.any()
    if getattr(estimator, "l1_ratio", 1) == 1:
        # A tenth less and a coefficient comes alive: the end is tight.
        closer = end.set_params(alpha=0.9 * chosen["alpha"]).fit(X, y)
        assert closer.coef_.any()


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(l1_ratio=1, solver="saga", max_iter=500),
        LinearSVC(penalty="l1", dual=False),
    ],
)
def test_l1_classifiers_end_where_all_coefficients_vanish(estimator):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(80, 4))
    y = (X[:, 0] + rng.normal(size=80) > 0.3).astype(int)
    estimator.set_params(random_state=0)
    end, _ = tuned(estimator, 1, MeasuredFacts(X, y, is_classification=True))
    assert not end.fit(X, y).coef_.any()


def test_ranges_follow_the_units_of_the_features(table):
    X, y, _ = table
    for estimator, power in ((Ridge(), 2), (Lasso(), 1)):
        dial = capacity_of(estimator).dials[0]
        params = estimator.get_params()
        ends = np.array(dial.ends(MeasuredFacts(X, y), params))
        scaled = np.array(dial.ends(MeasuredFacts(1000 * X, y), params))
        assert scaled == pytest.approx(ends * 1000**power)


def test_counts_reach_the_end_of_multinomial_smoothing():
    X = np.array([[5, 0], [4, 1], [0, 6], [1, 3]])
    y = [0, 0, 1, 1]
    end, _ = tuned(MultinomialNB(), 1, MeasuredFacts(X, y, is_classification=True))
    assert end.fit(X, y).predict_proba(X) == pytest.approx(0.5, abs=0.05)


def test_rules_have_readable_texts():
    for row in capacity_table():
        for end in (row.least_regularized, row.most_regularized):
            assert not isinstance(end, Rule)
            assert str(end)
