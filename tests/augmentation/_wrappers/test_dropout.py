"""Dropout without copies: equal to the limit of many copies."""

import pickle

import numpy as np
import pytest
import sklearn
from scipy import optimize, sparse
from scipy.integrate import quad
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import (
    LogisticRegression,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit import GapAwareSearchCV
from skoverfit.augmentation import DropoutClassifier
from skoverfit.augmentation._wrappers._dropout_fits import (
    _Logistic,
    expected_softplus,
)

IRIS, SPECIES = load_iris(return_X_y=True)
IS_VIRGINICA = SPECIES == 2
CELLS, IS_BENIGN = (part[:150] for part in load_breast_cancer(return_X_y=True))
CELLS = StandardScaler().fit_transform(CELLS[:, :6])
SHARP = LogisticRegression(C=1e9, tol=1e-9, max_iter=5000)
EXACT = RidgeClassifier(0.5, tol=1e-10)


def coef_of(model):
    return np.ravel(model.estimator_.coef_)


def relative_distance(model, limit):
    return np.linalg.norm(coef_of(model) - coef_of(limit)) / np.linalg.norm(
        coef_of(limit)
    )


def in_copies(model, n_copies, seed=0):
    return clone(model).set_params(
        method="copies", n_copies=n_copies, random_state=seed
    )


# ------------------------------------------------------------------ the limit of copies


@pytest.mark.parametrize("p", [0.1, 0.6])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_copies_approach_the_closed_form_like_one_over_the_root(p, fit_intercept, kind):
    rows = kind(np.where(IRIS > 1.0, IRIS, 0.0))
    estimator = clone(EXACT).set_params(fit_intercept=fit_intercept)
    limit = DropoutClassifier(estimator, p).fit(rows, SPECIES)
    errors = {
        m: np.mean(
            [
                relative_distance(in_copies(limit, m, seed).fit(rows, SPECIES), limit)
                for seed in range(6)
            ]
        )
        for m in (25, 400)
    }
    assert errors[400] < 0.05
    assert 2 < errors[25] / errors[400] < 8  # four on average
    plain = clone(estimator).fit(rows, SPECIES)
    change = np.linalg.norm(plain.coef_.ravel() - coef_of(limit))
    assert change > 2 * errors[400] * np.linalg.norm(coef_of(limit))


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_logistic_dropout_is_near_many_copies(p):
    plain = DropoutClassifier(SHARP, 0.0).fit(CELLS, IS_BENIGN)
    limit = DropoutClassifier(SHARP, p).fit(CELLS, IS_BENIGN)
    many = in_copies(limit, 1000).fit(CELLS, IS_BENIGN)
    distance = relative_distance(many, limit)
    assert distance < 0.15
    assert distance < relative_distance(plain, limit) / 4
    probabilities = [m.predict_proba(CELLS) for m in (limit, many, plain)]
    near, effect = (np.abs(p - probabilities[1]).mean() for p in probabilities[::2])
    assert near < 0.01
    assert near < effect / 5


def test_least_squares_is_ridge_regression_with_a_penalty_for_each_column():
    target, p = np.where(IS_BENIGN, 1.0, -1.0), 0.3
    rows = CELLS + 1.0
    model = DropoutClassifier(EXACT, p).fit(rows, IS_BENIGN)
    centered = rows - rows.mean(axis=0)
    penalty = 0.5 + p / (1 - p) * (rows**2).sum(axis=0)
    gram = centered.T @ centered + np.diag(penalty)
    expected = np.linalg.solve(gram, centered.T @ (target - target.mean()))
    np.testing.assert_allclose(coef_of(model), expected)
    intercept = target.mean() - rows.mean(axis=0) @ expected
    np.testing.assert_allclose(model.estimator_.intercept_, [intercept])


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
    variances = rows**2 * 0.5
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
    ("estimator", "rows", "y"),
    [
        (EXACT, IRIS, SPECIES),
        (SHARP, CELLS, IS_BENIGN),
        (clone(SHARP).set_params(C=1, class_weight="balanced"), CELLS, IS_BENIGN),
    ],
)
def test_weights_are_repetitions(estimator, rows, y):
    weight = np.arange(len(y)) % 3
    weighted = DropoutClassifier(estimator, 0.4).fit(rows, y, sample_weight=weight)
    index = np.repeat(np.arange(len(y)), weight)
    repeated = DropoutClassifier(estimator, 0.4).fit(rows[index], y[index])
    np.testing.assert_allclose(coef_of(weighted), coef_of(repeated), rtol=1e-5)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 5.0, 1: 1.0}])
@pytest.mark.parametrize("estimator", [EXACT, SHARP])
def test_class_weights_are_weights(estimator, class_weight):
    rows, y = CELLS[:80], IS_BENIGN[:80]
    if class_weight == "balanced":
        factors = len(y) / (2 * np.bincount(y))
    else:
        factors = np.array([class_weight[0], class_weight[1]])
    by_class = clone(estimator).set_params(class_weight=class_weight)
    one = DropoutClassifier(by_class, 0.4).fit(rows, y)
    other = DropoutClassifier(estimator, 0.4).fit(rows, y, sample_weight=factors[y])
    np.testing.assert_allclose(coef_of(one), coef_of(other), rtol=1e-6)


@pytest.mark.parametrize("estimator", [EXACT, SHARP, KNeighborsClassifier()])
def test_without_dropout_the_plain_fit(estimator):
    model = DropoutClassifier(estimator, 0.0).fit(CELLS, IS_BENIGN)
    plain = clone(estimator).fit(CELLS, IS_BENIGN)
    method = "decision_function" if hasattr(plain, "decision_function") else "predict"
    np.testing.assert_array_equal(
        getattr(model, method)(CELLS), getattr(plain, method)(CELLS)
    )
    assert model.closed_form_


def test_sparse_and_dense_rows_drop_alike():
    counts = np.random.default_rng(0).poisson(0.5, (80, 12)).astype(float)
    y = counts[:, 0] + counts[:, 1] > counts[:, 2]
    for estimator in (SHARP, EXACT):
        dense = DropoutClassifier(estimator, 0.3).fit(counts, y)
        packed = DropoutClassifier(estimator, 0.3).fit(sparse.csr_matrix(counts), y)
        np.testing.assert_allclose(coef_of(dense), coef_of(packed), rtol=1e-4)


def test_empty_columns_get_no_coefficient():
    wide = np.column_stack([CELLS, np.zeros(len(CELLS))])
    for estimator in (SHARP, EXACT):
        model = DropoutClassifier(estimator, 0.3).fit(wide, IS_BENIGN)
        narrow = DropoutClassifier(estimator, 0.3).fit(CELLS, IS_BENIGN)
        np.testing.assert_allclose(coef_of(model)[:6], coef_of(narrow), rtol=1e-6)
        assert coef_of(model)[6] == 0


def test_more_columns_than_rows_and_no_penalty_of_its_own():
    rng = np.random.default_rng(0)
    wide, y = rng.normal(size=(30, 200)), np.arange(30) % 2
    model = DropoutClassifier(SHARP, 0.5).fit(wide, y)
    plain = clone(SHARP).fit(wide, y)
    # Without a penalty separable classes become certain; with dropout they do not.
    sure, unsure = (m.predict_proba(wide).max(axis=1).min() for m in (plain, model))
    assert unsure < 0.9999 < sure


# --------------------------------------------------------------------------- otherwise


@pytest.mark.parametrize(
    ("estimator", "y"),
    [
        (None, SPECIES),
        (LogisticRegression(solver="liblinear"), IS_VIRGINICA),
        (LogisticRegression(l1_ratio=1, solver="saga", random_state=0), IS_VIRGINICA),
        (KNeighborsClassifier(), SPECIES),
        (SGDClassifier(random_state=0), SPECIES),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_has_no_closed_form_is_fitted_to_copies(estimator, y):
    model = DropoutClassifier(estimator, random_state=0)
    first, again = clone(model).fit(IRIS, y), clone(model).fit(IRIS, y)
    assert not first.closed_form_
    assert type(first.estimator_) is type(model._inner())
    np.testing.assert_array_equal(first.predict(IRIS), again.predict(IRIS))
    with pytest.raises(ValueError, match="method='closed_form' is for"):
        model.set_params(method="closed_form").fit(IRIS, y)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_copies_are_in_the_place_of_the_rows(kind):
    model = DropoutClassifier(KNeighborsClassifier(), 0.4, n_copies=50, random_state=0)
    fitted = model.fit(kind(IRIS), SPECIES).estimator_._fit_X
    rows = fitted.toarray() if sparse.issparse(fitted) else fitted
    assert rows.shape == (50 * len(IRIS), 4)
    assert np.mean(rows == 0) == pytest.approx(0.4, abs=0.01)
    expected = np.tile(IRIS, (50, 1)) / 0.6
    np.testing.assert_allclose(rows[rows != 0], expected[rows != 0])
    np.testing.assert_array_equal(IRIS, load_iris().data)


def test_copies_share_the_weight_of_their_row():
    class Weighing(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            self.total_ = sample_weight.sum()
            return super().fit(X, y, sample_weight)

    weight = np.linspace(1, 3, len(SPECIES))
    model = DropoutClassifier(Weighing(max_iter=1000), random_state=0)
    model.fit(IRIS, SPECIES, sample_weight=weight)
    assert model.estimator_.total_ == pytest.approx(weight.sum())


def test_missing_values_stay_for_estimators_that_take_them():
    holes = IRIS.copy()
    holes[::7, 1] = np.nan
    boosting = HistGradientBoostingClassifier(max_iter=5)
    model = DropoutClassifier(boosting, random_state=0).fit(holes, SPECIES)
    assert model.score(holes, SPECIES) > 0.8
    with pytest.raises(ValueError, match="NaN"):
        DropoutClassifier().fit(holes, SPECIES)


# ------------------------------------------------------------------- the wider library


@pytest.mark.parametrize("search", [GridSearchCV, GapAwareSearchCV])
def test_in_searches_and_pipelines(search):
    pipeline = make_pipeline(StandardScaler(), DropoutClassifier())
    grid = {"dropoutclassifier__p": [0.0, 0.5]}
    found = search(pipeline, grid, cv=3).fit(CELLS, IS_BENIGN)
    assert found.best_params_["dropoutclassifier__p"] in (0.0, 0.5)


@pytest.mark.parametrize("estimator", [None, KNeighborsClassifier()])
def test_pickled_and_unpickled(estimator):
    model = DropoutClassifier(estimator, random_state=0).fit(CELLS, IS_BENIGN)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(model.predict(CELLS), again.predict(CELLS))


@pytest.mark.parametrize("p", [0.0, 0.3])
@pytest.mark.parametrize(
    "estimator",
    [None, KNeighborsClassifier(), make_pipeline(StandardScaler(), SHARP)],
)
def test_names_of_columns_reach_the_estimator(estimator, p):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(CELLS, columns=list("abcdef"))
    model = DropoutClassifier(estimator, p, random_state=0).fit(frame, IS_BENIGN)
    assert list(model.feature_names_in_) == list("abcdef")
    np.testing.assert_array_equal(model.predict(frame), model.estimator_.predict(frame))


def test_weights_go_where_they_are_requested():
    weight = np.linspace(0.1, 3, len(IS_BENIGN))
    by_hand = DropoutClassifier(EXACT).fit(CELLS, IS_BENIGN, sample_weight=weight)
    with sklearn.config_context(enable_metadata_routing=True):
        inner = clone(EXACT).set_fit_request(sample_weight="importance")
        model = DropoutClassifier(inner).fit(CELLS, IS_BENIGN, importance=weight)
        np.testing.assert_allclose(coef_of(model), coef_of(by_hand))
        many = in_copies(model, 300).fit(CELLS, IS_BENIGN, importance=weight)
        assert relative_distance(many, by_hand) < 0.1
        with pytest.raises(TypeError, match="importance"):
            DropoutClassifier(EXACT).fit(CELLS, IS_BENIGN, importance=weight)


@pytest.mark.parametrize(
    ("model", "fit", "message"),
    [
        (DropoutClassifier(p=1.0), {}, "'p' parameter"),
        (DropoutClassifier(p=-0.1), {}, "'p' parameter"),
        (DropoutClassifier(p=np.nan), {}, "'p' parameter"),
        (DropoutClassifier(p="much"), {}, "'p' parameter"),
        (DropoutClassifier(n_copies=0), {}, "'n_copies' parameter"),
        (DropoutClassifier(method="exact"), {}, "'method' parameter"),
        (DropoutClassifier("ridge"), {}, "'estimator' parameter"),
        (DropoutClassifier(Ridge()), {}, "needs a classifier"),
        (DropoutClassifier(), {"sample_weight": np.zeros(150)}, "ample.weight"),
        (DropoutClassifier(), {"sample_weight": -np.ones(150)}, "egative"),
        (DropoutClassifier(), {"sample_weight": [1, 2]}, "sample_weight"),
        (DropoutClassifier(), {"groups": np.ones(150)}, "groups"),
    ],
)
def test_bad_input(model, fit, message):
    with pytest.raises(ValueError, match=message):
        model.fit(CELLS, IS_BENIGN, **fit)


def test_numbers_are_no_classes():
    with pytest.raises(ValueError, match="continuous"):
        DropoutClassifier().fit(CELLS, CELLS[:, 0])


def test_too_few_iterations_are_told():
    with pytest.warns(sklearn.exceptions.ConvergenceWarning, match="max_iter=1 "):
        DropoutClassifier(LogisticRegression(max_iter=1)).fit(CELLS, IS_BENIGN)
