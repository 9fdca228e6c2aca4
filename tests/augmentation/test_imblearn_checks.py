"""imbalanced-learn's own checks, and the library's contract where those balance."""

from functools import partial

import numpy as np
import pytest
from imblearn.base import is_sampler
from imblearn.utils.estimator_checks import estimator_checks_generator

from skoverfit.augmentation import GaussianNoise, SwapNoise
from skoverfit.testing import augmenter_checks, check_augmenter
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


class _Breaks(GaussianNoise):
    """An augmenter that keeps the contract, to be broken in one place at a time."""


class _ChangesOriginals(_Breaks):
    def fit_resample(self, X, y):
        X_out, y_out = super().fit_resample(X, y)
        return (X_out * 2 if isinstance(X, type(X_out)) else X_out), y_out


class _IgnoresSeed(_Breaks):
    def _augment(self, X, y, rng):
        return super()._augment(X, y, np.random.default_rng())


class _ChangesDtype(_Breaks):
    def fit_resample(self, X, y):
        X_out, y_out = super().fit_resample(X, y)
        return (X_out.astype(float) if hasattr(X, "dtype") else X_out), y_out


class _WrongParents(_Breaks):
    def fit_resample(self, X, y):
        result = super().fit_resample(X, y)
        self.sample_indices_ = self.sample_indices_[::-1]
        return result


class _IsTransformer(_Breaks):
    def transform(self, X):
        return X


class _IgnoresMode(_Breaks):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        mode, self.mode = self.mode, "append"
        try:
            return super().fit_resample(X, y, sample_weight, groups)
        finally:
            self.mode = mode


class _IgnoresWeights(_Breaks):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        return super().fit_resample(X, y, None, groups)


class _MarksNothing(_Breaks):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        result = super().fit_resample(X, y, sample_weight, groups)
        self.is_synthetic_ = np.zeros_like(self.is_synthetic_)
        return result


class _LosesGroups(_Breaks):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        result = super().fit_resample(X, y, sample_weight, groups)
        if groups is not None:
            self.groups_ = np.asarray(groups)
        return result


class _LeavesRows(_Breaks):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        self._left = X
        return super().fit_resample(X, y, sample_weight, groups)


@pytest.mark.parametrize(
    "broken",
    [
        _ChangesOriginals,
        _IgnoresSeed,
        _ChangesDtype,
        _WrongParents,
        _IsTransformer,
        _IgnoresMode,
        _IgnoresWeights,
        _MarksNothing,
        _LosesGroups,
        _LeavesRows,
    ],
)
def test_contract_notices_a_broken_promise(broken):
    with pytest.raises(AssertionError):
        check_augmenter(broken())
