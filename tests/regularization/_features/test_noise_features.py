"""The filter for noise features: shadows, the test, the contract, bad input."""

import pickle
import warnings
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from joblib import parallel_config
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit import GapAwareSearchCV
from skoverfit.exceptions import NoFeaturePassedWarning
from skoverfit.regularization import NoiseFeatureFilter
from skoverfit.regularization._features._shadows import encoded, shadow_rows, step_down

RNG = np.random.default_rng(0)
IRIS = load_iris(return_X_y=True)
NOISY = np.hstack([IRIS[0], RNG.normal(size=(150, 6))]), IRIS[1]
COLUMNS = RNG.normal(size=(150, 8))
LINEAR = COLUMNS, COLUMNS[:, :3].sum(axis=1) + 0.3 * RNG.normal(size=150)


FOREST = ExtraTreesClassifier(15, max_features=1 / 3, min_samples_leaf=5)


def quick(estimator=None, **params):
    """Build a filter with few fits."""
    return NoiseFeatureFilter(
        estimator,
        **{"significance_level": 0.1, "n_repeats": 9, "random_state": 0} | params,
    )


# --------------------------------------------------------------------------- the test
def test_step_down_by_hand():
    rng = np.random.default_rng(2)
    own, shadows = np.array([9, 8, 3, 0, 0.5, 0]), rng.normal(size=(7, 6))
    pvalues, scores, maxima = step_down(own, shadows)
    together = np.vstack([own, shadows])
    rest = [np.sort(column)[:-1] for column in together.T]
    common = np.mean([np.var(column) for column in rest])
    z = np.column_stack(
        [
            (column - part.mean()) / np.sqrt((part.var() + common) / 2)
            for column, part in zip(together.T, rest, strict=True)
        ]
    )
    np.testing.assert_allclose(scores, z[0])
    np.testing.assert_allclose(maxima, z[1:].max(axis=1))
    expected, order = np.zeros(6), np.argsort(-z[0])
    for place, k in enumerate(order):
        behind = order[place:]  # the feature and those that come no better
        hits = sum(z[r, behind].max() >= z[0, k] for r in range(1, 8))
        before = expected[order[place - 1]] if place else 0.0
        expected[k] = max(before, (1 + hits) / 8)
    np.testing.assert_allclose(pvalues, expected)
    assert pvalues[0] == pytest.approx(1 / 8)
    assert pvalues[3:].min() > 1 / 8


def test_features_that_no_model_uses_do_not_pass():
    pvalues, scores, _ = step_down(np.array([0.0, 5.0]), np.zeros((19, 2)))
    assert pvalues.tolist() == [1.0, 0.05]
    assert scores[0] == 0


def test_shadows_keep_columns_together_and_groups_whole():
    rows = shadow_rows(50, None, np.random.RandomState(0))
    assert sorted(rows) == list(range(50))
    groups = np.array(["a", "b", "b", "c", "c", "c", "a", "c"])
    rows = shadow_rows(8, groups, np.random.RandomState(1))
    partners = {g: set(groups[rows[groups == g]]) for g in "abc"}
    assert all(len(partner) == 1 for partner in partners.values())
    assert set.union(*partners.values()) == set("abc")


def test_categories_are_numbered():
    X = np.array(
        [["b", 1.5, True], ["a", None, False], [np.nan, 3, True], ["b", pd.NA, True]],
        dtype=object,
    )
    expected = [[1, 1.5, 1], [0, np.nan, 0], [np.nan, 3, 1], [1, np.nan, 1]]
    np.testing.assert_array_equal(encoded(X), expected)


# ----------------------------------------------------------------- what it selects
def test_informative_features_pass_and_noise_does_not():
    model = NoiseFeatureFilter(random_state=0).fit(*NOISY)
    assert model.get_support(indices=True).tolist() == [0, 1, 2, 3]
    assert model.n_features_passed_ == 4
    assert model.pvalues_[:4] == pytest.approx(1 / 21)
    assert model.scores_.max() > model.threshold_
    assert model.shadow_importances_.shape == (20, 10)
    assert model.transform(NOISY[0]).shape == (150, 4)
    # More repeats lower the smallest p-value that there is.
    finer = quick(FOREST, n_repeats=39).fit(*NOISY)
    assert finer.pvalues_.min() == pytest.approx(1 / 40)


@pytest.mark.parametrize(
    ("estimator", "importance"),
    [
        (None, "auto"),
        (Ridge(), "auto"),
        (RandomForestRegressor(20), "feature_importances_"),
        (Ridge(), lambda model: model.coef_**2),
        (Ridge(), "permutation"),
        (make_pipeline(StandardScaler(), Ridge()), "auto"),  # by permutation
        (make_pipeline(StandardScaler(), Ridge()), "named_steps.ridge.coef_"),
    ],
)
def test_regression(estimator, importance):
    model = quick(estimator, importance=importance).fit(*LINEAR)
    assert model.get_support(indices=True).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "estimator",
    [
        None,
        LogisticRegression(max_iter=1000),
        KNeighborsClassifier(),
        HistGradientBoostingClassifier(max_iter=20, max_depth=3, min_samples_leaf=5),
    ],
)
def test_several_classes(estimator):
    X, y = NOISY
    model = quick(estimator).fit(X[:, 2:], np.array(["a", "b", "c"])[y])
    assert model.get_support(indices=True).tolist() == [0, 1]


def test_importances_of_a_linear_model_are_those_of_its_coefficients():
    model = quick(LinearRegression(), n_repeats=9).fit(*LINEAR)
    own = LinearRegression().fit(*LINEAR).coef_
    np.testing.assert_allclose(model.importances_, np.abs(own), atol=2)
    assert model.shadow_importances_.max() < model.importances_[:3].min()


def test_frames_keep_names_categories_and_missing_values():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    frame = pd.DataFrame(
        {
            "kind": pd.Categorical(np.where(y ^ (rng.random(200) < 0.1), "u", "v")),
            "noise": rng.choice(["r", "s", "t"], 200),
            "size": np.where(rng.random(200) < 0.2, np.nan, y + rng.normal(size=200)),
            "flag": rng.random(200) < 0.5,
        }
    )
    model = quick().fit(frame, y)
    assert model.get_feature_names_out().tolist() == ["kind", "size"]
    out = model.set_output(transform="pandas").transform(frame)
    assert list(out) == ["kind", "size"]
    assert isinstance(out["kind"].dtype, pd.CategoricalDtype)
    other = quick().fit(pl.from_pandas(frame.astype({"kind": "str"})), y)
    np.testing.assert_array_equal(other.pvalues_, model.pvalues_)


def test_sparse_tables():
    X, y = NOISY
    dense, sparse = quick(FOREST).fit(X, y), quick(FOREST).fit(csr_array(X), y)
    np.testing.assert_array_equal(dense.support_, sparse.support_)
    assert sparse.transform(csr_array(X)).shape == (150, 4)


def test_several_outputs():
    X, y = LINEAR
    model = quick().fit(X, np.column_stack([y, X[:, 7] * 2]))
    assert {0, 7} <= set(model.get_support(indices=True))


def test_groups_are_no_evidence_by_themselves():
    """A feature of groups and a target of groups look related, row by row."""
    rng = np.random.default_rng(4)
    groups = np.repeat(np.arange(12), 15)
    X = rng.normal(size=(12, 5))[groups] + 0.1 * rng.normal(size=(180, 5))
    y = rng.normal(size=12)[groups] + 0.1 * rng.normal(size=180)
    tree = DecisionTreeRegressor()
    assert quick(tree).fit(X, y).n_features_passed_ >= 2
    with pytest.warns(NoFeaturePassedWarning):
        assert quick(tree).fit(X, y, groups=groups).n_features_passed_ == 0


def test_rows_of_weight_0_do_not_count():
    X, y = LINEAR
    wrong = np.where(np.arange(150) < 75, y, RNG.permutation(y) * 20)
    weights = (np.arange(150) < 75).astype(float)
    weighted = quick(Ridge()).fit(X, wrong, sample_weight=weights)
    assert {0, 1, 2} <= set(weighted.get_support(indices=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoFeaturePassedWarning)
        assert quick(Ridge()).fit(X, wrong).n_features_passed_ < 3


# ----------------------------------------------------------------- nothing passes
def test_nothing_passes():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(60, 5)), rng.normal(size=60)
    with pytest.warns(NoFeaturePassedWarning, match="No feature is better than noise"):
        model = quick(Ridge()).fit(X, y)
    assert model.n_features_passed_ == 0
    assert model.get_support(indices=True).tolist() == [
        np.lexsort([-model.scores_, model.pvalues_])[0]
    ]
    with pytest.warns(NoFeaturePassedWarning, match="the best 3 are kept"):
        assert quick(Ridge(), min_features=3).fit(X, y).support_.sum() == 3
    with pytest.warns(NoFeaturePassedWarning, match="none is kept"):
        empty = quick(Ridge(), min_features=0).fit(X, y)
    with pytest.warns(UserWarning, match="No features were selected"):
        assert empty.transform(X).shape == (60, 0)


def test_fewer_pass_than_are_wanted():
    model = quick(Ridge(), min_features=5).fit(*LINEAR)
    assert model.n_features_passed_ == 3
    assert model.support_.sum() == 5


# ------------------------------------------------------------------------- contract
def test_result_does_not_depend_on_n_jobs():
    one = quick(FOREST).fit(*NOISY)
    with parallel_config(backend="threading"):
        two = quick(FOREST, n_jobs=2).fit(*NOISY)
    np.testing.assert_array_equal(one.shadow_importances_, two.shadow_importances_)
    other = quick(FOREST, random_state=1).fit(*NOISY)
    assert (other.shadow_importances_ != one.shadow_importances_).any()


def test_clone_pickle_summary_and_html():
    model = quick(FOREST).fit(*NOISY)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.transform(NOISY[0]), model.transform(NOISY[0]))
    assert repr(clone(model)) == repr(model)
    lines = model.summary(max_features=5).splitlines()
    assert lines[0] == "4 of 10 features are better than noise (level 0.1); 4 kept"
    assert [line.split()[:2] for line in lines[2:6]] != []
    assert {line.split()[0] for line in lines[2:6]} == {"x0", "x1", "x2", "x3"}
    assert lines[-1] == "... and 5 more"
    assert "NoiseFeatureFilter" in NoiseFeatureFilter()._repr_html_()
    with pytest.raises(NotFittedError):
        clone(model).summary()


@pytest.mark.parametrize("search", [GridSearchCV, GapAwareSearchCV])
def test_in_pipelines_and_searches(search):
    tree = DecisionTreeClassifier(random_state=0)
    pipeline = make_pipeline(quick(tree), tree)
    grid = {"noisefeaturefilter__min_features": [1, 2]}
    found = search(pipeline, grid, cv=2, error_score="raise").fit(*NOISY)
    assert 2 <= found.best_estimator_[0].support_.sum() <= 5


def test_metadata_go_where_they_are_requested():
    X, y = LINEAR
    weights, groups = np.linspace(0.1, 3, 150), np.arange(150) // 3
    expected = quick(Ridge()).fit(X, y, groups=groups, sample_weight=weights)
    with sklearn.config_context(enable_metadata_routing=True):
        ridge = Ridge().set_fit_request(sample_weight=True)
        model = quick(ridge).fit(X, y, groups=groups, sample_weight=weights)
        np.testing.assert_array_equal(model.importances_, expected.importances_)
        requested = quick(ridge).set_fit_request(groups=True)
        pipeline = make_pipeline(
            requested, Ridge().set_fit_request(sample_weight=False)
        )
        pipeline.fit(X, y, groups=groups, sample_weight=weights)
        found = pipeline[0].importances_
        np.testing.assert_array_equal(found, expected.importances_)
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            quick(Ridge()).fit(X, y, sample_weight=weights)


# ------------------------------------------------------------------------ bad input
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"significance_level": 0.0}, "significance_level"),
        ({"significance_level": 1.0}, "significance_level"),
        ({"significance_level": np.nan}, "significance_level"),
        ({"significance_level": 0.01, "n_repeats": 20}, "it takes 99 repeats or more"),
        ({"n_repeats": 0}, "n_repeats"),
        ({"min_features": -1}, "min_features"),
        ({"min_features": 11}, "more than the 10 features"),
        ({"importance": 3}, "importance"),
        ({"importance": lambda model: np.ones(3)}, r"gave \(3,\) numbers for 20"),
        ({"estimator": "forest"}, "estimator"),
        ({"random_state": "seed"}, "random_state"),
    ],
)
def test_bad_input_is_refused(params, message):
    with pytest.raises(ValueError, match=message):
        quick().set_params(**params).fit(*NOISY)


def test_bad_data_are_refused():
    X, y = NOISY
    quick = partial(NoiseFeatureFilter, DecisionTreeClassifier(), random_state=0)
    with pytest.raises(AttributeError, match="no_such_attribute"):
        quick(importance="no_such_attribute").fit(X, y)
    with pytest.raises(ValueError, match="requires y to be passed"):
        quick().fit(X, None)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        quick().fit(X, y, groups=y[:-1])
    with pytest.raises(ValueError, match="infinity"):
        quick().fit(np.where(X > 2, np.inf, X), y)
    with pytest.raises(ValueError, match="expecting 10 features"):
        quick().fit(X, y).transform(X[:, :5])


N_PAIRS = 50
COLUMNS = {
    "category": pd.Categorical(["x", "y"] * N_PAIRS),
    "category of numbers": pd.Categorical([1, 2] * N_PAIRS),
    "bool": [True, False] * N_PAIRS,
    "float": [0.5, 1.5] * N_PAIRS,
    "text": ["p", "q"] * N_PAIRS,
    "words and numbers": pd.Series(["p", 1] * N_PAIRS, dtype=object),
    "Int64": pd.array([1, None] * N_PAIRS, dtype="Int64"),
    "boolean": pd.array([True, None] * N_PAIRS, dtype="boolean"),
    "date": pd.to_datetime(["2020-01-01", "2021-01-01"] * N_PAIRS),
    "date with zone": pd.to_datetime(["2020-01-01", "2021-01-01"] * N_PAIRS, utc=True),
    "duration": pd.to_timedelta([1, 2] * N_PAIRS, unit="D"),
    "period": pd.PeriodIndex(["2020-01", "2021-01"] * N_PAIRS, freq="M"),
    "Arrow number": pd.array([1.5, None] * N_PAIRS, dtype="double[pyarrow]"),
    "Arrow text": pd.array(["p", None] * N_PAIRS, dtype="string[pyarrow]"),
    "Arrow date": pd.array(
        pd.to_datetime(["2020-01-01", "2021-01-01"] * N_PAIRS),
        dtype="timestamp[us][pyarrow]",
    ),
}


@pytest.mark.parametrize("first", COLUMNS)
def test_different_types_of_columns_together(first):
    noise = np.random.default_rng(0).permutation(2 * N_PAIRS)
    tree = DecisionTreeClassifier(max_depth=2)
    start, names = list(COLUMNS).index(first), list(COLUMNS)
    for second in (names[(start + step) % len(names)] for step in (1, 4, 7)):
        columns = {"first": COLUMNS[first], "second": COLUMNS[second]}
        X = pd.DataFrame(columns | {"noise": pd.Categorical(noise)})
        selector = NoiseFeatureFilter(
            tree, n_repeats=19, significance_level=0.1, random_state=0
        )
        kept = selector.fit_transform(X, [0, 1] * N_PAIRS)
        # Each of the first two tells the classes apart; a tree needs one of them.
        assert not selector.support_[2]
        assert selector.support_[:2].any()
        assert kept.shape == (2 * N_PAIRS, selector.support_.sum())
        framed = selector.set_output(transform="pandas").transform(X)
        assert list(framed.dtypes) == list(X.dtypes[selector.support_])


@pytest.mark.parametrize("value", [[1], {"a": 1}, 1j])
def test_columns_that_are_no_numbers_are_named(value):
    X = pd.DataFrame({"fine": [1.0, 2.0] * 5, "odd": pd.Series([value] * 10)})
    with pytest.raises(TypeError, match=r"Column 'odd' of X holds \w+ values"):
        NoiseFeatureFilter().fit(X.astype({"odd": object}), [0, 1] * 5)
