"""A quantity that is treated as classes: near misses count as much as far ones."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.metrics import r2_score
from sklearn.utils.discovery import all_estimators

from skoverfit.diagnosis._comparisons._comparison import Comparison, compare_with
from skoverfit.diagnosis._estimators._source import code_of
from skoverfit.diagnosis._estimators._steps import head, with_head
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._measuring._oof import OutOfFold
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.remedies._base import Candidate

FEWEST_VALUES = 8
"""Distinct numbers from which they may be a quantity."""

FEWEST_ERRORS = 20
"""Errors below which it cannot be seen whether they are near misses."""

NEARNESS = 0.9
"""Distance of the errors over that under other numberings below which they are near."""

MAX_P_VALUE = 0.02
"""Largest p-value of "the order means nothing"."""

N_NUMBERINGS = 999
"""Random numberings of the classes to compare with."""


@dataclass(frozen=True)
class Quantity:
    """How the errors lie in a numeric target.

    Attributes
    ----------
    n_values : int
        Distinct values.
    nearness : float
        Mean distance of the errors in ranks, over that under random numberings of
        the classes; 1 if the order means nothing.
    pvalue : float
        Of "the order means nothing".
    comparison : Comparison or None
        Regression, its predictions moved to the nearest value.
    r2, r2_regression : float
        R2 of either.
    error, error_regression : float
        Mean absolute error of either.
    """

    n_values: int
    nearness: float
    pvalue: float
    comparison: Comparison | None = None
    r2: float = np.nan
    r2_regression: float = np.nan
    error: float = np.nan
    error_regression: float = np.nan

    @property
    def is_ordered(self) -> bool:
        """Whether errors are near misses."""
        return self.pvalue < MAX_P_VALUE and self.nearness < NEARNESS


def nearness_of_errors(
    y: NDArray, predictions: NDArray, seed: int = 0
) -> tuple[float, float]:
    """Compare the distances of the errors with those under other numberings.

    If the numbers are mere names, any other numbering of the classes gives errors as
    far off as these.

    Parameters
    ----------
    y, predictions : ndarray of shape (n_samples,)
        Values of the target.
    seed : int, default=0
        Seeds the other numberings.

    Returns
    -------
    nearness, pvalue : float
        NaN if there are too few errors.
    """
    values, codes = np.unique(np.concatenate([y, predictions]), return_inverse=True)
    truth, found = codes[: len(y)], codes[len(y) :]
    wrong = truth != found
    truth, found = truth[wrong], found[wrong]
    if len(truth) < FEWEST_ERRORS:
        return np.nan, np.nan
    own = np.abs(truth - found).mean()
    rng = np.random.default_rng(seed)
    numberings = (rng.permutation(len(values)) for _ in range(N_NUMBERINGS))
    others = np.array([np.abs(new[truth] - new[found]).mean() for new in numberings])
    pvalue = (1 + np.count_nonzero(others <= own)) / (1 + len(others))
    return float(own / others.mean()), float(pvalue)


class NearestValueClassifier(ClassifierMixin, BaseEstimator):
    """Predict the class that is nearest to what a regressor predicts.

    Parameters
    ----------
    regressor : regressor
        Fitted to the classes as numbers.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The values.
    regressor_ : regressor
        Fitted.
    """

    def __init__(self, regressor: Any):
        self.regressor = regressor

    def fit(self, X: Any, y: NDArray) -> "NearestValueClassifier":
        """Fit the regressor."""
        self.classes_ = np.unique(y)
        self.regressor_ = clone(self.regressor).fit(X, np.asarray(y, dtype=float))
        return self

    def predict(self, X: Any) -> NDArray:
        """Move each prediction to the nearest value."""
        found = np.asarray(self.regressor_.predict(X), dtype=float)
        middles = (self.classes_[1:] + self.classes_[:-1]) / 2
        return self.classes_[np.searchsorted(middles, found)]


def twin_regressor(classifier: Any) -> Any:
    """Give the regressor of the same kind and settings; a forest if there is none."""
    name = type(classifier).__name__
    twin = TWINS.get(name, name.replace("Classifier", "Regressor"))
    kinds = dict(all_estimators(type_filter="regressor"))
    if twin == name or twin not in kinds:
        return ExtraTreesRegressor(random_state=0)
    known = kinds[twin]().get_params(deep=False)
    own = classifier.get_params(deep=False)
    shared = {k: v for k, v in own.items() if k in known and k not in CLASS_OPTIONS}
    return kinds[twin](**shared)


TWINS = {
    "LogisticRegression": "RidgeCV",
    "RidgeClassifier": "Ridge",
    "SVC": "SVR",
    "LinearSVC": "LinearSVR",
    "NuSVC": "NuSVR",
    "GaussianNB": "BayesianRidge",
}
"""Regressors whose name does not follow from that of the classifier."""

CLASS_OPTIONS = {"criterion", "loss", "class_weight", "dual", "scoring", "probability"}
"""Parameters that mean something else in a regressor."""


def as_regression(problem: Problem) -> Candidate:
    """Build a regressor whose predictions are moved to the nearest value."""
    regressor = twin_regressor(head(problem.estimator))
    # The code is that of a regression, which is what to use; only here, where all is
    # scored as classes, are its predictions moved to one.
    return Candidate(
        "regression, moved to the nearest value",
        f"{type(regressor).__name__} on the target as a number.",
        code_of(with_head(problem.estimator, regressor)),
        with_head(problem.estimator, NearestValueClassifier(regressor)),
    )


@register_cause
class QuantityAsClasses(Cause):
    """A numeric quantity that a classifier takes for classes without order."""

    code = "SKO404"
    name = "quantity_as_classes"
    title = "The target is a quantity, treated as classes"
    kind = "target"
    needs = frozenset({"classification"})
    cost = 0.0

    def measure(self, lab: Lab) -> Quantity | None:
        """See whether errors are near misses, and what regression makes of it."""
        problem, oof = lab.problem, lab.oof
        values = as_values(problem.y)
        if values is None or len(np.unique(values)) < FEWEST_VALUES:
            return None
        if oof is None:
            raise NotMeasured("there are no out-of-fold predictions")
        predictions = as_values(oof.predictions)
        if predictions is None:
            raise NotMeasured("the predictions are not numbers")
        nearness = nearness_of_errors(values[oof.rows], predictions, problem.seed)
        found = Quantity(len(np.unique(values)), *nearness)
        if not found.is_ordered or problem.y.dtype.kind not in "biuf":
            return found
        return _with_regression(lab, oof, found)

    def judge(self, measured: Quantity | None, problem: Problem) -> Finding:
        """Present if the errors of many ordered values are near misses."""
        if measured is None:
            why = (
                f"The target is not numeric, or has fewer than {FEWEST_VALUES} values."
            )
            return self.finding("not_applicable", explanation=why)
        if not np.isfinite(measured.nearness):
            why = "There are too few errors to see an order in them."
            return self.finding("not_applicable", explanation=why)
        text = (
            f"The target has {measured.n_values} ordered numbers. Errors are "
            f"{measured.nearness:.2f} times as far off as they would be if the order "
            "meant nothing (1)."
        )
        if not measured.is_ordered:
            title = "The numbers of the target are labels without an order"
            return self.finding("absent", title=title, explanation=text)
        found = measured.comparison
        if found is not None:
            text += (
                f" {found.text} As numbers, R2 goes from {measured.r2:.3f} to "
                f"{measured.r2_regression:.3f}, and the mean absolute error from "
                f"{measured.error:.3g} to {measured.error_regression:.3g}."
            )
        return self.finding(
            "present",
            severity="warning",
            explanation=text,
            advice=(
                "A classifier counts a near miss like a far one, and has few rows for "
                "each value. Use a regressor and a score of numbers "
                "(scoring='r2' or 'neg_mean_absolute_error'), or a few wide classes."
            ),
            **({**found.fields, "pvalue": measured.pvalue} if found else {}),
        )


def as_values(y: NDArray) -> NDArray[np.float64] | None:
    """Labels as numbers; None if they are none."""
    if y.dtype.kind == "b":
        return None
    try:
        return y.astype(float)
    except (TypeError, ValueError):
        return None


def _with_regression(lab: Lab, oof: OutOfFold, found: Quantity) -> Quantity:
    candidate = as_regression(lab.problem)
    try:
        outcome = lab.with_model(candidate.name, candidate.estimator, keep=True)
        comparison = compare_with(lab, candidate)
    except NotMeasured:
        return found
    other = lab.oof_of(outcome)
    if other is None:
        return found
    return replace(
        found,
        comparison=comparison,
        r2=float(r2_score(oof.y, oof.predictions)),
        r2_regression=float(r2_score(other.y, other.predictions)),
        error=float(np.abs(oof.y - oof.predictions).mean()),
        error_regression=float(np.abs(other.y - other.predictions).mean()),
    )
