"""Units of the features do not matter, and coefficients are those of the user."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_wine
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectFromModel
from sklearn.impute import SimpleImputer
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC

from skoverfit.regularization import (
    RegularizedClassifier,
    RegularizedRegressor,
    with_strength,
)

REGRESSORS = [
    Ridge(),
    Lasso(),
    ElasticNet(),
    LinearRegression(),
    SVR(),
    SVR(kernel="linear"),
    KNeighborsRegressor(),
    KernelRidge(kernel="rbf"),
    MLPRegressor(hidden_layer_sizes=(5,), max_iter=2000, tol=0.01, random_state=0),
]
CLASSIFIERS = [
    LogisticRegression(),
    RidgeClassifier(),
    LinearSVC(random_state=0),
    SVC(),
    KNeighborsClassifier(),
    LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1),
    GaussianNB(var_smoothing=0.1),
]


def regression():
    X, y = load_diabetes(return_X_y=True)
    return 20 * X[:90], y[:90] / 50


def classification():
    X, y = load_wine(return_X_y=True)
    return X[::2, :5], y[::2]


def outputs(model, X):
    for method in ("predict_proba", "decision_function", "predict"):
        if hasattr(model, method):
            return getattr(model, method)(X)
    raise AssertionError


@pytest.mark.parametrize("strength", [0.3, 0.5, 0.75])
@pytest.mark.parametrize("estimator", [*REGRESSORS, *CLASSIFIERS], ids=repr)
def test_units_do_not_matter(estimator, strength):
    regress = estimator in REGRESSORS
    kind = RegularizedRegressor if regress else RegularizedClassifier
    X, y = regression() if regress else classification()
    changed = X * np.geomspace(1e-3, 1e3, X.shape[1]) + np.arange(X.shape[1])
    models = [kind(estimator, strength).fit(rows, y) for rows in (X, changed)]
    first, second = (
        outputs(model, rows) for model, rows in zip(models, (X, changed), strict=True)
    )
    # The solver of LIBLINEAR stops when it is near enough.
    tolerance = 0.05 if "LinearSVC" in repr(estimator) else 1e-5
    np.testing.assert_allclose(second, first, atol=tolerance * np.ptp(first))


@settings(max_examples=25)
@given(
    factors=st.lists(st.floats(1e-3, 1e3), min_size=10, max_size=10),
    shift=st.floats(-50, 50),
    strength=st.floats(0, 1),
)
def test_units_of_a_ridge(factors, shift, strength):
    X, y = regression()
    changed = X * factors + shift
    plain = RegularizedRegressor(strength=strength).fit(X, y)
    other = RegularizedRegressor(strength=strength).fit(changed, y)
    np.testing.assert_allclose(
        other.predict(changed), plain.predict(X), atol=1e-5 * np.ptp(y)
    )
    np.testing.assert_allclose(
        other.coef_ * factors, plain.coef_, atol=1e-5 * np.abs(plain.coef_).max()
    )


def test_without_it_units_matter():
    X, y = regression()
    predictions = [
        RegularizedRegressor(strength=0.5, scale_free=False)
        .fit(X * c, y)
        .predict(X * c)
        for c in (1, 0.01)
    ]
    assert np.abs(predictions[0] - predictions[1]).max() > 0.1
    bare = RegularizedRegressor(Ridge(), scale_free=False).fit(X, y)
    assert type(bare.estimator_) is Ridge
    assert np.array_equal(bare.coef_, Ridge().fit(X, y).coef_)


def test_neutral_strength_is_the_own_setting_on_standardized_features():
    X, y = classification()
    model = RegularizedClassifier(LogisticRegression(C=0.3)).fit(X, y)
    plain = make_pipeline(StandardScaler(), LogisticRegression(C=0.3)).fit(X, y)
    assert np.array_equal(model.predict_proba(X), plain.predict_proba(X))
    assert repr(model.estimator_) == repr(plain)


# ----------------------------------------------------------------------- coefficients
@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        LogisticRegression(fit_intercept=False),
        RidgeClassifier(),
        LinearSVC(),
        SVC(kernel="linear", decision_function_shape="ovo"),
        LinearDiscriminantAnalysis(),
    ],
    ids=repr,
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_coefficients_of_classifiers(estimator, n_classes):
    X, y = load_wine(return_X_y=True)
    X, y = X[y < n_classes], y[y < n_classes]
    model = RegularizedClassifier(estimator, 0.6).fit(X, y)
    expected = model.decision_function(X)
    found = X @ model.coef_.T + model.intercept_
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-8)


@pytest.mark.parametrize("as_input", [np.asarray, csr_array, pd.DataFrame])
@pytest.mark.parametrize(
    "estimator", [Ridge(), Ridge(fit_intercept=False), Lasso(0.1), LinearRegression()]
)
def test_coefficients_of_regressors(estimator, as_input):
    X, y = regression()
    model = RegularizedRegressor(estimator, 0.7).fit(as_input(X), y)
    np.testing.assert_allclose(X @ model.coef_ + model.intercept_, model.predict(X))


def test_coefficients_of_many_outputs_and_sparse_models():
    X, y = regression()
    model = RegularizedRegressor(strength=0.7).fit(X, np.column_stack([y, -2 * y]))
    found = X @ model.coef_.T + model.intercept_
    np.testing.assert_allclose(found, model.predict(X))
    X, y = classification()
    machine = RegularizedClassifier(SVC(kernel="linear"), 0.5).fit(csr_array(X), y > 0)
    expected = machine.decision_function(X)
    found = X @ machine.coef_[0] + machine.intercept_
    np.testing.assert_allclose(found, expected)


def test_coefficients_select_features():
    X, y = regression()
    model = RegularizedRegressor(Lasso(), 0.8, scale_free=True)
    selector = SelectFromModel(model).fit(X, y)
    size = np.abs(selector.estimator_.coef_)
    assert np.array_equal(selector.get_support(), size >= size.mean())


def test_no_coefficients():
    X, y = regression()
    assert not hasattr(RegularizedRegressor(SVR()).fit(X, y), "coef_")
    assert not hasattr(
        RegularizedRegressor(RandomForestRegressor(3)).fit(X, y), "coef_"
    )
    pipeline = make_pipeline(PCA(2), Ridge())
    with pytest.raises(AttributeError, match="last step of estimator_"):
        _ = RegularizedRegressor(pipeline).fit(X, y).coef_


# ------------------------------------------------------------- weights and sparse data
@pytest.mark.parametrize("estimator", [Ridge(), Lasso(0.01), LogisticRegression()])
def test_weights_are_repetitions(estimator):
    regress = not hasattr(estimator, "predict_proba")
    kind = RegularizedRegressor if regress else RegularizedClassifier
    X, y = regression() if regress else classification()
    weights = np.random.default_rng(0).integers(0, 4, len(y))
    weighted = kind(estimator, 0.7).fit(X, y, sample_weight=weights)
    repeated = kind(estimator, 0.7).fit(np.repeat(X, weights, 0), np.repeat(y, weights))
    np.testing.assert_allclose(
        outputs(weighted, X), outputs(repeated, X), rtol=1e-3, atol=1e-4
    )
    scales = [model.estimator_[0].scale_ for model in (weighted, repeated)]
    np.testing.assert_allclose(*scales)


@pytest.mark.parametrize("estimator", [Ridge(), Lasso(0.1), SVR(gamma=0.1)])
def test_sparse_data_are_scaled_and_not_centered(estimator):
    X, y = regression()
    X = np.where(np.abs(X) > 1, X, 0)
    model = RegularizedRegressor(estimator, 0.6)
    dense = clone(model).fit(X, y)
    sparse = clone(model).fit(csr_array(X), y)
    np.testing.assert_allclose(sparse.predict(X), dense.predict(X), rtol=1e-3)
    factors = np.geomspace(1e-3, 1e3, X.shape[1])
    other = clone(model).fit(csr_array(X * factors), y)
    np.testing.assert_allclose(
        other.predict(csr_array(X * factors)), sparse.predict(csr_array(X)), rtol=1e-6
    )
    frame = pd.DataFrame.sparse.from_spmatrix(csr_array(X))
    named = clone(model).fit(frame, y)
    np.testing.assert_allclose(named.predict(frame), sparse.predict(X))


def test_constant_columns_count_for_nothing():
    X, y = regression()
    wider = np.column_stack([X, np.full(len(X), 1e6), np.zeros(len(X))])
    plain = RegularizedRegressor(strength=0.7).fit(X, y)
    model = RegularizedRegressor(strength=0.7).fit(wider, y)
    np.testing.assert_allclose(model.predict(wider), plain.predict(X))
    assert np.abs(model.coef_[-2:]).max() < 1e-12


# ------------------------------------------------------- where nothing is standardized
@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestRegressor(3, random_state=0),
        SVR(kernel=lambda a, b: a @ b.T),
        KNeighborsRegressor(metric="cosine"),
    ],
)
def test_models_that_keep_their_features(estimator):
    X, y = regression()
    model = RegularizedRegressor(estimator).fit(X, y)
    assert not isinstance(model.estimator_, Pipeline)
    assert np.array_equal(model.predict(X), clone(estimator).fit(X, y).predict(X))


def test_precomputed_kernels_are_left_alone():
    X, y = regression()
    kernel = X @ X.T
    model = RegularizedRegressor(SVR(kernel="precomputed"), 0.6).fit(kernel, y)
    assert type(model.estimator_) is SVR


ENCODE = make_column_transformer((OneHotEncoder(), [0]), remainder="passthrough")
SCALE = make_column_transformer((MinMaxScaler(), [0, 1]), remainder="passthrough")


@pytest.mark.parametrize(
    ("head", "is_scaled"),
    [
        (SimpleImputer(), True),
        ("passthrough", True),
        (ENCODE, True),
        (MinMaxScaler(), False),
        (SCALE, False),
        (PCA(3), False),
        (make_pipeline(SimpleImputer(), StandardScaler()), False),
    ],
)
def test_pipelines_that_scale_by_themselves(head, is_scaled):
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(0, 3, 60), rng.normal(size=(60, 3))])
    pipeline = make_pipeline(head, Ridge())
    model = with_strength(pipeline, 0.5).fit(X, X[:, 1])
    assert isinstance(model[-1].estimator_, Pipeline) == is_scaled
    around = RegularizedRegressor(pipeline).fit(X, X[:, 1])
    assert np.array_equal(around.predict(X), model.predict(X))


def test_text_keeps_the_weights_of_its_words():
    texts = ["good film", "bad film", "good plot", "bad plot"] * 3
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression())
    model = with_strength(pipeline, 0.5).fit(texts, [1, 0, 1, 0] * 3)
    assert type(model[-1].estimator_) is LogisticRegression
