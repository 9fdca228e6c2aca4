import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.feature_selection import (
    GenericUnivariateSelect,
    SelectKBest,
    SelectPercentile,
    VarianceThreshold,
    f_classif,
)

from skoverfit.model_selection import TrainingSet
from skoverfit.model_selection._shared_fits.families._selectors import (
    UnivariateSelection,
    VarianceThresholds,
)

X, Y = make_classification(80, 8, random_state=0)


def views_of(family, estimators, y=Y):
    return dict(family.views(estimators, TrainingSet(X, y, {}, [X])))


def test_features_are_scored_once():
    calls = []

    def score(X, y):
        calls.append(len(X))
        return f_classif(X, y)

    estimators = [SelectPercentile(score, percentile=p) for p in (10, 50, 90)]
    assert len(views_of(UnivariateSelection(), estimators)) == 3
    assert calls == [len(X)]


@pytest.mark.parametrize(
    "estimators",
    [
        [SelectKBest(k=k) for k in (2, 9, 8)],
        [GenericUnivariateSelect(mode="k_best", param=k) for k in (2, 9, 8)],
    ],
    ids=["k", "param"],
)
def test_numbers_that_fit_warns_of_are_left_to_it(estimators):
    assert views_of(UnivariateSelection(), estimators).keys() == {0, 2}
    with pytest.warns(UserWarning, match="greater than n_features"):
        estimators[1].fit(X, Y)


def test_thresholds_that_keep_nothing_are_left_to_fail():
    estimators = [VarianceThreshold(t) for t in (1e6, 0.5, 0.1)]
    views = views_of(VarianceThresholds(), estimators)
    assert views.keys() == {1, 2}
    for position in views:
        fresh = estimators[position].fit_transform(X)
        np.testing.assert_array_equal(views[position].transform(X), fresh)
    with pytest.raises(ValueError, match="No feature"):
        estimators[0].fit(X)


def test_a_threshold_of_zero_is_not_served():
    assert not VarianceThresholds().serves(VarianceThreshold())
    assert VarianceThresholds().serves(VarianceThreshold(0.1))
