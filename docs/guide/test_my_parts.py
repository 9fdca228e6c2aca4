"""Tests of your own parts, to run with ``python -m pytest test_my_parts.py``."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skoverfit.augmentation import BaseAugmenter
from skoverfit.model_selection import SelectionRule
from skoverfit.testing import parametrize_with_checks
from skoverfit.testing.strategies import classification_data


class Jitter(BaseAugmenter):
    """Moves each number a little."""

    def _augment(self, X, y, rng):
        return X + 0.1 * rng.normal(size=X.shape), y


@dataclass(frozen=True)
class WithinAPoint(SelectionRule):
    """The smallest gap of the candidates within a point of the best."""

    metric: str | None = None

    def _accept(self, table, valid):
        return valid & (table.test >= table.test[valid].max() - 0.01)


class Center(TransformerMixin, BaseEstimator):
    """Moves the training rows to the origin."""

    def fit(self, X, y=None):
        self.mean_ = np.mean(X, axis=0)
        return self

    def transform(self, X):
        return X - self.mean_


def known_failures(part):
    """Name the checks that a part is known to fail, with the reasons."""
    return {}


@parametrize_with_checks(
    [Jitter(), WithinAPoint(), make_pipeline(Center(), LogisticRegression())],
    expected_failed_checks=known_failures,
)
def test_promises(part, check):
    """Every part keeps the promises of its kind."""
    check(part)


@given(classification_data())
def test_rows_are_centered(data):
    """What a part of yours must do besides is for tests of your own."""
    X, _ = data
    moved = Center().fit_transform(X)
    np.testing.assert_allclose(moved.mean(axis=0), 0, atol=1e-4)
