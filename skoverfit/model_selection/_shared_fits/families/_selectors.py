"""Thresholds of feature selectors that score the features once.

`fit` of these selectors only computes scores; which features are kept is decided from
the scores and the parameters whenever it is asked for.
"""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone
from sklearn.feature_selection import (
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    VarianceThreshold,
)

from skoverfit.model_selection._shared_fits._contract import (
    SharedFit,
    TrainingSet,
    register_shared_fit,
    view_of,
)


class UnivariateSelection(SharedFit):
    """How many features a univariate selector keeps, from one call of `score_func`."""

    name = "univariate selection"
    free = ("k", "percentile", "alpha", "mode", "param")
    classes: ClassVar = (
        GenericUnivariateSelect,
        SelectFdr,
        SelectFpr,
        SelectFwe,
        SelectKBest,
        SelectPercentile,
    )

    def serves(self, estimator: Any) -> bool:
        """Whether the class is known; whether the scores are random, others check."""
        return type(estimator) in self.classes

    def views(
        self, estimators: Sequence[Any], data: TrainingSet
    ) -> Iterator[tuple[int, Any]]:
        """Score once; candidates of which `fit` would warn are left out."""
        n_features = data.X.shape[1]
        quiet = [i for i, e in enumerate(estimators) if not _is_too_many(e, n_features)]
        if not quiet or data.fit_params:  # metadata may change the scores
            return
        # Scores depend on the rows alone, so any candidate will do for the fit.
        fitted = clone(estimators[quiet[0]]).fit(data.X, data.y)
        for position in quiet:
            yield position, view_of(fitted, estimators[position])


def _is_too_many(estimator: Any, n_features: int) -> bool:
    k = getattr(estimator, "k", None)
    if getattr(estimator, "mode", None) == "k_best":
        k = estimator.param
    return k is not None and k != "all" and k > n_features


class VarianceThresholds(SharedFit):
    """`threshold` of VarianceThreshold, from one pass over the rows."""

    name = "variance thresholds"
    free = ("threshold",)

    def serves(self, estimator: Any) -> bool:
        """Whether the threshold is positive: at zero, `fit` also looks at ranges."""
        return type(estimator) is VarianceThreshold and estimator.threshold > 0

    def views(
        self, estimators: Sequence[Any], data: TrainingSet
    ) -> Iterator[tuple[int, Any]]:
        """Compute variances once; candidates that keep nothing fail by themselves."""
        if data.fit_params:
            return
        # A fit that keeps no feature raises: the smallest threshold is the safest.
        smallest = min(estimators, key=lambda estimator: estimator.threshold)
        fitted = clone(smallest).fit(data.X)
        finite = fitted.variances_[np.isfinite(fitted.variances_)]
        for position, estimator in enumerate(estimators):
            if (finite > estimator.threshold).any():
                yield position, view_of(fitted, estimator)


register_shared_fit(UnivariateSelection())
register_shared_fit(VarianceThresholds())
