"""scikit-learn's common checks on every public estimator; no expected failures."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

import skoverfit.augmentation
import skoverfit.model_selection
import skoverfit.regularization
from tests.registry import ESTIMATORS, HAS_SKGLM, SPARSE

CHECKS = [
    pytest.param(estimator, check, id=f"{name}-{check.func.__name__}")
    for name, estimator in zip(map(repr, ESTIMATORS), ESTIMATORS, strict=True)
    for _, check in estimator_checks_generator(estimator)
    # Array API input is not supported; scikit-learn skips these checks without an
    # array library of that kind installed.
    if "array_api" not in check.func.__name__
]


@pytest.mark.parametrize(("estimator", "check"), CHECKS)
# scikit-learn's own conversion of an infinite target, which the check expects to fail.
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
# The data of the checks are mostly noise.
@pytest.mark.filterwarnings("ignore::skoverfit.exceptions.NoFeaturePassedWarning")
def test_check_estimator(estimator, check):
    check(estimator)


def test_every_public_estimator_is_checked():
    packages = (
        skoverfit.augmentation,
        skoverfit.model_selection,
        skoverfit.regularization,
    )
    public = {
        vars(package)[name]
        for package in packages
        for name in package.__all__
        if hasattr(vars(package)[name], "get_params")
    }
    abstract = {
        skoverfit.augmentation.BaseAugmenter,
        skoverfit.augmentation.NumericAugmenter,
    }
    missing = set() if HAS_SKGLM else {type(estimator) for estimator in SPARSE}
    assert public - abstract - missing == {type(estimator) for estimator in ESTIMATORS}
