"""Candidates from a space, and the space that the capacity table gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone, is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_classification, make_regression
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import (
    Lasso,
    LinearRegression,
    LogisticRegression,
    Perceptron,
    Ridge,
)
from sklearn.model_selection import (
    GridSearchCV,
    ParameterGrid,
    ParameterSampler,
    RandomizedSearchCV,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeClassifier

from skoverfit._capacity import _lookup as _capacity
from skoverfit.model_selection._candidates import (
    LogInteger,
    auto_space,
    make_candidates,
)
from tests._capacity.capacity_samples import NAMES, data_for, sample
from tests.registry import HAS_SKGLM

X, Y = make_classification(60, 6, n_redundant=0, random_state=0)
X_REG, Y_REG = make_regression(60, 6, noise=5.0, random_state=0)

# Classes of the table that are not replaced by another one, and can be fitted here.
PLAIN = [
    name
    for name in NAMES
    if _capacity.TABLE[name].replaced_by is None and (HAS_SKGLM or "Sparse" not in name)
]
# The number of targets or features leaves a choice of one or two.
FEW_VALUES = ("CCA", "OrthogonalMatchingPursuit", "Lars", "PLSRegression")


def make(name):
    estimator = sample(name)
    known = estimator.get_params()
    quick = {"n_estimators": 5}
    return estimator.set_params(**{k: v for k, v in quick.items() if k in known})


# ------------------------------------------------------------------------- candidates
def test_lists_are_a_grid():
    candidates = make_candidates({"a": [1, 2], "b": ["x"]}, None, 0)
    assert isinstance(candidates, ParameterGrid)
    assert list(candidates) == [{"a": 1, "b": "x"}, {"a": 2, "b": "x"}]


@pytest.mark.parametrize(
    ("space", "n_iter", "expected"),
    [({"a": LogInteger(1, 9)}, None, 10), ({"a": list(range(9))}, 4, 4)],
)
def test_distributions_and_n_iter_are_sampled(space, n_iter, expected):
    candidates = make_candidates(space, n_iter, 0)
    assert isinstance(candidates, ParameterSampler)
    assert len(list(candidates)) == expected


def test_distributions_of_optuna_need_a_sampler():
    distributions = pytest.importorskip("optuna").distributions
    space = [{"a": [1]}, {"C": distributions.FloatDistribution(0, 1)}]
    with pytest.raises(ValueError, match=r"param_space\['C'\].*sampler='tpe'"):
        make_candidates(space, None, 0)


@given(low=st.integers(1, 50), width=st.integers(0, 500), seed=st.integers(0, 99))
def test_log_integers_stay_within_their_ends(low, width, seed):
    values = LogInteger(low, low + width).rvs(200, random_state=seed)
    assert values.dtype.kind == "i"
    assert values.min() >= low
    assert values.max() <= low + width


def test_log_integers_are_uniform_in_the_logarithm():
    values = LogInteger(1, 10_000).rvs(20_000, random_state=0)
    # A third of the logarithmic range each, from half below 1 to half above 10000.
    edges = np.exp(np.linspace(np.log(0.5), np.log(10_000.5), 4))
    shares = np.histogram(values, edges)[0] / len(values)
    assert shares == pytest.approx([1 / 3] * 3, abs=0.02)
    assert isinstance(LogInteger(1, 9).rvs(random_state=0), int)
    assert LogInteger(3, 3).ppf(0.7) == 3


@pytest.mark.parametrize(("low", "high"), [(0, 5), (5, 4)])
def test_log_integers_refuse_bad_ends(low, high):
    with pytest.raises(ValueError, match="1 <= low <= high"):
        LogInteger(low, high)


# --------------------------------------------------------------------- automatic space
@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("sampled", [False, True])
@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
    "ignore:Class PassiveAggr:FutureWarning",
)
def test_every_class_of_the_table_can_be_searched(name, sampled):
    estimator = make(name)
    rows, target = data_for(estimator, 60)
    space = auto_space(estimator, rows, target, sampled=sampled)
    n_iter = 6 if sampled and not all_lists(space) else None
    candidates = list(make_candidates(space, n_iter, 0))
    for params in (candidates[0], candidates[-1]):
        fitted = clone(estimator).set_params(**params).fit(rows, target)
        assert np.isfinite(fitted.score(rows, target)), params
    few = name.endswith(FEW_VALUES)
    assert len({str(params) for params in candidates}) > (1 if few else 3)


def all_lists(space):
    return all(isinstance(values, list) for values in space.values())


@pytest.mark.filterwarnings("ignore:Class PassiveAggr:FutureWarning")
def test_values_ascend_and_hold_the_own_setting():
    for name in PLAIN:
        estimator = make(name)
        params = estimator.get_params(deep=False)
        capacity = _capacity.require_capacity(estimator)
        space = auto_space(estimator, *data_for(estimator, 60))
        dials = [dial for dial in capacity.dials if dial.applies(params)]
        assert set(space) >= {dial.parameter for dial in dials}
        for dial in dials:
            values = space[dial.parameter]
            if dial.parameter != "kernel":
                known = [value for value in values if value is not None]
                assert known == sorted(set(known)), name
            assert 2 if name.endswith(FEW_VALUES) else 4 <= len(values) <= 10, name
            if params[dial.parameter] is not None and not dial.is_off(params):
                assert params[dial.parameter] in values, name


def test_the_estimator_is_not_changed():
    estimator = make_pipeline(StandardScaler(), LinearRegression())
    before = str(estimator.get_params())
    auto_space(estimator, X_REG, Y_REG)
    assert str(estimator.get_params()) == before


def test_ranges_follow_the_number_of_rows():
    few = auto_space(DecisionTreeClassifier(), X[:20], Y[:20])["min_samples_leaf"]
    many = auto_space(DecisionTreeClassifier(), X, Y)["min_samples_leaf"]
    assert few[0] == many[0] == 1
    assert few[-1] < many[-1] < len(X) // 2


def test_ranges_follow_the_units_of_features_and_target():
    plain = auto_space(Ridge(alpha=1e-9), X_REG, Y_REG)["alpha"][1:]
    scaled = auto_space(Ridge(alpha=1e-9), 10 * X_REG, Y_REG)["alpha"][1:]
    assert np.array(scaled) / plain == pytest.approx(100, rel=0.02)
    C = auto_space(SVR(C=1e9), X_REG, Y_REG)["C"][:-1]
    C_scaled = auto_space(SVR(C=1e9), X_REG, 10 * Y_REG)["C"][:-1]
    assert np.array(C_scaled) / C == pytest.approx(10, rel=0.02)


def test_behind_steps_features_count_as_standardized_and_the_target_as_given():
    ridge = make_pipeline(StandardScaler(), Ridge(alpha=1e-9))
    plain = auto_space(ridge, X_REG, Y_REG)
    assert plain == auto_space(ridge, 1000 * X_REG, Y_REG)
    svr = make_pipeline(StandardScaler(), SVR(C=1e9))
    C = auto_space(svr, X_REG, Y_REG)["svr__C"][:-1]
    C_scaled = auto_space(svr, X_REG, 10 * Y_REG)["svr__C"][:-1]
    assert np.array(C_scaled) / C == pytest.approx(10, rel=0.02)


def test_rows_may_be_texts():
    texts = ["one two", "two three", "three four", "four one"] * 6
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    space = auto_space(model, texts, [0, 1, 1, 0] * 6)
    search = GridSearchCV(model, space, cv=2).fit(texts, [0, 1, 1, 0] * 6)
    assert list(space) == ["logisticregression__C"]
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


NESTED = [
    make_pipeline(StandardScaler(), LinearRegression()),
    make_pipeline(StandardScaler(), KNeighborsClassifier()),
    TransformedTargetRegressor(),
    TransformedTargetRegressor(
        make_pipeline(StandardScaler(), SVR()), func=np.sinh, inverse_func=np.arcsinh
    ),
    BaggingClassifier(n_estimators=2, random_state=0),
    BaggingClassifier(GradientBoostingClassifier(n_estimators=2), n_estimators=2),
    make_pipeline(StandardScaler(), BaggingClassifier(n_estimators=2)),
    RandomForestClassifier(n_estimators=2, min_samples_leaf=0.1),
]


@pytest.mark.parametrize("estimator", NESTED, ids=str)
@pytest.mark.parametrize("sampled", [False, True])
def test_pipelines_and_meta_estimators_can_be_searched(estimator, sampled):
    rows, target = (X, Y) if is_classifier(estimator) else (X_REG, Y_REG / 1e3)
    space = auto_space(estimator, rows[:40], target[:40], sampled=sampled)
    if sampled:
        search = RandomizedSearchCV(estimator, space, n_iter=3, cv=2, random_state=0)
    else:
        search = GridSearchCV(estimator, space, cv=2)
    search.set_params(error_score="raise").fit(rows, target)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_every_member_of_an_ensemble_is_searched():
    members = [("a", LogisticRegression()), ("b", DecisionTreeClassifier())]
    space = auto_space(VotingClassifier([*members, ("c", DummyClassifier())]), X, Y)
    assert list(space) == ["a__C", "b__min_samples_leaf"]
    assert 4 <= len(space["a__C"]) <= 6
    stack = StackingClassifier(members)
    space = auto_space(stack, X, Y)
    assert {"final_estimator", "final_estimator__C", "a__C"} <= set(space)
    search = GridSearchCV(stack, {k: v[:1] for k, v in space.items()}, cv=2).fit(X, Y)
    assert np.isfinite(search.best_score_)


def test_linear_regression_inside_a_pipeline_becomes_ridge():
    space = auto_space(make_pipeline(StandardScaler(), LinearRegression()))
    (replacement,) = space["linearregression"]
    assert isinstance(replacement, Ridge)
    assert replacement.alpha in space["linearregression__alpha"]


def test_settings_without_which_a_parameter_has_no_effect_are_fixed():
    assert auto_space(Perceptron())["penalty"] == ["l2"]
    assert auto_space(LinearDiscriminantAnalysis())["solver"] == ["lsqr"]
    assert "penalty" not in auto_space(LogisticRegression())
    weights = auto_space(KNeighborsClassifier(weights="distance"))["weights"]
    assert weights == ["uniform", "distance"]
    assert "weights" not in auto_space(KNeighborsClassifier())


def test_own_settings_outside_the_range_stay():
    assert auto_space(Ridge(alpha=0.0))["alpha"][0] == 0.0
    low, _ = auto_space(Ridge(alpha=0.0), sampled=True)["alpha"].support()
    assert low > 0
    low, _ = auto_space(MLPClassifier(), sampled=True)["alpha"].support()
    assert low == pytest.approx(1e-4)
    _, high = auto_space(Lasso(alpha=1e6), sampled=True)["alpha"].support()
    assert high == pytest.approx(1e6)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (StandardScaler(), "no capacity of StandardScaler: .* Give a dict"),
        (
            make_pipeline(StandardScaler(), VotingClassifier([])),
            r"no capacity of VotingClassifier \(within Pipeline\)",
        ),
        (GridSearchCV(Ridge(), {}), "no capacity of GridSearchCV"),
        (LinearRegression(), r"LinearRegression has no parameter.*Ridge\(\)"),
        (LinearDiscriminantAnalysis(shrinkage="auto"), "shrinkage='auto'"),
    ],
    ids=str,
)
def test_what_the_table_does_not_know_is_refused(estimator, message):
    with pytest.raises(ValueError, match=message):
        auto_space(estimator, X, Y)
