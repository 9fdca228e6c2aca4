"""Asks for the dial, and puts it where the learner is."""

from typing import Any

from numpy.typing import ArrayLike

from skoverfit._capacity._lookup import require_dials
from skoverfit._capacity._penalties import check_penalty
from skoverfit._compat import validate_params
from skoverfit.regularization._dial._learner import DialOptions
from skoverfit.regularization._dial._regularized import (
    LEARNER,
    OPTIONS,
    STRENGTH,
    wrap_leaves,
)

__all__ = ["has_dial", "with_strength"]


def has_dial(estimator: Any) -> bool:
    """Say whether the capacity of an estimator can be controlled.

    Parameters
    ----------
    estimator : estimator instance
        Estimator, pipeline or meta-estimator; it is not changed.

    Returns
    -------
    known : bool
        True if the estimator, the last step of the pipeline or the estimators inside
        the meta-estimator have an entry in the capacity table.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.svm import SVC
    >>> from skoverfit.regularization import has_dial
    >>> has_dial(SVC()), has_dial(DummyClassifier())
    (True, False)
    """
    try:
        require_dials(estimator)
    except ValueError:
        return False
    return True


@validate_params(
    {
        "estimator": LEARNER,
        "strength": STRENGTH,
        **OPTIONS,
    },
    prefer_skip_nested_validation=True,
)
def with_strength(
    estimator: Any,
    strength: float,
    *,
    penalty: str | None = None,
    params: Any = None,
    scale_free: bool = True,
    feature_groups: ArrayLike | None = None,
) -> Any:
    """Return a copy of an estimator with its capacity at a strength.

    The dial goes where the learner is: around the last step of a pipeline, or around
    the estimator inside a meta-estimator, so that ranges that depend on the data see
    the data after all preprocessing.

    Parameters
    ----------
    estimator : estimator instance
        Estimator, pipeline or meta-estimator; it is not changed.
    strength : float in [0, 1]
        0 is least regularized, 0.5 keeps the estimator's own settings, 1 makes the
        prediction almost constant.
    penalty : {"l1", "l2", "elasticnet", "mcp", "scad", "group"}, default=None
        Kind of penalty of a linear model. None keeps the model's own.
    params : list of str or dict, default=None
        Which parameters the dial turns, and settings that hold at every strength; as
        in :class:`RegularizedClassifier`.
    scale_free : bool, default=True
        Whether features are standardized for models that depend on their units,
        unless steps before do so.
    feature_groups : array-like, default=None
        The groups of ``penalty="group"``.

    Returns
    -------
    regularized : estimator instance
        A copy of the pipeline or meta-estimator with a regularized wrapper inside,
        or such a wrapper around a copy of the estimator.

    Raises
    ------
    ValueError
        If a parameter is out of range or contradicts another, the capacity table does
        not know the estimator, or `penalty` does not apply to it.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skoverfit.regularization import with_strength
    >>> X, y = load_iris(return_X_y=True)
    >>> pipeline = make_pipeline(StandardScaler(), KNeighborsClassifier())
    >>> smoother = with_strength(pipeline, 0.75).fit(X, y)
    >>> smoother[-1].settings_
    {'n_neighbors': 12}
    """
    options = DialOptions(penalty, params, scale_free, feature_groups)
    leaves = require_dials(estimator)
    for leaf in leaves:
        if penalty is not None:
            check_penalty(leaf.estimator, penalty)
        options.check(leaf)
    return wrap_leaves(estimator, leaves, strength, options)
