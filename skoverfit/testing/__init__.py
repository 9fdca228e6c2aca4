"""Checks for parts that other people write: the library's contracts, executable."""

from skoverfit.testing._augmenters import augmenter_checks, check_augmenter
from skoverfit.testing._cases import random_cv_results
from skoverfit.testing._causes import check_cause
from skoverfit.testing._leakage import check_no_leakage
from skoverfit.testing._parametrize import (
    checks_of,
    parametrize_with_augmenter_checks,
    parametrize_with_checks,
)
from skoverfit.testing._remedies import check_remedy
from skoverfit.testing._rules import check_member_rule, check_selection_rule
from skoverfit.testing._shared_fits import check_shared_fit
from skoverfit.testing._wrappers import check_wrapper

__all__ = [
    "augmenter_checks",
    "check_augmenter",
    "check_cause",
    "check_member_rule",
    "check_no_leakage",
    "check_remedy",
    "check_selection_rule",
    "check_shared_fit",
    "check_wrapper",
    "checks_of",
    "parametrize_with_augmenter_checks",
    "parametrize_with_checks",
    "random_cv_results",
]
