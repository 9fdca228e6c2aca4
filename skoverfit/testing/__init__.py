"""Checks for parts that other people write: the library's contracts, executable."""

from skoverfit.testing._augmenters import (
    augmenter_checks,
    check_augmenter,
    parametrize_with_augmenter_checks,
)
from skoverfit.testing._rules import check_selection_rule, random_cv_results
from skoverfit.testing._shared_fits import check_shared_fit

__all__ = [
    "augmenter_checks",
    "check_augmenter",
    "check_selection_rule",
    "check_shared_fit",
    "parametrize_with_augmenter_checks",
    "random_cv_results",
]
