"""Noise and dropout without copies: equal to the limit of many copies."""

import pickle

import numpy as np
import pytest
import sklearn
from scipy import optimize, sparse
from scipy.integrate import quad
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import (
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
    SGDRegressor,
)
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit import GapAwareSearchCV
from skoverfit.augmentation import (
    AugmentedRegressor,
    DropoutClassifier,
    DropoutRegressor,
    GaussianNoise,
    NoiseInjectionClassifier,
    NoiseInjectionRegressor,
)
from skoverfit.augmentation._marginal_fits import (
    Variances,
    _Logistic,
    expected_softplus,
    squared,
)

X, Y = (part[:120] for part in load_diabetes(return_X_y=True))
X = X[:, 2:8] * [1.0, 20.0, 3.0, 0.1, 5.0, 1.0] + 0.03
IRIS, SPECIES = load_iris(return_X_y=True)
IS_VIRGINICA = SPECIES == 2
CELLS, IS_BENIGN = (part[:150] for part in load_breast_cancer(return_X_y=True))
CELLS = StandardScaler().fit_transform(CELLS[:, :6])
SHARP = LogisticRegression(C=1e9, tol=1e-9, max_iter=5000)
REGRESSORS = [
    NoiseInjectionRegressor(scale=0.4),
    NoiseInjectionRegressor(Ridge(0.5), scale=0.4),
    NoiseInjectionRegressor(Ridge(0.5, fit_intercept=False), scale=0.4),
    DropoutRegressor(rate=0.3),
    DropoutRegressor(LinearRegression(fit_intercept=False), rate=0.3),
]


def coef_of(model):
    return np.ravel(model.estimator_.coef_)


def relative_distance(model, limit):
    return np.linalg.norm(coef_of(model) - coef_of(limit)) / np.linalg.norm(
        coef_of(limit)
    )


# ------------------------------------------------------------------ the limit of copies


@pytest.mark.parametrize("model", REGRESSORS, ids=repr)
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_copies_approach_the_closed_form_like_one_over_the_root(model, kind):
    rows = kind(np.where(X > 0.02, X, 0.0))
    limit = clone(model)
    if sparse.issparse(rows) and isinstance(model.estimator, Ridge):
        limit.set_params(estimator__tol=1e-10)
    limit.fit(rows, Y)
    errors = {
        m: np.mean(
            [
                relative_distance(
                    clone(limit)
                    .set_params(method="copies", n_copies=m, random_state=seed)
                    .fit(rows, Y),
                    limit,
                )
                for seed in range(6)
            ]
        )
        for m in (25, 400)
    }
    assert errors[400] < 0.05
    assert 2 < errors[25] / errors[400] < 8  # four on average


def test_many_copies_of_gaussian_noise_give_the_closed_form():
    limit = NoiseInjectionRegressor(scale=0.4).fit(X, Y)
    m = 400
    copies = AugmentedRegressor(
        LinearRegression(), GaussianNoise(0.4, mode="replace"), random_state=0
    ).fit(np.tile(X, (m, 1)), np.tile(Y, m))
    assert relative_distance(copies, limit) < 0.05
    plain = LinearRegression().fit(X, Y)
    assert (
        np.linalg.norm(plain.coef_ - coef_of(limit)) > np.linalg.norm(plain.coef_) / 3
    )


@pytest.mark.parametrize("scale", [0.3, 1.5])
@pytest.mark.parametrize("penalty", [1e9, 1.0])
def test_logistic_loss_under_noise_is_that_of_many_copies(scale, penalty):
    estimator = clone(SHARP).set_params(C=penalty)
    limit = NoiseInjectionClassifier(estimator, scale).fit(CELLS, IS_BENIGN)
    few, many = (
        clone(limit)
        .set_params(method="copies", n_copies=m, random_state=0)
        .fit(CELLS, IS_BENIGN)
        for m in (20, 1000)
    )
    assert relative_distance(many, limit) < 0.03 < relative_distance(few, limit)
    assert np.abs(many.predict_proba(CELLS) - limit.predict_proba(CELLS)).max() < 0.02


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_logistic_dropout_is_near_many_copies(rate):
    plain = DropoutClassifier(SHARP, 0.0).fit(CELLS, IS_BENIGN)
    limit = DropoutClassifier(SHARP, rate).fit(CELLS, IS_BENIGN)
    many = (
        clone(limit)
        .set_params(method="copies", n_copies=1000, random_state=0)
        .fit(CELLS, IS_BENIGN)
    )
    distance = relative_distance(many, limit)
    assert distance < 0.15
    assert distance < relative_distance(plain, limit) / 4
    probabilities = [m.predict_proba(CELLS) for m in (limit, many, plain)]
    near, effect = (np.abs(p - probabilities[1]).mean() for p in probabilities[::2])
    assert near < 0.01
    assert near < effect / 5


def test_standardised_columns_give_ridge_regression():
    rows = StandardScaler().fit_transform(X)
    expected = Ridge(alpha=len(rows) * 0.5**2).fit(rows, Y)
    noise = NoiseInjectionRegressor(scale=0.5).fit(rows, Y)
    dropout = DropoutRegressor(rate=0.2).fit(rows, Y)  # 0.2 / 0.8 is 0.5 squared
    for model in (noise, dropout):
        np.testing.assert_allclose(coef_of(model), expected.coef_)
        np.testing.assert_allclose(model.predict(rows), expected.predict(rows))


def test_units_of_columns_do_not_matter_under_noise():
    units = np.array([1e-6, 1.0, 10.0, 1e6, 1.0, 3.0])
    one = NoiseInjectionRegressor(scale=0.3).fit(X, Y)
    other = NoiseInjectionRegressor(scale=0.3).fit(X * units + units, Y)
    np.testing.assert_allclose(coef_of(one), coef_of(other) * units, rtol=1e-8)


# ------------------------------------------------------------------------ the numerics


@pytest.mark.parametrize("mean", [-30.0, -2.0, 0.0, 0.7, 30.0])
@pytest.mark.parametrize("deviation", [0.0, 0.3, 2.0, 20.0])
def test_expected_softplus_against_quadrature(mean, deviation):
    def integrand(e):
        return np.logaddexp(0, mean + deviation * e) * np.exp(-e * e / 2)

    kink = [-mean / deviation] if deviation else None
    expected = quad(integrand, -12, 12, points=kink, limit=500)[0] / np.sqrt(2 * np.pi)
    value, _, _ = expected_softplus(np.array(mean), np.array(deviation**2))
    assert value == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("rows", [CELLS, sparse.csr_array(CELLS)], ids=["dense", "csr"])
def test_gradient_of_the_logistic_problem(rows):
    variances = Variances(squared(rows) * 0.5)
    problem = _Logistic(
        rows,
        2.0 * IS_BENIGN - 1,
        np.linspace(0.5, 2, len(IS_BENIGN)),
        variances,
        penalty=0.7,
        fit_intercept=True,
    )
    point = np.linspace(-1, 1.5, 7)
    error = optimize.check_grad(
        lambda at: problem.value_and_gradient(at)[0],
        lambda at: problem.value_and_gradient(at)[1],
        point,
    )
    assert error < 1e-6


# ---------------------------------------------------------------- weights and variants


@pytest.mark.parametrize(
    ("model", "rows", "y"),
    [
        (NoiseInjectionRegressor(scale=0.4), X, Y),
        (DropoutRegressor(Ridge(), rate=0.3), X, Y),
        (NoiseInjectionClassifier(RidgeClassifier(), 0.4), IRIS, SPECIES),
        (NoiseInjectionClassifier(SHARP, 0.4), CELLS, IS_BENIGN),
        (
            DropoutClassifier(
                clone(SHARP).set_params(C=1, class_weight="balanced"), 0.4
            ),
            CELLS,
            IS_BENIGN,
        ),
    ],
)
def test_weights_are_repetitions(model, rows, y):
    weight = np.arange(len(y)) % 3
    weighted = clone(model).fit(rows, y, sample_weight=weight)
    index = np.repeat(np.arange(len(y)), weight)
    repeated = clone(model).fit(rows[index], y[index])
    np.testing.assert_allclose(coef_of(weighted), coef_of(repeated), rtol=1e-5)


@pytest.mark.parametrize("wrapper", [NoiseInjectionRegressor, DropoutRegressor])
@pytest.mark.parametrize("estimator", [LinearRegression(), Ridge(), Lasso(0.1)])
def test_without_corruption_the_plain_fit(wrapper, estimator):
    model = wrapper(estimator, 0.0).fit(X, Y)
    np.testing.assert_array_equal(coef_of(model), clone(estimator).fit(X, Y).coef_)
    assert model.closed_form_


def test_several_targets_are_fitted_each_by_itself():
    both = np.column_stack([Y, -2 * Y + X[:, 0]])
    model = DropoutRegressor(rate=0.3).fit(X, both)
    assert model.estimator_.coef_.shape == (2, 6)
    for k in range(2):
        single = DropoutRegressor(rate=0.3).fit(X, both[:, k])
        np.testing.assert_allclose(model.predict(X)[:, k], single.predict(X))


def test_sparse_and_dense_rows_drop_alike():
    counts = np.random.default_rng(0).poisson(0.5, (80, 12)).astype(float)
    y = counts[:, 0] + counts[:, 1] > counts[:, 2]
    for estimator in (SHARP, RidgeClassifier(tol=1e-10)):
        dense = DropoutClassifier(estimator, 0.3).fit(counts, y)
        packed = DropoutClassifier(estimator, 0.3).fit(sparse.csr_matrix(counts), y)
        np.testing.assert_allclose(
            coef_of(dense), coef_of(packed), rtol=1e-4, atol=1e-6
        )


def test_zeros_of_sparse_rows_get_no_noise():
    rows = sparse.csr_array(np.where(X > 0.02, X, 0.0))
    model = NoiseInjectionRegressor(KNeighborsRegressor(1), 0.3, random_state=0)
    model.set_params(n_copies=1).fit(rows, Y)
    assert (model.estimator_._fit_X != 0).sum() == rows.nnz
    assert np.ptp(model.estimator_._fit_X.data - rows.data) > 0


def test_constant_columns_change_nothing():
    wide = np.column_stack([X, np.full(len(X), 0.1), np.zeros(len(X))])
    for wrapper in (NoiseInjectionRegressor, DropoutRegressor):
        for estimator in (LinearRegression(), Ridge()):
            model = wrapper(estimator, 0.3).fit(wide, Y)
            narrow = wrapper(estimator, 0.3).fit(X, Y)
            np.testing.assert_allclose(coef_of(model)[:6], coef_of(narrow), rtol=1e-6)
            np.testing.assert_allclose(coef_of(model)[6:], 0, atol=1e-6)


def test_more_columns_than_rows():
    rng = np.random.default_rng(0)
    wide, y = rng.normal(size=(30, 200)), rng.normal(size=30)
    model = NoiseInjectionRegressor(scale=0.5).fit(wide, y)
    centred = wide - wide.mean(axis=0)
    penalty = 30 * 0.25 * np.diag(wide.var(axis=0))
    expected = np.linalg.solve(
        centred.T @ centred + penalty, centred.T @ (y - y.mean())
    )
    np.testing.assert_allclose(coef_of(model), expected, rtol=1e-6, atol=1e-10)


# --------------------------------------------------------------------------- otherwise


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (NoiseInjectionClassifier(random_state=0), SPECIES),
        (DropoutClassifier(LogisticRegression(solver="liblinear")), IS_VIRGINICA),
        (
            NoiseInjectionClassifier(LogisticRegression(l1_ratio=1, solver="saga")),
            SPECIES > 0,
        ),
        (NoiseInjectionClassifier(KNeighborsClassifier()), SPECIES),
        (NoiseInjectionRegressor(Lasso()), SPECIES),
        (
            DropoutRegressor(Ridge(np.array([1.0, 2.0]))),
            np.column_stack([SPECIES, SPECIES]),
        ),
        (DropoutRegressor(SGDRegressor()), SPECIES),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_has_no_closed_form_is_fitted_to_copies(model, y):
    model = clone(model).set_params(random_state=0)
    fitted = clone(model).fit(IRIS, y)
    assert not fitted.closed_form_
    assert type(fitted.estimator_) is type(model._inner())
    if model.estimator is None or "random_state" not in model.estimator.get_params():
        again = clone(model).fit(IRIS, y)
        np.testing.assert_array_equal(fitted.predict(IRIS), again.predict(IRIS))
    with pytest.raises(ValueError, match="method='closed_form' is for"):
        model.set_params(method="closed_form").fit(IRIS, y)


def test_copies_are_in_the_place_of_the_rows():
    model = DropoutRegressor(KNeighborsRegressor(1), 0.4, n_copies=50, random_state=0)
    rows = model.fit(X, Y).estimator_._fit_X
    assert rows.shape == (50 * len(X), 6)
    assert np.mean(rows == 0) == pytest.approx(0.4, abs=0.01)
    np.testing.assert_allclose(
        rows.mean(axis=0), X.mean(axis=0), atol=0.1 * np.abs(X).max()
    )
    np.testing.assert_allclose(rows[rows != 0], (np.tile(X, (50, 1)) / 0.6)[rows != 0])


def test_missing_values_stay_for_estimators_that_take_them():
    holes = X.copy()
    holes[::7, 1] = np.nan
    boosting = HistGradientBoostingRegressor(max_iter=5)
    model = NoiseInjectionRegressor(boosting, n_copies=2, random_state=0).fit(holes, Y)
    assert np.isfinite(model.predict(holes)).all()
    with pytest.raises(ValueError, match="NaN"):
        NoiseInjectionRegressor().fit(holes, Y)


# ------------------------------------------------------------------- the wider library


@pytest.mark.parametrize("search", [GridSearchCV, GapAwareSearchCV])
def test_in_searches_and_pipelines(search):
    pipeline = make_pipeline(StandardScaler(), DropoutClassifier())
    grid = {"dropoutclassifier__rate": [0.0, 0.5]}
    found = search(pipeline, grid, cv=3).fit(CELLS, IS_BENIGN)
    assert found.best_params_["dropoutclassifier__rate"] in (0.0, 0.5)
    inner = make_pipeline(StandardScaler(), LogisticRegression())
    model = NoiseInjectionClassifier(inner, random_state=0).fit(CELLS, IS_BENIGN)
    assert not model.closed_form_
    assert model.score(CELLS, IS_BENIGN) > 0.8


@pytest.mark.parametrize("estimator", [None, KNeighborsClassifier()])
def test_pickled_and_unpickled(estimator):
    model = NoiseInjectionClassifier(estimator, random_state=0).fit(CELLS, IS_BENIGN)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(model.predict(CELLS), again.predict(CELLS))


def test_names_of_columns_reach_the_estimator():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcdef"))
    model = NoiseInjectionRegressor().fit(frame, Y)
    assert list(model.feature_names_in_) == list("abcdef")
    np.testing.assert_array_equal(model.predict(frame), model.estimator_.predict(frame))


def test_weights_go_where_they_are_requested():
    weight = np.linspace(0.1, 3, len(Y))
    by_hand = NoiseInjectionRegressor(Ridge()).fit(X, Y, sample_weight=weight)
    with sklearn.config_context(enable_metadata_routing=True):
        for method in ("closed_form", "copies"):
            inner = Ridge().set_fit_request(sample_weight="importance")
            model = NoiseInjectionRegressor(inner, method=method, random_state=0)
            model.fit(X, Y, importance=weight)
            assert relative_distance(model, by_hand) < 0.5
            if method == "closed_form":
                np.testing.assert_allclose(coef_of(model), coef_of(by_hand))
        with pytest.raises(TypeError, match="importance"):
            NoiseInjectionRegressor(Ridge()).fit(X, Y, importance=weight)


@pytest.mark.parametrize(
    ("model", "fit", "message"),
    [
        (NoiseInjectionRegressor(scale=-0.1), {}, "'scale' parameter"),
        (NoiseInjectionRegressor(scale=np.nan), {}, "'scale' parameter"),
        (DropoutRegressor(rate=1.0), {}, "'rate' parameter"),
        (DropoutRegressor(rate="much"), {}, "'rate' parameter"),
        (DropoutRegressor(n_copies=0), {}, "'n_copies' parameter"),
        (DropoutRegressor(method="exact"), {}, "'method' parameter"),
        (DropoutRegressor("ridge"), {}, "'estimator' parameter"),
        (DropoutRegressor(RidgeClassifier()), {}, "use DropoutClassifier"),
        (DropoutRegressor(), {"sample_weight": np.zeros(len(Y))}, "ample.weight"),
        (DropoutRegressor(), {"sample_weight": -np.ones(len(Y))}, "egative"),
        (DropoutRegressor(), {"sample_weight": [1, 2]}, "sample_weight"),
    ],
)
def test_bad_input(model, fit, message):
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y, **fit)


def test_other_metadata_are_refused():
    with pytest.raises(ValueError, match="groups"):
        DropoutRegressor().fit(X, Y, groups=Y)
    with pytest.raises(ValueError, match="continuous"):
        DropoutClassifier().fit(X, Y + 0.5)


def test_too_few_iterations_are_told():
    with pytest.warns(sklearn.exceptions.ConvergenceWarning, match="max_iter=1 "):
        NoiseInjectionClassifier(LogisticRegression(max_iter=1)).fit(CELLS, IS_BENIGN)
