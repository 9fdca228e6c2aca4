"""Meta-estimators that hand prediction over to one inner estimator.

A wrapper decides how its inner estimator is fitted and stores it as ``estimator_``;
what comes after ``fit`` is the same for all of them and stands here once.

Who fits hundreds of models, and knows of some how to get the same ones for less, lends
`fit` another way: wrappers neither know nor import the ways there are.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from typing import Any

from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    RegressorMixin,
    is_classifier,
    is_regressor,
)
from sklearn.utils.validation import check_is_fitted

from skoverfit._compat import available_if, get_tags

__all__ = ["ClassifierDelegation", "RegressorDelegation", "Wrapper", "fit", "fitting"]

_LENT: ContextVar[Callable[..., Any] | None] = ContextVar("_LENT", default=None)


def fit(estimator: Any, X: Any, y: Any, **params: Any) -> Any:
    """Fit an estimator, in place, in the way that is lent; else by its own method.

    Returns
    -------
    estimator : estimator object
        What its own ``fit`` returns.
    """
    lent = _LENT.get()
    if lent is None:
        return estimator.fit(X, y, **params)
    return lent(estimator, X, y, **params)


@contextmanager
def fitting(way: Callable[..., Any]) -> Iterator[None]:
    """Let `fit` take another way in this thread.

    Parameters
    ----------
    way : callable
        Called like `fit`; does what ``fit`` of the estimator would, bit for bit.
    """
    token = _LENT.set(way)
    try:
        yield
    finally:
        _LENT.reset(token)


def estimator_has(method: str) -> Callable[[Any], bool]:
    """Offer a method only when the inner estimator, fitted or not, has it."""

    def check(self: Any) -> bool:
        fitted = getattr(self, "estimator_", None)
        getattr(self._inner() if fitted is None else fitted, method)
        return True

    return check


class Wrapper(MetaEstimatorMixin, BaseEstimator):
    """Base of wrappers; subclasses fit and set ``estimator_``."""

    def _inner(self):
        """Return the estimator that is wrapped; subclasses may have a default."""
        return self.estimator

    @available_if(estimator_has("predict"))
    def predict(self, X: Any) -> Any:
        """Predict with the fitted inner estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions.
        """
        check_is_fitted(self, "estimator_")
        return self.estimator_.predict(X)

    def _copy_feature_attributes(self, *parts):
        """Take what is known about the columns from the first part that knows it."""
        for name in ("n_features_in_", "feature_names_in_"):
            for part in parts:
                if hasattr(part, name):
                    setattr(self, name, getattr(part, name))
                    break


class ClassifierDelegation(ClassifierMixin):
    """What a wrapper around a classifier adds to :class:`Wrapper`."""

    def _check_kind(self):
        """Refuse regressors; what says nothing of itself may be a classifier."""
        if is_regressor(self._inner()):
            raise _wrong_kind(self, "a regressor", "classifier")

    @property
    def classes_(self) -> Any:
        """Class labels of the fitted classifier."""
        check_is_fitted(self, "estimator_")
        return self.estimator_.classes_

    @available_if(estimator_has("predict_proba"))
    def predict_proba(self, X: Any) -> Any:
        """Predict class probabilities with the fitted classifier.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            Class probabilities, in the order of ``classes_``.
        """
        check_is_fitted(self, "estimator_")
        return self.estimator_.predict_proba(X)

    @available_if(estimator_has("predict_log_proba"))
    def predict_log_proba(self, X: Any) -> Any:
        """Predict logarithms of class probabilities with the fitted classifier.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            Logarithms of class probabilities, in the order of ``classes_``.
        """
        check_is_fitted(self, "estimator_")
        return self.estimator_.predict_log_proba(X)

    @available_if(estimator_has("decision_function"))
    def decision_function(self, X: Any) -> Any:
        """Compute the decision function of the fitted classifier.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        decisions : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Decision values.
        """
        check_is_fitted(self, "estimator_")
        return self.estimator_.decision_function(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self._inner()).classifier_tags
        if inner is not None:
            tags.classifier_tags = deepcopy(inner)
        return tags


class RegressorDelegation(RegressorMixin):
    """What a wrapper around a regressor adds to :class:`Wrapper`."""

    def _check_kind(self):
        """Refuse classifiers; what says nothing of itself may be a regressor."""
        if is_classifier(self._inner()):
            raise _wrong_kind(self, "a classifier", "regressor")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self._inner()).regressor_tags
        if inner is not None:
            tags.regressor_tags = deepcopy(inner)
        return tags


def _wrong_kind(wrapper: Any, is_a: str, wanted: str) -> ValueError:
    other = {"classifier": "Regressor", "regressor": "Classifier"}[wanted]
    use = type(wrapper).__name__.replace(wanted.capitalize(), other)
    return ValueError(
        f"{type(wrapper).__name__} needs a {wanted}, but estimator="
        f"{wrapper._inner()!r} is {is_a}; use {use}."
    )
