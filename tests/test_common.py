"""scikit-learn's common checks on every public estimator; no expected failures."""

from functools import partial
from unittest import SkipTest

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

import skoverfit.augmentation
import skoverfit.model_selection
import skoverfit.regularization
import skoverfit.treatment
from skoverfit.augmentation import AugmentingTransformer
from tests.registry import ESTIMATORS, HAS_SKGLM, SPARSE
from tests.testing.grouped_checks import on_one_line, run_checks


def skips_of(estimator):
    """Checks that scikit-learn skips by itself: see docs/expected.rst."""
    if isinstance(estimator, AugmentingTransformer):
        yield "check_pipeline_consistency"
        yield "check_transformer_data_not_an_array"
        yield "check_transformer_general"
    for method in ("decision_function", "predict_proba"):
        if not hasattr(estimator, method):
            yield f"check_classifiers_multilabel_output_format_{method}"


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=on_one_line)
# scikit-learn's own conversion of an infinite target, which the check expects to fail.
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
# The data of the checks are mostly noise.
@pytest.mark.filterwarnings("ignore::skoverfit.exceptions.NoFeaturePassedWarning")
def test_check_estimator(estimator):
    checks = [
        partial(check, estimator)
        for _, check in estimator_checks_generator(estimator)
        # Array API input is not supported; scikit-learn skips these checks without an
        # array library of that kind installed.
        if "array_api" not in check.func.__name__
    ]
    run_checks(checks, expected_skips=[*skips_of(estimator)])


def test_every_public_estimator_is_checked():
    packages = (
        skoverfit.augmentation,
        skoverfit.model_selection,
        skoverfit.regularization,
        skoverfit.treatment,
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


def check_that_passes(estimator):
    pass


def check_that_fails(estimator, way="usual"):
    raise ValueError(way)


def check_that_skips(estimator):
    raise SkipTest("not for this one")


CHECKS = [
    partial(check_that_passes, None),
    partial(check_that_fails, None),
    partial(check_that_fails, None, way="other"),
    partial(check_that_skips, None),
]


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({}, "3 of 4 .*: check_that_fails, check_that_fails way=other, check_that_sk"),
        ({"expected_skips": ["check_that_skips"]}, "2 of 4 checks failed: "),
        ({"expected_failures": ["check_that_fails"]}, "1 of 4 .*: check_that_skips"),
        ({"expected_failures": ["check_that_passes"]}, "4 of 4 .*: check_that_passes"),
    ],
)
def test_checks_that_end_otherwise_than_expected_are_named(expected, message):
    with pytest.raises(ExceptionGroup, match=message):
        run_checks(CHECKS, **expected)


def test_no_checks_at_all_are_no_success():
    with pytest.raises(AssertionError, match="nothing to check"):
        run_checks([])
