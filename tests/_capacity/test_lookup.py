"""The capacity table: every entry is valid, monotone and finite."""

import subprocess
import sys
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
from sklearn.base import BaseEstimator, ClassifierMixin, clone
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
    LinearRegression,
    LogisticRegression,
    RANSACRegressor,
    Ridge,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import all_estimators

from skoverfit._capacity._lookup import (
    capacity_of,
    leaves_of,
    parameters_of,
    public_name,
    require_capacity,
    require_dials,
    resolve,
)
from skoverfit._capacity._strength import copy_at, settings_at
from skoverfit._capacity._table import LEFT_OUT, TABLE
from skoverfit.regularization import (
    Facts,
    capacity_table,
    has_dial,
)
from tests._capacity.capacity_samples import NAMES, sample

# Deprecated, but still there.
pytestmark = pytest.mark.filterwarnings("ignore:Class PassiveAggr:FutureWarning")

STRENGTHS = (0, 0.25, 0.5, 0.75, 1)


@cache
def penalized_params(name):
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
        copy, chosen = copy_at(sample(name), strength, facts)
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
        copy, _ = copy_at(estimator, 0.5, Facts(100, 5))
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
    params = penalized_params(name)
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
        capacity, params = TABLE[name], penalized_params(name)
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
        assert copy_at(estimator, 0.2, facts)[1][name] == params[name]
        just_above = copy_at(estimator, 0.5 + 1e-9, facts)[1][name]
        assert just_above == pytest.approx(loose, rel=1e-6)
        assert copy_at(estimator, 1.0, facts)[1][name] == pytest.approx(tight)


def test_companions_make_the_dial_effective():
    facts = Facts(100, 2)
    assert copy_at(LinearDiscriminantAnalysis(), 0.8, facts)[1]["solver"] == "lsqr"
    assert copy_at(SGDClassifier(penalty=None), 0.8, facts)[1]["penalty"] == "l2"
    assert copy_at(SGDClassifier(penalty=None), 0.2, facts)[0].penalty is None
    by_distance = KNeighborsClassifier(weights="distance")
    assert copy_at(by_distance, 0.8, facts)[1]["weights"] == "uniform"
    assert copy_at(by_distance, 0.3, facts)[0].weights == "distance"


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
