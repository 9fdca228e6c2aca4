"""The capacity table: every entry is valid, monotone and finite."""

import math
import subprocess
import sys
import warnings
from functools import cache
from inspect import signature
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
)
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from imblearn.under_sampling import RandomUnderSampler
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process.kernels import Kernel
from sklearn.linear_model import (
    ElasticNet,
    HuberRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    MultiTaskLasso,
    PassiveAggressiveRegressor,
    RANSACRegressor,
    Ridge,
    RidgeCV,
    SGDClassifier,
    TheilSenRegressor,
)
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import all_estimators

from skoverfit._capacity._dials import share_of_way
from skoverfit._capacity._facts import MeasuredFacts
from skoverfit._capacity._lookup import (
    capacity_of,
    leaves_of,
    parameters_of,
    public_name,
    require_capacity,
    require_dials,
    resolve,
)
from skoverfit._capacity._strength import settings_at, tuned
from skoverfit._capacity._table import LEFT_OUT, TABLE
from skoverfit.regularization import (
    Capacity,
    Dial,
    Facts,
    RegularizedRegressor,
    Rule,
    capacity_table,
    has_dial,
    register_capacity,
    unregister_capacity,
)
from tests._capacity.capacity_samples import NAMES, sample

# Deprecated, but still there.
pytestmark = pytest.mark.filterwarnings("ignore:Class PassiveAggr:FutureWarning")

STRENGTHS = (0, 0.25, 0.5, 0.75, 1)


@cache
def penalised_params(name):
    """Parameters of a sample, with the penalty on where that is a choice."""
    estimator = resolve(TABLE[name].replaced_by or name)()
    params = estimator.get_params(deep=False)
    return params | ({"penalty": "l2"} if params.get("penalty", "") is None else {})


class SubclassedRidge(Ridge):
    pass


class SubclassedLinear(LinearRegression):
    pass


class NoC(LogisticRegression):
    def __init__(self):
        super().__init__()


@pytest.mark.parametrize("n_samples", [1, 2, 7, 500])
def test_settings_of_every_entry_validate(n_samples):
    facts = Facts(n_samples, 4)
    for name, strength in product(NAMES, STRENGTHS):
        copy, chosen = tuned(sample(name), strength, facts)
        assert chosen.keys() <= copy.get_params().keys(), name
        copy._validate_params()


def test_every_parameter_exists_and_has_its_row():
    rows = capacity_table()
    for name in NAMES:
        capacity = TABLE[name]
        owner = resolve(capacity.replaced_by or name)()
        assert set(capacity.parameters) <= parameters_of(owner), name
        own_rows = [row for row in rows if row.estimator == name]
        assert [row.parameter for row in own_rows] == list(capacity.parameters)
        for row in own_rows:
            if capacity.replaced_by is None and row.parameter != "kernel":
                assert row.default == owner.get_params()[row.parameter], name


def test_neutral_strength_keeps_the_own_settings():
    for name in NAMES:
        estimator = sample(name)
        copy, _ = tuned(estimator, 0.5, Facts(100, 5))
        assert type(copy) is type(estimator)
        assert copy.get_params() == estimator.get_params(), name


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    strengths=st.lists(st.floats(0, 1), min_size=2, max_size=2).map(sorted),
    n_samples=st.integers(1, 10_000),
    share=st.floats(0, 1),
)
def test_dials_turn_one_way(name, strengths, n_samples, share):
    facts = Facts(n_samples, 3)
    capacity = TABLE[name]
    params = penalised_params(name)
    own = dict(params)
    dials = [dial for dial in capacity.dials if dial.parameter != "kernel"]
    for dial in dials:
        own[dial.parameter] = dial.between(*dial.ends(facts, params), share)
    weak, strong = (capacity.settings(own, s, facts, params) for s in strengths)
    fixed = [capacity.settings(own, s, facts, params) for s in (0, 0.5, 1)]
    for dial in dials:
        if not dial.applies(params):
            continue
        a, b = weak[dial.parameter], strong[dial.parameter]
        slack = 1e-9 * abs(a)
        assert (b >= a - slack) if dial.rises else (b <= a + slack)
        loose, tight = dial.ends(facts, params)
        expected = [loose, own[dial.parameter], tight]
        assert [at[dial.parameter] for at in fixed] == pytest.approx(expected)


def test_own_settings_beyond_an_end_are_never_turned_back():
    facts = Facts(50, 3)
    for name in NAMES:
        capacity, params = TABLE[name], penalised_params(name)
        for dial in capacity.dials:
            if dial.parameter == "kernel" or not dial.applies(params):
                continue
            loose, tight = dial.ends(facts, params)
            factor = 10 if dial.rises else 0.1
            beyond = params | {dial.parameter: tight * factor}
            at = capacity.settings(beyond, 0.8, facts, params)
            assert at[dial.parameter] == tight * factor, name
            if dial.scale == "log":
                beyond = params | {dial.parameter: loose / factor}
                at = capacity.settings(beyond, 0.2, facts, params)
                assert at[dial.parameter] == loose / factor, name


def test_settings_are_plain_numbers_that_can_be_pasted():
    assert settings_at(DecisionTreeClassifier(), 0.75, n_samples=200) == {
        "min_samples_leaf": 10
    }
    for name in NAMES:
        for value in settings_at(sample(name), 0.7, n_samples=90).values():
            assert value is None or isinstance(value, int | float | str | Kernel), name


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


def test_leaves_are_found_behind_pipelines_and_meta_estimators():
    ridge, tree = Ridge(), DecisionTreeClassifier()
    scaled_ridge = make_pipeline(StandardScaler(), ridge)
    for estimator, path, leaf in (
        (make_pipeline(StandardScaler(), tree), "decisiontreeclassifier", tree),
        (
            make_sampling_pipeline(RandomUnderSampler(), tree),
            "decisiontreeclassifier",
            tree,
        ),
        (TransformedTargetRegressor(scaled_ridge), "regressor__ridge", ridge),
        (OneVsRestClassifier(BaggingClassifier(tree)), "estimator__estimator", tree),
    ):
        (found,) = leaves_of(estimator)
        assert (found.prefix, found.estimator) == (path, leaf)
        assert estimator.get_params()[path] is leaf


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        (BaggingClassifier(), DecisionTreeClassifier),
        (BalancedBaggingClassifier(), DecisionTreeClassifier),
        (EasyEnsembleClassifier(), AdaBoostClassifier),
        (CalibratedClassifierCV(), LinearSVC),
        (RANSACRegressor(min_samples=5), LinearRegression),
        (TransformedTargetRegressor(), LinearRegression),
    ],
)
def test_the_inner_estimator_may_be_the_default(meta, expected):
    (leaf,) = leaves_of(meta)
    assert type(leaf.estimator) is expected


def test_voting_has_a_leaf_for_each_member():
    inner = VotingClassifier([("x", SVC()), ("y", "drop")])
    scaled = make_pipeline(StandardScaler(), KNeighborsClassifier())
    outer = VotingClassifier([("a", inner), ("b", scaled), ("c", DummyClassifier())])
    leaves = leaves_of(outer)
    assert [leaf.prefix for leaf in leaves] == ["a__x", "b__kneighborsclassifier", "c"]
    # What never learns from the features stays as it is.
    assert [leaf.prefix for leaf in require_dials(outer)] == [
        "a__x",
        "b__kneighborsclassifier",
    ]
    chosen = settings_at(outer, 1, n_samples=20)
    assert set(chosen) == {"a__x__C", "b__kneighborsclassifier__n_neighbors"}
    clone(outer).set_params(**chosen)


def test_stacking_has_a_leaf_for_members_and_the_final_estimator():
    stack = StackingClassifier([("svm", SVC())])
    leaves = {leaf.prefix: type(leaf.estimator) for leaf in leaves_of(stack)}
    assert leaves == {"svm": SVC, "final_estimator": LogisticRegression}
    # Members that were fitted before are not going to be fitted again.
    fitted = StackingClassifier([("svm", SVC())], SVC(), cv="prefit")
    assert [leaf.prefix for leaf in leaves_of(fitted)] == ["final_estimator"]


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
    assert capacity_of(NoC()) is None


@pytest.mark.parametrize(
    "estimator",
    [
        DummyClassifier(),
        VotingClassifier([("a", SVC()), ("b", GridSearchCV(SVC(), {}))]),
        VotingClassifier([("a", DummyClassifier())]),
        FrozenEstimator(SVC()),
        GridSearchCV(SVC(), {"C": [1, 2]}),
        make_pipeline(StandardScaler(), DummyClassifier()),
        make_pipeline(StandardScaler(), "passthrough"),
        BaseEstimator(),
        "not an estimator",
    ],
)
def test_unknown_estimators_are_named_in_the_error(estimator):
    leaf = leaves_of(estimator)[-1].estimator
    with pytest.raises(ValueError, match=type(leaf).__name__) as caught:
        require_dials(estimator)
    assert "capacity_table()" in str(caught.value)
    assert f"register_capacity({type(leaf).__name__}, ...)" in str(caught.value)


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
        if any(callable(v) or isinstance(v, str) for v in TABLE[name].picked.values()):
            continue  # what its own fit picks needs data that it can be fitted to
        for strength in (0, 0.7, 1):
            facts = MeasuredFacts(X, y)
            for value in tuned(sample(name), strength, facts)[1].values():
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
        model = tuned(ridge, strength, facts)[0].fit(X, y, weights)
        squares = np.average((y - model.predict(X)) ** 2, weights=weights)
        centre = np.average(y, weights=weights) if fit_intercept else 0.0
        return np.average((y - centre) ** 2, weights=weights) - squares

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
    exact = tuned(Ridge(), 0.8, MeasuredFacts(X, y))[1]["alpha"]
    monkeypatch.setattr("skoverfit._capacity._facts._LARGEST_SVD", 1)
    assert MeasuredFacts(X, y).ridge_shares(np.ones(1)) is None
    stored = tuned(Ridge(), 0.8, MeasuredFacts(X, y))[1]["alpha"]
    assert 0 < stored != exact


# -------------------------------------------------------------------------- coverage
def test_coverage_of_scikit_learn():
    # At least 95 % of the classifiers and regressors have a dial, the others a reason.
    found = all_estimators(type_filter=["classifier", "regressor"])
    without = []
    for _, cls in found:
        name = public_name(cls)
        if name in TABLE:
            continue
        if name in LEFT_OUT or not has_dial(meta_estimator(cls)):
            without.append(name)
    assert sorted(without) == [
        "sklearn.cross_decomposition.PLSCanonical",
        "sklearn.dummy.DummyClassifier",
        "sklearn.dummy.DummyRegressor",
        "sklearn.isotonic.IsotonicRegression",
    ]
    assert set(without) <= set(LEFT_OUT)
    assert len(without) <= 0.05 * len(found)


def meta_estimator(cls):
    """An instance of a meta-estimator around something simple."""
    inner = LogisticRegression() if issubclass(cls, ClassifierMixin) else Ridge()
    if "estimators" in signature(cls).parameters:
        return cls([("a", inner), ("b", inner)])
    if cls is TransformedTargetRegressor:
        return cls(inner)
    return cls(estimator=inner)


def test_the_table_is_readable():
    table = capacity_table()
    lines = str(table).splitlines()
    assert len(lines) == len(table) + 2
    assert lines[0].split()[:2] == ["estimator", "parameter"]
    assert repr(table) == str(table)
    html = table._repr_html_()
    assert html.count("<tr>") == len(table) + 1
    assert "sklearn.svm.SVC" in html


def test_optional_libraries_are_known_without_being_imported():
    code = (
        "import sys; from skoverfit.regularization import capacity_table;"
        "rows = capacity_table();"
        "assert any('xgboost' in row.estimator for row in rows);"
        "print([m for m in ('xgboost', 'lightgbm', 'catboost', 'skglm')"
        " if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


# ----------------------------------------------------------- classes of other people
class Mean(RegressorMixin, BaseEstimator):
    """Shrinks the mean of the first feature."""

    def __init__(self, shrink=1.0, other="x"):
        self.shrink = shrink
        self.other = other

    def fit(self, X, y):
        self.slope_ = np.mean(X[:, 0] * y) / (np.mean(X[:, 0] ** 2) + self.shrink)
        return self

    def predict(self, X):
        return self.slope_ * X[:, 0]


class Described(Mean):
    def __skoverfit_capacity__(self):
        return Capacity(Dial("shrink", 0.01, 100.0)) if self.other == "x" else None


class Misdescribed(Mean):
    def __skoverfit_capacity__(self):
        return "shrink"


SHRINK = Capacity(
    Dial("shrink", 0.01, Rule("n", lambda facts, params: facts.n_samples))
)


@pytest.fixture
def registered():
    register_capacity(Mean, SHRINK)
    yield
    unregister_capacity(Mean)


def test_registered_classes_have_a_dial(registered, table):
    X, y, _ = table
    model = RegularizedRegressor(Mean(), 1.0).fit(X, y)
    assert model.settings_ == {"shrink": 40.0}
    assert has_dial(make_pipeline(StandardScaler(), Mean()))
    (row,) = (row for row in capacity_table() if row.parameter == "shrink")
    assert row[1:] == ("shrink", 0.01, 1.0, "n", "log", "rises", "a constant")


def test_registration_can_be_undone(registered):
    unregister_capacity(Mean)
    assert not has_dial(Mean())
    with pytest.raises(ValueError, match="No capacity of Mean"):
        unregister_capacity(Mean)
    register_capacity(Mean, Dial("shrink", 0.01, 1e3))
    assert capacity_of(Mean()).dials[0].tight == 1e3


def test_a_class_is_registered_once_unless_replaced(registered):
    for cls, capacity in ((Mean, SHRINK), (Ridge, Capacity(Dial("alpha", 1, 9)))):
        with pytest.raises(ValueError, match=f"{cls.__name__} has an entry.*replace"):
            register_capacity(cls, capacity)
    register_capacity(Ridge, Capacity(Dial("alpha", 1, 9)), replace=True)
    try:
        assert settings_at(Ridge(), 1, n_samples=5) == {"alpha": 9.0}
        assert settings_at(SubclassedRidge(), 1, n_samples=5) == {"alpha": 9.0}
    finally:
        unregister_capacity(Ridge)
    assert capacity_of(Ridge()) is TABLE["sklearn.linear_model.Ridge"]


@pytest.mark.parametrize(
    ("cls", "capacity", "error", "message"),
    [
        (Mean(), SHRINK, TypeError, "must be a class, not an instance"),
        (int, SHRINK, TypeError, "int is no class of estimators"),
        (Mean, {"shrink": (1, 2)}, TypeError, "must be a Capacity or a Dial"),
        (
            Mean,
            Dial("shrinkage", 1, 2),
            ValueError,
            "'shrinkage' is no parameter of Mean; it has shrink, other",
        ),
    ],
)
def test_bad_registrations(cls, capacity, error, message):
    with pytest.raises(error, match=message):
        register_capacity(cls, capacity)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"parameter": "not a name"}, "parameter='not a name' must be a name"),
        ({"scale": "cubic"}, "scale='cubic' must be"),
        ({"loose": 0}, "loose=0 must be above 0 on the log scale"),
        ({"tight": np.nan}, "tight=nan must be a finite number or a Rule"),
        ({"tight": "n"}, "tight='n' must be a finite number or a Rule"),
        ({"loose": 3.0}, "tight=2.0 must be above loose=3.0"),
        ({"rises": False}, "tight=2.0 must be below loose=1.0"),
    ],
)
def test_bad_dials(options, message):
    with pytest.raises(ValueError, match=message):
        Dial(**{"parameter": "a", "loose": 1.0, "tight": 2.0} | options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dials": ()}, r"dials=\(\) must be one Dial or several"),
        ({"dials": "alpha"}, "dials='alpha' must be"),
        ({"dials": [Dial("a", 1, 2), Dial("a", 1, 3)]}, "a parameter twice: a, a"),
        ({"curve": (1, 0.2, 0.5, 0)}, "must fall from 1 to 0"),
        ({"curve": (0.9, 0)}, "must fall from 1 to 0"),
    ],
)
def test_bad_capacities(options, message):
    with pytest.raises(ValueError, match=message):
        Capacity(**{"dials": Dial("a", 1, 2)} | options)


def test_a_class_may_describe_itself(table):
    X, y, _ = table
    assert RegularizedRegressor(Described(), 1).fit(X, y).settings_ == {"shrink": 100.0}
    assert not has_dial(Described(other="y"))
    with pytest.raises(
        TypeError, match=r"Misdescribed.*must return a Capacity or None"
    ):
        has_dial(Misdescribed())


def test_a_capacity_must_name_parameters_that_exist():
    class Wrong(Mean):
        def __skoverfit_capacity__(self):
            return Capacity(Dial("alpha", 1, 2))

    with pytest.raises(ValueError, match="names alpha, which is no parameter of Wrong"):
        require_capacity(Wrong())


# -------------------------------------------------------- classes that others replace
def test_cross_validated_classes_start_from_what_they_pick(table):
    X, y, _ = table
    facts = MeasuredFacts(X, y)
    model = RidgeCV(alphas=[0.3, 30.0])
    own = model.fit(X, y).alpha_
    kept, chosen = tuned(model, 0.5, facts)
    assert (type(kept), chosen) == (RidgeCV, {})
    close, _ = tuned(model, 0.5 + 1e-12, facts)
    assert type(close) is Ridge
    assert close.alpha == pytest.approx(own)
    below, above = (tuned(model, s, facts)[1]["alpha"] for s in (0.3, 0.7))
    assert below < own < above
    # Without data the middle of the range stands for the choice.
    assert tuned(model, 0.7, Facts(40, 3))[1]["alpha"] > 0


def test_numbers_picked_for_each_class_become_one(table):
    X, _, labels = table
    model = LogisticRegressionCV(
        Cs=[0.1, 10.0],
        l1_ratios=(0,),
        use_legacy_attributes=True,
        scoring="accuracy",
        max_iter=10_000,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        facts = MeasuredFacts(X, labels, is_classification=True)
        end, chosen = tuned(model, 0.9, facts)
    assert isinstance(chosen["C"], float)
    assert type(end) is LogisticRegression


def test_a_robust_class_is_replaced_by_a_robust_one_above_neutral_only(table):
    X, y, _ = table
    facts = MeasuredFacts(X, y)
    model = TheilSenRegressor(fit_intercept=False)
    assert type(tuned(model, 0.2, facts)[0]) is TheilSenRegressor
    above, _ = tuned(model, 0.8, facts)
    assert type(above) is HuberRegressor
    assert above.fit_intercept is False
    assert above.alpha > 0


def test_parameters_that_are_read_when_made_take_effect(table):
    X, y, _ = table
    end, _ = tuned(PassiveAggressiveRegressor(), 1.0, MeasuredFacts(X, y))
    assert np.ptp(end.fit(X, y).predict(X)) < 0.1 * np.ptp(y)
