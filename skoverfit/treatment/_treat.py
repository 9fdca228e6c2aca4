"""The treatment in one call."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier, is_regressor
from sklearn.utils.multiclass import type_of_target

from skoverfit.diagnosis._inputs import take_columns
from skoverfit.exceptions import InputError
from skoverfit.treatment._estimators import TreatedClassifier, TreatedRegressor

__all__ = ["treat"]

MOST_CLASSES = 20
"""Distinct whole numbers up to which these are read as classes."""


def treat(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    groups: Any = None,
    time: Any = None,
    sample_weight: Any = None,
    **options: Any,
) -> TreatedClassifier | TreatedRegressor:
    """Try what closes the gap of a model, and keep what is shown to be better.

    Parameters
    ----------
    estimator : classifier, regressor or None
        The model to treat. None starts from a plain model of the data's kind; a target
        of numbers that are not whole, or of more than 20 whole numbers, is then one of
        regression.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        The features: a table, or a sequence of texts.
    y : array-like of shape (n_samples,)
        The target.
    groups : str or array-like of shape (n_samples,), default=None
        Rows that belong together, for the splits, or the column of X that tells, which
        is then taken out of X.
    time : str or array-like of shape (n_samples,), default=None
        When each row was recorded, or the column of X that holds it, which is then
        taken out of X. Splits test on later rows than they train on then, unless a
        splitter is passed as ``cv``.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row, for the models that take it.
    **options : dict
        Parameters of :class:`TreatedClassifier` or :class:`TreatedRegressor`.

    Returns
    -------
    treated : TreatedClassifier or TreatedRegressor
        Fitted.

    Raises
    ------
    ValueError
        If the data or the options cannot be used.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit import treat
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> treated = treat(tree, X, y, remedies=["linear"], budget=None, random_state=0)
    >>> [step.name for step in treated.report_.steps][:2]
    ['the given model', 'regularized linear model, C=0.1']
    """
    kind = TreatedClassifier if _is_classification(estimator, y) else TreatedRegressor
    X, _, named = take_columns(X, None, groups=groups, time=time)
    given = {**named, "sample_weight": sample_weight}
    metadata = {name: value for name, value in given.items() if value is not None}
    return kind(estimator, **options).fit(X, y, **metadata)


def _is_classification(estimator: Any, y: Any) -> bool:
    """Tell the task by the model, or else by the target."""
    if estimator is None:
        return _holds_classes(np.asarray(y))
    if not hasattr(estimator, "fit") or isinstance(estimator, type):
        raise _wrong(estimator)
    if not is_classifier(estimator) and not is_regressor(estimator):
        raise _wrong(estimator)
    return bool(is_classifier(estimator))


def _wrong(estimator: Any) -> InputError:
    return InputError(
        f"estimator={estimator!r} must be None, or an instance of a classifier or "
        "regressor that follows scikit-learn's interface."
    )


def _holds_classes(y: NDArray) -> bool:
    if y.dtype.kind in "iu":
        return len(np.unique(y)) <= MOST_CLASSES
    return not type_of_target(y).startswith("continuous")
