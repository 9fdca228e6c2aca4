"""Facts of the data that decide how far a dial can turn, and calibrated curves."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LogisticRegression,
    MultiTaskLasso,
    Ridge,
)
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from skoverfit._capacity._dials import share_of_way
from skoverfit._capacity._facts import MeasuredFacts
from skoverfit._capacity._lookup import (
    capacity_of,
)
from skoverfit._capacity._strength import copy_at
from skoverfit._capacity._table import TABLE
from skoverfit.regularization import (
    ComputedValue,
    Facts,
    capacity_table,
)
from tests._capacity.capacity_samples import NAMES, sample

# Deprecated, but still there.
pytestmark = pytest.mark.filterwarnings("ignore:Class PassiveAggr:FutureWarning")


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
        if any(callable(v) or isinstance(v, str) for v in TABLE[name].picked.values()):
            continue  # what its own fit picks needs data that it can be fitted to
        for strength in (0, 0.7, 1):
            facts = MeasuredFacts(X, y)
            for value in copy_at(sample(name), strength, facts)[1].values():
                assert not isinstance(value, float) or math.isfinite(value), name


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
    end, chosen = copy_at(estimator, 1, MeasuredFacts(X, y))
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
    end, _ = copy_at(estimator, 1, MeasuredFacts(X, y, is_classification=True))
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
    end, _ = copy_at(MultinomialNB(), 1, MeasuredFacts(X, y, is_classification=True))
    assert end.fit(X, y).predict_proba(X) == pytest.approx(0.5, abs=0.05)


def test_rules_have_readable_texts():
    for row in capacity_table():
        for end in (row.least_regularized, row.most_regularized):
            assert not isinstance(end, ComputedValue)
            assert str(end)


def test_facts_of_targets_and_boxes(table):
    X, y, _ = table
    facts = MeasuredFacts(X, y)
    assert facts.y_size == pytest.approx(abs(y.mean()))
    assert facts.largest_spread == pytest.approx(X.std(axis=0).max())
    assert facts.diameter(1) == pytest.approx(np.ptp(X, axis=0).sum())
    assert MeasuredFacts(csr_array(X), y).diameter() == pytest.approx(facts.diameter())
    assert MeasuredFacts(X, np.column_stack([y, y, y])).n_outputs == 3
    labels = np.repeat(["a", "b", "c"], [5, 10, 25])
    by_class = MeasuredFacts(X, labels, is_classification=True)
    assert by_class.class_balance == pytest.approx(2 * 5 / 30)
    assert (by_class.y_size, facts.class_balance) == (1.0, 1.0)


# ----------------------------------------------------------------------- calibration
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_curve_says_what_is_left(share):
    # Falls fast at first: half of the capacity is gone after a quarter of the way.
    curve = (1.0, 0.5, 0.3, 0.1, 0.0)
    positions = np.linspace(0, 1, 5)
    for start in (0.0, 0.3):
        own = np.interp(start, positions, curve)
        strength = 0.5 + 0.5 * math.sqrt(share)
        way = share_of_way(curve, start, strength)
        left = np.interp(start + way * (1 - start), positions, curve)
        assert left == pytest.approx((1 - share) * own, abs=0.02)
        below = share_of_way(curve, start, 0.5 - 0.5 * math.sqrt(share))
        left = np.interp(start - below * start, positions, curve)
        assert left == pytest.approx(own + share * (1 - own), abs=0.02)


@given(
    steps=st.lists(st.floats(0, 1), min_size=1, max_size=6),
    start=st.floats(0, 1),
    strengths=st.lists(st.floats(0.5, 1), min_size=2, max_size=2).map(sorted),
    mirrored=st.booleans(),
)
def test_ways_grow_with_the_distance_from_neutral(steps, start, strengths, mirrored):
    falls = np.array([*steps, 1.0]).cumsum()
    curve = (1.0, *(1 - falls / falls[-1]))
    if mirrored:
        strengths = [1 - s for s in strengths]
    near, far = (share_of_way(curve, start, s) for s in strengths)
    assert 0 <= near <= far + 1e-9 <= 1 + 1e-9
    assert share_of_way(curve, start, 1.0) == share_of_way(curve, start, 0.0) == 1
    assert share_of_way(curve, start, 0.5) == pytest.approx(0)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_ridge_gives_up_exactly_what_the_strength_says(table, fit_intercept, weighted):
    X, y, weights = table
    weights = weights.astype(float) if weighted else None
    ridge = Ridge(fit_intercept=fit_intercept)
    facts = MeasuredFacts(X, y, weights)

    def explained(strength):
        model = copy_at(ridge, strength, facts)[0].fit(X, y, weights)
        squares = np.average((y - model.predict(X)) ** 2, weights=weights)
        center = np.average(y, weights=weights) if fit_intercept else 0.0
        return np.average((y - center) ** 2, weights=weights) - squares

    own, end = explained(0.5), explained(1.0)
    for strength, share in ((0.6, 0.04), (0.75, 0.25), (0.9, 0.64)):
        given_up = (own - explained(strength)) / (own - end)
        assert given_up == pytest.approx(share, abs=0.03)


def test_data_too_large_for_singular_values_use_the_stored_curve(table, monkeypatch):
    X, y, _ = table
    dense, sparse = (
        MeasuredFacts(M, y).ridge_shares(np.ones(1)) for M in (X, csr_array(X))
    )
    assert sparse == pytest.approx(dense)
    assert Facts(40, 3).ridge_shares(np.ones(1)) is None
    exact = copy_at(Ridge(), 0.8, MeasuredFacts(X, y))[1]["alpha"]
    monkeypatch.setattr("skoverfit._capacity._facts._LARGEST_SVD", 1)
    assert MeasuredFacts(X, y).ridge_shares(np.ones(1)) is None
    stored = copy_at(Ridge(), 0.8, MeasuredFacts(X, y))[1]["alpha"]
    assert 0 < stored != exact
