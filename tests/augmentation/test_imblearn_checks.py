"""imbalanced-learn's own checks, and the library's contract where those balance."""

from functools import partial

import pytest
from imblearn.base import is_sampler
from imblearn.utils.estimator_checks import estimator_checks_generator

from skoverfit.augmentation import GaussianNoise, SwapNoise
from skoverfit.testing import augmenter_checks
from tests.registry import GENERATORS, IMAGES, TABULAR, TEXTS
from tests.testing.grouped_checks import on_one_line, run_checks

# Checks of imbalanced-learn that cannot hold for an augmenter, and what holds instead.
IMBLEARN_EXPECTED_FAILURES = {
    "check_target_type": (
        "demands an error for continuous and multi-output y; augmenters serve "
        "regression and multi-output, see check_any_target of the contract"
    ),
    "check_samplers_one_label": (
        "demands an error for one class, which cannot be balanced; one class can be "
        "augmented, see check_any_target of the contract"
    ),
}

AUGMENTERS = [*TABULAR, *GENERATORS, *IMAGES, *TEXTS]


@pytest.mark.parametrize("augmenter", AUGMENTERS, ids=on_one_line)
def test_imblearn_checks(augmenter):
    assert is_sampler(augmenter)
    checks = [
        partial(check, own) for own, check in estimator_checks_generator(augmenter)
    ]
    run_checks(checks, expected_failures=IMBLEARN_EXPECTED_FAILURES)


@pytest.mark.parametrize(
    "augmenter",
    [*AUGMENTERS, SwapNoise(p=1.0), GaussianNoise(scale=3.0)],
    ids=on_one_line,
)
def test_contract(augmenter):
    run_checks(augmenter_checks(augmenter))
