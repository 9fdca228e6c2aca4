import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skoverfit.model_selection import GapAwareSearchCV, TrainingSet
from skoverfit.model_selection._shared_fits.families._decompositions import (
    PrincipalComponents,
)

FAMILY = PrincipalComponents()


def rows_of(n_samples, n_features):
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(n_features, n_features))
    return rng.normal(size=(n_samples, n_features)) @ mixing + 3


def views_of(estimators, X):
    return dict(FAMILY.views(estimators, TrainingSet(X, None, {}, [X])))


@pytest.mark.parametrize("shape", [(90, 8), (40, 60)])
@pytest.mark.parametrize("solver", ["full", "covariance_eigh", "auto"])
@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_training_rows_come_out_as_of_fit_transform(shape, solver, whiten, dtype):
    X = rows_of(*shape).astype(dtype)
    wanted = [1, 3, 8, 0.7, None]
    estimators = [PCA(n, svd_solver=solver, whiten=whiten) for n in wanted]
    views = views_of(estimators, X)
    if solver == "covariance_eigh" and shape[0] < shape[1]:
        assert not views
        return
    assert len(views) == len(estimators)
    for position, view in views.items():
        actual = FAMILY.training_output(view, X)
        expected = estimators[position].fit_transform(X)
        np.testing.assert_array_equal(actual, expected)
        assert actual.strides == expected.strides
        assert actual.dtype == expected.dtype


def test_truncated_solvers_are_left_alone():
    X = rows_of(600, 80)  # for few of these components, "auto" is "randomized"
    estimators = [PCA(n, random_state=0) for n in (2, 5, 70, 80, 0.9)]
    assert views_of(estimators, X).keys() == {2, 3, 4}


def test_numbers_that_a_fresh_fit_refuses_are_left_to_it():
    X = rows_of(30, 40)
    estimators = [PCA(n, svd_solver="full") for n in (2, 30, 31, "mle", 0.5)]
    assert views_of(estimators, X).keys() == {0, 1, 4}
    for position in (2, 3):
        with pytest.raises(ValueError, match="n_components"):
            estimators[position].fit(X)


@pytest.mark.parametrize(
    "estimator",
    [
        PCA(svd_solver="randomized"),
        PCA(svd_solver="arpack"),
        PCA(copy=False),
        type("OwnPCA", (PCA,), {})(),
    ],
    ids=repr,
)
def test_other_settings_are_not_served(estimator):
    assert not FAMILY.serves(estimator)


def test_sparse_rows_are_not_served():
    X = sparse.csr_array(rows_of(60, 5))
    assert not views_of([PCA(n, svd_solver="covariance_eigh") for n in (1, 2)], X)


@pytest.mark.parametrize("whiten", [False, True])
def test_a_search_over_components_gives_the_scores_of_a_plain_one(whiten):
    X = rows_of(60, 8)
    y = X[:, 0] + np.random.default_rng(0).normal(size=60)
    pipeline = make_pipeline(PCA(svd_solver="full", whiten=whiten), Ridge())
    grid = {"pca__n_components": [1, 2, 5, 0.8, "mle"]}
    plain = GridSearchCV(clone(pipeline), grid, cv=3, return_train_score=True)
    expected = plain.fit(X, y).cv_results_
    results = GapAwareSearchCV(pipeline, grid, cv=3).fit(X, y).cv_results_
    for key in (
        f"split{k}_{side}_score" for k in range(3) for side in ("train", "test")
    ):
        np.testing.assert_array_equal(results[key], expected[key])
