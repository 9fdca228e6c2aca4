"""The given regressor on another scale of the target."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import skew
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.preprocessing import StandardScaler

from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind
from skoverfit.diagnosis.remedies._same_model import head_name

__all__ = ["LogTarget", "ScaledTarget"]


class LogTarget(RemedyKind):
    """The given regressor on the logarithm of the target."""

    name = "log_target"
    least_skew = 1.0

    def applies(self, problem: Problem) -> bool:
        """Whether the target is not negative, with a long tail of large values."""
        y = problem.y
        if problem.is_classification or y.min() < 0 or y.min() == y.max():
            return False
        return bool(skew(y) > self.least_skew)

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose to learn the logarithm."""
        model = TransformedTargetRegressor(
            clone(problem.estimator), func=np.log1p, inverse_func=np.expm1
        )
        return [
            Candidate.of(
                "logarithm of the target",
                "The same model of the logarithm of the target.",
                model,
            )
        ]


class ScaledTarget(RemedyKind):
    """The given regressor on a standardized target, where its defaults assume that."""

    name = "scaled_target"

    def applies(self, problem: Problem) -> bool:
        """Whether the predictor assumes a target of unit scale, and it is not."""
        spread = problem.y.std() if not problem.is_classification else 1.0
        assumes = head_name(problem) in ("SVR", "MLPRegressor", "NuSVR")
        return assumes and not 0.5 <= spread <= 2.0

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose a target with mean 0 and standard deviation 1."""
        model = TransformedTargetRegressor(
            clone(problem.estimator), transformer=StandardScaler()
        )
        return [
            Candidate.of(
                "scaled target",
                "The same model of a target with mean 0 and standard deviation 1.",
                model,
            )
        ]
