"""Noise and dropout on features: what many copies teach, mostly without copies."""

from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.utils import check_random_state
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from skoverfit._compat import (
    HasMethods,
    Interval,
    StrOptions,
    _check_sample_weight,
    _fit_context,
    _raise_for_params,
    _routing_enabled,
    get_tags,
)
from skoverfit._delegation import ClassifierDelegation, RegressorDelegation, Wrapper
from skoverfit.augmentation._marginal_fits import (
    Variances,
    closed_form_of,
    squared,
    weighted_std,
)
from skoverfit.augmentation._noise import Limits, Spread, with_noise
from skoverfit.augmentation._training import TrainingRows, fitted

__all__ = [
    "DropoutClassifier",
    "DropoutRegressor",
    "NoiseInjectionClassifier",
    "NoiseInjectionRegressor",
]


class _BaseMarginalized(Wrapper):
    """Shared workflow: check, then fit in closed form or to copies."""

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "method": [StrOptions({"auto", "closed_form", "copies"})],
        "n_copies": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    # ``sample_weight`` comes in through ``params``: a named argument would promise that
    # weight 2 equals the row given twice, which random copies can keep on average only.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, **params):
        """Fit the estimator to corrupted copies of the rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows, all columns numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target.
        **params : dict
            ``sample_weight`` of shape (n_samples,); with metadata routing, all that
            the estimator requests.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        self._check_kind()
        routed = self._routed(params)
        X, y = self._checked(X, y)
        weight = _checked_weight(routed.pop("sample_weight", None), X)
        rows = TrainingRows(X, y, weight, routed)
        in_closed_form = self._closed_form(y)
        if self._amount() == 0:
            self.estimator_ = fitted(clone(self._inner()), rows, None)
        elif in_closed_form is None:
            self.estimator_ = self._fitted_to_copies(rows)
        else:
            variances = self._variances(X, weight)
            self.estimator_ = in_closed_form(self._inner(), X, y, weight, variances)
        self.closed_form_ = self._amount() == 0 or in_closed_form is not None
        if hasattr(self, "feature_names_in_"):
            self.estimator_.feature_names_in_ = self.feature_names_in_
        return self

    def _checked(self, X, y):
        """Validate rows and target as the estimator would."""
        tags = get_tags(self._inner())
        labels = tags.classifier_tags
        several = tags.target_tags.multi_output or (labels and labels.multi_label)
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr" if tags.input_tags.sparse else False,
            dtype=np.float64,
            ensure_all_finite="allow-nan" if tags.input_tags.allow_nan else True,
            multi_output=bool(several),
            y_numeric=not is_classifier(self._inner()),
        )
        if is_classifier(self._inner()):
            check_classification_targets(y)
        # Sums over columns of a sparse array are arrays, those of a matrix are not.
        return sparse.csr_array(X) if sparse.issparse(X) else X, y

    def _closed_form(self, y):
        """Return the function that fits without copies, None to make copies."""
        if self.method == "copies":
            return None
        found = closed_form_of(self._inner(), y)
        if found is None and self.method == "closed_form":
            raise ValueError(
                "method='closed_form' is for LinearRegression, Ridge, RidgeClassifier "
                "and, with two classes and a penalty on squares, LogisticRegression. "
                f"Got estimator={self._inner()!r}; use method='auto' or 'copies'."
            )
        return found

    def _fitted_to_copies(self, rows):
        """Fit to `n_copies` copies of each row that share its weight."""
        rng = check_random_state(self.random_state)
        generator = np.random.default_rng(
            rng.randint(0, 2**32, size=4, dtype=np.uint32)
        )
        weight = np.ones(len(rows)) if rows.weight is None else rows.weight
        index = np.tile(np.arange(len(rows)), self.n_copies)
        many = rows.taken(index)
        corrupted = self._corrupted(rows.X, weight, many.X, generator)
        shared = weight[index] / self.n_copies
        many = TrainingRows(corrupted, many.y, shared, many.params).with_unit()
        return fitted(clone(self._inner()), many, rng)

    def _routed(self, params):
        """Metadata for the estimator's fit."""
        if _routing_enabled():
            return dict(process_routing(self, "fit", **params).estimator.fit)
        _raise_for_params(params, self, "fit", allow=("sample_weight",))
        return {name: value for name, value in params.items() if value is not None}

    def get_metadata_routing(self):
        """Say which metadata goes to the estimator.

        Returns
        -------
        routing : MetadataRouter
            Routing information.
        """
        return MetadataRouter(owner=self).add(
            estimator=self._inner(),
            method_mapping=MethodMapping().add(caller="fit", callee="fit"),
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self._inner())
        for name in ("sparse", "allow_nan", "positive_only"):
            setattr(tags.input_tags, name, getattr(inner.input_tags, name))
        tags.target_tags = inner.target_tags
        tags.target_tags.required = True
        tags.non_deterministic = inner.non_deterministic
        return tags


class _NoiseInjection(_BaseMarginalized):
    """The corruption: normal noise on each cell, relative to its column."""

    _parameter_constraints: dict = {
        **_BaseMarginalized._parameter_constraints,
        "scale": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        estimator=None,
        scale=0.1,
        *,
        method="auto",
        n_copies=10,
        random_state=None,
    ):
        self.estimator = estimator
        self.scale = scale
        self.method = method
        self.n_copies = n_copies
        self.random_state = random_state

    def _amount(self):
        return self.scale

    def _deviations(self, X, weight):
        return self.scale * weighted_std(X, weight)

    def _variances(self, X, weight):
        variance = self._deviations(X, weight) ** 2
        if not sparse.issparse(X):
            return Variances(variance[np.newaxis])
        pattern = X.copy()
        pattern.data = (X.data != 0) * variance[X.indices]
        return Variances(pattern)

    def _corrupted(self, X, weight, many, rng):
        deviations = self._deviations(X, weight)
        active = np.flatnonzero(deviations)
        if not active.size:
            return many
        free = [np.inf] * active.size
        limits = Limits([-np.inf] * active.size, free)
        spread = Spread(deviations[np.newaxis, active])
        return with_noise(many, np.empty_like, active, spread, limits, rng)


class _Dropout(_BaseMarginalized):
    """The corruption: cells that become zero, the others larger to make up for it."""

    _parameter_constraints: dict = {
        **_BaseMarginalized._parameter_constraints,
        "rate": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        estimator=None,
        rate=0.1,
        *,
        method="auto",
        n_copies=10,
        random_state=None,
    ):
        self.estimator = estimator
        self.rate = rate
        self.method = method
        self.n_copies = n_copies
        self.random_state = random_state

    def _amount(self):
        return self.rate

    def _variances(self, X, weight):
        return Variances(squared(X) * (self.rate / (1 - self.rate)))

    def _corrupted(self, X, weight, many, rng):
        kept = many.copy()
        values = kept.data if sparse.issparse(kept) else kept
        values *= (rng.random(values.shape) >= self.rate) / (1 - self.rate)
        return kept


def _checked_weight(weight, X):
    """Validate weights; None stays None."""
    if weight is None:
        return None
    weight = _check_sample_weight(weight, X, dtype=X.dtype, ensure_non_negative=True)
    if not weight.any():
        raise ValueError("sample_weight must not be 0 everywhere.")
    return weight


class NoiseInjectionClassifier(ClassifierDelegation, _NoiseInjection):
    """Classifier that is fitted to noisy copies of the rows, mostly without copies.

    Each number of a training row gets normal noise with `scale` times the standard
    deviation of its column, and the classifier is fitted to such copies in place of the
    rows. For linear models the fit to infinitely many copies is known, with nothing to
    draw and nothing to store: with squared loss it is ridge regression with a penalty
    for each column [1]_, and the mean logistic loss of a row is a function of the mean
    and the variance of its linear predictor.

    Parameters
    ----------
    estimator : classifier or None, default=None
        A clone of it is fitted. None is logistic regression with its defaults.
    scale : float, default=0.1
        Standard deviation of the noise relative to that of the column, 0 or more. As
        in :class:`GaussianNoise`, constant columns and the zeros of sparse matrices
        do not change.
    method : {"auto", "closed_form", "copies"}, default="auto"
        "closed_form" is what infinitely many copies would give, for
        `RidgeClassifier` and for `LogisticRegression` with two classes, whose only
        penalty is on squares.
        "copies" fits to copies drawn at random, for every estimator. "auto" is
        the first where it is known.
    n_copies : int, default=10
        Number of copies of each row, 1 or more, where copies are made. They take the
        place of the row and share its weight.
    random_state : int, RandomState instance or None, default=None
        Seed of the copies. The closed form is not random.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier, of the class of `estimator`.
    closed_form_ : bool
        Whether it was fitted without copies.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    n_features_in_ : int
        Number of columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    Raises
    ------
    ValueError
        If a parameter is out of range, `estimator` is of the other kind, or it has no
        closed form where one is demanded.

    See Also
    --------
    NoiseInjectionRegressor : The same for regression.
    DropoutClassifier : Cells become zero instead.
    AugmentedClassifier : Any augmenter, and columns that are not numbers.

    Notes
    -----
    Under the noise the linear predictor of a row is normal, so the mean loss over all
    copies is exact up to an error of less than a millionth; it is convex. The penalty
    of the estimator itself stays as it is. More than two classes and other estimators
    are fitted to copies. The closed form treats a weight of 2 like a row given twice,
    copies do so on average.

    References
    ----------
    .. [1] C. M. Bishop, "Training with noise is equivalent to Tikhonov
       regularization", Neural Computation 7(1), 108-116, 1995.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skoverfit.augmentation import NoiseInjectionClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> plain = LogisticRegression(C=np.inf)
    >>> model = NoiseInjectionClassifier(plain, scale=0.3).fit(X[:, :5], y)
    >>> model.closed_form_
    True
    >>> model.estimator_.coef_.shape
    (1, 5)
    """

    def _inner(self):
        return LogisticRegression() if self.estimator is None else self.estimator


class NoiseInjectionRegressor(RegressorDelegation, _NoiseInjection):
    """Regressor that is fitted to noisy copies of the rows, mostly without copies.

    Each number of a training row gets normal noise with `scale` times the standard
    deviation of its column, and the regressor is fitted to such copies in place of the
    rows. For linear models the fit to infinitely many copies is known, with nothing to
    draw and nothing to store: ridge regression with a penalty for each column [1]_.

    Parameters
    ----------
    estimator : regressor or None, default=None
        A clone of it is fitted. None is least squares without a penalty.
    scale : float, default=0.1
        Standard deviation of the noise relative to that of the column, 0 or more. As
        in :class:`GaussianNoise`, constant columns and the zeros of sparse matrices
        do not change.
    method : {"auto", "closed_form", "copies"}, default="auto"
        "closed_form" is what infinitely many copies would give, for
        `LinearRegression` and `Ridge`.
        "copies" fits to copies drawn at random, for every estimator. "auto" is
        the first where it is known.
    n_copies : int, default=10
        Number of copies of each row, 1 or more, where copies are made. They take the
        place of the row and share its weight.
    random_state : int, RandomState instance or None, default=None
        Seed of the copies. The closed form is not random.

    Attributes
    ----------
    estimator_ : regressor
        The fitted regressor, of the class of `estimator`.
    closed_form_ : bool
        Whether it was fitted without copies.
    n_features_in_ : int
        Number of columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    Raises
    ------
    ValueError
        If a parameter is out of range, `estimator` is of the other kind, or it has no
        closed form where one is demanded.

    See Also
    --------
    NoiseInjectionClassifier : The same for classification.
    DropoutRegressor : Cells become zero instead.
    AugmentedRegressor : Any augmenter, and columns that are not numbers.

    Notes
    -----
    The penalty on the squared coefficient of a column is the sum of the weights of all
    rows times the variance of the noise in this column. On standardised columns that
    is ``Ridge(alpha=n_samples * scale**2)``; on others it does what standardising
    would, without changing the coefficients' units. A penalty of the estimator itself
    is added. The closed form treats a weight of 2 like a row given twice, copies do so
    on average.

    References
    ----------
    .. [1] C. M. Bishop, "Training with noise is equivalent to Tikhonov
       regularization", Neural Computation 7(1), 108-116, 1995.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from skoverfit.augmentation import NoiseInjectionRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X = X / X.std(axis=0)
    >>> model = NoiseInjectionRegressor(scale=0.3).fit(X, y)
    >>> ridge = Ridge(alpha=len(X) * 0.3**2).fit(X, y)
    >>> np.allclose(model.estimator_.coef_, ridge.coef_)
    True
    """

    def _inner(self):
        return LinearRegression() if self.estimator is None else self.estimator


class DropoutClassifier(ClassifierDelegation, _Dropout):
    """Classifier that is fitted to rows with cells left out, mostly without copies.

    Each cell of a training row becomes zero with probability `rate`, the others are
    divided by ``1 - rate`` so that the mean stays, and the classifier is fitted to such
    copies in place of the rows. For linear models nothing has to be drawn: with
    squared loss infinitely many copies give ridge regression with a penalty for each
    column, and the logistic loss is approximated [1]_ [2]_.

    Parameters
    ----------
    estimator : classifier or None, default=None
        A clone of it is fitted. None is logistic regression with its defaults.
    rate : float, default=0.1
        Probability that a cell becomes zero, from 0 to less than 1.
    method : {"auto", "closed_form", "copies"}, default="auto"
        "closed_form" is what infinitely many copies would give, for
        `RidgeClassifier` and for `LogisticRegression` with two classes, whose only
        penalty is on squares.
        "copies" fits to copies drawn at random, for every estimator. "auto" is
        the first where it is known.
    n_copies : int, default=10
        Number of copies of each row, 1 or more, where copies are made. They take the
        place of the row and share its weight.
    random_state : int, RandomState instance or None, default=None
        Seed of the copies. The closed form is not random.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier, of the class of `estimator`.
    closed_form_ : bool
        Whether it was fitted without copies.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    n_features_in_ : int
        Number of columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    Raises
    ------
    ValueError
        If a parameter is out of range, `estimator` is of the other kind, or it has no
        closed form where one is demanded.

    See Also
    --------
    DropoutRegressor : The same for regression.
    NoiseInjectionClassifier : Noise in place of zeros.
    FeatureDropout : Copies with the mean of the column in place of some cells.

    Notes
    -----
    Zero has to mean "nothing", as in counts of words: cells far from zero change most,
    so other columns should be standardised. Features that are rare and telling are
    penalised least, which ridge regression does not do [1]_.

    For `LogisticRegression` the linear predictor of a row is taken as normal, with the
    mean and variance that dropout gives it [2]_. That is an approximation, a good one
    where many cells of a row matter. More than two classes and other estimators are
    fitted to copies. To leave out whole columns for each of several models, use
    scikit-learn's `BaggingClassifier` with ``max_features``.

    References
    ----------
    .. [1] S. Wager, S. Wang and P. Liang, "Dropout training as adaptive
       regularization", Advances in Neural Information Processing Systems 26, 2013.
    .. [2] S. Wang and C. D. Manning, "Fast dropout training", International
       Conference on Machine Learning, 2013.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from skoverfit.augmentation import DropoutClassifier
    >>> texts = ["a fine day", "a fine book", "a dull day", "dull as a book"]
    >>> X = CountVectorizer().fit_transform(texts)
    >>> model = DropoutClassifier(rate=0.5).fit(X, [1, 1, 0, 0])
    >>> model.closed_form_, model.predict(X)
    (True, array([1, 1, 0, 0]))
    """

    def _inner(self):
        return LogisticRegression() if self.estimator is None else self.estimator


class DropoutRegressor(RegressorDelegation, _Dropout):
    """Regressor that is fitted to rows with cells left out, mostly without copies.

    Each cell of a training row becomes zero with probability `rate`, the others are
    divided by ``1 - rate`` so that the mean stays, and the regressor is fitted to such
    copies in place of the rows. For linear models nothing has to be drawn: infinitely
    many copies give ridge regression with a penalty for each column [1]_.

    Parameters
    ----------
    estimator : regressor or None, default=None
        A clone of it is fitted. None is least squares without a penalty.
    rate : float, default=0.1
        Probability that a cell becomes zero, from 0 to less than 1.
    method : {"auto", "closed_form", "copies"}, default="auto"
        "closed_form" is what infinitely many copies would give, for
        `LinearRegression` and `Ridge`.
        "copies" fits to copies drawn at random, for every estimator. "auto" is
        the first where it is known.
    n_copies : int, default=10
        Number of copies of each row, 1 or more, where copies are made. They take the
        place of the row and share its weight.
    random_state : int, RandomState instance or None, default=None
        Seed of the copies. The closed form is not random.

    Attributes
    ----------
    estimator_ : regressor
        The fitted regressor, of the class of `estimator`.
    closed_form_ : bool
        Whether it was fitted without copies.
    n_features_in_ : int
        Number of columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    Raises
    ------
    ValueError
        If a parameter is out of range, `estimator` is of the other kind, or it has no
        closed form where one is demanded.

    See Also
    --------
    DropoutClassifier : The same for classification.
    NoiseInjectionRegressor : Noise in place of zeros.
    FeatureDropout : Copies with the mean of the column in place of some cells.

    Notes
    -----
    The penalty on the squared coefficient of a column is ``rate / (1 - rate)`` times
    the weighted sum of the squares of its cells; the intercept is not penalised. On
    standardised columns that is the same as noise with a `scale` of
    ``sqrt(rate / (1 - rate))``. Cells far from zero change most, so columns in which
    zero does not mean "nothing" should be standardised.

    References
    ----------
    .. [1] S. Wager, S. Wang and P. Liang, "Dropout training as adaptive
       regularization", Advances in Neural Information Processing Systems 26, 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from skoverfit.augmentation import DropoutRegressor
    >>> X, y = np.array([[-1.0], [0.0], [1.0]]), [1.0, 2.0, 3.0]
    >>> model = DropoutRegressor(rate=0.5).fit(X, y)
    >>> model.estimator_.coef_.round(3)
    array([0.5])
    >>> Ridge(alpha=2.0).fit(X, y).coef_  # the sum of the squares is 2
    array([0.5])
    """

    def _inner(self):
        return LinearRegression() if self.estimator is None else self.estimator
