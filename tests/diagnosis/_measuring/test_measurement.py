"""What is measured on splits does not depend on the way in which a model is fitted."""

from contextlib import nullcontext

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import ExtraTreesRegressor, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit.augmentation import AugmentedClassifier, GaussianNoise
from skoverfit.diagnosis._measuring import _measurement
from skoverfit.diagnosis._measuring._measurement import observe
from skoverfit.diagnosis._problem import make_problem
from skoverfit.model_selection._shared_fits._contract import Remembered
from skoverfit.regularization import RegularizedClassifier

X, y = make_classification(120, 6, n_informative=4, random_state=0)
FOREST = RandomForestClassifier(9, random_state=0)


def fits_again(estimator, X, y):
    """Do what a scorer may do: fit what it is given, and ask it about the rows."""
    estimator.set_params(max_depth=1).fit(X[::2], y[::2])
    return accuracy_score(y, estimator.predict(X))


@pytest.mark.parametrize(
    ("estimator", "options"),
    [
        (FOREST, {}),
        (FOREST, {"scoring": "roc_auc"}),
        (FOREST, {"scoring": fits_again}),
        (FOREST, {"sample_weight": np.linspace(0.5, 2.0, 120)}),
        (make_pipeline(StandardScaler(copy=False), FOREST), {}),
        (make_pipeline(SimpleImputer(), FOREST), {"scoring": "neg_log_loss"}),
        (RegularizedClassifier(FOREST, strength=0.8), {}),
        (AugmentedClassifier(FOREST, GaussianNoise(), random_state=0), {}),
        (ExtraTreesRegressor(9, random_state=0), {}),
    ],
)
@pytest.mark.parametrize("keep", [False, True])
def test_quick_fits_change_nothing(estimator, options, keep, monkeypatch):
    target = X[:, 0] + y if isinstance(estimator, ExtraTreesRegressor) else y
    problem = make_problem(estimator, X.copy(), target, cv=3, random_state=0, **options)
    quick = observe(problem, clone(estimator), keep=keep)
    monkeypatch.setattr(_measurement, "quick_fits", lambda *rows: nullcontext())
    slow = observe(problem, clone(estimator), keep=keep)
    np.testing.assert_array_equal(quick.scores.train_scores, slow.scores.train_scores)
    np.testing.assert_array_equal(quick.scores.test_scores, slow.scores.test_scores)
    for name in ("rows", "signal", "train_rows"):
        for one, other in zip(getattr(quick, name), getattr(slow, name), strict=True):
            np.testing.assert_array_equal(one, other)
    for model, other in zip(quick.fitted, slow.fitted, strict=True):
        assert (model is None) == (other is None) == (not keep)
        if keep:
            a, b = (each.predict(X.copy()) for each in (model, other))
            np.testing.assert_array_equal(a, b)
            assert not any(isinstance(v, Remembered) for v in vars(model).values())
